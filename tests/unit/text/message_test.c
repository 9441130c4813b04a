/* SPDX-License-Identifier: Apache-2.0 */
#include "contract.h"
#include "random_message.h"

#include "base/rule.h"
#include "text/message.h"

static enum bn_code try_read(const char *text, enum bn_syntax syntax, const ProtobufCMessageDescriptor *type,
                             ProtobufCMessage **message, struct bn_why *why)
{
    struct bn_tree *tree = NULL;
    enum bn_code code = bn_tree_parse(text, strlen(text), syntax, "f", &tree, why);
    if (code == BN_OK)
        code = bn_message_from_tree(bn_tree_root(tree), type, "f", message, why);
    bn_tree_destroy(&tree);
    return code;
}

static ProtobufCMessage *read_message(const char *text, enum bn_syntax syntax, const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *message = NULL;
    struct bn_why why = {0};
    if (try_read(text, syntax, type, &message, &why) != BN_OK)
        fail_msg("%s\n%s", why.detail, text);
    return message;
}

static Binome__V1__Proposal *proposal_of(const char *yaml)
{
    return (Binome__V1__Proposal *)read_message(yaml, BN_SYNTAX_YAML, &binome__v1__proposal__descriptor);
}

static void check_same(const ProtobufCMessage *a, const ProtobufCMessage *b, const char *text)
{
    size_t size = protobuf_c_message_get_packed_size(a);
    uint8_t *left = malloc(size + 1), *right = malloc(size + 1);
    if (protobuf_c_message_get_packed_size(b) != size)
        fail_msg("another size after\n%s", text);
    protobuf_c_message_pack(a, left);
    protobuf_c_message_pack(b, right);
    assert_memory_equal(left, right, size);
    free(left);
    free(right);
}

static void test_random_messages_survive_each_form(void **state)
{
    (void)state;
    struct test_random random = test_random_start();
    for (int round = 0; round < 3000; round++) {
        const ProtobufCMessageDescriptor *type = contract[(size_t)round % CONTRACT];
        ProtobufCMessage *message = random_message(&random, type);
        for (int style = BN_STYLE_JSON; style <= BN_STYLE_YAML; style++) {
            char *text = bn_message_to_text(message, (enum bn_style)style);
            assert_non_null(text);
            ProtobufCMessage *read = read_message(text, style == BN_STYLE_YAML ? BN_SYNTAX_YAML : BN_SYNTAX_JSON, type);
            check_same(message, read, text);
            protobuf_c_message_free_unpacked(read, NULL);
            free(text);
        }
        protobuf_c_message_free_unpacked(message, NULL);
    }
}

/* What the converter counts on: no floating point, and no message within itself, at any depth. */
static void walk(const ProtobufCMessageDescriptor *type, unsigned depth)
{
    assert_true(depth < 16);
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        assert_int_not_equal(field->type, PROTOBUF_C_TYPE_FLOAT);
        assert_int_not_equal(field->type, PROTOBUF_C_TYPE_DOUBLE);
        assert_true(field->label == PROTOBUF_C_LABEL_NONE || field->label == PROTOBUF_C_LABEL_REPEATED);
        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
            walk(field->descriptor, depth + 1);
    }
}

static void test_the_contract_has_no_floats_and_no_message_within_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < CONTRACT; i++)
        walk(contract[i], 0);
}

static void test_a_proposal_reads_as_people_write_it(void **state)
{
    (void)state;
    Binome__V1__Proposal *p = proposal_of("workstream: ai\n"
                                          "title: D\xc3\xa9tecter les fraudes\n"
                                          "sectors: [banking, insurance]\n"
                                          "summary: 2026\n"
                                          "description:\n"
                                          "phase: under-review\n"
                                          "visibility: Programme\n"
                                          "health: {overall: HEALTH_STATE_AT_RISK, cost: 1}\n"
                                          "budget: {min: {minor_units: 15e4, currency: EUR}}\n"
                                          "supportAsked: {minorUnits: \"9223372036854775807\", currency: EUR}\n"
                                          "start_on: 2026-03-01\n"
                                          "progress_percent: 0\n"
                                          "recorded_at: 2026-01-31T08:00:00.25+01:00\n"
                                          "tags: null\n");
    assert_string_equal(p->workstream, "ai");
    assert_int_equal(p->n_sectors, 2);
    assert_string_equal(p->sectors[1], "insurance");
    assert_string_equal(p->summary, "2026");
    assert_string_equal(p->description, "");
    assert_int_equal(p->phase, BINOME__V1__PHASE__PHASE_UNDER_REVIEW);
    assert_int_equal(p->visibility, BINOME__V1__VISIBILITY__VISIBILITY_PROGRAMME);
    assert_int_equal(p->health->overall, BINOME__V1__HEALTH_STATE__HEALTH_STATE_AT_RISK);
    assert_int_equal(p->health->cost, BINOME__V1__HEALTH_STATE__HEALTH_STATE_ON_TRACK);
    assert_int_equal(p->budget->min->minor_units, 150000);
    assert_null(p->budget->max);
    assert_true(p->support_asked->minor_units == INT64_MAX);
    assert_string_equal(p->start_on, "2026-03-01");
    assert_int_equal(p->progress__case, BINOME__V1__PROPOSAL__PROGRESS__PROGRESS_PERCENT);
    assert_int_equal(p->progress_percent, 0);
    assert_int_equal(p->recorded_at->seconds, 1769842800);
    assert_int_equal(p->recorded_at->nanos, 250000000);
    assert_int_equal(p->n_tags, 0);
    char *text = bn_message_to_text(&p->base, BN_STYLE_JSON);
    assert_non_null(strstr(text, "\"progress_percent\":0"));
    assert_non_null(strstr(text, "\"recorded_at\":\"2026-01-31T07:00:00.250Z\""));
    assert_non_null(strstr(text, "\"minor_units\":\"9223372036854775807\""));
    assert_null(strstr(text, "description"));
    free(text);
    protobuf_c_message_free_unpacked(&p->base, NULL);
}

static void test_a_siren_needs_no_quotes(void **state)
{
    (void)state;
    Binome__V1__Organisation *o = (Binome__V1__Organisation *)read_message(
        "identifiers:\n- {scheme: siren, value: 732829320}\n- {scheme: siren, value: 012345678}\n", BN_SYNTAX_YAML,
        &binome__v1__organisation__descriptor);
    assert_string_equal(o->identifiers[0]->value, "732829320");
    assert_string_equal(o->identifiers[1]->value, "012345678");
    protobuf_c_message_free_unpacked(&o->base, NULL);
}

static void test_what_is_wrong_is_told_with_its_place_and_path(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *field;
        enum bn_rule rule;
    } cases[] = {
        {"titel: x", "f:1:1 titel", BN_RULE_TREE_UNKNOWN_KEY},
        {"title: a\nTitle: b", "f:2:1 Title", BN_RULE_TREE_UNKNOWN_KEY},
        {"title: true", "f:1:8 title", BN_RULE_TREE_TYPE},
        {"title: [a]", "f:1:8 title", BN_RULE_TREE_TYPE},
        {"title: {a: b}", "f:1:8 title", BN_RULE_TREE_TYPE},
        {"sectors: ai", "f:1:10 sectors", BN_RULE_TREE_TYPE},
        {"sectors: [ai, null]", "f:1:15 sectors[1]", BN_RULE_TREE_TYPE},
        {"sectors:\n  - ai\n  - [x]", "f:3:5 sectors[1]", BN_RULE_TREE_TYPE},
        {"budget: 3", "f:1:9 budget", BN_RULE_TREE_TYPE},
        {"budget:\n  min:\n    minor_units: 3.5", "f:3:18 budget.min.minor_units", BN_RULE_TREE_TYPE},
        {"budget: {min: {amount: 3}}", "f:1:16 budget.min.amount", BN_RULE_TREE_UNKNOWN_KEY},
        {"budget: {min: {minor_units: 9223372036854775808}}", "f:1:29 budget.min.minor_units", BN_RULE_NUMBER_RANGE},
        {"budget: {min: {minorUnits: 1}, min: {}}", "f:1:32", BN_RULE_TREE_DUPLICATE},
        {"trl_now: 4\ntrlNow: 4", "f:2:1 trl_now", BN_RULE_TREE_DUPLICATE},
        {"trl_now: -1", "f:1:10 trl_now", BN_RULE_NUMBER_RANGE},
        {"trl_now: 4294967296", "f:1:10 trl_now", BN_RULE_NUMBER_RANGE},
        {"trl_now: 1e400", "f:1:10 trl_now", BN_RULE_NUMBER_RANGE},
        {"trl_now: 1e99999999999999999999", "f:1:10 trl_now", BN_RULE_NUMBER_RANGE},
        {"trl_now: 1e-1", "f:1:10 trl_now", BN_RULE_TREE_TYPE},
        {"trl_now: 07", "f:1:10 trl_now", BN_RULE_TREE_TYPE},
        {"trl_now: four", "f:1:10 trl_now", BN_RULE_TREE_TYPE},
        {"trl_now: true", "f:1:10 trl_now", BN_RULE_TREE_TYPE},
        {"phase: review", "f:1:8 phase", BN_RULE_ENUM_UNKNOWN},
        {"phase: 99", "f:1:8 phase", BN_RULE_ENUM_UNKNOWN},
        {"phase: -1", "f:1:8 phase", BN_RULE_ENUM_UNKNOWN},
        {"phase: [open]", "f:1:8 phase", BN_RULE_TREE_TYPE},
        {"recorded_at: 2026-01-31", "f:1:14 recorded_at", BN_RULE_TREE_TYPE},
        {"recorded_at: 0000-01-31T00:00:00Z", "f:1:14 recorded_at", BN_RULE_TREE_TYPE},
        {"recorded_at: 9999-12-31T23:59:59-01:00", "f:1:14 recorded_at", BN_RULE_TREE_TYPE},
        {"recorded_at: 12", "f:1:14 recorded_at", BN_RULE_TREE_TYPE},
        {"- x", "f:1:1", BN_RULE_TREE_TYPE},
        {"", "f:1:1", BN_RULE_TREE_TYPE},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        struct bn_why why = {0};
        ProtobufCMessage *message = NULL;
        enum bn_code code = try_read(cases[i].yaml, BN_SYNTAX_YAML, &binome__v1__proposal__descriptor, &message, &why);
        if (code != BN_INVALID_ARGUMENT || strcmp(why.field, cases[i].field) != 0 ||
            strcmp(why.rule, bn_rule_name(cases[i].rule)) != 0)
            fail_msg("%s: code %s, field %s (not %s), rule %s: %s", cases[i].yaml, bn_code_name(code), why.field,
                     cases[i].field, why.rule, why.detail);
        assert_null(message);
    }
}

static void test_only_one_member_of_a_oneof_may_be_there(void **state)
{
    (void)state;
    struct bn_why why = {0};
    ProtobufCMessage *message = NULL;
    assert_int_equal(try_read("{\"text\": \"x\",\n \"offer\": \"y\"}", BN_SYNTAX_JSON,
                              &binome__v1__match_find__descriptor, &message, &why),
                     BN_INVALID_ARGUMENT);
    TEST_WHY(why, "f:2:2 offer", "field.not_allowed");
    message = read_message("{\"text\": null, \"offer\": \"\"}", BN_SYNTAX_JSON, &binome__v1__match_find__descriptor);
    assert_int_equal(((Binome__V1__MatchFind *)message)->source_case, BINOME__V1__MATCH_FIND__SOURCE_OFFER);
    protobuf_c_message_free_unpacked(message, NULL);
}

static void test_bytes_are_base64_in_either_alphabet(void **state)
{
    (void)state;
    static const char *const good[] = {"\"+/8=\"", "\"+/8\"", "\"-_8=\"", "\"-_8\""};
    static const char *const bad[] = {"\"+/8==\"", "\"+_8=\"", "\"+\"", "\"+/ 8\"", "true", "[]"};
    char text[64];
    for (size_t i = 0; i < BN_COUNT(good); i++) {
        snprintf(text, sizeof text, "{\"salt\": %s}", good[i]);
        Binome__V1__Request *request =
            (Binome__V1__Request *)read_message(text, BN_SYNTAX_JSON, &binome__v1__request__descriptor);
        assert_int_equal(request->salt.len, 2);
        assert_memory_equal(request->salt.data, "\xfb\xff", 2);
        protobuf_c_message_free_unpacked(&request->base, NULL);
    }
    for (size_t i = 0; i < BN_COUNT(bad); i++) {
        ProtobufCMessage *message = NULL;
        struct bn_why why = {0};
        snprintf(text, sizeof text, "{\"salt\": %s}", bad[i]);
        assert_int_equal(try_read(text, BN_SYNTAX_JSON, &binome__v1__request__descriptor, &message, &why),
                         BN_INVALID_ARGUMENT);
        TEST_WHY(why, "f:1:10 salt", "file.wrong_type");
    }
}

static void test_enum_values_have_a_short_form_that_reads_back(void **state)
{
    (void)state;
    static const ProtobufCEnumDescriptor *const enums[] = {&binome__v1__phase__descriptor,
                                                           &binome__v1__visibility__descriptor,
                                                           &binome__v1__organisation_kind__descriptor,
                                                           &binome__v1__key_role__descriptor,
                                                           &binome__v1__code__descriptor,
                                                           &binome__v1__health_state__descriptor,
                                                           &binome__v1__match_target__descriptor};
    for (size_t i = 0; i < BN_COUNT(enums); i++) {
        for (unsigned v = 0; v < enums[i]->n_values; v++) {
            int value = -1;
            assert_true(bn_enum_parse(enums[i], bn_enum_short(enums[i], enums[i]->values[v].value), &value));
            assert_int_equal(value, enums[i]->values[v].value);
            assert_true(bn_enum_parse(enums[i], enums[i]->values[v].name, &value));
            assert_int_equal(value, enums[i]->values[v].value);
        }
    }
    int value;
    assert_string_equal(bn_enum_short(&binome__v1__phase__descriptor, 2), "under-review");
    assert_string_equal(bn_enum_short(&binome__v1__organisation_kind__descriptor, 1), "large-group");
    assert_string_equal(bn_enum_short(&binome__v1__phase__descriptor, 77), "?");
    assert_true(bn_enum_parse(&binome__v1__phase__descriptor, "Under_Review", &value));
    assert_false(bn_enum_parse(&binome__v1__phase__descriptor, "under review", &value));
    assert_false(bn_enum_parse(&binome__v1__phase__descriptor, "", &value));
    assert_false(bn_enum_parse(&binome__v1__phase__descriptor, NULL, &value));
}

static void test_a_number_that_no_enum_value_has_is_written_as_number(void **state)
{
    (void)state;
    Binome__V1__Proposal proposal = BINOME__V1__PROPOSAL__INIT;
    proposal.phase = (Binome__V1__Phase)77;
    char *json = bn_message_to_text(&proposal.base, BN_STYLE_JSON);
    char *yaml = bn_message_to_text(&proposal.base, BN_STYLE_YAML);
    assert_string_equal(json, "{\"phase\":77}");
    assert_string_equal(yaml, "phase: 77\n");
    free(json);
    free(yaml);
}

static void test_the_forms_look_as_people_expect(void **state)
{
    (void)state;
    Binome__V1__Proposal *p =
        proposal_of("{title: x, phase: open, health: {}, sectors: [a, b], budget: {max: {minor_units: "
                    "5, currency: EUR}}, external_ref: {scheme: s, id: \"1\"}}");
    char *yaml = bn_message_to_text(&p->base, BN_STYLE_YAML),
         *pretty = bn_message_to_text(&p->base, BN_STYLE_JSON_PRETTY);
    assert_string_equal(yaml,
                        "sectors:\n  - a\n  - b\ntitle: x\nbudget:\n  max:\n    minor_units: 5\n    currency: EUR\n"
                        "external_ref:\n  scheme: s\n  id: \"1\"\nphase: open\nhealth: {}\n");
    assert_string_equal(
        pretty,
        "{\n  \"sectors\": [\n    \"a\",\n    \"b\"\n  ],\n  \"title\": \"x\",\n  \"budget\": {\n    \"max\": {\n"
        "      \"minor_units\": \"5\",\n      \"currency\": \"EUR\"\n    }\n  },\n  \"external_ref\": {\n"
        "    \"scheme\": \"s\",\n    \"id\": \"1\"\n  },\n  \"phase\": \"PHASE_OPEN\",\n  \"health\": {}\n}\n");
    free(yaml);
    free(pretty);
    protobuf_c_message_free_unpacked(&p->base, NULL);
    Binome__V1__StatusUpdate *s = (Binome__V1__StatusUpdate *)read_message(
        "blockers: [{reason: NO_BUDGET, text: t}, {}]", BN_SYNTAX_YAML, &binome__v1__status_update__descriptor);
    yaml = bn_message_to_text(&s->base, BN_STYLE_YAML);
    assert_string_equal(yaml, "blockers:\n  - reason: NO_BUDGET\n    text: t\n  - {}\n");
    free(yaml);
    protobuf_c_message_free_unpacked(&s->base, NULL);
}

static const char *help(const char *path)
{
    if (strcmp(path, "title") == 0)
        return "What it is about.\nOne line.";
    return strcmp(path, "budget.min.currency") == 0 ? "ISO 4217" : NULL;
}

static bool of_the_hub(const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *field)
{
    return type == &binome__v1__proposal__descriptor && field->id >= 30;
}

static void test_a_template_reads_as_an_empty_message_and_names_each_member(void **state)
{
    (void)state;
    char *text = bn_message_template(&binome__v1__proposal__descriptor, help, of_the_hub);
    assert_non_null(text);
    ProtobufCMessage *empty = read_message(text, BN_SYNTAX_YAML, &binome__v1__proposal__descriptor);
    assert_int_equal(protobuf_c_message_get_packed_size(empty), 0);
    protobuf_c_message_free_unpacked(empty, NULL);
    assert_non_null(strstr(text, "# What it is about.\n# One line.\ntitle:                      # text\n"));
    assert_non_null(
        strstr(text, "# budget:\n#   min:\n#     minor_units:          # whole number\n#     # ISO 4217\n"));
    assert_non_null(strstr(text, "# draft, invited, workstream, programme, public\n"));
    assert_null(strstr(text, "phase"));
    free(text);
}

/* Taking "# " off every line of the template must leave YAML that reads back, with every name known. */
static void test_an_uncommented_template_has_only_known_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < CONTRACT; i++) {
        if (contract[i] == &binome__v1__request__descriptor || contract[i] == &binome__v1__reply__descriptor ||
            contract[i] == &binome__v1__event__descriptor || contract[i] == &binome__v1__link__descriptor)
            continue; /* oneofs of messages: only one may be there */
        char *text = bn_message_template(contract[i], NULL, NULL), *out = text;
        for (char *line = text; *line != '\0';) {
            size_t size = strcspn(line, "\n") + 1, mark = strncmp(line, "# ", 2) == 0 ? 2 : 0;
            memmove(out, line + mark, size - mark);
            out += size - mark;
            line += size;
        }
        *out = '\0';
        ProtobufCMessage *message = read_message(text, BN_SYNTAX_YAML, contract[i]);
        protobuf_c_message_free_unpacked(message, NULL);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_messages_survive_each_form),
        cmocka_unit_test(test_the_contract_has_no_floats_and_no_message_within_itself),
        cmocka_unit_test(test_a_proposal_reads_as_people_write_it),
        cmocka_unit_test(test_a_siren_needs_no_quotes),
        cmocka_unit_test(test_what_is_wrong_is_told_with_its_place_and_path),
        cmocka_unit_test(test_only_one_member_of_a_oneof_may_be_there),
        cmocka_unit_test(test_bytes_are_base64_in_either_alphabet),
        cmocka_unit_test(test_enum_values_have_a_short_form_that_reads_back),
        cmocka_unit_test(test_a_number_that_no_enum_value_has_is_written_as_number),
        cmocka_unit_test(test_the_forms_look_as_people_expect),
        cmocka_unit_test(test_a_template_reads_as_an_empty_message_and_names_each_member),
        cmocka_unit_test(test_an_uncommented_template_has_only_known_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

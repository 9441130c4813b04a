/* SPDX-License-Identifier: Apache-2.0 */
/* Generated from the table itself: each field of each message at, below and beyond what its row allows. */
#include "binome/v1/request.pb-c.h"
#include "registry/rules/fields.h"
#include "test.h"

static struct bn_arena *arena;

static int setup(void **state)
{
    (void)state;
    struct bn_why why = {0};
    arena = bn_arena_create(1 << 20, 256 << 20);
    if (bn_fields_start(&why) != BN_OK)
        fprintf(stderr, "%s: %s\n", why.field, why.detail);
    return arena == NULL || bn_fields_start(&why) != BN_OK;
}

static int teardown(void **state)
{
    (void)state;
    bn_arena_destroy(&arena);
    return 0;
}

static ProtobufCMessage *empty(const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *message = bn_arena_take(arena, type->sizeof_message);
    assert_non_null(message);
    protobuf_c_message_init(type, message);
    return message;
}

static char *letters(size_t count)
{
    char *text = bn_arena_take(arena, count + 1);
    assert_non_null(text);
    memset(text, 'a', count);
    text[count] = '\0';
    return text;
}

static void *at(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return (char *)message + field->offset;
}

static void choose(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
        *(uint32_t *)((char *)message + field->quantifier_offset) = field->id;
}

/* Whether the message breaks that rule at that field (or at an element of it). */
static bool breaks(ProtobufCMessage *message, const char *field, enum bn_rule rule)
{
    struct bn_check check;
    bn_check_start(&check, arena);
    bn_fields_check(&check, message, "");
    size_t length = strlen(field);
    for (size_t i = 0; i < check.count; i++) {
        const struct bn_violation *violation = &check.violations[i];
        if (violation->rule == rule && strncmp(violation->field, field, length) == 0 &&
            (violation->field[length] == '\0' || violation->field[length] == '['))
            return true;
    }
    return false;
}

static void set_text(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, char *text)
{
    choose(message, field);
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        char **list = bn_arena_take(arena, sizeof *list);
        list[0] = text;
        *(char ***)at(message, field) = list;
        *(size_t *)((char *)message + field->quantifier_offset) = 1;
    } else {
        *(char **)at(message, field) = text;
    }
}

static void texts_end_where_their_row_says(void **state)
{
    (void)state;
    size_t tried = 0;
    for (size_t i = 0; i < bn_field_rule_count; i++) {
        const struct bn_field_rule *rule = &bn_field_rules[i];
        if (rule->form != BN_FORM_TEXT && rule->form != BN_FORM_LINE)
            continue;
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(rule->type, rule->field);
        bn_arena_reset(arena);
        ProtobufCMessage *message = empty(rule->type);
        set_text(message, field, letters((size_t)rule->max));
        assert_false(breaks(message, rule->field, BN_RULE_TEXT_TOO_LONG));
        set_text(message, field, letters((size_t)rule->max + 1));
        assert_true(breaks(message, rule->field, BN_RULE_TEXT_TOO_LONG));
        if (rule->min > 1) {
            set_text(message, field, letters((size_t)rule->min - 1));
            assert_true(breaks(message, rule->field, BN_RULE_TEXT_TOO_SHORT));
        }
        if (rule->form == BN_FORM_LINE) {
            set_text(message, field, "two\nlines");
            assert_true(breaks(message, rule->field, BN_RULE_TEXT_CONTROL));
        }
        tried++;
    }
    assert_true(tried > 40);
}

static void set_number(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, int64_t value)
{
    choose(message, field);
    switch (field->type) {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_INT32:
        *(uint32_t *)at(message, field) = (uint32_t)value;
        break;
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)at(message, field) = (protobuf_c_boolean)value;
        break;
    default:
        *(int64_t *)at(message, field) = value;
    }
}

static void numbers_end_where_their_row_says(void **state)
{
    (void)state;
    size_t tried = 0;
    for (size_t i = 0; i < bn_field_rule_count; i++) {
        const struct bn_field_rule *rule = &bn_field_rules[i];
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(rule->type, rule->field);
        if (rule->form != BN_FORM_NUMBER || field->type == PROTOBUF_C_TYPE_BOOL)
            continue;
        bn_arena_reset(arena);
        ProtobufCMessage *message = empty(rule->type);
        set_number(message, field, rule->max);
        assert_false(breaks(message, rule->field, BN_RULE_NUMBER_RANGE));
        if (rule->max < INT64_MAX) {
            set_number(message, field, rule->max + 1);
            assert_true(breaks(message, rule->field, BN_RULE_NUMBER_RANGE));
        }
        set_number(message, field, rule->min);
        assert_false(breaks(message, rule->field, BN_RULE_NUMBER_RANGE));
        if (field->type == PROTOBUF_C_TYPE_UINT64 || rule->min > 0 || field->type == PROTOBUF_C_TYPE_INT64) {
            set_number(message, field, rule->min - 1);
            assert_true(breaks(message, rule->field, BN_RULE_NUMBER_RANGE));
        }
        tried++;
    }
    assert_true(tried > 20);
}

static void enums_take_their_own_values_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < bn_field_rule_count; i++) {
        const struct bn_field_rule *rule = &bn_field_rules[i];
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(rule->type, rule->field);
        if (rule->form != BN_FORM_ENUM)
            continue;
        const ProtobufCEnumDescriptor *type = field->descriptor;
        bn_arena_reset(arena);
        ProtobufCMessage *message = empty(rule->type);
        int value = 0;
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            *(int **)at(message, field) = &value;
            *(size_t *)((char *)message + field->quantifier_offset) = 1;
        }
        for (unsigned v = 0; v < type->n_values; v++) {
            value = type->values[v].value;
            if (field->label != PROTOBUF_C_LABEL_REPEATED)
                *(int *)at(message, field) = value;
            assert_false(breaks(message, rule->field, BN_RULE_ENUM_UNKNOWN));
        }
        static const int strange[] = {-1, 99, INT32_MAX, INT32_MIN};
        for (size_t s = 0; s < BN_COUNT(strange); s++) {
            value = strange[s];
            if (field->label != PROTOBUF_C_LABEL_REPEATED)
                *(int *)at(message, field) = value;
            assert_true(breaks(message, rule->field, BN_RULE_ENUM_UNKNOWN));
        }
    }
}

static void what_must_be_there_is_missed_by_name(void **state)
{
    (void)state;
    size_t tried = 0;
    for (size_t i = 0; i < bn_field_rule_count; i++) {
        const struct bn_field_rule *rule = &bn_field_rules[i];
        if (!rule->required || rule->form == BN_FORM_NUMBER)
            continue;
        bn_arena_reset(arena);
        assert_true(breaks(empty(rule->type), rule->field, BN_RULE_FIELD_REQUIRED));
        tried++;
    }
    assert_true(tried > 40);
}

static void lists_end_where_their_row_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < bn_field_rule_count; i++) {
        const struct bn_field_rule *rule = &bn_field_rules[i];
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(rule->type, rule->field);
        if (rule->items_max == 0 || field->type != PROTOBUF_C_TYPE_STRING)
            continue;
        bn_arena_reset(arena);
        ProtobufCMessage *message = empty(rule->type);
        size_t count = rule->items_max + 1;
        char **list = bn_arena_take(arena, count * sizeof *list);
        for (size_t n = 0; n < count; n++)
            list[n] = bn_arena_format(arena, "item-%zu", n);
        *(char ***)at(message, field) = list;
        size_t *quantifier = (size_t *)((char *)message + field->quantifier_offset);
        *quantifier = count;
        assert_true(breaks(message, rule->field, BN_RULE_LIST_TOO_LONG));
        *quantifier = count - 1;
        assert_false(breaks(message, rule->field, BN_RULE_LIST_TOO_LONG));
        list[1] = list[0];
        assert_true(breaks(message, rule->field, BN_RULE_LIST_DUPLICATE) || count == 2);
    }
}

static void forms_refuse_what_is_not_theirs(void **state)
{
    (void)state;
    static const struct {
        enum bn_form form;
        const char *good, *bad;
        enum bn_rule rule;
    } cases[] = {
        {BN_FORM_SLUG, "acme-2", "Acme", BN_RULE_SLUG_FORM},
        {BN_FORM_SLUG, "ab", "a", BN_RULE_SLUG_FORM},
        {BN_FORM_SLUG, "a-b", "-ab", BN_RULE_SLUG_FORM},
        {BN_FORM_ID, "0190aabb-ccdd-7eff-8011-223344556677", "0190aabb", BN_RULE_ID_FORM},
        {BN_FORM_DATE, "2026-02-28", "2026-02-30", BN_RULE_DATE_FORM},
        {BN_FORM_DATE, "1900-01-01", "26-01-01", BN_RULE_DATE_FORM},
        {BN_FORM_COUNTRY, "FR", "France", BN_RULE_COUNTRY_UNKNOWN},
        {BN_FORM_LANGUAGE, "fr", "FR", BN_RULE_LANGUAGE_UNKNOWN},
        {BN_FORM_CURRENCY, "EUR", "euro", BN_RULE_CURRENCY_UNKNOWN},
        {BN_FORM_EMAIL, "a.b@example.org", "a.b@example", BN_RULE_EMAIL_FORM},
        {BN_FORM_EMAIL, "a@b.c", "a@b@c.d", BN_RULE_EMAIL_FORM},
        {BN_FORM_URL, "https://example.org/x", "example.org", BN_RULE_URL_FORM},
        {BN_FORM_URL, "http://example.org", "http://exa mple.org", BN_RULE_URL_FORM},
        {BN_FORM_SCHEME, "siren-unverified", "Siren", BN_RULE_TAG_FORM},
        {BN_FORM_KEY, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", "short", BN_RULE_KEY_FORM},
        {BN_FORM_REASON, "NO_BUDGET", "no money", BN_RULE_REASON_UNKNOWN},
    };
    for (size_t c = 0; c < BN_COUNT(cases); c++)
        for (size_t i = 0; i < bn_field_rule_count; i++) {
            const struct bn_field_rule *rule = &bn_field_rules[i];
            if (rule->form != cases[c].form)
                continue;
            const ProtobufCFieldDescriptor *field =
                protobuf_c_message_descriptor_get_field_by_name(rule->type, rule->field);
            bn_arena_reset(arena);
            ProtobufCMessage *message = empty(rule->type);
            set_text(message, field, (char *)(uintptr_t)cases[c].bad);
            assert_true(breaks(message, rule->field, cases[c].rule));
            set_text(message, field, (char *)(uintptr_t)cases[c].good);
            assert_false(breaks(message, rule->field, cases[c].rule));
        }
}

static void fields_of_the_hub_are_cleared(void **state)
{
    (void)state;
    bn_arena_reset(arena);
    Binome__V1__Proposal proposal = BINOME__V1__PROPOSAL__INIT;
    Binome__V1__Health health = BINOME__V1__HEALTH__INIT;
    proposal.id = "forged";
    proposal.owner = "somebody";
    proposal.phase = BINOME__V1__PHASE__PHASE_DELIVERED;
    proposal.version = 7;
    proposal.health = &health;
    proposal.progress__case = BINOME__V1__PROPOSAL__PROGRESS__PROGRESS_PERCENT;
    proposal.progress_percent = 100;
    struct bn_check check;
    bn_check_start(&check, arena);
    bn_fields_check(&check, &proposal.base, "proposal");
    assert_string_equal(proposal.id, "");
    assert_string_equal(proposal.owner, "");
    assert_int_equal(proposal.phase, 0);
    assert_int_equal(proposal.version, 0);
    assert_null(proposal.health);
    assert_int_equal(proposal.progress__case, 0);
}

static void a_path_names_lists_and_members(void **state)
{
    (void)state;
    bn_arena_reset(arena);
    Binome__V1__Organisation organisation = BINOME__V1__ORGANISATION__INIT;
    Binome__V1__OrganisationEnrol enrol = BINOME__V1__ORGANISATION_ENROL__INIT;
    Binome__V1__Request request = BINOME__V1__REQUEST__INIT;
    Binome__V1__Contact good = BINOME__V1__CONTACT__INIT, bad = BINOME__V1__CONTACT__INIT;
    Binome__V1__Contact *contacts[] = {&good, &bad};
    good.name = bad.name = "Ada";
    bad.email = "nowhere";
    organisation.contacts = contacts;
    organisation.n_contacts = 2;
    enrol.organisation = &organisation;
    request.body_case = BINOME__V1__REQUEST__BODY_ORGANISATION_ENROL;
    request.organisation_enrol = &enrol;
    assert_true(breaks(&request.base, "organisation_enrol.organisation.contacts[1].email", BN_RULE_EMAIL_FORM));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_end_where_their_row_says),   cmocka_unit_test(numbers_end_where_their_row_says),
        cmocka_unit_test(enums_take_their_own_values_only), cmocka_unit_test(what_must_be_there_is_missed_by_name),
        cmocka_unit_test(lists_end_where_their_row_says),   cmocka_unit_test(forms_refuse_what_is_not_theirs),
        cmocka_unit_test(fields_of_the_hub_are_cleared),    cmocka_unit_test(a_path_names_lists_and_members),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "cli/explain.h"
#include "cli/lang.h"

/* Every {name} of a text must be a parameter of the rule. */
static void check_placeholders(const char *rule, const char *params, const char *text)
{
    for (const char *at = strchr(text, '{'); at != NULL; at = strchr(at + 1, '{')) {
        const char *end = strchr(at, '}');
        char name[64], padded[128];
        assert_non_null(end);
        snprintf(name, sizeof name, " %.*s ", (int)(end - at - 1), at + 1);
        snprintf(padded, sizeof padded, " %s ", params);
        if (strstr(padded, name) == NULL)
            fail_msg("%s: {%s} is no parameter of it (%s)", rule, name, params);
    }
}

static void check_rules(const char *lang)
{
    assert_true(bn_lang_start(lang));
    for (int rule = 0; rule < BN_RULE_COUNT; rule++) {
        const struct bn_explanation *explanation = &bn_explain_rules[rule];
        const char *name = bn_rule_name((enum bn_rule)rule), *params = bn_rule_params((enum bn_rule)rule);
        if (explanation->cause == NULL || explanation->next == NULL)
            fail_msg("rule %s has no cause or no next step (clients/cli/explain_rules.c)", name);
        assert_true(strlen(_(explanation->cause)) > 5 && strlen(_(explanation->next)) > 5);
        check_placeholders(name, params, _(explanation->cause));
        assert_null(strchr(explanation->next, '{'));
        if (strcmp(lang, "fr") == 0 && strcmp(_(explanation->cause), explanation->cause) == 0)
            fail_msg("rule %s has no French cause (po/fr.po)", name);
        if (strcmp(lang, "fr") == 0 && strcmp(_(explanation->next), explanation->next) == 0)
            fail_msg("rule %s has no French next step (po/fr.po)", name);
    }
}

static void check_codes(const char *lang)
{
    assert_true(bn_lang_start(lang));
    for (int code = 0; code < BN_CODES; code++) {
        const struct bn_explanation *explanation = &bn_explain_codes[code];
        if (explanation->cause == NULL || explanation->next == NULL)
            fail_msg("code %s has no cause or no next step", bn_code_name((enum bn_code)code));
        if (strcmp(lang, "fr") == 0)
            assert_string_not_equal(_(explanation->cause), explanation->cause);
    }
}

static void test_every_rule_has_cause_and_next_step_in_both_languages(void **state)
{
    (void)state;
    check_rules("en");
    check_rules("fr");
}

static void test_every_code_has_cause_and_next_step_in_both_languages(void **state)
{
    (void)state;
    check_codes("en");
    check_codes("fr");
}

static void test_exit_codes_are_the_documented_ones(void **state)
{
    (void)state;
    assert_int_equal(bn_explain_exit(BN_OK, ""), 0);
    assert_int_equal(bn_explain_exit(BN_INVALID_ARGUMENT, "siren.invalid"), 65);
    assert_int_equal(bn_explain_exit(BN_NOT_FOUND, "object.absent"), 65);
    assert_int_equal(bn_explain_exit(BN_ABORTED, "version.stale"), 65);
    assert_int_equal(bn_explain_exit(BN_UNAVAILABLE, "hub.unreachable"), 69);
    assert_int_equal(bn_explain_exit(BN_RESOURCE_EXHAUSTED, "limit.queue"), 69);
    assert_int_equal(bn_explain_exit(BN_PERMISSION_DENIED, "role.operator_only"), 77);
    assert_int_equal(bn_explain_exit(BN_UNAUTHENTICATED, "key.revoked"), 77);
    assert_int_equal(bn_explain_exit(BN_UNAVAILABLE, "hub.wrong_key"), 78);
    assert_int_equal(bn_explain_exit(BN_PERMISSION_DENIED, "file.mode"), 78);
    for (int code = 1; code < BN_CODES; code++)
        assert_int_not_equal(bn_explain_exit((enum bn_code)code, ""), 0);
    assert_int_not_equal(bn_explain_exit((enum bn_code)4711, "of.the_future"), 0);
}

/* Builds a refusal as the hub would send it; everything lives in the test. */
static char *explained(struct bn_cli *cli, enum binome_code code, const char *rule, const char *value)
{
    char *text = NULL;
    size_t size = 0;
    FILE *kept = cli->err;
    Binome__V1__Param param = BINOME__V1__PARAM__INIT, *params[] = {&param};
    Binome__V1__Violation violation = BINOME__V1__VIOLATION__INIT, *violations[] = {&violation};
    Binome__V1__Error error = BINOME__V1__ERROR__INIT;
    Binome__V1__Reply reply = BINOME__V1__REPLY__INIT;
    struct binome_reply answer = {.code = code, .reply = &reply};
    param.name = bn_keep(cli, "value");
    param.value = bn_keep(cli, value);
    violation.field = bn_keep(cli, "organisation.identifiers[0].value");
    violation.rule = bn_keep(cli, rule);
    violation.params = params;
    violation.n_params = 1;
    error.violations = violations;
    error.n_violations = 1;
    reply.error = &error;
    cli->err = open_memstream(&text, &size);
    bn_explain_reply(cli, &answer);
    fclose(cli->err);
    cli->err = kept;
    return text;
}

static void test_an_error_says_cause_place_next_step_code_and_rule(void **state)
{
    struct bn_cli cli;
    (void)state;
    cli_start(&cli);
    bn_lang_start("en");
    char *text = explained(&cli, BINOME_INVALID_ARGUMENT, "siren.invalid", "732829321");
    assert_non_null(strstr(text, "\"732829321\" is not a valid SIREN"));
    assert_non_null(strstr(text, "Where: organisation.identifiers[0].value"));
    assert_non_null(strstr(text, "Next: Look it up"));
    assert_non_null(strstr(text, "INVALID_ARGUMENT, siren.invalid"));
    free(text);
    bn_lang_start("fr");
    text = explained(&cli, BINOME_INVALID_ARGUMENT, "siren.invalid", "732829321");
    assert_non_null(strstr(text, "n'est pas un SIREN valable"));
    free(text);
    cli_finish(&cli);
}

static void test_what_a_stranger_wrote_cannot_steer_the_terminal(void **state)
{
    struct bn_cli cli;
    (void)state;
    cli_start(&cli);
    char *text = explained(&cli, BINOME_INVALID_ARGUMENT, "siren.invalid", "\033[2J\xc2\x9b");
    assert_null(strchr(text, '\033'));
    assert_null(strstr(text, "\xc2\x9b"));
    free(text);
    cli_finish(&cli);
}

static void test_a_rule_of_a_newer_hub_is_shown_as_it_came(void **state)
{
    struct bn_cli cli;
    (void)state;
    cli_start(&cli);
    char *text = explained(&cli, BINOME_FAILED_PRECONDITION, "quantum.decoherence", "7");
    assert_non_null(strstr(text, "quantum.decoherence"));
    assert_non_null(strstr(text, "value=7"));
    free(text);
    cli_finish(&cli);
}

static void test_json_errors_name_every_violation(void **state)
{
    struct bn_cli cli;
    (void)state;
    cli_start(&cli);
    bn_lang_start("en");
    cli.json = true;
    char *text = explained(&cli, BINOME_INVALID_ARGUMENT, "siren.invalid", "7\"3");
    assert_non_null(strstr(text, "\"code\":\"INVALID_ARGUMENT\",\"exit\":65"));
    assert_non_null(strstr(text, "\"rule\":\"siren.invalid\",\"params\":[{\"name\":\"value\",\"value\":\"7\\\"3\"}]"));
    free(text);
    cli_finish(&cli);
}

static void test_what_an_error_of_this_side_does_not_tell_is_left_out(void **state)
{
    struct bn_cli cli;
    Binome__V1__Param param = BINOME__V1__PARAM__INIT;
    const Binome__V1__Param *params[] = {&param};
    char name[] = "value", value[] = "all";
    (void)state;
    cli_start(&cli);
    param.name = name;
    param.value = value;
    assert_string_equal(bn_explain_fill(cli.arena, "[\"{value}\"|It] is wrong[ at {place}].", params, 1),
                        "\"all\" is wrong.");
    assert_string_equal(bn_explain_fill(cli.arena, "[\"{value}\"|It] is wrong[ at {place}].", NULL, 0), "It is wrong.");
    assert_string_equal(bn_explain_fill(cli.arena, "{place} [ {value", params, 1), "? [ {value");
    cli_finish(&cli);
}

/* Rules that this side finds by itself: no sentence may be left with a hole. */
static void test_no_local_error_shows_a_hole(void **state)
{
    static const enum bn_rule local[] = {
        BN_RULE_TEXT_NOT_UTF8,  BN_RULE_TEXT_CONTROL,    BN_RULE_NUMBER_RANGE,     BN_RULE_ENUM_UNKNOWN,
        BN_RULE_BODY_TOO_LONG,  BN_RULE_SESSION_CLOCK,   BN_RULE_LIMIT_UNANSWERED, BN_RULE_HUB_TIMEOUT,
        BN_RULE_FILE_TOO_LONG,  BN_RULE_FILE_MODE,       BN_RULE_TREE_DUPLICATE,   BN_RULE_TREE_DEPTH,
        BN_RULE_TREE_TYPE,      BN_RULE_CONFIG_VALUE,    BN_RULE_FILE_ABSENT,      BN_RULE_TREE_UNKNOWN_KEY,
        BN_RULE_CONFIG_UNKNOWN, BN_RULE_CONFIG_REQUIRED, BN_RULE_HUB_UNREACHABLE,  BN_RULE_HUB_WRONG_KEY,
    };
    static const char *const langs[] = {"en", "fr"};
    struct bn_cli cli;
    (void)state;
    cli_start(&cli);
    for (size_t i = 0; i < BN_COUNT(local) * BN_COUNT(langs); i++) {
        enum bn_rule rule = local[i % BN_COUNT(local)];
        struct bn_why why;
        char *text = NULL;
        size_t size = 0;
        FILE *kept = cli.err;
        assert_true(bn_lang_start(langs[i / BN_COUNT(local)]));
        bn_why_set(&why, BN_INVALID_ARGUMENT, "file.yaml:1:1 key", bn_rule_name(rule), "%s", "\"key\" is told");
        cli.err = open_memstream(&text, &size);
        bn_explain_why(&cli, BN_INVALID_ARGUMENT, &why);
        fclose(cli.err);
        cli.err = kept;
        if (strpbrk(text, "?[{|") != NULL)
            fail_msg("%s: %s", bn_rule_name(rule), text);
        free(text);
    }
    cli_finish(&cli);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_rule_has_cause_and_next_step_in_both_languages),
        cmocka_unit_test(test_every_code_has_cause_and_next_step_in_both_languages),
        cmocka_unit_test(test_exit_codes_are_the_documented_ones),
        cmocka_unit_test(test_an_error_says_cause_place_next_step_code_and_rule),
        cmocka_unit_test(test_what_an_error_of_this_side_does_not_tell_is_left_out),
        cmocka_unit_test(test_no_local_error_shows_a_hole),
        cmocka_unit_test(test_what_a_stranger_wrote_cannot_steer_the_terminal),
        cmocka_unit_test(test_a_rule_of_a_newer_hub_is_shown_as_it_came),
        cmocka_unit_test(test_json_errors_name_every_violation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "cli/fields.h"
#include "cli/form.h"
#include "cli/lang.h"

static struct bn_args args_of(struct bn_cli *cli, int count, char **words)
{
    struct bn_line line;
    if (!bn_args_parse(cli, count, words, &line))
        fail_msg("%s", line.fault);
    return line.args;
}

#define ARGS(...) \
    args_of(&cli, (int)BN_COUNT(((char *[]){"binome", __VA_ARGS__})), (char *[]){"binome", __VA_ARGS__, NULL})

static void test_options_become_the_message_that_a_file_would(void **state)
{
    struct bn_cli cli;
    int code = -1;
    (void)state;
    cli_start(&cli);
    struct bn_args args = ARGS("propose", "--title", "Pumps: \"now\"", "--budget", "50k-150kEUR", "--tag", "a", "--tag",
                               "b, c", "--trl-now", "4", "--visibility", "invited", "--invite", "acme", "--ref",
                               "crm:42", "--support", "1000", "--dry-run");
    Binome__V1__Proposal *proposal =
        (Binome__V1__Proposal *)bn_form_options(&cli, &binome__v1__proposal__descriptor, &args, &code);
    assert_non_null(proposal);
    assert_string_equal(proposal->title, "Pumps: \"now\"");
    assert_int_equal(proposal->budget->min->minor_units, 5000000);
    assert_string_equal(proposal->budget->max->currency, "EUR");
    assert_int_equal(proposal->support_asked->minor_units, 100000);
    assert_int_equal(proposal->n_tags, 2);
    assert_string_equal(proposal->tags[1], "b, c");
    assert_int_equal(proposal->trl_now, 4);
    assert_int_equal(proposal->visibility, BINOME__V1__VISIBILITY__VISIBILITY_INVITED);
    assert_string_equal(proposal->external_ref->scheme, "crm");
    assert_string_equal(proposal->external_ref->id, "42");
    cli_finish(&cli);
}

static void test_nested_and_composed_options_find_their_place(void **state)
{
    struct bn_cli cli;
    int code = -1;
    (void)state;
    cli_start(&cli);
    struct bn_args args =
        ARGS("status", "ID", "--phase", "under-review", "--progress", "0", "--health", "at-risk", "--health-cost",
             "off-track", "--blocker", "NO_BUDGET", "--blocker", "OTHER:a: b", "--milestone", "Pilot:2027-03-01",
             "--milestone", "Go:2027-03-01:2027-04-01", "--decision", "Raise it");
    Binome__V1__StatusUpdate *update =
        (Binome__V1__StatusUpdate *)bn_form_options(&cli, &binome__v1__status_update__descriptor, &args, &code);
    assert_non_null(update);
    assert_int_equal(update->phase, BINOME__V1__PHASE__PHASE_UNDER_REVIEW);
    assert_int_equal(update->progress__case, BINOME__V1__STATUS_UPDATE__PROGRESS__PROGRESS_PERCENT);
    assert_int_equal(update->progress_percent, 0);
    assert_int_equal(update->health->overall, BINOME__V1__HEALTH_STATE__HEALTH_STATE_AT_RISK);
    assert_int_equal(update->health->cost, BINOME__V1__HEALTH_STATE__HEALTH_STATE_OFF_TRACK);
    assert_string_equal(update->blockers[1]->text, "a: b");
    assert_string_equal(update->milestones[1]->done_on, "2027-04-01");
    assert_string_equal(update->milestones[0]->due_on, "2027-03-01");
    args = ARGS("org", "enrol", "--slug", "acme", "--siren", "732829320", "--identifier", "lei:X", "--activity",
                "naf-rev2:62.01Z", "--key", "k");
    Binome__V1__Organisation *organisation =
        (Binome__V1__Organisation *)bn_form_options(&cli, &binome__v1__organisation__descriptor, &args, &code);
    assert_non_null(organisation);
    assert_int_equal(organisation->n_identifiers, 2);
    assert_string_equal(organisation->identifiers[0]->scheme, "siren");
    assert_string_equal(organisation->identifiers[1]->value, "X");
    assert_string_equal(organisation->activities[0]->code, "62.01Z");
    cli_finish(&cli);
}

static void test_a_wrong_option_is_refused_and_named(void **state)
{
    struct bn_cli cli;
    (void)state;
    cli_start(&cli);
    char *const wrong[][2] = {{"--budget", "much"}, {"--ref", "no-colon"}, {"--trl-now", "four"}};
    for (size_t i = 0; i < BN_COUNT(wrong); i++) {
        int code = 0;
        struct bn_args args = ARGS("propose", wrong[i][0], wrong[i][1]);
        assert_null(bn_form_options(&cli, &binome__v1__proposal__descriptor, &args, &code));
        assert_int_not_equal(code, 0);
    }
    cli_finish(&cli);
}

static void test_options_win_over_the_file_and_leave_the_rest(void **state)
{
    struct bn_cli cli;
    int code = -1;
    (void)state;
    cli_start(&cli);
    const char *path = test_file(test_folder(), "p.yaml",
                                 "title: From the file\nsummary: stays\ntags: [x, y]\nbudget:\n  max: "
                                 "{minor_units: 5, currency: EUR}\nvisibility: workstream\n");
    struct bn_args args = ARGS("propose", "--title", "From the line", "--tag", "z");
    Binome__V1__Proposal *proposal =
        (Binome__V1__Proposal *)bn_form_read(&cli, &binome__v1__proposal__descriptor, path, &args, &code);
    assert_non_null(proposal);
    assert_string_equal(proposal->title, "From the line");
    assert_string_equal(proposal->summary, "stays");
    assert_int_equal(proposal->n_tags, 1);
    assert_string_equal(proposal->tags[0], "z");
    assert_int_equal(proposal->budget->max->minor_units, 5);
    cli_finish(&cli);
}

static void test_files_with_unknown_keys_doubles_or_aliases_are_refused(void **state)
{
    struct bn_cli cli;
    static const char *const texts[] = {
        "titel: x\n", "title: x\ntitle: y\n", "title: &a x\nsummary: *a\n", "title: [x\n",
        "- x\n",      "trl_now: high\n",      "visibility: everybody\n"};
    (void)state;
    cli_start(&cli);
    for (size_t i = 0; i < BN_COUNT(texts); i++) {
        int code = 0;
        const char *path = test_file(test_folder(), "p.yaml", texts[i]);
        if (bn_form_file(&cli, &binome__v1__proposal__descriptor, path, &code) != NULL)
            fail_msg("taken: %s", texts[i]);
        assert_int_equal(code, BN_EXIT_REFUSED);
    }
    int code = 0;
    assert_null(bn_form_file(&cli, &binome__v1__proposal__descriptor, "/nonexistent/file.yaml", &code));
    assert_int_equal(code, BN_EXIT_REFUSED);
    cli_finish(&cli);
}

static void test_the_difference_names_what_the_sender_changed_and_nothing_of_the_hubs(void **state)
{
    struct bn_cli cli;
    int code = 0;
    char *text = NULL;
    size_t size = 0;
    (void)state;
    cli_start(&cli);
    bn_lang_start("en");
    struct bn_args none = {.word_count = 0}, args = ARGS("propose", "--trl-target", "8", "--tag", "new");
    Binome__V1__Proposal old = BINOME__V1__PROPOSAL__INIT;
    char tag[] = "old", *tags[] = {tag}, title[] = "Same";
    old.title = title;
    old.tags = tags;
    old.n_tags = 1;
    old.version = 3;
    Binome__V1__Proposal *now = (Binome__V1__Proposal *)bn_copy_over(&cli, &old.base, &args, &code);
    assert_non_null(now);
    now->version = 4;
    FILE *out = open_memstream(&text, &size);
    assert_int_equal(bn_form_difference(&cli, out, &old.base, &now->base), 2);
    fclose(out);
    assert_string_equal(text, "TRL aimed at\n  + 8\nTags\n  - old\n  + new\n");
    free(text);
    now = (Binome__V1__Proposal *)bn_copy_over(&cli, &old.base, &none, &code);
    assert_int_equal(bn_form_difference(&cli, cli.out, &old.base, &now->base), 0);
    cli_finish(&cli);
}

static void test_templates_are_read_back_by_the_program_itself(void **state)
{
    static char *const commands[][2] = {
        {"propose", "--template"}, {"offer", "template"}, {"org", "template"}, {"status", "--template"}};
    static const ProtobufCMessageDescriptor *const types[] = {
        &binome__v1__proposal__descriptor, &binome__v1__offer__descriptor, &binome__v1__organisation__descriptor,
        &binome__v1__status_update__descriptor};
    struct bn_cli cli;
    (void)state;
    cli_start(&cli);
    for (size_t i = 0; i < BN_COUNT(commands); i++) {
        int code = 0;
        struct ran ran = RUN(commands[i][0], commands[i][1], "--lang", "fr");
        assert_int_equal(ran.code, 0);
        const char *path = test_file(test_folder(), "t.yaml", ran.out);
        assert_non_null(bn_form_file(&cli, types[i], path, &code));
        assert_null(strstr(ran.out, "recorded_at"));
        ran_free(&ran);
    }
    cli_finish(&cli);
}

static void test_every_member_that_people_fill_has_a_label_and_help(void **state)
{
    static const ProtobufCMessageDescriptor *const types[] = {
        &binome__v1__proposal__descriptor,     &binome__v1__offer__descriptor,
        &binome__v1__organisation__descriptor, &binome__v1__status_update__descriptor,
        &binome__v1__workstream__descriptor,   &binome__v1__programme__descriptor};
    (void)state;
    bn_lang_start("fr");
    for (size_t i = 0; i < BN_COUNT(types); i++)
        for (unsigned f = 0; f < types[i]->n_fields; f++) {
            const ProtobufCFieldDescriptor *field = &types[i]->fields[f];
            if (bn_field_is_hubs(types[i], field))
                continue;
            if (bn_field_label(field->name) == field->name || bn_field_help(field->name) == NULL)
                fail_msg("%s.%s has no label or help (clients/cli/fields.c)", types[i]->short_name, field->name);
        }
    bn_lang_start("en");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_become_the_message_that_a_file_would),
        cmocka_unit_test(test_nested_and_composed_options_find_their_place),
        cmocka_unit_test(test_a_wrong_option_is_refused_and_named),
        cmocka_unit_test(test_options_win_over_the_file_and_leave_the_rest),
        cmocka_unit_test(test_files_with_unknown_keys_doubles_or_aliases_are_refused),
        cmocka_unit_test(test_the_difference_names_what_the_sender_changed_and_nothing_of_the_hubs),
        cmocka_unit_test(test_templates_are_read_back_by_the_program_itself),
        cmocka_unit_test(test_every_member_that_people_fill_has_a_label_and_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "cli/args.h"
#include "cli/lang.h"
#include "cli/verbs.h"

static struct bn_line parse(struct bn_cli *cli, bool *good, int count, char **words)
{
    struct bn_line line;
    memset(cli, 0, sizeof *cli);
    *good = bn_args_parse(cli, count, words, &line);
    return line;
}

#define PARSE(...) \
    parse(&cli, &good, (int)BN_COUNT(((char *[]){"binome", __VA_ARGS__})), (char *[]){"binome", __VA_ARGS__, NULL})

static void test_verb_command_words_and_options_come_apart(void **state)
{
    struct bn_cli cli;
    bool good;
    (void)state;
    struct bn_line line = PARSE("--profile", "x", "propose", "--json", "revise", "ID", "--tag", "a", "--tag=b", "file");
    assert_true(good);
    assert_string_equal(line.verb->name, "propose");
    assert_string_equal(line.command->name, "revise");
    assert_int_equal(line.args.word_count, 2);
    assert_string_equal(line.args.words[1], "file");
    assert_string_equal(bn_args_nth(&line.args, "tag", 1), "b");
    assert_null(bn_args_nth(&line.args, "tag", 2));
    assert_true(cli.json);
    assert_string_equal(cli.profile, "x");
}

static void test_a_second_word_that_is_no_command_is_a_word(void **state)
{
    struct bn_cli cli;
    bool good;
    (void)state;
    struct bn_line line = PARSE("propose", "withdraw.yaml");
    assert_true(good);
    assert_string_equal(line.command->name, "");
    assert_string_equal(line.args.words[0], "withdraw.yaml");
    line = PARSE("propose", "--title", "revise");
    assert_true(good);
    assert_string_equal(line.command->name, "");
    assert_string_equal(bn_args_text(&line.args, "title"), "revise");
}

static void test_after_two_hyphens_everything_is_a_word(void **state)
{
    struct bn_cli cli;
    bool good;
    (void)state;
    struct bn_line line = PARSE("show", "--", "--odd");
    assert_true(good);
    assert_string_equal(line.args.words[0], "--odd");
}

static void test_a_key_that_begins_with_a_hyphen_is_a_word(void **state)
{
    static char one[] = "-pGMsOeheg3j7RE!PtHXhOJ#7=uz4Bk/nN@Iai%$", two[] = "--GMsOeheg3j7RE!PtHXhOJ#7=uz4Bk/nN@Iai%$";
    struct bn_cli cli;
    bool good;
    (void)state;
    struct bn_line line = PARSE("org", "add-key", one, "--key-label", "CRM");
    assert_true(good);
    assert_string_equal(line.args.words[0], one);
    line = PARSE("admin", "key", "acme", two);
    assert_true(good);
    assert_string_equal(line.args.words[1], two);
    line = PARSE("admin", "enrol", "--key", one);
    assert_true(good);
    assert_string_equal(bn_args_text(&line.args, "key"), one);
    PARSE("org", "add-key", "-pGM");
    assert_false(good);
}

static void test_choices_are_checked_and_taken_in_any_case(void **state)
{
    struct bn_cli cli;
    bool good;
    (void)state;
    PARSE("status", "ID", "--phase", "Under_Review");
    assert_true(good);
    PARSE("status", "ID", "--phase", "under");
    assert_false(good);
    PARSE("status", "ID", "--phase", "nonsense");
    assert_false(good);
}

static void test_wrong_lines_are_refused_with_64_and_a_sentence(void **state)
{
    (void)state;
    struct ran runs[] = {
        RUN("nonsense"),
        RUN("propose", "--nonsense"),
        RUN("propose", "--title"),
        RUN("propose", "--title", "a", "--title", "b"),
        RUN("propose", "--dry-run=yes"),
        RUN("propose", "a", "b"),
        RUN("show"),
        RUN("offer"),
        RUN("list", "proposals", "-x"),
        RUN("list", "proposals", "--limit", "-1", "--timeout", "x"),
        RUN("list", "proposals", "--timeout", "1e9"),
        RUN("match"),
        RUN("match", "--limit", "0", "--text", "x"),
        RUN("propose"),
        RUN("propose", "withdraw", "ID"),
        RUN("status", "ID-that-is-a-file", "x", "y"),
        RUN("propose", "--budget", "many", "--lang", "en"),
        RUN("profile", "make"),
        RUN("show", "--lang", "xx"),
    };
    for (size_t i = 0; i < BN_COUNT(runs); i++) {
        if (runs[i].code != BN_EXIT_USAGE)
            fail_msg("line %zu gave %d: %s", i, runs[i].code, runs[i].err);
        assert_true(strlen(runs[i].err) > 15);
        assert_string_equal(runs[i].out, "");
        ran_free(&runs[i]);
    }
}

static void test_no_arguments_at_all_is_told(void **state)
{
    (void)state;
    char *words[] = {"binome", NULL};
    struct ran ran = run_words(1, words);
    assert_int_equal(ran.code, BN_EXIT_USAGE);
    ran_free(&ran);
}

static void test_every_verb_explains_itself_in_both_languages(void **state)
{
    (void)state;
    for (const struct bn_verb *const *verb = bn_verbs; *verb != NULL; verb++) {
        char *name = strdup((*verb)->name);
        struct ran english = RUN(name, "--help", "--lang", "en"), french = RUN(name, "--help", "--lang", "fr");
        assert_int_equal(english.code, 0);
        assert_non_null(strstr(english.out, "Examples"));
        assert_non_null((*verb)->examples[0]);
        assert_non_null(strstr(english.out, (*verb)->examples[0]));
        assert_string_not_equal(english.out, french.out);
        for (size_t i = 0; i < (*verb)->command_count; i++) {
            const struct bn_command *command = &(*verb)->commands[i];
            assert_non_null(command->run);
            assert_true(command->words_min <= command->words_max && command->words_max < BN_ARGS_WORDS_MAX);
            assert_true(strlen(command->help) > 10);
            for (size_t t = 0; t < BN_COMMAND_TABLES_MAX && command->tables[t] != NULL; t++)
                for (const struct bn_option *option = command->tables[t]; option->name != NULL; option++) {
                    if (strlen(option->help) < 3 || strstr(english.out, option->name) == NULL)
                        fail_msg("%s %s --%s is not explained", (*verb)->name, command->name, option->name);
                    /* an option that another table of the command hides would never be reached */
                    assert_ptr_equal(bn_option_find(command, option->name), option);
                }
        }
        ran_free(&english);
        ran_free(&french);
        free(name);
    }
}

static void test_the_manual_page_names_every_verb_and_command(void **state)
{
    (void)state;
    FILE *file = fopen(BN_MANUAL, "r");
    char text[16384];
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    for (const struct bn_verb *const *verb = bn_verbs; *verb != NULL; verb++) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "\n*%s", (*verb)->name);
        if (strstr(text, wanted) == NULL)
            fail_msg("docs/man/binome.1.scd does not name %s", (*verb)->name);
        for (size_t i = 0; i < (*verb)->command_count; i++)
            if (strstr(text, (*verb)->commands[i].name) == NULL)
                fail_msg("docs/man/binome.1.scd does not name %s %s", (*verb)->name, (*verb)->commands[i].name);
    }
}

static void test_the_completion_knows_every_verb_command_and_option(void **state)
{
    (void)state;
    struct ran ran = RUN("completion", "bash");
    assert_int_equal(ran.code, 0);
    for (const struct bn_verb *const *verb = bn_verbs; *verb != NULL; verb++)
        for (size_t i = 0; i < (*verb)->command_count; i++) {
            const struct bn_command *command = &(*verb)->commands[i];
            char wanted[128];
            snprintf(wanted, sizeof wanted, "  '%s %s')", (*verb)->name, command->name);
            const char *branch = strstr(ran.out, wanted);
            assert_non_null(branch);
            for (size_t t = 0; t < BN_COMMAND_TABLES_MAX && command->tables[t] != NULL; t++)
                for (const struct bn_option *option = command->tables[t]; option->name != NULL; option++)
                    assert_non_null(strstr(branch, option->name));
        }
    ran_free(&ran);
}

static void test_version_is_one_line(void **state)
{
    (void)state;
    struct ran ran = RUN("--version");
    assert_int_equal(ran.code, 0);
    assert_string_equal(ran.out, "binome " BN_VERSION "\n");
    ran_free(&ran);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verb_command_words_and_options_come_apart),
        cmocka_unit_test(test_a_second_word_that_is_no_command_is_a_word),
        cmocka_unit_test(test_after_two_hyphens_everything_is_a_word),
        cmocka_unit_test(test_a_key_that_begins_with_a_hyphen_is_a_word),
        cmocka_unit_test(test_choices_are_checked_and_taken_in_any_case),
        cmocka_unit_test(test_wrong_lines_are_refused_with_64_and_a_sentence),
        cmocka_unit_test(test_no_arguments_at_all_is_told),
        cmocka_unit_test(test_every_verb_explains_itself_in_both_languages),
        cmocka_unit_test(test_the_manual_page_names_every_verb_and_command),
        cmocka_unit_test(test_the_completion_knows_every_verb_command_and_option),
        cmocka_unit_test(test_version_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

static char *shown(int width, void (*print)(const struct bn_screen *screen))
{
    char *text = NULL;
    size_t size = 0;
    struct bn_screen screen = {open_memstream(&text, &size), width, false, false};
    print(&screen);
    fclose(screen.out);
    return text;
}

static void people(const struct bn_screen *screen)
{
    const struct bn_column columns[] = {{"N", true, false}, {"NOM", false, true}, {"VILLE", false, true}};
    struct bn_table *table = bn_table_create(columns, 3);
    assert_true(bn_table_row(table, (const char *[]){"1", "Étienne Cœur de Lion", "Orléans"}));
    assert_true(bn_table_row(table, (const char *[]){"22", "林", ""}));
    bn_table_print(table, screen);
    bn_table_destroy(&table);
}

static void test_columns_line_up_by_what_the_eye_sees(void **state)
{
    (void)state;
    char *text = shown(0, people);
    assert_string_equal(text, " N  NOM                   VILLE\n 1  Étienne Cœur de Lion  Orléans\n22  林\n");
    free(text);
    assert_int_equal(bn_text_width("Étienne"), 7);
    assert_int_equal(bn_text_width("林"), 2);
    assert_int_equal(bn_text_width("e\xcc\x81"), 1); /* e and a combining acute */
}

static void test_a_narrow_terminal_cuts_only_flexible_columns(void **state)
{
    (void)state;
    char *text = shown(28, people);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        assert_true(bn_text_width(line) <= 28);
    free(text);
    text = shown(28, people);
    assert_non_null(strstr(text, "…"));
    assert_non_null(strstr(text, "Orléans"));
    free(text);
}

static void noted(const struct bn_screen *screen)
{
    const struct bn_column columns[] = {{"N", true, false}, {"NOM", false, true}};
    struct bn_table *table = bn_table_create(columns, 2);
    assert_true(bn_table_row(table, (const char *[]){"1", "Étienne"}));
    assert_true(bn_table_note(table, "dropped"));
    assert_true(bn_table_note(table, "one two three four five six seven eight nine"));
    assert_true(bn_table_row(table, (const char *[]){"2", "林"}));
    bn_table_print(table, screen);
    bn_table_destroy(&table);
}

static void test_a_note_stands_under_its_row(void **state)
{
    (void)state;
    char *text = shown(40, noted);
    assert_string_equal(text,
                        "N  NOM\n1  Étienne\n       one two three four five six seven\n       eight nine\n2  林\n");
    free(text);
}

static void hostile(const struct bn_screen *screen)
{
    bn_text_put(screen->out,
                "a\033[31mb\xc2\x9b"
                "c\nd\x7f\xff\xe2\x80\xae",
                -1);
}

static void test_what_could_steer_a_terminal_becomes_blank(void **state)
{
    (void)state;
    char *text = shown(0, hostile);
    assert_string_equal(text, "a [31mb c d   ");
    free(text);
}

static void paragraph(const struct bn_screen *screen)
{
    bn_labelled(screen, "Label", "one two three four five six seven\neight");
    bn_labelled(screen, "Nothing", "");
    bn_labelled(screen, "Nothing", NULL);
    bn_wrapped(screen, 2, "Donaudampfschifffahrtsgesellschaftskapitän");
}

static void test_texts_wrap_at_words_and_under_themselves(void **state)
{
    (void)state;
    char *text = shown(40, paragraph);
    assert_string_equal(text, "Label             one two three four\n"
                              "                  five six seven\n"
                              "                  eight\n"
                              "  Donaudampfschifffahrtsgesellschaftskapitän\n");
    free(text);
}

static void test_what_is_no_terminal_gets_no_colour_and_no_limit(void **state)
{
    struct bn_screen screen;
    FILE *file = tmpfile();
    (void)state;
    unsetenv("COLUMNS");
    setenv("TERM", "xterm", 1);
    bn_screen_start(&screen, file);
    assert_false(screen.terminal || screen.colour);
    assert_int_equal(screen.width, 0);
    setenv("COLUMNS", "72", 1);
    bn_screen_start(&screen, file);
    assert_int_equal(screen.width, 72);
    setenv("COLUMNS", "nonsense", 1);
    bn_screen_start(&screen, file);
    assert_int_equal(screen.width, 0);
    unsetenv("COLUMNS");
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_line_up_by_what_the_eye_sees),
        cmocka_unit_test(test_a_narrow_terminal_cuts_only_flexible_columns),
        cmocka_unit_test(test_a_note_stands_under_its_row),
        cmocka_unit_test(test_what_could_steer_a_terminal_becomes_blank),
        cmocka_unit_test(test_texts_wrap_at_words_and_under_themselves),
        cmocka_unit_test(test_what_is_no_terminal_gets_no_colour_and_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

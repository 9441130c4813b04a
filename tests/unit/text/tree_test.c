/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/rule.h"
#include "text/tree.h"

static struct bn_tree *parse(enum bn_syntax syntax, const char *text)
{
    struct bn_tree *tree = NULL;
    struct bn_why why = {0};
    enum bn_code code = bn_tree_parse(text, strlen(text), syntax, "f", &tree, &why);
    if (code != BN_OK)
        fail_msg("%s refused: %s", text, why.detail);
    return tree;
}

static void check_refused(enum bn_syntax syntax, const char *text, size_t size, const char *field, enum bn_rule rule)
{
    struct bn_tree *tree = NULL;
    struct bn_why why = {0};
    enum bn_code code = bn_tree_parse(text, size, syntax, "f", &tree, &why);
    if (code != BN_INVALID_ARGUMENT || strcmp(why.rule, bn_rule_name(rule)) != 0 || strcmp(why.field, field) != 0)
        fail_msg("%.60s: code %s, field %s (not %s), rule %s (not %s): %s", text, bn_code_name(code), why.field, field,
                 why.rule, bn_rule_name(rule), why.detail);
    assert_null(tree);
    assert_int_equal(bn_tree_parse(text, size, syntax, "f", &tree, NULL), BN_INVALID_ARGUMENT);
}

struct hostile {
    const char *text, *field;
    enum bn_rule rule;
};

static void test_hostile_yaml_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct hostile cases[] = {
        {"a: 1\nb: 2\na: 3\n", "f:3:1", BN_RULE_TREE_DUPLICATE},
        {"x: {k: 1, \"k\": 2}\n", "f:1:11", BN_RULE_TREE_DUPLICATE},
        {"a: &x 1\n", "f:1:4", BN_RULE_TREE_ALIAS},
        {"a: *x\n", "f:1:4", BN_RULE_TREE_ALIAS},
        {"a: &x [1]\nb: *x\n", "f:1:4", BN_RULE_TREE_ALIAS},
        {"<<: {a: 1}\n", "f:1:1", BN_RULE_TREE_ALIAS},
        {"a: !!str 1\n", "f:1:4", BN_RULE_TREE_ALIAS},
        {"a: !python/object:x {}\n", "f:1:4", BN_RULE_TREE_ALIAS},
        {"a: ! x\n", "f:1:4", BN_RULE_TREE_ALIAS},
        {"%TAG ! tag:x,2000:\n---\na: 1\n", "f:1:1", BN_RULE_TREE_ALIAS},
        {"%YAML 3.0\n---\na: 1\n", "f:1:1", BN_RULE_TREE_SYNTAX},
        {"a: 1\n---\nb: 2\n", "f:2:1", BN_RULE_TREE_SYNTAX},
        {"a: 1\n...\n---\nb: 2\n", "f:3:1", BN_RULE_TREE_SYNTAX},
        {"? [a, b]\n: 1\n", "f:1:3", BN_RULE_TREE_SYNTAX},
        {"{a: 1}: 2\n", "f:1:1", BN_RULE_TREE_SYNTAX},
        {"a:\n\tb: 1\n", "f:2:1", BN_RULE_TREE_SYNTAX},
        {"a: \"\\q\"\n", "f:1:5", BN_RULE_TREE_SYNTAX},
        {"a: \"\\ud83d\"\n", "f:1:7", BN_RULE_TREE_SYNTAX},
        {"a: \"x\\0y\"\n", "f:1:4", BN_RULE_TEXT_CONTROL},
        {"a: [1, 2\n", "f:2:1", BN_RULE_TREE_SYNTAX},
        {"a: \"open\n", "f:2:1", BN_RULE_TREE_SYNTAX},
        {"a: b: c\n", "f:1:5", BN_RULE_TREE_SYNTAX},
        {"a: @x\n", "f:1:4", BN_RULE_TREE_SYNTAX},
        {"a: 1\n b: 2\n", "f:2:3", BN_RULE_TREE_SYNTAX},
        {"a: \x1b[2J\n", "f:1:4", BN_RULE_TEXT_CONTROL},
        {"a: \xc2\x85\n", "f:1:4", BN_RULE_TEXT_CONTROL},
        {"\xc3\xa9: 1\nb: \xc3(\n", "f:2:4", BN_RULE_TEXT_NOT_UTF8},
        {"a: \xed\xa0\x80\n", "f:1:4", BN_RULE_TEXT_NOT_UTF8},
        {"a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n", "f:1:4", BN_RULE_TREE_ALIAS},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++)
        check_refused(BN_SYNTAX_YAML, cases[i].text, strlen(cases[i].text), cases[i].field, cases[i].rule);
    check_refused(BN_SYNTAX_YAML, "a: x\0y", 6, "f:1:5", BN_RULE_TEXT_CONTROL);
    check_refused(BN_SYNTAX_YAML,
                  "\xff\xfe"
                  "a\0",
                  4, "f:1:1", BN_RULE_TEXT_NOT_UTF8); /* UTF-16 */
}

static void test_hostile_json_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct hostile cases[] = {
        {"{\"a\": 1, \"b\": 2, \"a\": 3}", "f:1:18", BN_RULE_TREE_DUPLICATE},
        {"{\"a\": 1,\n \"\\u0061\": 3}", "f:2:2", BN_RULE_TREE_DUPLICATE},
        {"{\"a\": 1,}", "f:1:9", BN_RULE_TREE_SYNTAX},
        {"[1,]", "f:1:4", BN_RULE_TREE_SYNTAX},
        {"{'a': 1}", "f:1:2", BN_RULE_TREE_SYNTAX},
        {"{a: 1}", "f:1:2", BN_RULE_TREE_SYNTAX},
        {"{\"a\": 01}", "f:1:7", BN_RULE_TREE_SYNTAX},
        {"{\"a\": +1}", "f:1:7", BN_RULE_TREE_SYNTAX},
        {"{\"a\": .5}", "f:1:7", BN_RULE_TREE_SYNTAX},
        {"{\"a\": NaN}", "f:1:9", BN_RULE_TREE_SYNTAX},
        {"{\"a\": 1e999}", "f:1:11", BN_RULE_TREE_SYNTAX},
        {"{\"a\": 123456789012345678901234567890}", "f:1:36", BN_RULE_TREE_SYNTAX},
        {"{\"a\": \"\\ud83d\"}", "f:1:14", BN_RULE_TREE_SYNTAX},
        {"{\"a\": \"\\u0000\"}", "f:1:14", BN_RULE_TEXT_CONTROL},
        {"{\"a\": \"x\ny\"}", "f:1:8", BN_RULE_TREE_SYNTAX},
        {"{\"a\": 1} {\"b\": 2}", "f:1:10", BN_RULE_TREE_SYNTAX},
        {"{\"a\": 1} // x", "f:1:10", BN_RULE_TREE_SYNTAX},
        {"{\"a\": \"open", "f:1:11", BN_RULE_TREE_SYNTAX},
        {"{\"a\": [1, 2}", "f:1:12", BN_RULE_TREE_SYNTAX},
        {"", "f:1:1", BN_RULE_TREE_SYNTAX},
        {"\n{\"a\": \"\xc3(\"}", "f:2:8", BN_RULE_TEXT_NOT_UTF8},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++)
        check_refused(BN_SYNTAX_JSON, cases[i].text, strlen(cases[i].text), cases[i].field, cases[i].rule);
    check_refused(BN_SYNTAX_JSON, "{\"a\": \"x\0y\"}", 12, "f:1:9", BN_RULE_TEXT_CONTROL);
}

static char *repeat(const char *piece, size_t count, size_t *size)
{
    size_t length = strlen(piece);
    char *text = malloc(length * count + 1);
    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * length, piece, length);
    *size = length * count;
    text[*size] = '\0';
    return text;
}

static void test_thirty_two_levels_are_taken_and_more_refused(void **state)
{
    (void)state;
    for (int syntax = BN_SYNTAX_JSON; syntax <= BN_SYNTAX_YAML; syntax++) {
        for (size_t levels = 32; levels <= 33; levels++) {
            char text[80];
            struct bn_tree *tree = NULL;
            memset(text, '[', levels);
            memset(text + levels, ']', levels);
            if (levels == 33) {
                check_refused((enum bn_syntax)syntax, text, 2 * levels, "f:1:33", BN_RULE_TREE_DEPTH);
                continue;
            }
            assert_int_equal(bn_tree_parse(text, 2 * levels, (enum bn_syntax)syntax, "f", &tree, NULL), BN_OK);
            bn_tree_destroy(&tree);
        }
        size_t size;
        char *deep = repeat("[", 200000, &size);
        struct bn_tree *tree = NULL;
        struct bn_why why = {0};
        assert_int_equal(bn_tree_parse(deep, size, (enum bn_syntax)syntax, "f", &tree, &why), BN_INVALID_ARGUMENT);
        assert_string_equal(why.rule, "file.too_deep");
        free(deep);
    }
}

static void test_more_than_a_hundred_thousand_values_are_refused(void **state)
{
    (void)state;
    size_t size;
    char *list = repeat("- 1\n", 100000, &size);
    struct bn_why why = {0};
    struct bn_tree *tree = NULL;
    assert_int_equal(bn_tree_parse(list, size, BN_SYNTAX_YAML, "f", &tree, &why), BN_INVALID_ARGUMENT);
    assert_string_equal(why.rule, "body.too_complex");
    assert_int_equal(bn_tree_parse(list, size - 4, BN_SYNTAX_YAML, "f", &tree, &why), BN_OK);
    assert_int_equal(bn_tree_root(tree)->children, 99999);
    bn_tree_destroy(&tree);
    free(list);
}

/* Comparing each key with each would take minutes here; the test's time limit is what it proves. */
static void test_a_map_of_many_keys_is_checked_for_duplicates_in_no_time(void **state)
{
    (void)state;
    size_t count = 90000, used = 0;
    char *text = malloc(count * 40), field[32];
    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        used += (size_t)sprintf(text + used, "a long prefix of every key %zu: 1\n", i);
    struct bn_tree *tree = NULL;
    uint64_t start = test_now_ms();
    assert_int_equal(bn_tree_parse(text, used, BN_SYNTAX_YAML, "f", &tree, NULL), BN_OK);
    assert_true(test_now_ms() - start < 20000);
    bn_tree_destroy(&tree);
    used += (size_t)sprintf(text + used, "a long prefix of every key 7: 1\n");
    sprintf(field, "f:%zu:1", count + 1);
    check_refused(BN_SYNTAX_YAML, text, used, field, BN_RULE_TREE_DUPLICATE);
    free(text);
}

static void check_scalar(const char *yaml, enum bn_node_type type, const char *text)
{
    struct bn_tree *tree = parse(BN_SYNTAX_YAML, yaml);
    const struct bn_node *node = bn_tree_root(tree)->first_child;
    if (node->type != type || (text == NULL) != (node->text == NULL) || (text != NULL && strcmp(node->text, text) != 0))
        fail_msg("%s is type %d, text %s", yaml, (int)node->type, node->text == NULL ? "none" : node->text);
    assert_int_equal(node->text_size, text == NULL ? 0 : strlen(text));
    bn_tree_destroy(&tree);
}

static void test_plain_yaml_scalars_are_what_they_look_like_to_a_person(void **state)
{
    (void)state;
    check_scalar("- null", BN_NODE_NULL, NULL);
    check_scalar("- ~", BN_NODE_NULL, NULL);
    check_scalar("-", BN_NODE_NULL, NULL);
    check_scalar("- true", BN_NODE_BOOL, "true");
    check_scalar("- False", BN_NODE_BOOL, "false");
    check_scalar("- 12", BN_NODE_NUMBER, "12");
    check_scalar("- -1.50e+3", BN_NODE_NUMBER, "-1.50e+3");
    check_scalar("- 123456789012345678901234567890", BN_NODE_NUMBER, "123456789012345678901234567890");
    static const char *const texts[] = {
        "no",    "yes", "on",  "2026-01-31", "012345678", "0123", "+33612345678", "0x1F", "12:30:00",
        "1_000", ".5",  "5.",  ".inf",       ".nan",      "1.",   "tRUE",         "1e",   "2026-01-31T08:00",
        "0o17",  "00",  "a b", "Caf\xc3\xa9"};
    for (size_t i = 0; i < BN_COUNT(texts); i++) {
        char yaml[64];
        snprintf(yaml, sizeof yaml, "- %s", texts[i]);
        check_scalar(yaml, BN_NODE_TEXT, texts[i]);
    }
    check_scalar("- \"12\"", BN_NODE_TEXT, "12");
    check_scalar("- 'null'", BN_NODE_TEXT, "null");
    check_scalar("- ''", BN_NODE_TEXT, "");
    check_scalar("- |\n  true\n", BN_NODE_TEXT, "true\n");
    check_scalar("- >-\n  one\n  two\n", BN_NODE_TEXT, "one two");
}

static void test_a_node_knows_line_and_column_of_key_and_value(void **state)
{
    (void)state;
    static const char yaml[] = "\xc3\xa9t\xc3\xa9:\n  - {b: x, \xc3\xa8:   7}\n";
    static const char json[] = "\r\n{ \"\xc3\xa9t\xc3\xa9\":\t[\n  {\"b\": \"x\", \"\xc3\xa8\":   7}\n]}\n";
    for (int syntax = BN_SYNTAX_JSON; syntax <= BN_SYNTAX_YAML; syntax++) {
        bool is_json = syntax == BN_SYNTAX_JSON;
        struct bn_tree *tree = parse((enum bn_syntax)syntax, is_json ? json : yaml);
        const struct bn_node *list = bn_node_find(bn_tree_root(tree), "\xc3\xa9t\xc3\xa9");
        assert_non_null(list);
        assert_int_equal(list->type, BN_NODE_LIST);
        assert_int_equal(list->key_line, is_json ? 2 : 1);
        assert_int_equal(list->key_column, is_json ? 3 : 1);
        assert_int_equal(list->line, 2);
        assert_int_equal(list->column, is_json ? 10 : 3);
        const struct bn_node *seven = bn_node_find(list->first_child, "\xc3\xa8");
        assert_non_null(seven);
        assert_int_equal(seven->line, is_json ? 3 : 2);
        assert_int_equal(seven->key_column, is_json ? 14 : 12);
        assert_int_equal(seven->column, is_json ? 21 : 17);
        assert_null(bn_node_find(list, "b"));
        assert_null(bn_node_find(list->first_child, "c"));
        bn_tree_destroy(&tree);
    }
}

static void test_json_escapes_come_out_as_characters(void **state)
{
    (void)state;
    struct bn_tree *tree = parse(
        BN_SYNTAX_JSON, "[\"\\u00e9\\/\\\\\\\"\\b\\f\\n\\r\\t\\uD83D\\ude00\\u20AC\", \"\", 18446744073709551615e0, "
                        "-0, true, null, {}]");
    const struct bn_node *node = bn_tree_root(tree)->first_child;
    assert_string_equal(node->text, "\xc3\xa9/\\\"\b\f\n\r\t\xf0\x9f\x98\x80\xe2\x82\xac");
    assert_true(node->quoted);
    node = node->next;
    assert_string_equal(node->text, "");
    assert_string_equal(node->next->text, "18446744073709551615e0");
    assert_string_equal(node->next->next->text, "-0");
    assert_int_equal(node->next->next->next->type, BN_NODE_BOOL);
    assert_int_equal(node->next->next->next->next->type, BN_NODE_NULL);
    assert_int_equal(bn_tree_root(tree)->children, 7);
    bn_tree_destroy(&tree);
}

static void test_a_byte_order_mark_carriage_returns_and_an_empty_file_are_fine(void **state)
{
    (void)state;
    struct bn_tree *tree = parse(BN_SYNTAX_YAML, "\xef\xbb\xbf"
                                                 "a: |\r\n  x\r\n  y\r\nb: 2\r\n");
    assert_string_equal(bn_node_find(bn_tree_root(tree), "a")->text, "x\ny\n");
    bn_tree_destroy(&tree);
    tree = parse(BN_SYNTAX_JSON, "\xef\xbb\xbf{\"a\":\r\n1}");
    assert_int_equal(bn_node_find(bn_tree_root(tree), "a")->line, 2);
    bn_tree_destroy(&tree);
    tree = parse(BN_SYNTAX_YAML, "# nothing\n");
    assert_int_equal(bn_tree_root(tree)->type, BN_NODE_NULL);
    bn_tree_destroy(&tree);
}

static void test_random_bytes_never_do_more_than_be_refused(void **state)
{
    (void)state;
    static const char pieces[] = "{}[],:\"'#&*!|>-?%@`\n\t \\u0aeE+.~<";
    struct test_random random = test_random_start();
    for (int round = 0; round < 20000; round++) {
        char text[64];
        size_t size = (size_t)test_random_below(&random, sizeof text);
        for (size_t i = 0; i < size; i++)
            text[i] = test_random_one_in(&random, 30) ? (char)test_random_next(&random)
                                                      : pieces[test_random_below(&random, sizeof pieces - 1)];
        struct bn_tree *tree = NULL;
        struct bn_why why = {0};
        enum bn_code code =
            bn_tree_parse(text, size, round % 2 == 0 ? BN_SYNTAX_JSON : BN_SYNTAX_YAML, "f", &tree, &why);
        assert_true((code == BN_OK) == (tree != NULL));
        assert_true(code == BN_OK || (code == BN_INVALID_ARGUMENT && why.rule[0] != '\0' && why.field[0] == 'f'));
        bn_tree_destroy(&tree);
    }
}

static void test_a_file_is_json_by_its_name_and_has_a_bound(void **state)
{
    (void)state;
    const char *folder = test_folder();
    struct bn_why why = {0};
    struct bn_tree *tree = NULL;
    const char *json = test_file(folder, "x.JSON", "{'a': 1}");
    assert_int_equal(bn_tree_read(json, 1000, &tree, &why), BN_INVALID_ARGUMENT);
    const char *yaml = test_file(folder, "x.yaml", "{'a': 1}");
    assert_int_equal(bn_tree_read(yaml, 1000, &tree, &why), BN_OK);
    bn_tree_destroy(&tree);
    assert_int_equal(bn_tree_read(yaml, 7, &tree, &why), BN_RESOURCE_EXHAUSTED);
    TEST_WHY(why, yaml, "file.too_long");
    assert_int_equal(bn_tree_read(test_path(folder, "none"), 1000, &tree, &why), BN_NOT_FOUND);
    TEST_WHY(why, test_path(folder, "none"), "file.absent");
}

static void test_standard_input_is_json_when_it_starts_so(void **state)
{
    (void)state;
    const char *folder = test_folder();
    const char *texts[] = {" \n{'a': 1}", "a: 1\n"};
    enum bn_code wanted[] = {BN_INVALID_ARGUMENT, BN_OK};
    int kept = dup(STDIN_FILENO);
    for (size_t i = 0; i < 2; i++) {
        struct bn_tree *tree = NULL;
        assert_non_null(freopen(test_file(folder, "in", texts[i]), "r", stdin));
        assert_int_equal(bn_tree_read("-", 1000, &tree, NULL), wanted[i]);
        bn_tree_destroy(&tree);
        assert_int_equal(lseek(STDIN_FILENO, 0, SEEK_SET), 0);
        assert_int_equal(bn_tree_read("-", 3, &tree, NULL), BN_RESOURCE_EXHAUSTED);
    }
    dup2(kept, STDIN_FILENO);
    close(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_yaml_is_refused_with_its_place),
        cmocka_unit_test(test_hostile_json_is_refused_with_its_place),
        cmocka_unit_test(test_thirty_two_levels_are_taken_and_more_refused),
        cmocka_unit_test(test_more_than_a_hundred_thousand_values_are_refused),
        cmocka_unit_test(test_a_map_of_many_keys_is_checked_for_duplicates_in_no_time),
        cmocka_unit_test(test_plain_yaml_scalars_are_what_they_look_like_to_a_person),
        cmocka_unit_test(test_a_node_knows_line_and_column_of_key_and_value),
        cmocka_unit_test(test_json_escapes_come_out_as_characters),
        cmocka_unit_test(test_a_byte_order_mark_carriage_returns_and_an_empty_file_are_fine),
        cmocka_unit_test(test_random_bytes_never_do_more_than_be_refused),
        cmocka_unit_test(test_a_file_is_json_by_its_name_and_has_a_bound),
        cmocka_unit_test(test_standard_input_is_json_when_it_starts_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/conf.h"

struct conf {
    char *name;
    bool flag;
    uint64_t count, bytes, millis, mode;
};

#define AT(member) offsetof(struct conf, member)
static const struct bn_conf_key keys[] = {
    {"name", BN_CONF_TEXT, AT(name), "a: b", .help = "how it is called"},
    {"flag", BN_CONF_BOOL, AT(flag), "true", .reloads = true, .help = "this | that"},
    {"limits.count", BN_CONF_COUNT, AT(count), "10", .min = 1, .max = 100, .help = "how many"},
    {"limits.bytes", BN_CONF_BYTES, AT(bytes), "1MiB", .min = 1024, .help = "how large"},
    {"limits.deep.millis", BN_CONF_MILLIS, AT(millis), "90s", .min = 1, .max = 86400000, .reloads = true,
     .help = "how long"},
    {"mode", BN_CONF_MODE, AT(mode), "0660", .required = true, .help = "whose it is"},
};
enum { COUNT = BN_COUNT(keys), NAME = 0, FLAG, LIMITS_COUNT, BYTES, MILLIS, MODE };

static void check_number(int key, const char *text, enum bn_code code, uint64_t wanted)
{
    struct conf conf = {.count = 77, .bytes = 77, .millis = 77, .mode = 77};
    struct bn_why why = {0};
    if (bn_conf_set(&keys[key], &conf, text, &why) != code)
        fail_msg("%s: %s", text, why.detail);
    assert_true(*(uint64_t *)((char *)&conf + keys[key].offset) == (code == BN_OK ? wanted : 77));
    if (code != BN_OK)
        TEST_WHY(why, keys[key].name, "config.value");
}

static void test_numbers_sizes_and_durations_are_read_with_their_units(void **state)
{
    (void)state;
    check_number(LIMITS_COUNT, "100", BN_OK, 100);
    check_number(BYTES, "2048", BN_OK, 2048);
    check_number(BYTES, "64KiB", BN_OK, 65536);
    check_number(BYTES, "64 MiB", BN_OK, 64 << 20);
    check_number(BYTES, "3GiB", BN_OK, UINT64_C(3) << 30);
    check_number(MILLIS, "250", BN_OK, 250);
    check_number(MILLIS, "250ms", BN_OK, 250);
    check_number(MILLIS, "30s", BN_OK, 30000);
    check_number(MILLIS, "5min", BN_OK, 300000);
    check_number(MILLIS, "2h", BN_OK, 7200000);
    check_number(MILLIS, "1d", BN_OK, 86400000);
    check_number(MODE, "0660", BN_OK, 0660);
    check_number(MODE, "7777", BN_OK, 07777);
}

static void test_what_is_no_such_value_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        int key;
        const char *text;
    } cases[] = {
        {LIMITS_COUNT, ""},
        {LIMITS_COUNT, "0"},
        {LIMITS_COUNT, "101"},
        {LIMITS_COUNT, "-1"},
        {LIMITS_COUNT, "+1"},
        {LIMITS_COUNT, " 1"},
        {LIMITS_COUNT, "1 "},
        {LIMITS_COUNT, "1.0"},
        {LIMITS_COUNT, "0x10"},
        {LIMITS_COUNT, "1KiB"},
        {BYTES, "1023"},
        {BYTES, "1KB"},
        {BYTES, "1k"},
        {BYTES, "MiB"},
        {BYTES, "2  KiB"},
        {BYTES, "18446744073709551616"},
        {BYTES, "17179869184GiB"},
        {MILLIS, "1m"},
        {MILLIS, "25h"},
        {MILLIS, "0s"},
        {MILLIS, "1.5s"},
        {MILLIS, "213503982335d"},
        {MODE, "0888"},
        {MODE, "10000"},
        {MODE, "rw"},
        {BYTES, "2048 "},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++)
        check_number(cases[i].key, cases[i].text, BN_INVALID_ARGUMENT, 0);
    struct conf conf = {.flag = true};
    struct bn_why why = {0};
    assert_int_equal(bn_conf_set(&keys[FLAG], &conf, "yes", &why), BN_INVALID_ARGUMENT);
    assert_string_equal(why.detail, "flag: expected true or false, not \"yes\"");
    assert_true(conf.flag);
    assert_int_equal(bn_conf_set(&keys[MILLIS], &conf, "2d", &why), BN_INVALID_ARGUMENT);
    assert_string_equal(why.detail, "limits.deep.millis: expected a duration such as 30s, 1ms to 1d, not \"2d\"");
}

static void test_defaults_are_set_and_texts_freed(void **state)
{
    (void)state;
    struct conf conf = {0}, other = {0};
    assert_int_equal(bn_conf_defaults(keys, COUNT, &conf), BN_OK);
    assert_string_equal(conf.name, "a: b");
    assert_true(conf.flag);
    assert_int_equal(conf.bytes, 1 << 20);
    assert_int_equal(conf.millis, 90000);
    assert_int_equal(bn_conf_set(&keys[NAME], &conf, "c", NULL), BN_OK);
    assert_false(bn_conf_same(&keys[NAME], &conf, &other));
    bn_conf_swap(&keys[NAME], &conf, &other);
    assert_null(conf.name);
    assert_string_equal(other.name, "c");
    assert_int_equal(bn_conf_span(keys, COUNT), AT(mode) + sizeof(uint64_t));
    bn_conf_finish(keys, COUNT, &conf);
    bn_conf_finish(keys, COUNT, &other);
    assert_null(other.name);
}

static char *print(void (*what)(const struct bn_conf_key *, size_t, FILE *))
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    what(keys, COUNT, out);
    fclose(out);
    return text;
}

static void test_the_example_shows_help_unit_range_and_default(void **state)
{
    (void)state;
    char *text = print(bn_conf_print_example);
    assert_string_equal(text, "# how it is called (a text)\n"
                              "name: \"a: b\"\n"
                              "# this | that (true or false; reload takes it)\n"
                              "flag: true\n"
                              "\n"
                              "limits:\n"
                              "  # how many (a number, 1 to 100)\n"
                              "  count: 10\n"
                              "  # how large (a size such as 64MiB, at least 1KiB)\n"
                              "  bytes: 1MiB\n"
                              "  deep:\n"
                              "    # how long (a duration such as 30s, 1ms to 1d; reload takes it)\n"
                              "    millis: 90s\n"
                              "# whose it is (file rights such as \"0660\"; required)\n"
                              "mode: \"0660\"\n");
    free(text);
}

static void test_the_table_is_printed_as_markdown(void **state)
{
    (void)state;
    char *text = print(bn_conf_print_markdown);
    assert_string_equal(text, "| key | default | range | reload | meaning |\n"
                              "| --- | --- | --- | --- | --- |\n"
                              "| `name` | `a: b` | a text | no | how it is called |\n"
                              "| `flag` | `true` | true or false | yes | this \\| that |\n"
                              "| `limits.count` | `10` | 1 to 100 | no | how many |\n"
                              "| `limits.bytes` | `1MiB` | at least 1KiB | no | how large |\n"
                              "| `limits.deep.millis` | `90s` | 1ms to 1d | yes | how long |\n"
                              "| `mode` | `0660` | file rights such as \"0660\" | no | whose it is |\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_sizes_and_durations_are_read_with_their_units),
        cmocka_unit_test(test_what_is_no_such_value_is_refused_and_changes_nothing),
        cmocka_unit_test(test_defaults_are_set_and_texts_freed),
        cmocka_unit_test(test_the_example_shows_help_unit_range_and_default),
        cmocka_unit_test(test_the_table_is_printed_as_markdown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

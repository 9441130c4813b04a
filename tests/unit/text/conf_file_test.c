/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/rule.h"
#include "text/conf_file.h"

struct conf {
    char *endpoint, *key_file, *organisation, *other;
    bool fast;
    uint64_t count, bytes, idle_ms, mode;
};

#define AT(member) offsetof(struct conf, member)
static const struct bn_conf_key keys[] = {
    {"public.endpoint", BN_CONF_TEXT, AT(endpoint), "tcp://127.0.0.1:5555", .help = "where clients connect"},
    {"public.key_file", BN_CONF_PATH, AT(key_file), .required = true, .help = "secret key"},
    {"local.organisation", BN_CONF_TEXT, AT(organisation), .help = "who speaks"},
    {"local.mode", BN_CONF_MODE, AT(mode), "0660", .help = "rights"},
    {"other", BN_CONF_PATH, AT(other), "run/x", .help = "a path"},
    {"fast", BN_CONF_BOOL, AT(fast), "false", .reloads = true, .help = "a | switch"},
    {"limits.count", BN_CONF_COUNT, AT(count), "10", .min = 1, .max = 100, .reloads = true, .help = "how many"},
    {"limits.bytes", BN_CONF_BYTES, AT(bytes), "1MiB", .min = 1024, .max = 1 << 30, .reloads = true,
     .help = "how large"},
    {"limits.idle_ms", BN_CONF_MILLIS, AT(idle_ms), "15s", .min = 1000, .max = 3600000, .help = "how long"},
};

static const char *path_of(const char *text)
{
    return test_file(test_folder(), "x.yaml", text);
}

static void test_a_file_fills_the_struct_and_fallbacks_do_the_rest(void **state)
{
    (void)state;
    struct conf conf = {0};
    struct bn_why why = {0};
    const char *path = path_of("public: {key_file: hub.secret}\n"
                               "local:\n  mode: 0600\n  organisation: 12\n"
                               "fast: true\nlimits:\n  bytes: 64 KiB\n  idle_ms: 2min\n  count:\n");
    if (bn_conf_load(path, keys, BN_COUNT(keys), &conf, &why) != BN_OK)
        fail_msg("%s", why.detail);
    char wanted[TEST_PATH_SIZE];
    snprintf(wanted, sizeof wanted, "%.*s/hub.secret", (int)(strrchr(path, '/') - path), path);
    assert_string_equal(conf.key_file, wanted);
    assert_int_equal(conf.other[0], '/');
    assert_string_equal(conf.endpoint, "tcp://127.0.0.1:5555");
    assert_string_equal(conf.organisation, "12");
    assert_int_equal(conf.mode, 0600);
    assert_true(conf.fast);
    assert_int_equal(conf.count, 10);
    assert_int_equal(conf.bytes, 65536);
    assert_int_equal(conf.idle_ms, 120000);
    bn_conf_finish(keys, BN_COUNT(keys), &conf);
    assert_null(conf.key_file);
}

static void test_what_is_wrong_is_refused_with_file_and_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line;
        enum bn_rule rule;
    } cases[] = {
        {"public: {key_file: x}\nlimits:\n  cuont: 1\n", ":3", BN_RULE_CONFIG_UNKNOWN},
        {"public: {key_file: x}\nlimits.count: 1\n", ":2", BN_RULE_CONFIG_UNKNOWN},
        {"public: {key_file: x}\nnone: 1\n", ":2", BN_RULE_CONFIG_UNKNOWN},
        {"public: {key_file: x}\nlimits: {count: 0}\n", ":2", BN_RULE_CONFIG_VALUE},
        {"public: {key_file: x}\nlimits: {count: 101}\n", ":2", BN_RULE_CONFIG_VALUE},
        {"public: {key_file: x}\nlimits: {count: -1}\n", ":2", BN_RULE_CONFIG_VALUE},
        {"public: {key_file: x}\nlimits: {count: 1.0}\n", ":2", BN_RULE_CONFIG_VALUE},
        {"public: {key_file: x}\nlimits: {count: [1]}\n", ":2", BN_RULE_CONFIG_VALUE},
        {"public: {key_file: x}\nlimits: {count: 99999999999999999999}\n", ":2", BN_RULE_CONFIG_VALUE},
        {"public: {key_file: x}\nlimits: {bytes: 99999999999GiB}\n", ":2", BN_RULE_CONFIG_VALUE},
        {"public: {key_file: x}\nlimits: {bytes: 1MB}\n", ":2", BN_RULE_CONFIG_VALUE},
        {"public: {key_file: x}\nlimits: {idle_ms: soon}\n", ":2", BN_RULE_CONFIG_VALUE},
        {"public: {key_file: x}\nlimits: 3\n", ":2", BN_RULE_CONFIG_VALUE},
        {"public: {key_file: x}\nlocal: {mode: 0888}\n", ":2", BN_RULE_CONFIG_VALUE},
        {"public: {key_file: x}\nlocal: {mode: 77777}\n", ":2", BN_RULE_CONFIG_VALUE},
        {"public: {key_file: x}\nfast: yes\n", ":2", BN_RULE_CONFIG_VALUE},
        {"public: {key_file: x}\npublic: {}\n", ":2", BN_RULE_TREE_DUPLICATE},
        {"public: {key_file: x}\nfast: &a true\n", ":2", BN_RULE_TREE_ALIAS},
        {"public: {key_file: x}\n\tfast: true\n", ":2", BN_RULE_TREE_SYNTAX},
        {"- 1\n", ":1", BN_RULE_CONFIG_VALUE},
        {"fast: true\n", "", BN_RULE_CONFIG_REQUIRED},
        {"public: {key_file: \"\"}\n", "", BN_RULE_CONFIG_REQUIRED},
        {"public:\n  key_file:\n", "", BN_RULE_CONFIG_REQUIRED},
        {"", "", BN_RULE_CONFIG_REQUIRED},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        struct conf conf = {0};
        struct bn_why why = {0};
        const char *path = path_of(cases[i].text);
        char wanted[TEST_PATH_SIZE];
        snprintf(wanted, sizeof wanted, "%.400s%s", path, cases[i].line);
        enum bn_code code = bn_conf_load(path, keys, BN_COUNT(keys), &conf, &why);
        if (code != BN_INVALID_ARGUMENT || strcmp(why.field, wanted) != 0 ||
            strcmp(why.rule, bn_rule_name(cases[i].rule)) != 0)
            fail_msg("%s\n%s %s %s: %s", cases[i].text, bn_code_name(code), why.field, why.rule, why.detail);
        assert_null(conf.endpoint);
        assert_null(conf.key_file);
    }
    struct conf conf = {0};
    struct bn_why why = {0};
    assert_int_equal(bn_conf_load("/nowhere/x.yaml", keys, BN_COUNT(keys), &conf, &why), BN_NOT_FOUND);
    TEST_WHY(why, "/nowhere/x.yaml", "file.absent");
}

static void test_reload_takes_what_may_change_and_counts_what_must_wait(void **state)
{
    (void)state;
    struct conf conf = {0};
    struct bn_why why = {0};
    size_t waiting = 77;
    const char *path = path_of("public: {key_file: a}\nlimits: {count: 1, idle_ms: 2s}\n");
    assert_int_equal(bn_conf_load(path, keys, BN_COUNT(keys), &conf, &why), BN_OK);
    const char *next = path_of("public: {key_file: a}\nlimits: {count: 2, idle_ms: 3s}\nlocal: {organisation: x}\n");
    assert_int_equal(bn_conf_reload(next, keys, BN_COUNT(keys), &conf, &waiting, &why), BN_OK);
    assert_int_equal(conf.count, 2);
    assert_int_equal(conf.idle_ms, 2000);
    assert_null(conf.organisation);
    assert_int_equal(waiting, 4); /* two paths (another folder), idle_ms, organisation */
    const char *bad = path_of("public: {key_file: a}\nlimits: {count: 3, none: 1}\n");
    assert_int_equal(bn_conf_reload(bad, keys, BN_COUNT(keys), &conf, &waiting, &why), BN_INVALID_ARGUMENT);
    assert_int_equal(conf.count, 2);
    bn_conf_finish(keys, BN_COUNT(keys), &conf);
}

static void test_the_example_loads_and_gives_the_fallbacks(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bn_conf_print_example(keys, BN_COUNT(keys), out);
    fclose(out);
    struct conf conf = {0}, fallbacks = {0};
    struct bn_why why = {0};
    assert_int_equal(bn_conf_load(path_of(text), keys, BN_COUNT(keys), &conf, &why), BN_INVALID_ARGUMENT);
    assert_string_equal(why.rule, "config.required"); /* the key file is nobody's to guess */
    char *hole = strstr(text, "key_file:\n"), whole[4096];
    assert_non_null(hole);
    snprintf(whole, sizeof whole, "%.*s key_file: /k\n%s", (int)(hole - text - 1), text, hole + strlen("key_file:\n"));
    if (bn_conf_load(path_of(whole), keys, BN_COUNT(keys), &conf, &why) != BN_OK)
        fail_msg("%s\n%s", why.detail, whole);
    assert_int_equal(bn_conf_defaults(keys, BN_COUNT(keys), &fallbacks), BN_OK);
    for (size_t i = 0; i < BN_COUNT(keys); i++)
        if (keys[i].type != BN_CONF_PATH && !bn_conf_same(&keys[i], &conf, &fallbacks))
            fail_msg("%s differs\n%s", keys[i].name, whole);
    bn_conf_finish(keys, BN_COUNT(keys), &conf);
    bn_conf_finish(keys, BN_COUNT(keys), &fallbacks);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_fills_the_struct_and_fallbacks_do_the_rest),
        cmocka_unit_test(test_what_is_wrong_is_refused_with_file_and_line),
        cmocka_unit_test(test_reload_takes_what_may_change_and_counts_what_must_wait),
        cmocka_unit_test(test_the_example_loads_and_gives_the_fallbacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

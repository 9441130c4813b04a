/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/code.h"
#include "base/rule.h"
#include "base/utf8.h"

#include <errno.h>

static void test_every_code_has_its_canonical_name(void **state)
{
    (void)state;
    assert_string_equal(bn_code_name(BN_OK), "OK");
    assert_string_equal(bn_code_name(BN_UNAUTHENTICATED), "UNAUTHENTICATED");
    assert_string_equal(bn_code_name((enum bn_code)17), "UNKNOWN");
    assert_string_equal(bn_code_name((enum bn_code) - 1), "UNKNOWN");
    for (int a = 0; a < BN_CODES; a++)
        for (int b = 0; b < a; b++)
            assert_string_not_equal(bn_code_name((enum bn_code)a), bn_code_name((enum bn_code)b));
}

static void test_no_errno_value_but_zero_is_ok(void **state)
{
    (void)state;
    assert_int_equal(bn_code_of_errno(0), BN_OK);
    assert_int_equal(bn_code_of_errno(ENOENT), BN_NOT_FOUND);
    assert_int_equal(bn_code_of_errno(EACCES), BN_PERMISSION_DENIED);
    assert_int_equal(bn_code_of_errno(ENOSPC), BN_RESOURCE_EXHAUSTED);
    assert_int_equal(bn_code_of_errno(EEXIST), BN_ALREADY_EXISTS);
    assert_int_equal(bn_code_of_errno(EADDRINUSE), BN_FAILED_PRECONDITION);
    assert_int_equal(bn_code_of_errno(123456), BN_INTERNAL);
    for (int error = 1; error < 200; error++)
        assert_int_not_equal(bn_code_of_errno(error), BN_OK);
}

static void test_why_takes_nothing_and_may_be_nobodys(void **state)
{
    (void)state;
    struct bn_why why;
    assert_int_equal(bn_why_set(NULL, BN_ABORTED, "f", "r", "%d", 1), BN_ABORTED);
    assert_int_equal(bn_why_set(&why, BN_NOT_FOUND, NULL, NULL, NULL), BN_NOT_FOUND);
    assert_string_equal(why.field, "");
    assert_string_equal(why.rule, "");
    assert_string_equal(why.detail, "");
    bn_why_set(&why, BN_NOT_FOUND, "proposal.title", "field.required", "%s %d", "x", 7);
    TEST_WHY(why, "proposal.title", "field.required");
    assert_string_equal(why.detail, "x 7");
}

static void test_why_may_be_filled_from_itself(void **state)
{
    (void)state;
    struct bn_why why;
    bn_why_set(&why, BN_ABORTED, "a.b", "r", "detail");
    bn_why_set(&why, BN_ABORTED, why.field + 2, why.rule, "more: %s", why.detail);
    TEST_WHY(why, "b", "r");
    assert_string_equal(why.detail, "more: detail");
}

static void test_why_is_cut_at_a_character_and_shows_no_controls(void **state)
{
    (void)state;
    struct bn_why why;
    char text[2000];
    for (size_t start = 0; start < 4; start++) {
        memset(text, 'a', start);
        for (size_t i = start; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "\xe2\x82\xac", 4);
        bn_why_set(&why, BN_ABORTED, text, text, "%s", text);
        assert_true(strlen(why.field) > sizeof why.field - 4);
        assert_true(strlen(why.detail) > sizeof why.detail - 4);
        assert_int_equal(bn_utf8_check(why.field, strlen(why.field), NULL), BN_UTF8_GOOD);
        assert_int_equal(bn_utf8_check(why.rule, strlen(why.rule), NULL), BN_UTF8_GOOD);
        assert_int_equal(bn_utf8_check(why.detail, strlen(why.detail), NULL), BN_UTF8_GOOD);
    }
    bn_why_set(&why, BN_ABORTED, "\x1b[2J\xff", "r", "%s", "\xc2\x9b!");
    assert_string_equal(why.field, "?[2J?");
    assert_string_equal(why.detail, "?\?!");
}

static void test_every_rule_is_found_by_its_name_and_no_name_is_used_twice(void **state)
{
    (void)state;
    for (unsigned i = 0; i < BN_RULE_COUNT; i++) {
        const char *name = bn_rule_name((enum bn_rule)i);
        assert_non_null(strchr(name, '.'));
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_."), strlen(name));
        assert_true(strlen(name) < sizeof(((struct bn_why *)NULL)->rule));
        assert_int_equal(bn_rule_find(name), i);
        assert_non_null(bn_rule_params((enum bn_rule)i));
        assert_null(strstr(bn_rule_params((enum bn_rule)i), "  "));
    }
    assert_int_equal(bn_rule_find("no.such_rule"), BN_RULE_COUNT);
    assert_int_equal(bn_rule_find(NULL), BN_RULE_COUNT);
    assert_string_equal(bn_rule_name(BN_RULE_COUNT), "");
    assert_string_equal(bn_rule_params((enum bn_rule) - 1), "");
    assert_string_equal(bn_rule_params(BN_RULE_NUMBER_RANGE), "min max actual");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_has_its_canonical_name),
        cmocka_unit_test(test_no_errno_value_but_zero_is_ok),
        cmocka_unit_test(test_why_takes_nothing_and_may_be_nobodys),
        cmocka_unit_test(test_why_may_be_filled_from_itself),
        cmocka_unit_test(test_why_is_cut_at_a_character_and_shows_no_controls),
        cmocka_unit_test(test_every_rule_is_found_by_its_name_and_no_name_is_used_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Ids as people see and type them. */
#include "fixture.h"

#include "cli/ids.h"

static const char id[] = "01a211f6-05df-74b8-a7c4-fc6018bf2baf";

static void test_a_part_of_an_id_is_eight_digits_or_more_but_not_all(void **state)
{
    static const char *const parts[] = {"18bf2baf", "01A211F6", "01a211f6-05df", "fc60-18bf-2baf"};
    static const char *const others[] = {"8bf2baf", "acme-energy", "", "18bf2bag", "--------", "18bf2baf "};
    (void)state;
    for (size_t i = 0; i < BN_COUNT(parts); i++)
        assert_true(bn_id_is_part(parts[i]));
    for (size_t i = 0; i < BN_COUNT(others); i++)
        assert_false(bn_id_is_part(others[i]));
    assert_false(bn_id_is_part(id));
    assert_false(bn_id_is_part("01a211f605df74b8a7c4fc6018bf2baf0"));
}

static void test_a_part_fits_at_the_end_and_at_the_start_only(void **state)
{
    (void)state;
    assert_true(bn_id_fits(id, "18bf2baf"));
    assert_true(bn_id_fits(id, "FC6018BF2BAF"));
    assert_true(bn_id_fits(id, "01a211f6-05df"));
    assert_true(bn_id_fits(id, id));
    assert_false(bn_id_fits(id, "05df74b8"));
    assert_false(bn_id_fits(id, "18bf2bae"));
    assert_false(bn_id_fits(id, "acme"));
    assert_false(bn_id_fits("acme", "18bf2baf"));
}

static void test_an_id_is_short_only_where_the_width_is_limited(void **state)
{
    struct bn_cli cli;
    (void)state;
    cli_start(&cli);
    cli.screen.width = 0;
    assert_string_equal(bn_id_shown(&cli, id), id);
    cli.screen.width = 80;
    assert_string_equal(bn_id_shown(&cli, id), "18bf2baf");
    assert_true(bn_id_is_part(bn_id_shown(&cli, id)) && bn_id_fits(id, bn_id_shown(&cli, id)));
    assert_string_equal(bn_id_shown(&cli, "0190"), "0190");
    cli_finish(&cli);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_part_of_an_id_is_eight_digits_or_more_but_not_all),
        cmocka_unit_test(test_a_part_fits_at_the_end_and_at_the_start_only),
        cmocka_unit_test(test_an_id_is_short_only_where_the_width_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

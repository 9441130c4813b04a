/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/rules/codes.h"
#include "test.h"

static void siren_follows_its_check_digit(void **state)
{
    (void)state;
    assert_true(bn_siren_valid("732829320"));
    assert_false(bn_siren_valid("732829321"));
    assert_false(bn_siren_valid("000000000"));
    assert_false(bn_siren_valid("73282932"));
    assert_false(bn_siren_valid("7328293200"));
    assert_false(bn_siren_valid("73282932O"));
    assert_false(bn_siren_valid(""));
}

static void siret_follows_luhn_and_the_exception_of_la_poste(void **state)
{
    (void)state;
    assert_true(bn_siret_valid("73282932000074"));
    assert_false(bn_siret_valid("73282932000075"));
    assert_true(bn_siret_valid("35600000000048"));
    assert_true(bn_siret_valid("35600000049837")); /* not Luhn, digits add up to 45 */
    assert_false(bn_siret_valid("35600000049838"));
    assert_false(bn_siret_valid("00000000000000"));
}

static void vat_and_lei_are_judged_by_their_rules(void **state)
{
    (void)state;
    assert_true(bn_vat_valid("FR44732829320"));
    assert_false(bn_vat_valid("FR45732829320"));
    assert_false(bn_vat_valid("FR44732829321"));
    assert_true(bn_vat_valid("DE123456789"));
    assert_false(bn_vat_valid("ZZ123456789"));
    assert_true(bn_lei_valid("969500T3MBS4SQAMHJ98"));
    assert_false(bn_lei_valid("969500T3MBS4SQAMHJ99"));
}

static void code_lists_know_their_members_and_no_others(void **state)
{
    (void)state;
    assert_true(bn_country_known("FR"));
    assert_true(bn_country_known("AD"));
    assert_true(bn_country_known("ZW"));
    assert_false(bn_country_known("fr"));
    assert_false(bn_country_known("FRA"));
    assert_false(bn_country_known("XX"));
    assert_false(bn_country_known(""));
    assert_true(bn_language_known("fr"));
    assert_false(bn_language_known("xx"));
    assert_true(bn_currency_known("EUR"));
    assert_false(bn_currency_known("FRF"));
    assert_true(bn_reason_known("NO_BUDGET"));
    assert_false(bn_reason_known("no_budget"));
}

static void activity_codes_need_their_nomenclature(void **state)
{
    (void)state;
    assert_true(bn_activity_valid("naf-rev2", "62.01Z"));
    assert_true(bn_activity_valid("naf-rev2", "6201Z"));
    assert_true(bn_activity_valid("nace-rev2", "62.01"));
    assert_true(bn_activity_valid("nace-rev2", "62"));
    assert_false(bn_activity_valid("nace-rev2", "62.01Z"));
    assert_false(bn_activity_valid("", "62.01Z"));
    assert_false(bn_activity_valid("naf-rev2", "62.0.1Z"));
    assert_false(bn_activity_valid("naf-rev2", "62."));
    assert_false(bn_activity_valid("naf-rev2", "Z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siren_follows_its_check_digit),
        cmocka_unit_test(siret_follows_luhn_and_the_exception_of_la_poste),
        cmocka_unit_test(vat_and_lei_are_judged_by_their_rules),
        cmocka_unit_test(code_lists_know_their_members_and_no_others),
        cmocka_unit_test(activity_codes_need_their_nomenclature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

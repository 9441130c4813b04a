/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "cli/money.h"

static void test_amounts_are_read_as_people_write_them(void **state)
{
    static const struct {
        const char *text;
        int64_t units;
        const char *currency;
    } good[] = {
        {"150000", 15000000, "EUR"},
        {"1500.50USD", 150050, "USD"},
        {"1 500,5 usd", 150050, "USD"},
        {"150k", 15000000, "EUR"},
        {"2.5M EUR", 250000000, "EUR"},
        {"1000JPY", 1000, "JPY"},
        {"1.234KWD", 1234, "KWD"},
        {"0", 0, "EUR"},
        {"92233720368547758.07", INT64_MAX, "EUR"},
    };
    static const char *const bad[] = {"",
                                      "EUR",
                                      "1.234EUR",
                                      "1.5JPY",
                                      "12EURO",
                                      "1-2",
                                      "1.2.3EUR",
                                      "1e5",
                                      "-5",
                                      "5 €",
                                      "1k5",
                                      "99999999999999999999",
                                      "9223372036854775808"};
    struct bn_money money;
    (void)state;
    for (size_t i = 0; i < BN_COUNT(good); i++) {
        assert_true(bn_money_parse(good[i].text, strlen(good[i].text), "EUR", &money));
        assert_int_equal(money.minor_units, good[i].units);
        assert_string_equal(money.currency, good[i].currency);
    }
    for (size_t i = 0; i < BN_COUNT(bad); i++)
        if (bn_money_parse(bad[i], strlen(bad[i]), "EUR", &money))
            fail_msg("\"%s\" was taken", bad[i]);
}

static void test_the_currency_of_a_range_stands_at_its_end(void **state)
{
    struct bn_money min, max;
    (void)state;
    assert_true(bn_money_parse_range("50k-150kUSD", "EUR", &min, &max));
    assert_int_equal(min.minor_units, 5000000);
    assert_string_equal(min.currency, "USD");
    assert_int_equal(max.minor_units, 15000000);
    assert_true(bn_money_parse_range("75k", "EUR", &min, &max));
    assert_int_equal(min.minor_units, max.minor_units);
    assert_false(bn_money_parse_range("50k-", "EUR", &min, &max));
    assert_false(bn_money_parse_range("-50k", "EUR", &min, &max));
}

static void test_amounts_are_shown_in_groups_of_three(void **state)
{
    char text[BN_MONEY_SIZE];
    (void)state;
    bn_money_format(123456700, "EUR", text);
    assert_string_equal(text, "1 234 567 EUR");
    bn_money_format(150050, "USD", text);
    assert_string_equal(text, "1 500.50 USD");
    bn_money_format(-5, "EUR", text);
    assert_string_equal(text, "-0.05 EUR");
    bn_money_format(1234, "JPY", text);
    assert_string_equal(text, "1 234 JPY");
    bn_money_format(INT64_MIN, "EUR", text);
    assert_string_equal(text, "-92 233 720 368 547 758.08 EUR");
}

static void test_what_is_shown_is_read_back(void **state)
{
    struct test_random random = test_random_start();
    (void)state;
    for (int i = 0; i < 10000; i++) {
        static const char *const currencies[] = {"EUR", "JPY", "KWD"};
        int64_t units = (int64_t)(test_random_next(&random) >> (1 + test_random_below(&random, 62)));
        const char *currency = currencies[test_random_below(&random, 3)];
        char text[BN_MONEY_SIZE];
        struct bn_money money;
        bn_money_format(units, currency, text);
        assert_true(bn_money_parse(text, strlen(text), "XXX", &money));
        assert_int_equal(money.minor_units, units);
        assert_string_equal(money.currency, currency);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_amounts_are_read_as_people_write_them),
        cmocka_unit_test(test_the_currency_of_a_range_stands_at_its_end),
        cmocka_unit_test(test_amounts_are_shown_in_groups_of_three),
        cmocka_unit_test(test_what_is_shown_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

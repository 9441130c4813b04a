/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/clock.h"
#include "base/code.h"

static void test_every_day_of_three_centuries_goes_there_and_back(void **state)
{
    (void)state;
    int32_t first, last, day;
    assert_true(bn_date_parse("1900-01-01", &first));
    assert_true(bn_date_parse("2199-12-31", &last));
    assert_int_equal(last - first + 1, 300 * 365 + 73);
    for (int32_t wanted = first; wanted <= last; wanted++) {
        char text[BN_DATE_SIZE], theirs[16];
        struct tm tm;
        time_t seconds = (time_t)wanted * 86400;
        gmtime_r(&seconds, &tm);
        strftime(theirs, sizeof theirs, "%Y-%m-%d", &tm);
        bn_date_format(wanted, text);
        assert_string_equal(text, theirs);
        assert_true(bn_date_parse(text, &day));
        assert_int_equal(day, wanted);
    }
}

static void test_what_is_no_date_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",           "2026",       "2026-1-1",   "2026-01-32", "2026-00-10",  "2026-13-01",
        "2026-02-29", "1900-02-29", "1899-12-31", "2200-01-01", "2026-01-01 ", " 2026-01-01",
        "2026/01/01", "2026-01-0a", "-026-01-01", "20260101",   "2026-01-011"};
    int32_t day = 77;
    for (size_t i = 0; i < BN_COUNT(texts); i++)
        assert_false(bn_date_parse(texts[i], &day));
    assert_false(bn_date_parse(NULL, &day));
    assert_int_equal(day, 77);
    assert_true(bn_date_parse("2000-02-29", &day));
}

static void test_days_outside_four_digits_are_written_as_the_nearest(void **state)
{
    (void)state;
    char text[BN_DATE_SIZE];
    bn_date_format(INT32_MAX, text);
    assert_string_equal(text, "9999-12-31");
    bn_date_format(INT32_MIN, text);
    assert_string_equal(text, "0000-01-01");
    assert_int_equal(bn_date_of_ms(-1), -1);
    assert_int_equal(bn_date_of_ms(86399999), 0);
    assert_int_equal(bn_date_of_ms(86400000), 1);
    assert_int_equal(bn_date_of_ms(INT64_MAX), INT32_MAX);
    assert_int_equal(bn_date_of_ms(INT64_MIN), INT32_MIN);
}

static void test_instants_are_written_with_milliseconds(void **state)
{
    (void)state;
    char text[BN_INSTANT_SIZE];
    bn_instant_format(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    bn_instant_format(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    bn_instant_format(1795593600123, text);
    assert_string_equal(text, "2026-11-25T08:00:00.123Z");
    bn_instant_format(INT64_MAX, text);
    bn_instant_format(INT64_MIN, text);
    assert_int_equal(strlen(text), BN_INSTANT_SIZE - 1);
}

static void test_an_instant_beyond_milliseconds_is_the_nearest_there_is(void **state)
{
    (void)state;
    assert_true(bn_instant_ms(1795593600, 123999999) == 1795593600123);
    assert_true(bn_instant_ms(-1, 0) == -1000);
    assert_true(bn_instant_ms(INT64_MAX, 0) == INT64_MAX && bn_instant_ms(INT64_MAX / 1000, INT32_MAX) == INT64_MAX);
    assert_true(bn_instant_ms(INT64_MIN, 0) == INT64_MIN && bn_instant_ms(INT64_MIN / 1000, INT32_MIN) == INT64_MIN);
}

static void test_instants_read_with_any_fraction_and_offset(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
        int32_t nanos;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0, 0},
        {"2026-11-25T08:00:00.123Z", 1795593600, 123000000},
        {"2026-11-25t08:00:00.123456789z", 1795593600, 123456789},
        {"2026-11-25T08:00:00.1234567899Z", 1795593600, 123456789},
        {"2026-11-25T09:30:00+01:30", 1795593600, 0},
        {"2026-11-24T23:00:00.5-09:00", 1795593600, 500000000},
        {"0001-01-01T00:00:00Z", -62135596800, 0},
        {"9999-12-31T23:59:59.999999999Z", 253402300799, 999999999},
    };
    static const char *const bad[] = {"",
                                      "2026-11-25",
                                      "2026-11-25T08:00Z",
                                      "2026-11-25T08:00:00",
                                      "2026-11-25 08:00:00Z",
                                      "2026-11-25T24:00:00Z",
                                      "2026-11-25T08:60:00Z",
                                      "2026-11-25T08:00:61Z",
                                      "2026-11-25T08:00:00.Z",
                                      "2026-11-25T08:00:00+24:00",
                                      "2026-11-25T08:00:00+01:60",
                                      "2026-11-25T08:00:00+0100",
                                      "2026-11-25T08:00:00+01",
                                      "2026-11-25T08:00:00Zx",
                                      "2026-02-30T08:00:00Z",
                                      "2026-11-25T8:00:00Z"};
    int64_t seconds;
    int32_t nanos;
    for (size_t i = 0; i < BN_COUNT(good); i++) {
        assert_true(bn_instant_parse(good[i].text, &seconds, &nanos));
        assert_true(seconds == good[i].seconds && nanos == good[i].nanos);
    }
    for (size_t i = 0; i < BN_COUNT(bad); i++)
        assert_false(bn_instant_parse(bad[i], &seconds, &nanos));
    assert_false(bn_instant_parse(NULL, &seconds, &nanos));
}

static void test_the_monotonic_clock_goes_forward_in_each_unit(void **state)
{
    (void)state;
    uint64_t ns = bn_clock_mono_ns(), us = bn_clock_mono_us(), ms = bn_clock_mono_ms();
    assert_true(us >= ns / 1000 && ms >= us / 1000);
    TEST_WAIT_FOR(bn_clock_mono_ms() > ms, 1000);
    assert_true(bn_clock_mono_ns() > ns);
}

#ifdef BN_TEST_CLOCK
static void test_the_wall_clock_is_the_files_and_survives_a_torn_one(void **state)
{
    (void)state;
    const char *path = test_file(test_folder(), "clock", "1795593600123\n");
    setenv("BINOME_TEST_CLOCK", path, 1);
    assert_true(bn_clock_wall_ms() == 1795593600123);
    FILE *file = fopen(path, "w"); /* empty for a moment */
    assert_true(bn_clock_wall_ms() == 1795593600123);
    fputs("1795593600124", file);
    fclose(file);
    assert_true(bn_clock_wall_ms() == 1795593600124);
    unsetenv("BINOME_TEST_CLOCK");
}
#endif

static void test_the_wall_clock_is_the_systems(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL) * 1000, now = bn_clock_wall_ms();
    assert_true(now >= before && now < before + 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day_of_three_centuries_goes_there_and_back),
        cmocka_unit_test(test_what_is_no_date_is_refused),
        cmocka_unit_test(test_days_outside_four_digits_are_written_as_the_nearest),
        cmocka_unit_test(test_instants_are_written_with_milliseconds),
        cmocka_unit_test(test_an_instant_beyond_milliseconds_is_the_nearest_there_is),
        cmocka_unit_test(test_instants_read_with_any_fraction_and_offset),
        cmocka_unit_test(test_the_monotonic_clock_goes_forward_in_each_unit),
#ifdef BN_TEST_CLOCK
        cmocka_unit_test(test_the_wall_clock_is_the_files_and_survives_a_torn_one),
#endif
        cmocka_unit_test(test_the_wall_clock_is_the_systems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

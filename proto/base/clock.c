/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#ifdef BN_TEST_CLOCK
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>
#endif

enum { DAYS_PER_ERA = 146097, YEARS_PER_ERA = 400, DAYS_TO_1970 = 719468, SECONDS_PER_DAY = 86400 };

static struct timespec now(clockid_t clock)
{
    struct timespec time;
    int failed = clock_gettime(clock, &time);
    assert(failed == 0);
    (void)failed;
    return time;
}

#ifdef BN_TEST_CLOCK
/* A test may be about to write the file: what cannot be read is answered with the last time that could be. */
static bool test_clock(int64_t *wall_ms)
{
    static _Atomic int64_t last = INT64_MIN;
    const char *path = getenv("BINOME_TEST_CLOCK");
    if (path == NULL || path[0] == '\0')
        return false;
    char text[32];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (size > 0) {
        char *end;
        text[size] = '\0';
        int64_t value = strtoll(text, &end, 10);
        if (end != text && (*end == '\0' || *end == '\n'))
            atomic_store(&last, value);
    }
    *wall_ms = atomic_load(&last);
    return *wall_ms != INT64_MIN;
}
#endif

int64_t bn_clock_wall_ms(void)
{
#ifdef BN_TEST_CLOCK
    int64_t wall_ms;
    if (test_clock(&wall_ms))
        return wall_ms;
#endif
    struct timespec time = now(CLOCK_REALTIME);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

uint64_t bn_clock_mono_ns(void)
{
    struct timespec time = now(CLOCK_MONOTONIC);
    return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

uint64_t bn_clock_mono_us(void)
{
    return bn_clock_mono_ns() / 1000;
}

uint64_t bn_clock_mono_ms(void)
{
    return bn_clock_mono_ns() / 1000000;
}

/* The year is taken to begin in March, so that the leap day is its last; an era is 400 years, after which the
 * calendar repeats. */
static int32_t day_of_civil(int32_t year, int32_t month, int32_t day)
{
    int32_t shifted = month <= 2 ? year - 1 : year;
    int32_t era = (shifted >= 0 ? shifted : shifted - (YEARS_PER_ERA - 1)) / YEARS_PER_ERA;
    int32_t year_of_era = shifted - era * YEARS_PER_ERA;
    int32_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

static void civil_of_day(int32_t day, int32_t *year, int32_t *month, int32_t *day_of_month)
{
    int64_t shifted = (int64_t)day + DAYS_TO_1970;
    int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int32_t day_of_era = (int32_t)(shifted - era * DAYS_PER_ERA);
    int32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (DAYS_PER_ERA - 1)) / 365;
    int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int32_t march_month = (5 * day_of_year + 2) / 153;
    *day_of_month = day_of_year - (153 * march_month + 2) / 5 + 1;
    *month = march_month < 10 ? march_month + 3 : march_month - 9;
    *year = (int32_t)(era * YEARS_PER_ERA) + year_of_era + (*month <= 2);
}

static int32_t days_in_month(int32_t year, int32_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

/* Exactly `digits` decimal digits; never looks behind a NUL. */
static bool take_digits(const char **text, unsigned digits, int32_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < digits; i++, (*text)++) {
        if (**text < '0' || **text > '9')
            return false;
        *value = *value * 10 + (**text - '0');
    }
    return true;
}

static bool take_char(const char **text, char wanted)
{
    if (**text != wanted)
        return false;
    (*text)++;
    return true;
}

static bool take_date(const char **text, int32_t *year, int32_t *month, int32_t *day)
{
    return take_digits(text, 4, year) && take_char(text, '-') && take_digits(text, 2, month) && take_char(text, '-') &&
           take_digits(text, 2, day) && *month >= 1 && *month <= 12 && *day >= 1 &&
           *day <= days_in_month(*year, *month);
}

bool bn_date_parse(const char *text, int32_t *day)
{
    int32_t year, month, day_of_month;
    if (text == NULL || !take_date(&text, &year, &month, &day_of_month) || *text != '\0')
        return false;
    if (year < 1900 || year > 2199)
        return false;
    *day = day_of_civil(year, month, day_of_month);
    return true;
}

static char *put_digits(char *out, unsigned digits, int32_t value)
{
    for (unsigned i = digits; i-- > 0; value /= 10)
        out[i] = (char)('0' + value % 10);
    return out + digits;
}

/* Four digits are all the form has: what lies outside is written as its nearest day. */
static char *put_date(char *out, int32_t day)
{
    int32_t first = day_of_civil(0, 1, 1), last = day_of_civil(9999, 12, 31), year, month, day_of_month;
    civil_of_day(day < first ? first : day > last ? last : day, &year, &month, &day_of_month);
    out = put_digits(out, 4, year);
    *out++ = '-';
    out = put_digits(out, 2, month);
    *out++ = '-';
    return put_digits(out, 2, day_of_month);
}

void bn_date_format(int32_t day, char out[BN_DATE_SIZE])
{
    *put_date(out, day) = '\0';
}

static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

int32_t bn_date_of_ms(int64_t wall_ms)
{
    int64_t day = floor_div(wall_ms, (int64_t)SECONDS_PER_DAY * 1000);
    return day < INT32_MIN ? INT32_MIN : day > INT32_MAX ? INT32_MAX : (int32_t)day;
}

int64_t bn_instant_ms(int64_t seconds, int32_t nanos)
{
    int64_t ms;
    if (__builtin_mul_overflow(seconds, 1000, &ms) || __builtin_add_overflow(ms, nanos / 1000000, &ms))
        return seconds < 0 ? INT64_MIN : INT64_MAX;
    return ms;
}

void bn_instant_format(int64_t wall_ms, char out[BN_INSTANT_SIZE])
{
    int64_t seconds = floor_div(wall_ms, 1000), days = floor_div(seconds, SECONDS_PER_DAY);
    int32_t milli = (int32_t)((wall_ms % 1000 + 1000) % 1000);
    int32_t second = (int32_t)(seconds - days * SECONDS_PER_DAY);
    char *at = put_date(out, bn_date_of_ms(wall_ms));
    *at++ = 'T';
    at = put_digits(at, 2, second / 3600);
    *at++ = ':';
    at = put_digits(at, 2, second / 60 % 60);
    *at++ = ':';
    at = put_digits(at, 2, second % 60);
    *at++ = '.';
    at = put_digits(at, 3, milli);
    *at++ = 'Z';
    *at = '\0';
}

/* ".", then digits; those behind the ninth say nothing to us. No fraction is none. */
static bool take_fraction(const char **text, int32_t *nanos)
{
    *nanos = 0;
    if (!take_char(text, '.'))
        return true;
    if (**text < '0' || **text > '9')
        return false;
    for (int32_t unit = 100000000; **text >= '0' && **text <= '9'; (*text)++, unit /= 10)
        *nanos += unit * (**text - '0');
    return true;
}

static bool take_offset(const char **text, int32_t *offset_seconds)
{
    int32_t hours, minutes;
    char sign = **text;
    if (sign == '\0')
        return false;
    (*text)++;
    *offset_seconds = 0;
    if (sign == 'Z' || sign == 'z')
        return true;
    if (sign != '+' && sign != '-')
        return false;
    if (!take_digits(text, 2, &hours) || !take_char(text, ':') || !take_digits(text, 2, &minutes) || hours > 23 ||
        minutes > 59)
        return false;
    *offset_seconds = (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
}

bool bn_instant_parse(const char *text, int64_t *seconds, int32_t *nanos)
{
    int32_t year, month, day, hour, minute, second, fraction, offset;
    if (text == NULL || !take_date(&text, &year, &month, &day) || (!take_char(&text, 'T') && !take_char(&text, 't')))
        return false;
    if (!take_digits(&text, 2, &hour) || !take_char(&text, ':') || !take_digits(&text, 2, &minute) ||
        !take_char(&text, ':') || !take_digits(&text, 2, &second) || hour > 23 || minute > 59 || second > 59)
        return false;
    if (!take_fraction(&text, &fraction) || !take_offset(&text, &offset) || *text != '\0')
        return false;
    *seconds = (int64_t)day_of_civil(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second - offset;
    *nanos = fraction;
    return true;
}

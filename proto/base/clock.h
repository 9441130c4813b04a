/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h: the time, from one place, and dates as people write them.
 *
 * Durations are taken from the monotonic clock, points in time from the wall clock. Only in builds with
 * BN_TEST_CLOCK the wall clock is read from the file that the environment variable BINOME_TEST_CLOCK names
 * (decimal milliseconds since 1970 UTC); there is no such thing in a release build. Thread-safe. */
#ifndef BINOME_BASE_CLOCK_H
#define BINOME_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Wall clock, milliseconds since 1970 UTC. */
int64_t bn_clock_wall_ms(void);

/* Monotonic clock. */
uint64_t bn_clock_mono_ms(void);
uint64_t bn_clock_mono_us(void);
uint64_t bn_clock_mono_ns(void);

/* Days since 1970-01-01 of a date YYYY-MM-DD of the years 1900 to 2199. False when it is not such a date. */
bool bn_date_parse(const char *text, int32_t *day);

enum { BN_DATE_SIZE = 11, BN_INSTANT_SIZE = 25 };

/* Writes YYYY-MM-DD and a NUL. */
void bn_date_format(int32_t day, char out[BN_DATE_SIZE]);

/* The day in UTC of a point in time. */
int32_t bn_date_of_ms(int64_t wall_ms);

/* Milliseconds since 1970 of a protobuf Timestamp's parts; what does not fit becomes INT64_MIN or INT64_MAX. */
int64_t bn_instant_ms(int64_t seconds, int32_t nanos);

/* Writes RFC 3339 with milliseconds, "2026-11-25T08:00:00.123Z", and a NUL. */
void bn_instant_format(int64_t wall_ms, char out[BN_INSTANT_SIZE]);

/* Reads RFC 3339 with any fraction and any offset; digits behind the ninth are dropped, a leap second (:60) is refused,
 * as POSIX time has none. False when it is not such a text. */
bool bn_instant_parse(const char *text, int64_t *seconds, int32_t *nanos);

#endif

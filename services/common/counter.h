/* SPDX-License-Identifier: Apache-2.0 */
/* counter.h: numbers that operators watch. Each has a name, a unit and a help text in one table per daemon, from which
 * the stats socket, docs/operations.md and Prometheus' names come. Owned by one thread: no atomics. */
#ifndef BINOME_COMMON_COUNTER_H
#define BINOME_COMMON_COUNTER_H

#include "base/code.h"

#include <stdio.h>

struct bn_counter_def {
    const char *name; /* snake case, ends in _total for a counter; a gauge names what it is */
    const char *unit; /* requests, bytes, connections, ... */
    const char *help;
};

/* Writes the table as rows of a Markdown table: name, unit, meaning. */
void bn_counters_print_markdown(const struct bn_counter_def *defs, size_t count, FILE *out);

/* HDR-like: 64 sub-buckets for each power of two, so a value is known within 1.6 %; 1 to 2^40. */
enum { BN_HISTOGRAM_BUCKETS = 64 * 36 };

struct bn_histogram {
    uint64_t count, sum, max;
    uint64_t buckets[BN_HISTOGRAM_BUCKETS];
};

void bn_histogram_add(struct bn_histogram *histogram, uint64_t value);

/* The value below which that share of the values lies (0.99); 0 when empty. Never more than max. */
uint64_t bn_histogram_at(const struct bn_histogram *histogram, double share);

#endif

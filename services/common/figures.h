/* SPDX-License-Identifier: Apache-2.0 */
/* figures.h: numbers of this process as the messages of stats.proto carry them. */
#ifndef BINOME_COMMON_FIGURES_H
#define BINOME_COMMON_FIGURES_H

#include "binome/v1/stats.pb-c.h"
#include "common/counter.h"

/* Initialises *out and fills it: count, sum, p50, p95, p99, max. */
void bn_figures_histogram(const struct bn_histogram *histogram, Binome__V1__Histogram *out);

/* Initialises out[0..count) with the names of defs and the values. Names are lent. */
void bn_figures_counters(const struct bn_counter_def *defs, const uint64_t *values, size_t count,
                         Binome__V1__Counter *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "common/figures.h"

void bn_figures_histogram(const struct bn_histogram *histogram, Binome__V1__Histogram *out)
{
    binome__v1__histogram__init(out);
    out->count = histogram->count;
    out->p50_us = bn_histogram_at(histogram, 0.50);
    out->p95_us = bn_histogram_at(histogram, 0.95);
    out->p99_us = bn_histogram_at(histogram, 0.99);
    out->max_us = histogram->max;
    out->sum_us = histogram->sum;
}

void bn_figures_counters(const struct bn_counter_def *defs, const uint64_t *values, size_t count,
                         Binome__V1__Counter *out)
{
    for (size_t i = 0; i < count; i++) {
        binome__v1__counter__init(&out[i]);
        out[i].name = (char *)(uintptr_t)defs[i].name; /* packed only, never written or freed */
        out[i].value = values[i];
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "common/counter.h"

enum { SUB_BITS = 6, SUB_COUNT = 1 << SUB_BITS, TOP_BIT_MAX = 40 };

_Static_assert(BN_HISTOGRAM_BUCKETS == SUB_COUNT * (TOP_BIT_MAX - SUB_BITS + 2), "a group for each power of two");

void bn_counters_print_markdown(const struct bn_counter_def *defs, size_t count, FILE *out)
{
    fputs("| name | unit | meaning |\n| --- | --- | --- |\n", out);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "| `%s` | %s | %s |\n", defs[i].name, defs[i].unit, defs[i].help);
}

/* Values below 64 have a bucket each. Above, the seven highest bits choose: the first of them is always set, so each
 * power of two has 64 buckets. */
static size_t bucket_of(uint64_t value)
{
    if (value < SUB_COUNT)
        return (size_t)value;
    unsigned top = 63U - (unsigned)__builtin_clzll(value);
    if (top > TOP_BIT_MAX)
        return BN_HISTOGRAM_BUCKETS - 1;
    unsigned shift = top - SUB_BITS;
    return (size_t)(shift + 1) * SUB_COUNT + (size_t)((value >> shift) - SUB_COUNT);
}

/* The largest value of a bucket. */
static uint64_t bucket_edge(size_t bucket)
{
    if (bucket < SUB_COUNT)
        return bucket;
    size_t shift = bucket / SUB_COUNT - 1;
    return ((uint64_t)(SUB_COUNT + bucket % SUB_COUNT + 1) << shift) - 1;
}

void bn_histogram_add(struct bn_histogram *histogram, uint64_t value)
{
    histogram->count++;
    histogram->sum += value;
    if (value > histogram->max)
        histogram->max = value;
    histogram->buckets[bucket_of(value)]++;
}

uint64_t bn_histogram_at(const struct bn_histogram *histogram, double share)
{
    if (histogram->count == 0)
        return 0;
    double wanted = share * (double)histogram->count;
    uint64_t seen = 0;
    for (size_t i = 0; i < BN_HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen > 0 && (double)seen >= wanted) {
            uint64_t edge = i == BN_HISTOGRAM_BUCKETS - 1 ? histogram->max : bucket_edge(i);
            return edge < histogram->max ? edge : histogram->max;
        }
    }
    return histogram->max;
}

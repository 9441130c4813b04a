/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/figures.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

const struct bn_counter_def bn_figure_defs[BN_FIGURE_COUNT] = {
#define BN_FIGURE_ROW(identifier, name, unit, help) {name, unit, help},
    BN_REGISTRY_FIGURES(BN_FIGURE_ROW)
#undef BN_FIGURE_ROW
};

struct bn_figures *bn_figures_create(void)
{
    struct bn_figures *figures = calloc(1, sizeof *figures);
    if (figures != NULL)
        figures->started_ms = bn_clock_mono_ms();
    return figures;
}

void bn_figures_destroy(struct bn_figures **figures)
{
    free(*figures);
    *figures = NULL;
}

static uint64_t resident_bytes(void)
{
    unsigned long total, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return 0;
    int read = fscanf(file, "%lu %lu", &total, &resident);
    fclose(file);
    return read == 2 ? (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static uint64_t cpu_ms(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

static void histogram_message(const struct bn_histogram *histogram, Binome__V1__Histogram *out)
{
    binome__v1__histogram__init(out);
    out->count = histogram->count;
    out->sum_us = histogram->sum;
    out->max_us = histogram->max;
    out->p50_us = bn_histogram_at(histogram, 0.50);
    out->p95_us = bn_histogram_at(histogram, 0.95);
    out->p99_us = bn_histogram_at(histogram, 0.99);
}

void bn_figures_message(struct bn_figures *figures, struct bn_figures_message *out)
{
    figures->values[BN_FIGURE_MEMORY_BYTES] = resident_bytes();
    figures->values[BN_FIGURE_CPU_MS] = cpu_ms();
    binome__v1__registry_figures__init(&out->message);
    out->message.version = (char *)(uintptr_t)BN_VERSION;
    out->message.uptime_ms = bn_clock_mono_ms() - figures->started_ms;
    for (size_t i = 0; i < BN_FIGURE_COUNT; i++) {
        binome__v1__counter__init(&out->counters[i]);
        out->counters[i].name = (char *)(uintptr_t)bn_figure_defs[i].name;
        out->counters[i].value = figures->values[i];
        out->list[i] = &out->counters[i];
    }
    out->message.n_counters = BN_FIGURE_COUNT;
    out->message.counters = out->list;
    histogram_message(&figures->commit, out->message.commit = &out->histograms[0]);
    histogram_message(&figures->batch, out->message.batch_size = &out->histograms[1]);
    histogram_message(&figures->query, out->message.query = &out->histograms[2]);
    histogram_message(&figures->match, out->message.match = &out->histograms[3]);
}

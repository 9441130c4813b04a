/* SPDX-License-Identifier: Apache-2.0 */
/* intake_inside.h: what the two files of the registry's loop share. Nobody else includes it.
 *
 *   intake.c  what comes in and goes out    intake_open.c  start, signals, end */
#ifndef BINOME_REGISTRY_INTAKE_INSIDE_H
#define BINOME_REGISTRY_INTAKE_INSIDE_H

#include "base/id.h"
#include "link/loop.h"
#include "registry/brokers.h"
#include "registry/figures.h"
#include "registry/intake.h"
#include "registry/matcher.h"
#include "registry/reader.h"
#include "registry/writer.h"

enum {
    READERS_MAX = 16,
    JOBS_MAX = BN_BATCH_JOBS_MAX + 4096,
    MATCHES_MAX = 64, /* questions that wait for the matcher */
};

/* Jobs in the order they came. */
struct queue {
    struct bn_job *first, *last;
    size_t count;
};

struct bn_intake {
    const char *config_path;
    struct bn_registry_config *config;
    void *context, *link;
    void *zap; /* for a link over TCP: admits one key */
    uint8_t broker_key[BN_KEY_BYTES];
    struct bn_loop *loop;
    int signals;
    struct bn_jobs *jobs;
    struct bn_brokers *brokers;
    struct bn_figures *figures;

    struct bn_writer *writer;
    struct bn_batch waiting;
    bool wrote; /* since the last pulse */

    struct bn_reader *reader_states[READERS_MAX];
    struct bn_worker *readers[READERS_MAX];
    bool reading[READERS_MAX];
    size_t reader_count;
    struct queue reads;

    struct bn_matcher *matcher_state;
    struct bn_worker *matcher;
    struct bn_matcher_item match_items[MATCHES_MAX];
    struct bn_matcher_item feed_item;
    bool match_busy[MATCHES_MAX], feeding, behind;
    uint64_t fed_ms;   /* when leave to feed was given last */
    uint64_t wrote_ms; /* when a batch was written last */
    size_t matching;

    uint64_t directory_version;
    bool paused, stopping, disk_low;
    uint64_t stopping_since_ms;
};

/* ---- intake.c: called by the loop, ctx is the intake ---- */

void bn_intake_take_requests(void *ctx);
void bn_intake_take_reads(void *ctx);
void bn_intake_take_matches(void *ctx);
/* At the end of each turn. */
void bn_intake_write_waiting(void *ctx);
/* Each second. */
void bn_intake_pulse(void *ctx);
bool bn_intake_drained(const struct bn_intake *intake);

#endif

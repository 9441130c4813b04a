/* SPDX-License-Identifier: Apache-2.0 */
/* matcher.h: the thread that owns the match index: feeds it from committed changes and answers MatchFind.
 *
 * The index lags behind the store and never leads it: it is fed by sequence from a read-only connection, a few objects
 * at a time, between queries. Losing it loses nothing: at start it is built from the store. */
#ifndef BINOME_REGISTRY_MATCHER_H
#define BINOME_REGISTRY_MATCHER_H

#include "registry/match/match.h"
#include "registry/store/store.h"
#include "registry/worker.h"

struct bn_matcher;
struct bn_matcher *bn_matcher_create(const char *path, const struct bn_store_options *options);
void bn_matcher_destroy(struct bn_matcher **matcher); /* after its thread is gone */

/* What is passed: a job to be answered, or (job NULL) leave to feed a few objects. Given back as it came. The owner
 * says when: receipts come first when the machine is full, and the index may lag. */
struct bn_matcher_item {
    struct bn_job *job;
    bool more;    /* set: there is more to feed */
    uint64_t fed; /* set: ledger sequence that the index has reached */
    struct bn_match_figures figures;
};

extern const struct bn_worker_kind bn_matcher_kind;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h: the one thread that changes the store: group commit.
 *
 * It is passed batches of jobs and gives each back when its answers are true: committed and synced, or refused. */
#ifndef BINOME_REGISTRY_WRITER_H
#define BINOME_REGISTRY_WRITER_H

#include "registry/job.h"
#include "registry/store/store.h"
#include "registry/worker.h"

enum { BN_BATCH_JOBS_MAX = 2048, BN_BATCH_BYTES_MAX = 16 * 1024 * 1024, BN_STANDING_MAX = 256 };

struct bn_batch {
    struct bn_job *first, *last;
    size_t count, bytes;
    bool want_keys; /* build `keys`: a packed Link with the whole table */

    /* what the writer says */
    zmq_msg_t keys;
    bool has_keys;
    zmq_msg_t changed_keys; /* a packed Link with a KeyChange: brokers hear it before the replies go out */
    bool has_changed_keys;
    bool directory_changed;
    uint64_t key_version;
    size_t accepted, replayed, unchanged, refused, retried;
    bool committed;
    uint64_t commit_us;
    struct bn_log_head head;
    struct bn_store_figures figures; /* taken when there was nothing to do */
    bool has_figures;
};

/* A writer whose state is this store; the store is closed by its stop. It ends the process when a commit's fate is not
 * known (pitfall Q1). */
struct bn_writer;
struct bn_writer *bn_writer_create(const char *path, const struct bn_store_options *options);
void bn_writer_destroy(struct bn_writer **writer); /* after its thread is gone */
extern const struct bn_worker_kind bn_writer_kind;

#endif

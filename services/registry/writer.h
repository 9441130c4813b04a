/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h: the only one to change the store: group commit.
 *
 * It is given all the requests that wait, and returns when their answers are true: committed and synced, or refused.
 * Lives in intake's thread: a thread of its own would cost each small batch two wake-ups, which measured more than what
 * judging the next requests meanwhile saved (docs/benchmarks.md). Queries have other threads. */
#ifndef BINOME_REGISTRY_WRITER_H
#define BINOME_REGISTRY_WRITER_H

#include "registry/job.h"
#include "registry/store/store.h"

enum { BN_BATCH_JOBS_MAX = 2048, BN_BATCH_BYTES_MAX = 16 * 1024 * 1024, BN_STANDING_MAX = 256 };

/* Requests in the order they came. */
struct bn_batch {
    struct bn_job *first, *last;
    size_t count, bytes;
};

/* What became of a batch. */
struct bn_written {
    zmq_msg_t changed_keys; /* a packed Link with a KeyChange: brokers hear it before the replies go out */
    bool has_changed_keys;
    bool directory_changed;
    size_t accepted, replayed, unchanged, refused, retried;
    bool committed;
    uint64_t commit_us;
};

struct bn_writer;

/* Opens the store: migrations, checks, the lock. */
BN_CHECK enum bn_code bn_writer_create(const char *path, const struct bn_store_options *options,
                                       struct bn_writer **writer, struct bn_why *why);
void bn_writer_destroy(struct bn_writer **writer);

/* Judges, applies, commits once, and fills each job's answer. Ends the process when a commit's fate is not known. */
void bn_writer_write(struct bn_writer *writer, struct bn_batch *batch, struct bn_written *written);

/* Between batches: a checkpoint when one is due, or when nothing else is to be done. */
void bn_writer_checkpoint(struct bn_writer *writer, bool idle);

/* The log's committed head, the version of the key table, and the store's figures. */
void bn_writer_head(struct bn_writer *writer, struct bn_log_head *head);
uint64_t bn_writer_key_version(const struct bn_writer *writer);
void bn_writer_figures(struct bn_writer *writer, struct bn_store_figures *figures);

/* Packs a Link with the whole key table. BN_OK: the frame is the caller's. */
BN_CHECK enum bn_code bn_writer_keys(struct bn_writer *writer, zmq_msg_t *frame);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h: threads that answer queries from read-only snapshots. A snapshot is opened after its job arrived, so a
 * caller that holds a receipt finds what it was for. */
#ifndef BINOME_REGISTRY_READER_H
#define BINOME_REGISTRY_READER_H

#include "registry/act.h"
#include "registry/worker.h"

struct bn_reader;
struct bn_reader *bn_reader_create(const char *path, const struct bn_store_options *options);
void bn_reader_destroy(struct bn_reader **reader); /* after its thread is gone */

/* Passed and given back: struct bn_job, with its reply packed. */
extern const struct bn_worker_kind bn_reader_kind;

/* Answers one job on a store of the caller's, in a snapshot of its own: shared with the matcher. */
void bn_read_answer(struct bn_store *store, struct bn_directory *directory, uint64_t *directory_version,
                    struct bn_job *job, enum bn_code (*answer)(void *ctx, struct bn_act *act), void *ctx);

#endif

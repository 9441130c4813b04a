/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "registry/store/inside.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* What is called idle by the caller may be the wait of one client for its receipt; a checkpoint then would cost the
 * next commit more than it saves. */
enum { IDLE_MS = 200 };

static enum bn_code run(struct bn_store *store, enum bn_sql which)
{
    sqlite3_stmt *statement;
    enum bn_code code = bn_sql_take(store, which, &statement);
    return code == BN_OK ? bn_sql_run(store, statement) : code;
}

bool bn_store_in_transaction(const struct bn_store *store)
{
    return sqlite3_get_autocommit(store->db) == 0;
}

/* Back to what is on disk. */
static void forget(struct bn_store *store)
{
    if (store->pending.size != store->committed.size)
        store->pending = store->committed;
    store->organisation_count = 0;
}

static enum bn_code snapshot(struct bn_store *store)
{
    enum bn_code code = run(store, BN_SQL_BEGIN_READ);
    struct bn_log_head head;
    /* SQLite takes the snapshot at the first read. */
    return code == BN_OK ? bn_store_log_head(store, &head) : code;
}

enum bn_code bn_store_begin(struct bn_store *store)
{
    assert(!bn_store_in_transaction(store));
    if (!store->writer)
        return snapshot(store);
    if (store->pending.size != store->committed.size)
        forget(store); /* the last transaction went away by itself */
    return run(store, BN_SQL_BEGIN_WRITE);
}

void bn_store_rollback(struct bn_store *store)
{
    if (bn_store_in_transaction(store) && sqlite3_step(store->statements[BN_SQL_ROLLBACK]) != SQLITE_DONE)
        (void)bn_sql_failed(store, "ROLLBACK");
    sqlite3_reset(store->statements[BN_SQL_ROLLBACK]);
    if (store->writer)
        forget(store);
}

enum bn_code bn_store_commit(struct bn_store *store)
{
    assert(store->writer);
    struct bn_log_head head = store->head;
    enum bn_code code = BN_OK;
    if (!bn_store_in_transaction(store))
        code = bn_store_failed(store, BN_ABORTED, "the transaction is gone");
    else if (store->pending.size != store->committed.size)
        code = bn_log_seal(store, &head);
    if (code != BN_OK) {
        bn_store_rollback(store);
        return code;
    }
    code = run(store, BN_SQL_COMMIT);
    if (code != BN_OK) {
        /* Frames may be in the WAL and come to life at the next start: nobody may be told anything. */
        store->broken = true;
        return BN_DATA_LOSS;
    }
    if (store->pending.size != store->committed.size)
        store->committed = store->pending;
    store->head = head;
    store->committed_at_ms = bn_clock_mono_ms();
    return BN_OK;
}

static bool checkpoint_due(const struct bn_store *store, bool idle)
{
    uint64_t grown = (uint64_t)(store->wal_frames - store->wal_met) * (uint64_t)store->frame_bytes;
    if (grown > store->options.wal_checkpoint_bytes)
        return true;
    return idle && store->wal_frames > store->wal_done && bn_clock_mono_ms() - store->committed_at_ms >= IDLE_MS;
}

void bn_store_checkpoint(struct bn_store *store, bool idle)
{
    if (!store->writer || store->broken || bn_store_in_transaction(store))
        return;
    bn_owned_fill(store);
    if (store->broken || !checkpoint_due(store, idle))
        return;
    uint64_t started_us = bn_clock_mono_us();
    int met = 0, done = 0;
    if (sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_PASSIVE, &met, &done) != SQLITE_OK) {
        /* A failing disk makes the store broken by its code; a reader in the way is no failure. */
        (void)bn_sql_failed(store, "checkpoint");
        return;
    }
    /* A reader may hold frames back. The next attempt then waits until as much has come again, or for an idle moment:
     * each one sorts all of the WAL's frames first. */
    store->wal_met = met;
    store->wal_done = done;
    uint64_t took_us = bn_clock_mono_us() - started_us;
    store->checkpoints++;
    if (took_us > store->checkpoint_us_max)
        store->checkpoint_us_max = took_us;
}

static uint64_t file_bytes(const char *path, const char *ending)
{
    char name[4096];
    struct stat status;
    int length = snprintf(name, sizeof name, "%s%s", path, ending);
    if (length < 0 || (size_t)length >= sizeof name || stat(name, &status) != 0)
        return 0;
    return (uint64_t)status.st_size;
}

void bn_store_figures_take(struct bn_store *store, struct bn_store_figures *figures)
{
    struct statvfs disk;
    *figures = (struct bn_store_figures){
        .database_bytes = file_bytes(store->path, ""),
        .wal_bytes = file_bytes(store->path, "-wal"),
        .checkpoints = store->checkpoints,
        .checkpoint_us_max = store->checkpoint_us_max,
    };
    if (statvfs(store->path, &disk) == 0)
        figures->disk_free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* inside.h: what the files of this folder share. Nobody else includes it.
 *
 * Every statement is prepared once, at open. A function takes its statement with bn_sql_take, binds, runs it with
 * bn_sql_run (no row wanted) or bn_sql_one (one row), reads the columns and gives it back with bn_sql_end: a statement
 * that is left standing would hold a read transaction open and pin the WAL. Texts are therefore lent from
 * buffers of the store, not from SQLite. */
#ifndef BINOME_REGISTRY_STORE_INSIDE_H
#define BINOME_REGISTRY_STORE_INSIDE_H

#include "registry/store/statements.h"
#include "registry/store/store.h"

#include <assert.h>
#include <sqlite3.h>
#include <string.h>

enum { BN_STORE_APPLICATION = 0x42696e6d, /* "Binm" */ BN_LENT = 3, BN_STORE_ERROR_SIZE = 256 };

/* A buffer for one text, blob or list that is lent; it grows to the largest seen and is kept. */
struct bn_lent {
    void *data;
    size_t size;
};

struct bn_store {
    sqlite3 *db;
    char *path;
    bool writer;
    bool broken; /* a commit failed, or the file is damaged: whatever is asked, BN_DATA_LOSS */
    int lock;    /* descriptor of PATH.lock; -1 in a reader */
    struct bn_store_options options;
    sqlite3_stmt *statements[BN_SQL_COUNT];
    struct bn_lent lent[BN_LENT];
    char error[BN_STORE_ERROR_SIZE];

    /* Writer: the log as it is on disk, and with what this transaction added. pending.size is the newest sequence. */
    struct bn_frontier committed, pending;
    struct bn_log_head head;

    /* Writer: ids of organisations by number, so that a leaf can be checked without a query. Forgotten at rollback. */
    struct bn_id *organisation_ids;
    size_t organisation_count;

    uint64_t owned_upto; /* writer: as far as objects are listed by owner, on disk */

    /* Reader: when the read, or the snapshot it is part of, is cut short. UINT64_MAX = never. */
    uint64_t deadline_ms;

    /* Writer: the WAL in frames, as the last commit left it, as the last checkpoint met it, and how many of these that
     * one had copied back. */
    int wal_frames, wal_met, wal_done;
    int frame_bytes;
    uint64_t committed_at_ms;
    uint64_t checkpoints, checkpoint_us_max;
};

/* ---- sql.c ---- */

/* Notes what SQLite said and gives our code for it. */
enum bn_code bn_sql_failed(struct bn_store *store, const char *doing);
/* Notes a failure that is not SQLite's. */
enum bn_code bn_store_failed(struct bn_store *store, enum bn_code code, const char *text);

/* Lends the statement, ready to be bound. A writing one only inside a transaction that is still there: after a failure
 * that rolled back, SQLite would take the next statement for a transaction of its own. */
BN_CHECK enum bn_code bn_sql_take(struct bn_store *store, enum bn_sql which, sqlite3_stmt **statement);
BN_CHECK enum bn_code bn_sql_run(struct bn_store *store, sqlite3_stmt *statement);
/* BN_OK: a row stands; bn_sql_end when it is read. Anything else, BN_NOT_FOUND too: already given back. */
BN_CHECK enum bn_code bn_sql_one(struct bn_store *store, sqlite3_stmt *statement);
void bn_sql_end(sqlite3_stmt *statement);

/* Runs SQL that gives nothing. */
BN_CHECK enum bn_code bn_sql_exec(struct bn_store *store, const char *sql);
/* The first column of the first row, as a number or as a text. */
BN_CHECK enum bn_code bn_sql_number(struct bn_store *store, const char *sql, int64_t *number);
BN_CHECK enum bn_code bn_sql_text(struct bn_store *store, const char *sql, char *text, size_t size);

/* Copies a column into the buffer `slot`; NULL when out of memory. A text gets its NUL. */
const void *bn_lend(struct bn_store *store, unsigned slot, sqlite3_stmt *row, int column, size_t *size);

static inline const char *bn_lend_text(struct bn_store *store, unsigned slot, sqlite3_stmt *row, int column)
{
    return bn_lend(store, slot, row, column, NULL);
}

/* All of the first column of the statement, with key as ?1, in the buffer `slot`. */
BN_CHECK enum bn_code bn_lend_numbers(struct bn_store *store, unsigned slot, enum bn_sql which, uint64_t key,
                                      const uint32_t **numbers, size_t *count);

/* Binding fails only for what would be our own mistake: a wrong position, a statement that runs. */
static inline void bn_bind(sqlite3_stmt *statement, int at, int64_t value)
{
    int failed = sqlite3_bind_int64(statement, at, value);
    assert(failed == SQLITE_OK);
    (void)failed;
}

/* The bytes stay the caller's until the statement is given back. */
static inline void bn_bind_blob(sqlite3_stmt *statement, int at, const void *data, size_t size)
{
    int failed = sqlite3_bind_blob64(statement, at, size == 0 ? "" : data, size, SQLITE_STATIC);
    assert(failed == SQLITE_OK);
    (void)failed;
}

static inline void bn_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    int failed = sqlite3_bind_text(statement, at, text == NULL ? "" : text, -1, SQLITE_STATIC);
    assert(failed == SQLITE_OK);
    (void)failed;
}

static inline void bn_bind_id(sqlite3_stmt *statement, int at, const struct bn_id *id)
{
    bn_bind_blob(statement, at, id->bytes, BN_ID_BYTES);
}

static inline uint64_t bn_column(sqlite3_stmt *row, int column)
{
    return (uint64_t)sqlite3_column_int64(row, column);
}

static inline uint32_t bn_column_u32(sqlite3_stmt *row, int column)
{
    return (uint32_t)sqlite3_column_int64(row, column);
}

/* Fills out with a blob of that size; zeros when it is of another, so that whatever is computed from it differs. */
static inline void bn_column_bytes(sqlite3_stmt *row, int column, void *out, size_t size)
{
    const void *data = sqlite3_column_blob(row, column);
    if (data != NULL && (size_t)sqlite3_column_bytes(row, column) == size)
        memcpy(out, data, size);
    else
        memset(out, 0, size);
}

/* ---- migrate.c ---- */

/* Applies those of `migrations` that are above the database's user_version, each in one transaction that also counts
 * user_version up. Before the first one that changes a database that holds something, it is copied to PATH.before-N. */
BN_CHECK enum bn_code bn_store_migrate(struct bn_store *store, const char *const *migrations, size_t count,
                                       struct bn_why *why);
extern const char *const bn_migrations[];
extern const size_t bn_migration_count;

/* ---- ledger.c ---- */

/* Columns of an accepted request, in the order of BN_SQL_ACCEPTED_COLUMNS. */
void bn_accepted_of_row(sqlite3_stmt *row, struct bn_accepted *accepted);
void bn_accepted_leaf_hash(const struct bn_accepted *accepted, struct bn_digest *out);

/* ---- log.c ---- */

enum { BN_TILE_LEVELS = 5 };

/* Gives the hash of each perfect subtree of 256, 65,536, ... leaves that this leaf would complete, and their number. */
unsigned bn_tiles_completed(const struct bn_frontier *frontier, const struct bn_digest *leaf_hash,
                            struct bn_digest tiles[BN_TILE_LEVELS]);
/* The tile as it is kept. BN_DATA_LOSS when there is none. */
BN_CHECK enum bn_code bn_log_tile(struct bn_store *store, unsigned level, uint64_t position, struct bn_digest *hash);
/* Adds a leaf to the pending log and writes the tiles that it completes. */
BN_CHECK enum bn_code bn_log_append(struct bn_store *store, const struct bn_digest *leaf_hash);
/* Writes the head of the pending log. */
BN_CHECK enum bn_code bn_log_seal(struct bn_store *store, struct bn_log_head *head);
/* Builds the frontier from tiles and leaves, and compares it with the newest root. BN_DATA_LOSS when they differ. */
BN_CHECK enum bn_code bn_log_open(struct bn_store *store);

/* ---- owned.c ---- */

BN_CHECK enum bn_code bn_owned_open(struct bn_store *store);
/* Between batches: when enough objects are not listed by owner yet, lists them, in a transaction of its own. */
void bn_owned_fill(struct bn_store *store);

/* ---- organisation.c ---- */

/* Whether this organisation has this id. */
BN_CHECK enum bn_code bn_organisation_id_check(struct bn_store *store, uint32_t number, const struct bn_id *id);

#endif

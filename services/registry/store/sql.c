/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "registry/store/inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The one place where SQLite's codes become ours. A full disk is FULL where SQLite writes, an I/O error where it maps
 * the WAL's index. */
static enum bn_code code_of_sqlite(sqlite3 *db, int result)
{
    switch (result & 0xff) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
        return BN_RESOURCE_EXHAUSTED;
    case SQLITE_INTERRUPT:
        return BN_DEADLINE_EXCEEDED;
    case SQLITE_IOERR:
        if (result == SQLITE_IOERR_NOMEM || sqlite3_system_errno(db) == ENOSPC)
            return BN_RESOURCE_EXHAUSTED;
        return BN_DATA_LOSS;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return BN_DATA_LOSS;
    case SQLITE_CONSTRAINT:
        return result == SQLITE_CONSTRAINT_UNIQUE || result == SQLITE_CONSTRAINT_PRIMARYKEY ||
                       result == SQLITE_CONSTRAINT_ROWID
                   ? BN_ALREADY_EXISTS
                   : BN_INTERNAL;
    default:
        return BN_INTERNAL;
    }
}

enum bn_code bn_store_failed(struct bn_store *store, enum bn_code code, const char *text)
{
    snprintf(store->error, sizeof store->error, "%s", text);
    if (code == BN_DATA_LOSS && store->writer)
        store->broken = true;
    return code;
}

enum bn_code bn_sql_failed(struct bn_store *store, const char *doing)
{
    char text[BN_STORE_ERROR_SIZE];
    int result = sqlite3_extended_errcode(store->db);
    snprintf(text, sizeof text, "%s (%d, %.120s)", sqlite3_errmsg(store->db), result, doing == NULL ? "" : doing);
    return bn_store_failed(store, code_of_sqlite(store->db, result), text);
}

/* A read outside a snapshot has all its time from now on; inside, what the snapshot has left. */
static bool in_time(struct bn_store *store)
{
    if (store->options.read_ms_max == 0)
        return true;
    uint64_t now_ms = bn_clock_mono_ms();
    if (sqlite3_get_autocommit(store->db))
        store->deadline_ms = now_ms + store->options.read_ms_max;
    return now_ms <= store->deadline_ms;
}

enum bn_code bn_sql_take(struct bn_store *store, enum bn_sql which, sqlite3_stmt **statement)
{
    if (store->broken)
        return BN_DATA_LOSS;
    if (bn_statements[which].writes && which != BN_SQL_BEGIN_WRITE &&
        (!store->writer || sqlite3_get_autocommit(store->db)))
        return bn_store_failed(store, BN_INTERNAL, "a change outside a transaction");
    if (!store->writer && !in_time(store))
        return bn_store_failed(store, BN_DEADLINE_EXCEEDED, "the read has taken too long");
    *statement = store->statements[which];
    assert(*statement != NULL && !sqlite3_stmt_busy(*statement));
    return BN_OK;
}

void bn_sql_end(sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

static enum bn_code failed_at(struct bn_store *store, sqlite3_stmt *statement)
{
    enum bn_code code = bn_sql_failed(store, sqlite3_sql(statement));
    bn_sql_end(statement);
    return code;
}

enum bn_code bn_sql_run(struct bn_store *store, sqlite3_stmt *statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE)
        return failed_at(store, statement);
    bn_sql_end(statement);
    return BN_OK;
}

enum bn_code bn_sql_one(struct bn_store *store, sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        return BN_OK;
    if (result != SQLITE_DONE)
        return failed_at(store, statement);
    bn_sql_end(statement);
    return BN_NOT_FOUND;
}

enum bn_code bn_sql_exec(struct bn_store *store, const char *sql)
{
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return bn_sql_failed(store, sql);
    return BN_OK;
}

enum bn_code bn_sql_text(struct bn_store *store, const char *sql, char *text, size_t size)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return bn_sql_failed(store, sql);
    enum bn_code code = BN_OK;
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        const unsigned char *column = sqlite3_column_text(statement, 0);
        snprintf(text, size, "%s", column == NULL ? "" : (const char *)column);
    } else {
        code = result == SQLITE_DONE ? BN_NOT_FOUND : bn_sql_failed(store, sql);
    }
    sqlite3_finalize(statement);
    return code;
}

enum bn_code bn_sql_number(struct bn_store *store, const char *sql, int64_t *number)
{
    char text[32] = "";
    enum bn_code code = bn_sql_text(store, sql, text, sizeof text);
    *number = strtoll(text, NULL, 10);
    return code;
}

/* Makes room in a buffer and keeps what is in it. */
static void *lend_room(struct bn_store *store, unsigned slot, size_t bytes)
{
    assert(slot < BN_LENT);
    struct bn_lent *lent = &store->lent[slot];
    if (lent->size < bytes) {
        void *grown = realloc(lent->data, bytes);
        if (grown == NULL) {
            bn_store_failed(store, BN_RESOURCE_EXHAUSTED, "out of memory");
            return NULL;
        }
        lent->data = grown;
        lent->size = bytes;
    }
    return lent->data;
}

const void *bn_lend(struct bn_store *store, unsigned slot, sqlite3_stmt *row, int column, size_t *size)
{
    const void *data = sqlite3_column_blob(row, column);
    size_t bytes = (size_t)sqlite3_column_bytes(row, column);
    char *copy = lend_room(store, slot, bytes + 1);
    if (copy == NULL)
        return NULL;
    if (bytes > 0)
        memcpy(copy, data, bytes);
    copy[bytes] = '\0';
    if (size != NULL)
        *size = bytes;
    return copy;
}

enum bn_code bn_lend_numbers(struct bn_store *store, unsigned slot, enum bn_sql which, uint64_t key,
                             const uint32_t **numbers, size_t *count)
{
    sqlite3_stmt *statement;
    enum bn_code code = bn_sql_take(store, which, &statement);
    if (code != BN_OK)
        return code;
    bn_bind(statement, 1, (int64_t)key);
    *count = 0;
    *numbers = NULL;
    while ((code = bn_sql_one(store, statement)) == BN_OK) {
        uint32_t *room = lend_room(store, slot, (*count + 64) / 64 * 64 * sizeof *room);
        if (room == NULL) {
            bn_sql_end(statement);
            return BN_RESOURCE_EXHAUSTED;
        }
        room[(*count)++] = bn_column_u32(statement, 0);
        *numbers = room;
    }
    return code == BN_NOT_FOUND ? BN_OK : code;
}

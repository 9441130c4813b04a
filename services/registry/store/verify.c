/* SPDX-License-Identifier: Apache-2.0 */
/* Is everything that was accepted still there, unaltered? Pages have no checksum, so each body is hashed
 * and the whole log is built again beside the kept one. */
#include "base/rule.h"
#include "registry/store/inside.h"

#include <stdio.h>

/* Rows of one statement: a long one would pin the WAL. */
enum { STEP_ROWS = 4096, TEXT_SIZE = 256 };

struct check {
    struct bn_store *store;
    struct bn_frontier frontier;  /* over the rows seen */
    struct bn_log_head next_head; /* the first kept one that is not below the frontier's size */
    struct bn_why *why;
};

static enum bn_code damaged(struct check *check, const char *what, uint64_t sequence)
{
    return bn_why_set(check->why, BN_DATA_LOSS, check->store->path, bn_rule_name(BN_RULE_DATABASE_DAMAGED), "%s %llu",
                      what, (unsigned long long)sequence);
}

/* For what went wrong while reading. */
static enum bn_code unread(struct check *check, enum bn_code code)
{
    enum bn_rule rule = code == BN_DATA_LOSS ? BN_RULE_DATABASE_DAMAGED : BN_RULE_HUB_INTERNAL;
    return bn_why_set(check->why, code, check->store->path, bn_rule_name(rule), "%s", check->store->error);
}

static enum bn_code check_file(struct check *check, const char *pragma)
{
    char said[TEXT_SIZE] = "";
    enum bn_code code = bn_sql_text(check->store, pragma, said, sizeof said);
    if (code != BN_OK)
        return unread(check, code);
    if (strcmp(said, "ok") != 0)
        return bn_why_set(check->why, BN_DATA_LOSS, check->store->path, bn_rule_name(BN_RULE_DATABASE_DAMAGED), "%s",
                          said);
    return BN_OK;
}

static enum bn_code check_references(struct check *check)
{
    char said[TEXT_SIZE] = "";
    enum bn_code code = bn_sql_text(check->store, "PRAGMA foreign_key_check", said, sizeof said);
    if (code == BN_NOT_FOUND)
        code = bn_sql_text(check->store, bn_statements[BN_SQL_VERIFY_ORPHAN].sql, said, sizeof said);
    if (code == BN_NOT_FOUND)
        return BN_OK;
    if (code != BN_OK)
        return unread(check, code);
    return bn_why_set(check->why, BN_DATA_LOSS, check->store->path, bn_rule_name(BN_RULE_DATABASE_DAMAGED),
                      "%s belongs to nothing", said);
}

static enum bn_code check_owned(struct check *check)
{
    int64_t missing = 0;
    enum bn_code code = bn_sql_number(check->store, bn_statements[BN_SQL_VERIFY_OWNED].sql, &missing);
    if (code != BN_OK)
        return unread(check, code);
    return missing == 0 ? BN_OK : damaged(check, "objects missing in the list by owner:", (uint64_t)missing);
}

static enum bn_code check_tiles(struct check *check, const struct bn_digest *leaf_hash)
{
    struct bn_digest tiles[BN_TILE_LEVELS], kept;
    unsigned count = bn_tiles_completed(&check->frontier, leaf_hash, tiles);
    uint64_t size = check->frontier.size + 1;
    for (unsigned i = 0; i < count; i++) {
        size /= BN_TILE_LEAVES;
        enum bn_code code = bn_log_tile(check->store, i + 1, size - 1, &kept);
        if (code != BN_OK)
            return unread(check, code);
        if (memcmp(&kept, &tiles[i], sizeof kept) != 0)
            return damaged(check, "a tile differs at request", check->frontier.size + 1);
    }
    return BN_OK;
}

static enum bn_code check_head(struct check *check)
{
    uint64_t size = check->frontier.size;
    struct bn_digest root;
    if (check->next_head.size < size) {
        enum bn_code code = bn_store_log_head_of(check->store, size, &check->next_head);
        if (code != BN_OK)
            return unread(check, code);
    }
    if (check->next_head.size != size)
        return BN_OK;
    bn_frontier_root(&check->frontier, &root);
    return memcmp(&root, &check->next_head.root, sizeof root) == 0
               ? BN_OK
               : damaged(check, "the root differs from the one receipted at size", size);
}

static enum bn_code check_row(struct check *check, sqlite3_stmt *row)
{
    struct bn_accepted accepted;
    struct bn_digest digest, leaf_hash;
    bn_accepted_of_row(row, &accepted);
    if (accepted.sequence != check->frontier.size + 1)
        return damaged(check, "missing: request", check->frontier.size + 1);
    bn_digest_of(sqlite3_column_blob(row, 9), (size_t)sqlite3_column_bytes(row, 9), &digest);
    if (memcmp(&digest, &accepted.digest, sizeof digest) != 0)
        return damaged(check, "the digest does not fit the body of request", accepted.sequence);
    bn_accepted_leaf_hash(&accepted, &leaf_hash);
    enum bn_code code = check_tiles(check, &leaf_hash);
    if (code != BN_OK)
        return code;
    bn_frontier_append(&check->frontier, &leaf_hash);
    return check_head(check);
}

static enum bn_code check_rows(struct check *check, uint64_t end)
{
    sqlite3_stmt *rows;
    enum bn_code code = bn_sql_take(check->store, BN_SQL_VERIFY_ACCEPTED, &rows);
    if (code != BN_OK)
        return unread(check, code);
    bn_bind(rows, 1, (int64_t)check->frontier.size + 1);
    bn_bind(rows, 2, (int64_t)end + 1);
    while ((code = bn_sql_one(check->store, rows)) == BN_OK) {
        code = check_row(check, rows);
        if (code != BN_OK) {
            bn_sql_end(rows);
            return code;
        }
    }
    if (code != BN_NOT_FOUND)
        return unread(check, code);
    return check->frontier.size == end ? BN_OK : damaged(check, "missing: request", check->frontier.size + 1);
}

static enum bn_code check_log(struct check *check)
{
    struct bn_log_head newest;
    int64_t beyond = 0;
    enum bn_code code = bn_store_log_head(check->store, &newest);
    if (code != BN_OK)
        return unread(check, code);
    bn_frontier_start(&check->frontier);
    while (check->frontier.size < newest.size) {
        uint64_t left = newest.size - check->frontier.size;
        code = check_rows(check, check->frontier.size + (left < STEP_ROWS ? left : STEP_ROWS));
        if (code != BN_OK)
            return code;
    }
    if (newest.size > 0 && check->next_head.size != newest.size)
        return damaged(check, "missing: root at size", newest.size);
    code = bn_sql_number(check->store, bn_statements[BN_SQL_VERIFY_LENGTH].sql, &beyond);
    if (code != BN_OK)
        return unread(check, code);
    return beyond == 0 ? BN_OK : damaged(check, "no root covers the requests behind", newest.size);
}

/* A check has the time it needs: it pins nothing for long, for it reads in steps. */
static void take_time(struct bn_store *store, uint64_t read_ms_max)
{
    store->options.read_ms_max = read_ms_max;
    store->deadline_ms = UINT64_MAX;
}

enum bn_code bn_store_verify(struct bn_store *store, bool quick, struct bn_why *why)
{
    struct check check = {.store = store, .why = why};
    uint64_t read_ms_max = store->options.read_ms_max;
    take_time(store, 0);
    enum bn_code code = check_file(&check, quick ? "PRAGMA quick_check(1)" : "PRAGMA integrity_check(1)");
    if (code == BN_OK && !quick)
        code = check_references(&check);
    if (code == BN_OK && !quick)
        code = check_owned(&check);
    if (code == BN_OK && !quick)
        code = check_log(&check);
    take_time(store, read_ms_max);
    return code;
}

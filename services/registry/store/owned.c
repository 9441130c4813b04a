/* SPDX-License-Identifier: Apache-2.0 */
/* Objects by owner. Filled behind the commits, some thousands at a time: then the page of an owner is written once for
 * all of its new objects, and not once in each commit. Whatever is not listed yet is at the end of the object table,
 * where the listing statement looks first; so nothing is ever missing, only slower to find. */
#include "registry/store/inside.h"

enum { TAIL_MAX = 4096, FILL_MAX = 16384 };

enum bn_code bn_owned_open(struct bn_store *store)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_OWNED_UPTO, &find);
    if (code == BN_OK)
        code = bn_sql_one(store, find);
    if (code != BN_OK)
        return code == BN_NOT_FOUND ? bn_store_failed(store, BN_DATA_LOSS, "owned_upto is empty") : code;
    store->owned_upto = bn_column(find, 0);
    bn_sql_end(find);
    return BN_OK;
}

static enum bn_code fill(struct bn_store *store, uint64_t upto)
{
    sqlite3_stmt *statement;
    enum bn_code code = bn_sql_take(store, BN_SQL_OWNED_FILL, &statement);
    if (code != BN_OK)
        return code;
    bn_bind(statement, 1, (int64_t)store->owned_upto);
    bn_bind(statement, 2, (int64_t)upto);
    code = bn_sql_run(store, statement);
    if (code == BN_OK)
        code = bn_sql_take(store, BN_SQL_OWNED_UPTO_SET, &statement);
    if (code != BN_OK)
        return code;
    bn_bind(statement, 1, (int64_t)upto);
    return bn_sql_run(store, statement);
}

void bn_owned_fill(struct bn_store *store)
{
    uint64_t tail = store->committed.size - store->owned_upto;
    if (tail < TAIL_MAX)
        return;
    uint64_t upto = store->owned_upto + (tail < FILL_MAX ? tail : FILL_MAX);
    enum bn_code code = bn_store_begin(store);
    if (code == BN_OK)
        code = fill(store, upto);
    if (code == BN_OK)
        code = bn_store_commit(store);
    /* A disk that is full stops nobody here: the tail stays longer. A failed commit has made the store broken. */
    if (code != BN_OK)
        bn_store_rollback(store);
    else
        store->owned_upto = upto;
}

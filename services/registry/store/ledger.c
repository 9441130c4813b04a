/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/store/inside.h"

void bn_accepted_of_row(sqlite3_stmt *row, struct bn_accepted *accepted)
{
    accepted->sequence = bn_column(row, 0);
    bn_column_bytes(row, 1, &accepted->request, BN_ID_BYTES);
    accepted->organisation_number = bn_column_u32(row, 2);
    bn_column_bytes(row, 3, &accepted->organisation, BN_ID_BYTES);
    accepted->recorded_ms = sqlite3_column_int64(row, 4);
    accepted->type = bn_column_u32(row, 5);
    bn_column_bytes(row, 6, &accepted->digest, BN_DIGEST_BYTES);
    accepted->object = bn_column(row, 7);
    accepted->version = bn_column_u32(row, 8);
}

void bn_accepted_leaf_hash(const struct bn_accepted *accepted, struct bn_digest *out)
{
    const struct bn_leaf leaf = {
        .sequence = accepted->sequence,
        .recorded_ms = accepted->recorded_ms,
        .type = accepted->type,
        .organisation = accepted->organisation,
        .request = accepted->request,
        .digest = accepted->digest,
    };
    bn_leaf_hash(&leaf, out);
}

static enum bn_code add_row(struct bn_store *store, const struct bn_accepted *accepted, const void *body,
                            size_t body_size)
{
    sqlite3_stmt *add;
    enum bn_code code = bn_sql_take(store, BN_SQL_ACCEPT, &add);
    if (code != BN_OK)
        return code;
    bn_bind(add, 1, (int64_t)accepted->sequence);
    bn_bind_id(add, 2, &accepted->request);
    bn_bind(add, 3, accepted->organisation_number);
    bn_bind(add, 4, accepted->recorded_ms);
    bn_bind(add, 5, accepted->type);
    bn_bind_blob(add, 6, accepted->digest.bytes, BN_DIGEST_BYTES);
    bn_bind(add, 7, (int64_t)accepted->object);
    bn_bind(add, 8, accepted->version);
    bn_bind_blob(add, 9, body, body_size);
    return bn_sql_run(store, add);
}

enum bn_code bn_store_accept(struct bn_store *store, struct bn_accepted *accepted, const void *body, size_t body_size)
{
    accepted->sequence = bn_store_next_sequence(store);
    /* The leaf holds the id, the row the number: a pair that is wrong could never be verified again. */
    enum bn_code code = bn_organisation_id_check(store, accepted->organisation_number, &accepted->organisation);
    if (code == BN_OK)
        code = add_row(store, accepted, body, body_size);
    if (code != BN_OK)
        return code;
    struct bn_digest leaf_hash;
    bn_accepted_leaf_hash(accepted, &leaf_hash);
    return bn_log_append(store, &leaf_hash);
}

uint64_t bn_store_next_sequence(const struct bn_store *store)
{
    assert(store->writer);
    return store->pending.size + 1;
}

static enum bn_code read_accepted(struct bn_store *store, sqlite3_stmt *find, struct bn_accepted *accepted)
{
    enum bn_code code = bn_sql_one(store, find);
    if (code != BN_OK)
        return code;
    bn_accepted_of_row(find, accepted);
    bn_sql_end(find);
    return BN_OK;
}

enum bn_code bn_store_accepted_by_request(struct bn_store *store, const struct bn_id *request, uint32_t organisation,
                                          struct bn_accepted *accepted)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_ACCEPTED_BY_REQUEST, &find);
    if (code != BN_OK)
        return code;
    bn_bind_id(find, 1, request);
    bn_bind(find, 2, organisation);
    return read_accepted(store, find, accepted);
}

enum bn_code bn_store_accepted_by_sequence(struct bn_store *store, uint64_t sequence, struct bn_accepted *accepted)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_ACCEPTED_BY_SEQUENCE, &find);
    if (code != BN_OK)
        return code;
    bn_bind(find, 1, (int64_t)sequence);
    return read_accepted(store, find, accepted);
}

enum bn_code bn_store_request_taken(struct bn_store *store, const struct bn_id *request, bool *taken)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_REQUEST_TAKEN, &find);
    if (code != BN_OK)
        return code;
    bn_bind_id(find, 1, request);
    code = bn_sql_one(store, find);
    *taken = code == BN_OK;
    if (code == BN_OK)
        bn_sql_end(find);
    return code == BN_NOT_FOUND ? BN_OK : code;
}

enum bn_code bn_store_body(struct bn_store *store, uint64_t sequence, const void **body, size_t *size)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_BODY, &find);
    if (code != BN_OK)
        return code;
    bn_bind(find, 1, (int64_t)sequence);
    code = bn_sql_one(store, find);
    if (code != BN_OK)
        return code;
    *body = bn_lend(store, 0, find, 0, size);
    bn_sql_end(find);
    return *body == NULL ? BN_RESOURCE_EXHAUSTED : BN_OK;
}

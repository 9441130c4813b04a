/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/store/inside.h"

enum bn_code bn_store_change_add(struct bn_store *store, const struct bn_change *change)
{
    sqlite3_stmt *add;
    enum bn_code code = bn_sql_take(store, BN_SQL_CHANGE_ADD, &add);
    if (code != BN_OK)
        return code;
    bn_bind(add, 1, (int64_t)change->sequence);
    bn_bind(add, 2, (int64_t)change->object);
    bn_bind(add, 3, change->type);
    bn_bind(add, 4, change->version);
    bn_bind(add, 5, change->state_before);
    bn_bind(add, 6, change->state_after);
    bn_bind(add, 7, change->effective_day);
    return bn_sql_run(store, add);
}

enum bn_code bn_store_change_next(struct bn_store *store, uint64_t object, uint64_t after, struct bn_change *change)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_CHANGE_NEXT, &find);
    if (code != BN_OK)
        return code;
    bn_bind(find, 1, (int64_t)object);
    bn_bind(find, 2, (int64_t)after);
    code = bn_sql_one(store, find);
    if (code != BN_OK)
        return code;
    *change = (struct bn_change){
        .sequence = bn_column(find, 0),
        .object = bn_column(find, 1),
        .type = bn_column_u32(find, 2),
        .version = bn_column_u32(find, 3),
        .state_before = bn_column_u32(find, 4),
        .state_after = bn_column_u32(find, 5),
        .effective_day = sqlite3_column_int(find, 6),
    };
    bn_sql_end(find);
    return BN_OK;
}

static enum bn_code version_of(struct bn_store *store, uint64_t object, uint32_t *version)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_OBJECT_VERSION, &find);
    if (code != BN_OK)
        return code;
    bn_bind(find, 1, (int64_t)object);
    code = bn_sql_one(store, find);
    if (code != BN_OK)
        return code;
    *version = bn_column_u32(find, 0);
    bn_sql_end(find);
    return BN_OK;
}

enum bn_code bn_store_body_of_version(struct bn_store *store, uint64_t object, uint32_t version, uint64_t *body)
{
    uint32_t newest = 0;
    sqlite3_stmt *find;
    enum bn_code code = version_of(store, object, &newest);
    if (code == BN_OK && (version == 0 || version > newest))
        return BN_NOT_FOUND;
    if (code == BN_OK)
        code = bn_sql_take(store, BN_SQL_REVISION, &find);
    if (code != BN_OK)
        return code;
    bn_bind(find, 1, (int64_t)object);
    bn_bind(find, 2, version);
    code = bn_sql_one(store, find);
    if (code == BN_NOT_FOUND) {
        *body = object; /* not revised by then: the creating request's text */
        return BN_OK;
    }
    if (code != BN_OK)
        return code;
    *body = bn_column(find, 0);
    bn_sql_end(find);
    return BN_OK;
}

enum bn_code bn_store_external_put(struct bn_store *store, const struct bn_external *external)
{
    sqlite3_stmt *put;
    enum bn_code code = bn_sql_take(store, BN_SQL_EXTERNAL_PUT, &put);
    if (code != BN_OK)
        return code;
    bn_bind(put, 1, external->owner);
    bn_bind(put, 2, external->kind);
    bn_bind_text(put, 3, external->scheme);
    bn_bind_text(put, 4, external->id);
    bn_bind(put, 5, (int64_t)external->object);
    bn_bind_blob(put, 6, external->content.bytes, BN_DIGEST_BYTES);
    return bn_sql_run(store, put);
}

enum bn_code bn_store_external_find(struct bn_store *store, struct bn_external *external)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_EXTERNAL, &find);
    if (code != BN_OK)
        return code;
    bn_bind(find, 1, external->owner);
    bn_bind(find, 2, external->kind);
    bn_bind_text(find, 3, external->scheme);
    bn_bind_text(find, 4, external->id);
    code = bn_sql_one(store, find);
    if (code != BN_OK)
        return code;
    external->object = bn_column(find, 0);
    bn_column_bytes(find, 1, external->content.bytes, BN_DIGEST_BYTES);
    bn_sql_end(find);
    return BN_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/store/inside.h"

static enum bn_code next_number(struct bn_store *store, uint32_t *number)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_WORKSTREAM_NEXT, &find);
    if (code == BN_OK)
        code = bn_sql_one(store, find);
    if (code != BN_OK)
        return code;
    *number = bn_column_u32(find, 0);
    bn_sql_end(find);
    if (*number >= BN_WORKSTREAMS_MAX)
        return bn_store_failed(store, BN_RESOURCE_EXHAUSTED, "no more workstreams");
    return BN_OK;
}

static enum bn_code add_member(struct bn_store *store, uint32_t workstream, uint32_t organisation)
{
    sqlite3_stmt *add;
    enum bn_code code = bn_sql_take(store, BN_SQL_MEMBER_ADD, &add);
    if (code != BN_OK)
        return code;
    bn_bind(add, 1, workstream);
    bn_bind(add, 2, organisation);
    return bn_sql_run(store, add);
}

static enum bn_code put_members(struct bn_store *store, uint32_t number, const uint32_t *members, size_t count)
{
    sqlite3_stmt *drop;
    enum bn_code code = bn_sql_take(store, BN_SQL_MEMBERS_DROP, &drop);
    if (code != BN_OK)
        return code;
    bn_bind(drop, 1, number);
    code = bn_sql_run(store, drop);
    for (size_t i = 0; i < count && code == BN_OK; i++)
        code = add_member(store, number, members[i]);
    return code;
}

enum bn_code bn_store_workstream_put(struct bn_store *store, struct bn_workstream *workstream)
{
    sqlite3_stmt *put;
    uint32_t number = workstream->number;
    enum bn_code code = workstream->is_new ? next_number(store, &number) : BN_OK;
    if (code == BN_OK)
        code = bn_sql_take(store, workstream->is_new ? BN_SQL_WORKSTREAM_ADD : BN_SQL_WORKSTREAM_CHANGE, &put);
    if (code != BN_OK)
        return code;
    bn_bind(put, 1, number);
    bn_bind_id(put, 2, &workstream->id);
    bn_bind_text(put, 3, workstream->slug);
    bn_bind(put, 4, workstream->pilot);
    bn_bind(put, 5, workstream->version);
    bn_bind(put, 6, (int64_t)workstream->body);
    bn_bind_text(put, 7, workstream->title);
    bn_bind(put, 8, workstream->recorded_ms);
    code = bn_sql_run(store, put);
    if (code == BN_OK && sqlite3_changes(store->db) == 0)
        return BN_NOT_FOUND;
    if (code == BN_OK)
        code = put_members(store, number, workstream->members, workstream->member_count);
    if (code == BN_OK)
        workstream->number = number;
    return code;
}

enum bn_code bn_store_workstream(struct bn_store *store, uint32_t number, struct bn_workstream *workstream)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_WORKSTREAM, &find);
    if (code != BN_OK)
        return code;
    bn_bind(find, 1, number);
    code = bn_sql_one(store, find);
    if (code != BN_OK)
        return code;
    *workstream = (struct bn_workstream){
        .number = bn_column_u32(find, 0),
        .slug = bn_lend_text(store, 0, find, 2),
        .pilot = bn_column_u32(find, 3),
        .version = bn_column_u32(find, 4),
        .body = bn_column(find, 5),
        .title = bn_lend_text(store, 1, find, 6),
        .recorded_ms = sqlite3_column_int64(find, 7),
    };
    bn_column_bytes(find, 1, &workstream->id, BN_ID_BYTES);
    bn_sql_end(find);
    if (workstream->slug == NULL || workstream->title == NULL)
        return BN_RESOURCE_EXHAUSTED;
    return bn_lend_numbers(store, 2, BN_SQL_MEMBERS, number, &workstream->members, &workstream->member_count);
}

enum bn_code bn_store_programme_put(struct bn_store *store, const struct bn_programme *programme)
{
    sqlite3_stmt *put;
    enum bn_code code = bn_sql_take(store, BN_SQL_PROGRAMME_PUT, &put);
    if (code != BN_OK)
        return code;
    bn_bind_text(put, 1, programme->name);
    bn_bind(put, 2, programme->version);
    bn_bind(put, 3, (int64_t)programme->body);
    bn_bind_blob(put, 4, programme->packed, programme->packed_size);
    bn_bind(put, 5, programme->recorded_ms);
    return bn_sql_run(store, put);
}

enum bn_code bn_store_programme(struct bn_store *store, struct bn_programme *programme)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_PROGRAMME, &find);
    if (code == BN_OK)
        code = bn_sql_one(store, find);
    if (code != BN_OK)
        return code;
    *programme = (struct bn_programme){
        .name = bn_lend_text(store, 0, find, 0),
        .version = bn_column_u32(find, 1),
        .body = bn_column(find, 2),
        .recorded_ms = sqlite3_column_int64(find, 4),
    };
    programme->packed = bn_lend(store, 1, find, 3, &programme->packed_size);
    bn_sql_end(find);
    return programme->name != NULL && programme->packed != NULL ? BN_OK : BN_RESOURCE_EXHAUSTED;
}

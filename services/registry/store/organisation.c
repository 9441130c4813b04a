/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/store/inside.h"

#include <stdlib.h>

/* ---- organisations ---- */

enum { NUMBERS_PER_STEP = 256 };

static void remember_id(struct bn_store *store, uint32_t number, const struct bn_id *id)
{
    if (number >= store->organisation_count) {
        size_t count = ((size_t)number / NUMBERS_PER_STEP + 1) * NUMBERS_PER_STEP;
        struct bn_id *grown = realloc(store->organisation_ids, count * sizeof *grown);
        if (grown == NULL)
            return; /* asked for again the next time */
        memset(grown + store->organisation_count, 0, (count - store->organisation_count) * sizeof *grown);
        store->organisation_ids = grown;
        store->organisation_count = count;
    }
    store->organisation_ids[number] = *id;
}

enum bn_code bn_organisation_id_check(struct bn_store *store, uint32_t number, const struct bn_id *id)
{
    if (number < store->organisation_count && bn_id_equal(&store->organisation_ids[number], id) && !bn_id_is_zero(id))
        return BN_OK;
    struct bn_organisation organisation;
    enum bn_code code = bn_store_organisation_by_number(store, number, &organisation);
    if (code == BN_NOT_FOUND || (code == BN_OK && !bn_id_equal(&organisation.id, id)))
        return bn_store_failed(store, BN_INTERNAL, "no organisation of this number and id");
    if (code == BN_OK)
        remember_id(store, number, id);
    return code;
}

/* The next number is one above the highest: none is ever deleted. */
static enum bn_code next_number(struct bn_store *store, uint32_t *number)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_ORGANISATION_NUMBER_NEXT, &find);
    if (code == BN_OK)
        code = bn_sql_one(store, find);
    if (code != BN_OK)
        return code;
    *number = bn_column_u32(find, 0);
    bn_sql_end(find);
    return BN_OK;
}

enum bn_code bn_store_organisation_put(struct bn_store *store, struct bn_organisation *organisation)
{
    sqlite3_stmt *put;
    bool is_new = organisation->number == 0;
    uint32_t number = organisation->number;
    enum bn_code code = is_new ? next_number(store, &number) : BN_OK;
    if (code == BN_OK)
        code = bn_sql_take(store, is_new ? BN_SQL_ORGANISATION_ADD : BN_SQL_ORGANISATION_CHANGE, &put);
    if (code != BN_OK)
        return code;
    bn_bind(put, 1, number);
    bn_bind_id(put, 2, &organisation->id);
    bn_bind_text(put, 3, organisation->slug);
    bn_bind_text(put, 4, organisation->legal_name);
    bn_bind(put, 5, organisation->kind);
    bn_bind(put, 6, organisation->state);
    bn_bind(put, 7, organisation->roles);
    bn_bind(put, 8, organisation->version);
    bn_bind_text(put, 9, organisation->country);
    bn_bind(put, 10, (int64_t)organisation->body);
    bn_bind(put, 11, organisation->recorded_ms);
    code = bn_sql_run(store, put);
    if (code != BN_OK)
        return code;
    if (sqlite3_changes(store->db) == 0)
        return BN_NOT_FOUND;
    organisation->number = number;
    return BN_OK;
}

static enum bn_code read_organisation(struct bn_store *store, sqlite3_stmt *find, struct bn_organisation *organisation)
{
    enum bn_code code = bn_sql_one(store, find);
    if (code != BN_OK)
        return code;
    *organisation = (struct bn_organisation){
        .number = bn_column_u32(find, 0),
        .slug = bn_lend_text(store, 0, find, 2),
        .legal_name = bn_lend_text(store, 1, find, 3),
        .kind = bn_column_u32(find, 4),
        .state = bn_column_u32(find, 5),
        .roles = bn_column_u32(find, 6),
        .version = bn_column_u32(find, 7),
        .country = bn_lend_text(store, 2, find, 8),
        .body = bn_column(find, 9),
        .recorded_ms = sqlite3_column_int64(find, 10),
    };
    bn_column_bytes(find, 1, &organisation->id, BN_ID_BYTES);
    bn_sql_end(find);
    bool whole = organisation->slug != NULL && organisation->legal_name != NULL && organisation->country != NULL;
    return whole ? BN_OK : BN_RESOURCE_EXHAUSTED;
}

enum bn_code bn_store_organisation_by_number(struct bn_store *store, uint32_t number,
                                             struct bn_organisation *organisation)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_ORGANISATION_BY_NUMBER, &find);
    if (code != BN_OK)
        return code;
    bn_bind(find, 1, number);
    return read_organisation(store, find, organisation);
}

enum bn_code bn_store_organisation_by_id(struct bn_store *store, const struct bn_id *id,
                                         struct bn_organisation *organisation)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_ORGANISATION_BY_ID, &find);
    if (code != BN_OK)
        return code;
    bn_bind_id(find, 1, id);
    return read_organisation(store, find, organisation);
}

enum bn_code bn_store_organisation_by_slug(struct bn_store *store, const char *slug,
                                           struct bn_organisation *organisation)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_ORGANISATION_BY_SLUG, &find);
    if (code != BN_OK)
        return code;
    bn_bind_text(find, 1, slug);
    return read_organisation(store, find, organisation);
}

enum bn_code bn_store_organisation_next(struct bn_store *store, uint32_t after,
                                        const struct bn_organisation_filter *filter,
                                        struct bn_organisation *organisation)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_ORGANISATION_NEXT, &find);
    if (code != BN_OK)
        return code;
    bn_bind(find, 1, after);
    bn_bind(find, 2, filter->kind);
    bn_bind(find, 3, filter->state);
    bn_bind_text(find, 4, filter->country);
    return read_organisation(store, find, organisation);
}

/* ---- official identifiers ---- */

enum bn_code bn_store_identifier_owner(struct bn_store *store, const char *scheme, const char *value,
                                       uint32_t *organisation)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_IDENTIFIER_OWNER, &find);
    if (code != BN_OK)
        return code;
    bn_bind_text(find, 1, scheme);
    bn_bind_text(find, 2, value);
    code = bn_sql_one(store, find);
    if (code != BN_OK)
        return code;
    *organisation = bn_column_u32(find, 0);
    bn_sql_end(find);
    return BN_OK;
}

static enum bn_code add_identifier(struct bn_store *store, uint32_t organisation,
                                   const struct bn_identifier *identifier)
{
    sqlite3_stmt *add;
    enum bn_code code = bn_sql_take(store, BN_SQL_IDENTIFIER_ADD, &add);
    if (code != BN_OK)
        return code;
    bn_bind_text(add, 1, identifier->scheme);
    bn_bind_text(add, 2, identifier->value);
    bn_bind(add, 3, organisation);
    return bn_sql_run(store, add);
}

enum bn_code bn_store_identifiers_put(struct bn_store *store, uint32_t organisation,
                                      const struct bn_identifier *identifiers, size_t count, size_t *taken)
{
    /* All are looked at before anything is written: a refusal must not cost the whole batch. */
    for (size_t i = 0; i < count; i++) {
        uint32_t owner;
        enum bn_code code = bn_store_identifier_owner(store, identifiers[i].scheme, identifiers[i].value, &owner);
        if (code == BN_OK && owner != organisation) {
            *taken = i;
            return BN_ALREADY_EXISTS;
        }
        if (code != BN_OK && code != BN_NOT_FOUND)
            return code;
    }
    sqlite3_stmt *drop;
    enum bn_code code = bn_sql_take(store, BN_SQL_IDENTIFIERS_DROP, &drop);
    if (code != BN_OK)
        return code;
    bn_bind(drop, 1, organisation);
    code = bn_sql_run(store, drop);
    for (size_t i = 0; i < count && code == BN_OK; i++)
        code = add_identifier(store, organisation, &identifiers[i]);
    return code;
}

/* ---- keys ---- */

enum bn_code bn_store_key_put(struct bn_store *store, const struct bn_key *key)
{
    sqlite3_stmt *put;
    enum bn_code code = bn_sql_take(store, BN_SQL_KEY_PUT, &put);
    if (code != BN_OK)
        return code;
    bn_bind_id(put, 1, &key->id);
    bn_bind(put, 2, key->organisation);
    bn_bind_blob(put, 3, key->public_key, BN_KEY_BYTES);
    bn_bind(put, 4, key->role);
    bn_bind(put, 5, key->state);
    bn_bind_text(put, 6, key->label);
    bn_bind(put, 7, key->expires_ms);
    bn_bind(put, 8, key->recorded_ms);
    return bn_sql_run(store, put);
}

static bool key_of_row(struct bn_store *store, sqlite3_stmt *row, struct bn_key *key)
{
    *key = (struct bn_key){
        .organisation = bn_column_u32(row, 1),
        .role = bn_column_u32(row, 3),
        .state = bn_column_u32(row, 4),
        .label = bn_lend_text(store, 0, row, 5),
        .expires_ms = sqlite3_column_int64(row, 6),
        .recorded_ms = sqlite3_column_int64(row, 7),
    };
    bn_column_bytes(row, 0, &key->id, BN_ID_BYTES);
    bn_column_bytes(row, 2, key->public_key, BN_KEY_BYTES);
    return key->label != NULL;
}

static enum bn_code read_key(struct bn_store *store, sqlite3_stmt *find, struct bn_key *key)
{
    enum bn_code code = bn_sql_one(store, find);
    if (code != BN_OK)
        return code;
    bool whole = key_of_row(store, find, key);
    bn_sql_end(find);
    return whole ? BN_OK : BN_RESOURCE_EXHAUSTED;
}

enum bn_code bn_store_key_by_id(struct bn_store *store, const struct bn_id *id, struct bn_key *key)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_KEY_BY_ID, &find);
    if (code != BN_OK)
        return code;
    bn_bind_id(find, 1, id);
    return read_key(store, find, key);
}

enum bn_code bn_store_key_by_public(struct bn_store *store, const uint8_t public_key[BN_KEY_BYTES], struct bn_key *key)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_KEY_BY_PUBLIC, &find);
    if (code != BN_OK)
        return code;
    bn_bind_blob(find, 1, public_key, BN_KEY_BYTES);
    return read_key(store, find, key);
}

enum bn_code bn_store_keys(struct bn_store *store, uint32_t organisation, bn_key_fn *fn, void *ctx)
{
    sqlite3_stmt *rows;
    enum bn_code code = bn_sql_take(store, organisation == 0 ? BN_SQL_KEYS : BN_SQL_KEYS_OF, &rows);
    if (code != BN_OK)
        return code;
    if (organisation != 0)
        bn_bind(rows, 1, organisation);
    while ((code = bn_sql_one(store, rows)) == BN_OK) {
        struct bn_key key;
        bool whole = key_of_row(store, rows, &key);
        if (whole && fn(ctx, &key))
            continue;
        bn_sql_end(rows);
        return whole ? BN_OK : BN_RESOURCE_EXHAUSTED;
    }
    return code == BN_NOT_FOUND ? BN_OK : code;
}

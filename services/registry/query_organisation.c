/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/queries.h"
#include "registry/render.h"

#include <string.h>

enum bn_code bn_query_organisation_get(struct bn_act *act)
{
    const char *name = act->job->request->organisation_get->slug;
    struct bn_organisation row;
    struct bn_id id;
    enum bn_code code;
    if (name[0] == '\0')
        code = bn_store_organisation_by_number(act->store, act->caller->organisation, &row);
    else if (bn_id_parse(name, &id))
        code = bn_store_organisation_by_id(act->store, &id, &row);
    else
        code = bn_store_organisation_by_slug(act->store, name, &row);
    if (code == BN_NOT_FOUND)
        return BN_FAIL(&act->job->check, BN_NOT_FOUND, "organisation_get.slug", BN_RULE_ORGANISATION_UNKNOWN, name);
    if (code != BN_OK)
        return code;
    act->job->reply.body_case = BINOME__V1__REPLY__BODY_ORGANISATION;
    return bn_render_organisation(act, &row, &act->job->reply.organisation);
}

enum bn_code bn_query_organisation_list(struct bn_act *act)
{
    const Binome__V1__OrganisationList *list = act->job->request->organisation_list;
    struct bn_arena *arena = act->job->arena;
    struct bn_page page;
    enum bn_code code = bn_page_start(act, list->page, "organisation_list.page.token", &page);
    if (code != BN_OK)
        return code;
    const struct bn_organisation_filter filter = {
        .kind = (uint32_t)list->kind,
        .state = (uint32_t)list->state,
        .country = list->country[0] != '\0' ? list->country : NULL,
    };
    Binome__V1__OrganisationPage *out = bn_arena_take(arena, sizeof *out);
    Binome__V1__Organisation **rows = bn_arena_take(arena, page.rows_max * sizeof *rows);
    if (out == NULL || rows == NULL)
        return BN_FAIL(&act->job->check, BN_RESOURCE_EXHAUSTED, "reply", BN_RULE_LIMIT_MEMORY);
    binome__v1__organisation_page__init(out);
    out->organisations = rows;
    while (bn_page_open(&page)) {
        struct bn_organisation row;
        code = bn_store_organisation_next(act->store, (uint32_t)page.cursor, &filter, &row);
        if (code != BN_OK)
            break;
        page.cursor = row.number;
        page.scanned++;
        Binome__V1__Organisation *message;
        code = bn_render_organisation(act, &row, &message);
        if (code != BN_OK)
            return code;
        rows[out->n_organisations++] = message;
        bn_page_add(&page, protobuf_c_message_get_packed_size(&message->base));
    }
    if (code != BN_OK && code != BN_NOT_FOUND)
        return code;
    out->page = bn_page_end(act, &page, code == BN_NOT_FOUND);
    act->job->reply.body_case = BINOME__V1__REPLY__BODY_ORGANISATION_PAGE;
    act->job->reply.organisation_page = out;
    return BN_OK;
}

/* ---- keys ---- */

struct key_rows {
    struct bn_act *act;
    Binome__V1__Keys *keys;
    size_t room;
};

static bool add_key(void *ctx, const struct bn_key *row)
{
    struct key_rows *rows = ctx;
    struct bn_arena *arena = rows->act->job->arena;
    if (rows->keys->n_keys == rows->room)
        return false;
    Binome__V1__Key *key = bn_arena_take(arena, sizeof *key);
    char *text = bn_arena_take(arena, BN_Z85_SIZE), *id = bn_arena_take(arena, BN_ID_TEXT_SIZE);
    char *label = bn_arena_text(arena, row->label != NULL ? row->label : "");
    if (key == NULL || text == NULL || id == NULL || label == NULL)
        return false;
    binome__v1__key__init(key);
    bn_z85_encode(row->public_key, text);
    bn_id_format(&row->id, id);
    key->public_key = text;
    key->id = id;
    key->label = label;
    key->role = (Binome__V1__KeyRole)row->role;
    key->state = (Binome__V1__KeyState)row->state;
    if (row->expires_ms != 0 && row->expires_ms <= rows->act->now_ms &&
        row->state == BINOME__V1__KEY_STATE__KEY_STATE_ACTIVE)
        key->state = BINOME__V1__KEY_STATE__KEY_STATE_EXPIRED;
    key->expires_at = bn_job_instant(arena, row->expires_ms);
    key->recorded_at = bn_job_instant(arena, row->recorded_ms);
    rows->keys->keys[rows->keys->n_keys++] = key;
    return true;
}

enum bn_code bn_query_key_list(struct bn_act *act)
{
    const char *slug = act->job->request->key_list->organisation;
    struct bn_arena *arena = act->job->arena;
    uint32_t number = act->caller->organisation;
    if (slug[0] != '\0') {
        const struct bn_brief *brief;
        enum bn_code code = bn_act_organisation(act, "key_list.organisation", slug, &brief);
        if (code != BN_OK)
            return code;
        number = brief->number;
    }
    if (number != act->caller->organisation && (act->caller->roles & BN_ROLE_OPERATOR) == 0)
        return BN_FAIL(&act->job->check, BN_PERMISSION_DENIED, "key_list.organisation", BN_RULE_OWNER_ONLY);
    Binome__V1__Keys *keys = bn_arena_take(arena, sizeof *keys);
    Binome__V1__Key **list = bn_arena_take(arena, BN_KEYS_MAX * sizeof *list);
    if (keys == NULL || list == NULL)
        return BN_FAIL(&act->job->check, BN_RESOURCE_EXHAUSTED, "reply", BN_RULE_LIMIT_MEMORY);
    binome__v1__keys__init(keys);
    keys->keys = list;
    struct key_rows rows = {.act = act, .keys = keys, .room = BN_KEYS_MAX};
    enum bn_code code = bn_store_keys(act->store, number, add_key, &rows);
    act->job->reply.body_case = BINOME__V1__REPLY__BODY_KEYS;
    act->job->reply.keys = keys;
    return code;
}

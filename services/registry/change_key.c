/* SPDX-License-Identifier: Apache-2.0 */
/* Keys: add, revoke; and what enrolment needs of them. */
#include "registry/change_organisation.h"
#include "registry/changes.h"
#include "registry/rules/aggregate.h"

enum bn_code bn_organisation_row(struct bn_act *act, const char *field, const char *slug, struct bn_organisation *row)
{
    enum bn_code code = slug[0] == '\0' ? bn_store_organisation_by_number(act->store, act->caller->organisation, row)
                                        : bn_store_organisation_by_slug(act->store, slug, row);
    if (code == BN_NOT_FOUND)
        return BN_FAIL(&act->job->check, BN_NOT_FOUND, field, BN_RULE_ORGANISATION_UNKNOWN, slug);
    if (code != BN_OK)
        return code;
    row->slug = bn_arena_text(act->job->arena, row->slug);
    row->legal_name = bn_arena_text(act->job->arena, row->legal_name);
    row->country = bn_arena_text(act->job->arena, row->country);
    if (row->slug == NULL || row->legal_name == NULL || row->country == NULL)
        return BN_FAIL(&act->job->check, BN_RESOURCE_EXHAUSTED, field, BN_RULE_BODY_TOO_COMPLEX, "memory", "");
    return BN_OK;
}

/* 0 is how "never" is kept, and not what somebody meant who gave a time. */
static int64_t expiry_ms(const Binome__V1__Key *key)
{
    if (key->expires_at == NULL)
        return 0;
    int64_t ms = key->expires_at->seconds * 1000 + key->expires_at->nanos / 1000000;
    return ms != 0 ? ms : 1;
}

enum bn_code bn_key_judge(struct bn_act *act, const Binome__V1__Key *key, const char *field)
{
    uint8_t public_key[BN_KEY_BYTES];
    struct bn_key known;
    if (!bn_z85_decode(key->public_key, public_key)) /* judged by its form before */
        return BN_FAIL(&act->job->check, BN_INVALID_ARGUMENT, field, BN_RULE_KEY_FORM);
    enum bn_code code = bn_store_key_by_public(act->store, public_key, &known);
    if (code == BN_OK)
        return BN_FAIL(&act->job->check, BN_ALREADY_EXISTS, field, BN_RULE_KEY_TAKEN);
    return code == BN_NOT_FOUND ? BN_OK : code;
}

enum bn_code bn_key_put(struct bn_act *act, const Binome__V1__Key *key, uint32_t organisation)
{
    struct bn_key row = {
        .id = bn_id_make(),
        .organisation = organisation,
        .role = key->role != 0 ? (uint32_t)key->role : BINOME__V1__KEY_ROLE__KEY_ROLE_MEMBER,
        .state = BINOME__V1__KEY_STATE__KEY_STATE_ACTIVE,
        .label = key->label,
        .expires_ms = expiry_ms(key),
        .recorded_ms = act->now_ms,
    };
    if (!bn_z85_decode(key->public_key, row.public_key))
        return BN_INTERNAL;
    return bn_store_key_put(act->store, &row);
}

struct key_count {
    int64_t now_ms;
    size_t all, active; /* active: may administer now */
};

static bool count_keys(void *ctx, const struct bn_key *key)
{
    struct key_count *count = ctx;
    bool expired = key->expires_ms != 0 && key->expires_ms <= count->now_ms;
    count->all++;
    count->active += !expired && key->state == BINOME__V1__KEY_STATE__KEY_STATE_ACTIVE &&
                     key->role == BINOME__V1__KEY_ROLE__KEY_ROLE_MEMBER;
    return true;
}

/* Each change of its keys is told to the brokers with all of them, and they are held in memory there for ever. */
static enum bn_code judge_room(struct bn_act *act, uint32_t organisation)
{
    struct key_count count = {.now_ms = act->now_ms};
    enum bn_code code = bn_store_keys(act->store, organisation, count_keys, &count);
    if (code != BN_OK || count.all < BN_KEYS_MAX)
        return code;
    struct bn_check *check = &act->job->check;
    return BN_FAIL(check, BN_RESOURCE_EXHAUSTED, "key_add.organisation", BN_RULE_LIST_TOO_LONG,
                   bn_check_number(check, BN_KEYS_MAX), bn_check_number(check, (int64_t)count.all + 1));
}

enum bn_code bn_change_key_add(struct bn_act *act)
{
    const Binome__V1__KeyAdd *add = act->job->request->key_add;
    struct bn_organisation row;
    enum bn_code code = bn_organisation_row(act, "key_add.organisation", add->organisation, &row);
    if (code == BN_OK)
        code = bn_rule_key_change(&act->job->check, act->caller, &row);
    if (code == BN_OK)
        code = bn_key_judge(act, add->key, "key_add.key.public_key");
    if (code == BN_OK)
        code = judge_room(act, row.number);
    if (code != BN_OK || act->job->request->dry_run)
        return code;
    code = bn_act_accept(act, NULL, 0, row.version);
    if (code != BN_OK)
        return code;
    act->directory_changed = true;
    act->standing_changed = row.number;
    return bn_key_put(act, add->key, row.number);
}

/* The operator's last key that may administer stays: nobody could enrol another one. */
static enum bn_code judge_last(struct bn_act *act, const struct bn_organisation *row, const struct bn_key *key)
{
    bool expired = key->expires_ms != 0 && key->expires_ms <= act->now_ms;
    if ((row->roles & BN_ROLE_OPERATOR) == 0 || key->role != BINOME__V1__KEY_ROLE__KEY_ROLE_MEMBER || expired)
        return BN_OK;
    struct key_count count = {.now_ms = act->now_ms};
    enum bn_code code = bn_store_keys(act->store, row->number, count_keys, &count);
    if (code == BN_OK && count.active <= 1)
        return BN_FAIL(&act->job->check, BN_FAILED_PRECONDITION, "key_revoke.public_key", BN_RULE_KEY_LAST);
    return code;
}

enum bn_code bn_change_key_revoke(struct bn_act *act)
{
    const Binome__V1__KeyRevoke *revoke = act->job->request->key_revoke;
    struct bn_check *check = &act->job->check;
    struct bn_organisation row;
    struct bn_key key;
    uint8_t public_key[BN_KEY_BYTES];
    enum bn_code code = bn_organisation_row(act, "key_revoke.organisation", revoke->organisation, &row);
    if (code == BN_OK)
        code = bn_rule_key_change(check, act->caller, &row);
    if (code != BN_OK)
        return code;
    if (!bn_z85_decode(revoke->public_key, public_key))
        return BN_FAIL(check, BN_INVALID_ARGUMENT, "key_revoke.public_key", BN_RULE_KEY_FORM);
    code = bn_store_key_by_public(act->store, public_key, &key);
    if (code == BN_NOT_FOUND || (code == BN_OK && key.organisation != row.number))
        return BN_FAIL(check, BN_NOT_FOUND, "key_revoke.public_key", BN_RULE_KEY_UNKNOWN);
    if (code != BN_OK)
        return code;
    if (key.state == BINOME__V1__KEY_STATE__KEY_STATE_REVOKED)
        return BN_FAIL(check, BN_FAILED_PRECONDITION, "key_revoke.public_key", BN_RULE_KEY_REVOKED);
    key.label = bn_arena_text(act->job->arena, key.label != NULL ? key.label : "");
    code = judge_last(act, &row, &key);
    if (code != BN_OK || act->job->request->dry_run)
        return code;
    code = bn_act_accept(act, NULL, 0, row.version);
    if (code != BN_OK)
        return code;
    key.state = BINOME__V1__KEY_STATE__KEY_STATE_REVOKED;
    act->directory_changed = true;
    act->standing_changed = row.number;
    return bn_store_key_put(act->store, &key);
}

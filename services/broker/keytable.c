/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/keytable.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 64, TOKEN_DIGITS = BN_TOKEN_SIZE - 1, MINUTE_MS = 60000 };

static const uint32_t EMPTY = UINT32_MAX;

/* Open addressing with linear probing, at most half full. A slot holds the number of an entry. Nothing is ever taken
 * out singly: a revoked key stays, and a snapshot makes a new index. */
struct index {
    uint32_t *slots;
    size_t mask; /* number of slots - 1 */
};

struct content {
    struct bn_key *keys;
    size_t count, room;
    struct index by_key, by_token;
};

struct bn_keytable {
    struct content content;
    uint64_t version, epoch;
    uint8_t hash_key[crypto_shorthash_KEYBYTES];
};

static const struct {
    enum bn_standing standing;
    enum bn_rule rule;
} standing_rules[] = {
    {BN_STANDING_UNKNOWN, BN_RULE_KEY_UNKNOWN},
    {BN_STANDING_GOOD, BN_RULE_COUNT},
    {BN_STANDING_REVOKED, BN_RULE_KEY_REVOKED},
    {BN_STANDING_EXPIRED, BN_RULE_KEY_EXPIRED},
    {BN_STANDING_SUSPENDED, BN_RULE_ORGANISATION_SUSPENDED},
    {BN_STANDING_LEFT, BN_RULE_ORGANISATION_LEFT},
};
_Static_assert(BN_COUNT(standing_rules) == BN_STANDINGS, "a rule for each standing");

enum bn_rule bn_standing_rule(enum bn_standing standing)
{
    assert(standing < BN_STANDINGS && standing_rules[standing].standing == standing);
    return standing_rules[standing].rule;
}

void bn_token_make(char token[BN_TOKEN_SIZE])
{
    uint8_t bytes[TOKEN_DIGITS / 2];
    bn_random_bytes(bytes, sizeof bytes);
    bn_hex(bytes, sizeof bytes, token);
}

/* A stranger chooses the public keys that are looked up, so the hash is keyed. */
static size_t hash_key(const struct bn_keytable *table, const uint8_t *public_key)
{
    uint64_t hash;
    crypto_shorthash((uint8_t *)&hash, public_key, BN_KEY_BYTES, table->hash_key);
    return (size_t)hash;
}

/* A token is random, but what a client sends in its place is not: it only makes a look-up longer, never wrong. */
static size_t hash_token(const char *token)
{
    uint64_t hash;
    memcpy(&hash, token, sizeof hash);
    return (size_t)(hash * 0x9E3779B97F4A7C15ULL >> 20);
}

static bool index_create(struct index *index, size_t entries)
{
    size_t slots = SLOTS_MIN;
    while (slots < 2 * entries)
        slots *= 2;
    index->slots = malloc(slots * sizeof *index->slots);
    if (index->slots == NULL)
        return false;
    memset(index->slots, 0xFF, slots * sizeof *index->slots);
    index->mask = slots - 1;
    return true;
}

static void index_add(struct index *index, size_t hash, size_t entry)
{
    size_t at = hash & index->mask;
    while (index->slots[at] != EMPTY)
        at = (at + 1) & index->mask;
    index->slots[at] = (uint32_t)entry;
}

static struct bn_key *find_key(const struct bn_keytable *table, const struct content *content, const uint8_t *key)
{
    for (size_t at = hash_key(table, key);; at++) {
        uint32_t entry = content->by_key.slots[at & content->by_key.mask];
        if (entry == EMPTY)
            return NULL;
        if (memcmp(content->keys[entry].public_key, key, BN_KEY_BYTES) == 0)
            return &content->keys[entry];
    }
}

static void content_finish(struct content *content)
{
    free(content->keys);
    free(content->by_key.slots);
    free(content->by_token.slots);
    *content = (struct content){0};
}

static bool content_create(struct content *content, size_t room)
{
    *content = (struct content){.room = room};
    content->keys = calloc(room == 0 ? 1 : room, sizeof *content->keys);
    if (content->keys != NULL && index_create(&content->by_key, room) && index_create(&content->by_token, room))
        return true;
    content_finish(content);
    return false;
}

static void content_add(const struct bn_keytable *table, struct content *content, const struct bn_key *key)
{
    assert(content->count < content->room);
    content->keys[content->count] = *key;
    index_add(&content->by_key, hash_key(table, key->public_key), content->count);
    index_add(&content->by_token, hash_token(key->token), content->count);
    content->count++;
}

struct bn_keytable *bn_keytable_create(void)
{
    struct bn_keytable *table = calloc(1, sizeof *table);
    if (table == NULL)
        return NULL;
    bn_random_bytes(table->hash_key, sizeof table->hash_key);
    if (!content_create(&table->content, 0))
        bn_keytable_destroy(&table);
    return table;
}

void bn_keytable_destroy(struct bn_keytable **table)
{
    if (*table == NULL)
        return;
    content_finish(&(*table)->content);
    free(*table);
    *table = NULL;
}

uint64_t bn_keytable_version(const struct bn_keytable *table)
{
    return table->version;
}

size_t bn_keytable_count(const struct bn_keytable *table)
{
    return table->content.count;
}

uint64_t bn_keytable_epoch(const struct bn_keytable *table)
{
    return table->epoch;
}

/* Takes over what the registry says of a key; the broker's own members stay. False when the entry is wrong. */
static bool entry_read(const Binome__V1__KeyEntry *entry, struct bn_key *key)
{
    size_t slug_size = strlen(entry->slug);
    if (entry->public_key.len != BN_KEY_BYTES || entry->id.len != BN_ID_BYTES ||
        entry->organisation.len != BN_ID_BYTES || slug_size == 0 || slug_size >= BN_SLUG_SIZE)
        return false;
    int standing = (int)entry->standing, role = (int)entry->role;
    if (standing <= BN_STANDING_UNKNOWN || standing >= BN_STANDINGS || role < BN_KEY_MEMBER || role > BN_KEY_READER)
        return false;
    memcpy(key->public_key, entry->public_key.data, BN_KEY_BYTES);
    memcpy(key->id.bytes, entry->id.data, BN_ID_BYTES);
    memcpy(key->organisation.bytes, entry->organisation.data, BN_ID_BYTES);
    memcpy(key->slug, entry->slug, slug_size + 1);
    key->role = (enum bn_key_role)role;
    key->standing = (enum bn_standing)standing;
    key->expires_ms = entry->expires_ms;
    return true;
}

static void key_fresh(struct bn_key *key)
{
    *key = (struct bn_key){.standing = BN_STANDING_UNKNOWN};
    bn_token_make(key->token);
}

/* Puts the entries into *content, over those of the same key. A key that the old table has keeps its own members. */
static enum bn_code content_merge(const struct bn_keytable *table, struct content *content,
                                  Binome__V1__KeyEntry **entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (entries[i]->public_key.len != BN_KEY_BYTES)
            return BN_INVALID_ARGUMENT;
        struct bn_key *present = find_key(table, content, entries[i]->public_key.data);
        const struct bn_key *before = bn_keytable_by_public_key(table, entries[i]->public_key.data);
        struct bn_key key;
        if (present != NULL)
            key = *present;
        else if (before != NULL)
            key = *before;
        else
            key_fresh(&key);
        if (!entry_read(entries[i], &key))
            return BN_INVALID_ARGUMENT;
        if (present != NULL)
            *present = key;
        else
            content_add(table, content, &key);
    }
    return BN_OK;
}

static void content_swap(struct bn_keytable *table, struct content *content, uint64_t version)
{
    content_finish(&table->content);
    table->content = *content;
    table->version = version;
    table->epoch++;
}

enum bn_code bn_keytable_replace(struct bn_keytable *table, const Binome__V1__KeySnapshot *snapshot)
{
    struct content content;
    if (!content_create(&content, snapshot->n_keys))
        return BN_RESOURCE_EXHAUSTED;
    enum bn_code code = content_merge(table, &content, snapshot->keys, snapshot->n_keys);
    if (code == BN_OK)
        content_swap(table, &content, snapshot->version);
    else
        content_finish(&content);
    return code;
}

/* Twice the room, so that enrolling thousands one by one moves each entry only a few times. */
static enum bn_code content_grow(struct bn_keytable *table, size_t more)
{
    if (table->content.count + more <= table->content.room)
        return BN_OK;
    struct content content;
    if (!content_create(&content, 2 * table->content.count + more))
        return BN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < table->content.count; i++)
        content_add(table, &content, &table->content.keys[i]);
    content_swap(table, &content, table->version);
    return BN_OK;
}

enum bn_code bn_keytable_change(struct bn_keytable *table, const Binome__V1__KeyChange *change)
{
    if (change->from != table->version)
        return BN_FAILED_PRECONDITION;
    struct bn_key trial;
    for (size_t i = 0; i < change->n_keys; i++)
        if (!entry_read(change->keys[i], &trial))
            return BN_INVALID_ARGUMENT;
    enum bn_code code = content_grow(table, change->n_keys);
    if (code == BN_OK)
        code = content_merge(table, &table->content, change->keys, change->n_keys);
    if (code == BN_OK)
        table->version = change->version;
    return code;
}

struct bn_key *bn_keytable_by_public_key(const struct bn_keytable *table, const uint8_t public_key[BN_KEY_BYTES])
{
    return find_key(table, &table->content, public_key);
}

struct bn_key *bn_keytable_by_token(const struct bn_keytable *table, const char *token)
{
    if (strnlen(token, BN_TOKEN_SIZE) != TOKEN_DIGITS)
        return NULL;
    const struct content *content = &table->content;
    for (size_t at = hash_token(token);; at++) {
        uint32_t entry = content->by_token.slots[at & content->by_token.mask];
        if (entry == EMPTY)
            return NULL;
        if (sodium_memcmp(content->keys[entry].token, token, TOKEN_DIGITS) == 0)
            return &content->keys[entry];
    }
}

void bn_keytable_speak_for(const struct bn_keytable *table, const char *slug, struct bn_key *key)
{
    key->standing = BN_STANDING_UNKNOWN;
    key->role = BN_KEY_MEMBER;
    key->expires_ms = 0;
    key->id = (struct bn_id){{0}};
    for (size_t i = 0; i < table->content.count; i++) {
        const struct bn_key *each = &table->content.keys[i];
        if (strcmp(each->slug, slug) != 0)
            continue;
        key->organisation = each->organisation;
        memcpy(key->slug, each->slug, sizeof key->slug);
        /* A revoked or expired key says nothing of its organisation. */
        bool of_organisation = each->standing == BN_STANDING_SUSPENDED || each->standing == BN_STANDING_LEFT;
        key->standing = of_organisation ? each->standing : BN_STANDING_GOOD;
        if (of_organisation)
            return;
    }
}

enum bn_standing bn_key_standing(const struct bn_key *key, int64_t wall_ms)
{
    if (key->standing == BN_STANDING_GOOD && key->expires_ms != 0 && wall_ms >= key->expires_ms)
        return BN_STANDING_EXPIRED;
    return key->standing;
}

bool bn_key_handshake(struct bn_key *key, uint64_t now_ms, uint64_t per_minute)
{
    if (key->minute_ms == 0 || now_ms - key->minute_ms >= MINUTE_MS) {
        key->minute_ms = now_ms;
        key->handshakes = 0;
    }
    if (key->handshakes >= per_minute)
        return false;
    key->handshakes++;
    return true;
}

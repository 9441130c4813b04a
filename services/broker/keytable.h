/* SPDX-License-Identifier: Apache-2.0 */
/* keytable.h: the broker's copy of the registry's key table: who may speak, and for whom.
 *
 * Found by public key (at the handshake) and by token (on every message). A token is 16 random bytes in hexadecimal,
 * made when a key is first seen, and lives as long as the process: it ties a connection to its key, and a client cannot
 * guess it. A snapshot replaces the table whole or, when anything in it is wrong, not at all; tokens and
 * what the broker counts for each key survive it. Owned by the loop's thread. */
#ifndef BINOME_BROKER_KEYTABLE_H
#define BINOME_BROKER_KEYTABLE_H

#include "base/id.h"
#include "base/rule.h"
#include "binome/v1/link.pb-c.h"
#include "wire/header.h"

#include <stdbool.h>

enum { BN_TOKEN_SIZE = 33, BN_SLUG_SIZE = 72 };

enum bn_standing {
    BN_STANDING_UNKNOWN = 0, /* no such organisation or key (any more) */
    BN_STANDING_GOOD = 1,
    BN_STANDING_REVOKED = 2,
    BN_STANDING_EXPIRED = 3,
    BN_STANDING_SUSPENDED = 4,
    BN_STANDING_LEFT = 5,
    BN_STANDINGS = 6,
};

struct bn_key {
    uint8_t public_key[BN_KEY_BYTES];
    struct bn_id id, organisation;
    char slug[BN_SLUG_SIZE];
    enum bn_key_role role;
    enum bn_standing standing;
    int64_t expires_ms; /* 0 = never */
    /* the broker's own; kept when the table is replaced */
    char token[BN_TOKEN_SIZE];
    uint32_t sessions;
    uint32_t handshakes; /* in the minute that began at minute_ms */
    uint64_t minute_ms;  /* monotonic */
};

struct bn_keytable;

/* Gives an empty table of version 0, or NULL when out of memory. */
struct bn_keytable *bn_keytable_create(void);
void bn_keytable_destroy(struct bn_keytable **table);

uint64_t bn_keytable_version(const struct bn_keytable *table);
size_t bn_keytable_count(const struct bn_keytable *table);

/* Grows by one whenever entries move: a pointer to an entry is good as long as the epoch is the same. */
uint64_t bn_keytable_epoch(const struct bn_keytable *table);

/* BN_INVALID_ARGUMENT or BN_RESOURCE_EXHAUSTED: the table is as before. */
BN_CHECK enum bn_code bn_keytable_replace(struct bn_keytable *table, const Binome__V1__KeySnapshot *snapshot);

/* Changes and adds entries. BN_FAILED_PRECONDITION when the change does not begin at the table's version,
 * BN_INVALID_ARGUMENT when an entry is wrong; the table is as before, and a snapshot is needed. */
BN_CHECK enum bn_code bn_keytable_change(struct bn_keytable *table, const Binome__V1__KeyChange *change);

/* Lend an entry until the epoch changes; NULL when there is none. A token is any text closed by a NUL. */
struct bn_key *bn_keytable_by_public_key(const struct bn_keytable *table, const uint8_t public_key[BN_KEY_BYTES]);
struct bn_key *bn_keytable_by_token(const struct bn_keytable *table, const char *token);

/* Who speaks on the local endpoint: fills *key from any entry of the organisation of that slug, with the role of a
 * member, a key id of zeros, and a standing that only the organisation decides. BN_STANDING_UNKNOWN when the table does
 * not know the slug. The broker's own members of *key stay as they are. */
void bn_keytable_speak_for(const struct bn_keytable *table, const char *slug, struct bn_key *key);

/* A key's standing at this moment: a key whose time is over is BN_STANDING_EXPIRED. */
enum bn_standing bn_key_standing(const struct bn_key *key, int64_t wall_ms);

/* The rule that a standing other than good breaks. */
enum bn_rule bn_standing_rule(enum bn_standing standing);

/* Counts one handshake; false when the key had its share of this minute. */
bool bn_key_handshake(struct bn_key *key, uint64_t now_ms, uint64_t per_minute);

/* Makes a fresh token. */
void bn_token_make(char token[BN_TOKEN_SIZE]);

#endif

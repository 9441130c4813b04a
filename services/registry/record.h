/* SPDX-License-Identifier: Apache-2.0 */
/* record.h: what the registry knows about things, as plain data that rules judge and the store keeps. No functions.
 *
 * A sequence counts accepted requests from 1. An object's number is the sequence of the request that created it; its id
 * is that request's id. Organisations and workstreams have small numbers of their own (from 1; from 0, at most 62).
 * Times are milliseconds since 1970 UTC, days are days since 1970-01-01. Texts are lent by whoever filled the record.
 */
#ifndef BINOME_REGISTRY_RECORD_H
#define BINOME_REGISTRY_RECORD_H

#include "base/code.h"
#include "base/id.h"

#include <stdbool.h>

struct bn_accepted {
    uint64_t sequence;
    struct bn_id request;
    uint32_t organisation_number;
    struct bn_id organisation;
    int64_t recorded_ms;
    uint32_t type;
    struct bn_digest digest;
    uint64_t object;  /* number of the object created or changed */
    uint32_t version; /* of it, after this */
};

enum bn_role_bit { BN_ROLE_MEMBER = 1, BN_ROLE_COMMITTEE = 2, BN_ROLE_COORDINATION = 4, BN_ROLE_OPERATOR = 8 };

struct bn_organisation {
    uint32_t number; /* 0 for bn_store_organisation_put = a new one, which gets the next number */
    struct bn_id id;
    const char *slug;
    const char *legal_name;
    uint32_t kind;  /* OrganisationKind */
    uint32_t state; /* OrganisationState */
    uint32_t roles; /* bits of bn_role_bit */
    uint32_t version;
    const char *country; /* may be "" */
    uint64_t body;       /* sequence whose body holds the newest text; 0 = none (made by --init) */
    int64_t recorded_ms;
};

/* Of one organisation, revoked ones included. */
enum { BN_KEYS_MAX = 1000 };

struct bn_key {
    struct bn_id id;
    uint32_t organisation;
    uint8_t public_key[BN_KEY_BYTES];
    uint32_t role;  /* KeyRole */
    uint32_t state; /* KeyState: active or revoked; expiry is judged by expires_ms */
    const char *label;
    int64_t expires_ms; /* 0 = never */
    int64_t recorded_ms;
};

/* Sets of workstreams are bits of a signed 64-bit number. */
enum { BN_WORKSTREAMS_MAX = 62 };

struct bn_workstream {
    uint32_t number; /* below BN_WORKSTREAMS_MAX */
    bool is_new;     /* for put: gets the next number; BN_RESOURCE_EXHAUSTED when there is none */
    struct bn_id id;
    const char *slug;
    uint32_t pilot;          /* organisation number, 0 = none */
    const uint32_t *members; /* organisation numbers */
    size_t member_count;
    uint32_t version;
    uint64_t body; /* sequence whose body holds the text; 0 = none (made by --init) */
    const char *title;
    int64_t recorded_ms;
};

struct bn_programme {
    const char *name;
    uint32_t version;
    uint64_t body; /* sequence; 0 = none: then `packed` holds a packed Programme from --init */
    const void *packed;
    size_t packed_size;
    int64_t recorded_ms;
};

enum bn_object_kind { BN_OBJECT_PROPOSAL = 1, BN_OBJECT_OFFER = 2 };

struct bn_object {
    uint64_t number; /* = sequence of the creating request */
    struct bn_id id;
    uint32_t kind;
    uint32_t owner;         /* organisation number */
    uint32_t state;         /* Phase or OfferState */
    int32_t state_day;      /* effective day of it */
    uint32_t planned_state; /* the next state, and the day from which it holds; 0, 0 = none */
    int32_t planned_day;
    uint32_t visibility;
    uint64_t workstreams; /* bit n = workstream number n */
    uint32_t version;
    uint64_t body;    /* sequence whose body holds the newest text */
    uint64_t changed; /* sequence of the newest change of any kind */
    int32_t progress; /* 0 to 100; -1 = not said */
    uint32_t health;  /* four HealthStates, 2 bits each, overall lowest */
    int64_t created_ms;
    int64_t recorded_ms;     /* of the newest text */
    const uint32_t *invited; /* organisation numbers; lent */
    size_t invited_count;
    const char *language; /* ISO 639-1, "" = not said */
};

struct bn_change {
    uint64_t sequence;
    uint64_t object;
    uint32_t type; /* number of the Request's member */
    uint32_t version;
    uint32_t state_before, state_after;
    int32_t effective_day;
};

#endif

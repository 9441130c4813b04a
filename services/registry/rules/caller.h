/* SPDX-License-Identifier: Apache-2.0 */
/* caller.h: who asks, what the asker may see, and which requests it may make at all. Tables, no state. */
#ifndef BINOME_REGISTRY_RULES_CALLER_H
#define BINOME_REGISTRY_RULES_CALLER_H

#include "registry/record.h"
#include "registry/rules/check.h"
#include "registry/view.h"

#include <stdio.h>

enum { BN_SLUG_SIZE = 64 };

struct bn_caller {
    uint32_t organisation; /* the hub's number */
    struct bn_id id;
    char slug[BN_SLUG_SIZE];
    uint32_t roles;               /* bits of bn_role_bit */
    uint32_t key_role;            /* KeyRole */
    uint64_t pilot_of, member_of; /* workstreams */
};

/* May this key speak for this organisation now? BN_UNAUTHENTICATED with the rule otherwise: key.revoked, key.expired,
 * organisation.suspended, organisation.left. key NULL: a local connection, which proves the organisation alone. */
enum bn_code bn_rule_standing(struct bn_check *check, const struct bn_key *key,
                              const struct bn_organisation *organisation, int64_t now_ms);

/* What the caller sees. */
void bn_view_make(const struct bn_caller *caller, struct bn_view *view);

/* ---- requests ---- */

struct bn_request_type {
    uint32_t number;  /* of the oneof member */
    const char *name; /* of the member */
    bool writes;
    bool for_others;    /* on_behalf_of makes sense */
    unsigned key_roles; /* bits 1 << KeyRole */
    unsigned roles;     /* any of these bn_role_bits */
};

/* The row of a number, NULL when the hub does not know such a request. */
const struct bn_request_type *bn_request_type_find(uint32_t number);
const struct bn_request_type *bn_request_types(size_t *count);

/* May the caller make such a request, and name another owner? Adds key.role, role.operator_only, role.not_allowed or
 * on_behalf_of.operator_only. */
enum bn_code bn_rule_request(struct bn_check *check, const struct bn_request_type *type, const struct bn_caller *caller,
                             const char *on_behalf_of);

/* The tables as Markdown, for docs/. */
void bn_view_print_markdown(FILE *out);
void bn_request_types_print_markdown(FILE *out);

#endif

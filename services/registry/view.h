/* SPDX-License-Identifier: Apache-2.0 */
/* view.h: what one caller may see, as masks. rules/view.c makes it from one table; the store turns it into SQL and the
 * match index into a test, and neither knows why. Plain data, no functions. */
#ifndef BINOME_REGISTRY_VIEW_H
#define BINOME_REGISTRY_VIEW_H

#include <stdint.h>

/* A relation in which a caller stands to an object. */
enum bn_relation {
    BN_RELATION_ANY = 0,    /* every enrolled organisation */
    BN_RELATION_OWNER,      /* it owns the object */
    BN_RELATION_INVITED,    /* it stands in the object's list */
    BN_RELATION_PILOT,      /* it pilots one of the object's workstreams */
    BN_RELATION_WORKSTREAM, /* it is a member of one of them */
    BN_RELATIONS
};

/* An object is seen when, for any relation in which the caller stands to it, the bit (1 << visibility) is set in
 * seen[relation]. visibility is the number of Visibility in common.proto. */
struct bn_view {
    uint32_t organisation; /* the hub's own number of the caller's organisation, from 1 */
    uint64_t pilot_of;     /* bit n = workstream number n */
    uint64_t member_of;
    uint32_t seen[BN_RELATIONS];
};

#endif

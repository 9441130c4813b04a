/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h: why a result stands where it stands: the points of its score, each with what earned it. */
#ifndef BINOME_REGISTRY_MATCH_EXPLAIN_H
#define BINOME_REGISTRY_MATCH_EXPLAIN_H

#include "registry/match/search.h"

/* Texts that stand nowhere in the index, for one result. */
struct bn_spoken {
    char words[200]; /* of the words beyond those that have a reason of their own */
    char trl[12], workstream[8];
};

struct bn_part {
    const struct bn_group *group;
    uint32_t points;
    uint32_t entry; /* of the document's terms, for a group with lists */
    uint32_t score; /* rounded, so that all parts add up */
    uint32_t rest;  /* what rounding took */
};

struct bn_explain {
    struct bn_part *parts; /* of one document */
    uint32_t part_count, part_max;
    struct bn_spoken spoken[BN_MATCH_LIMIT_MAX];
};

void bn_explain_finish(struct bn_explain *explain); /* zeros are one that never explained */

/* Fills the result of the hit with that rank. Its texts are good until the index or *explain changes. */
BN_CHECK enum bn_code bn_explain_hit(struct bn_explain *explain, const struct bn_search *search,
                                     const struct bn_plan *plan, uint32_t rank, struct bn_match_result *result);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* search.h: the best documents for a plan.
 *
 * Term by term into sums of a stretch of slots that stays in the processor's cache, then stretch by stretch into the
 * best few. Every document with anything in common is met, so the number of candidates is exact. Sums are integers:
 * the same on every machine that computes the same table of grades. */
#ifndef BINOME_REGISTRY_MATCH_SEARCH_H
#define BINOME_REGISTRY_MATCH_SEARCH_H

#include "registry/match/gate.h"
#include "registry/match/plan.h"

enum { BN_STRETCH = 16384 };

struct bn_hit {
    uint32_t points, slot;
    uint32_t score;
    uint64_t number;
};

struct bn_cursor {
    const struct bn_block *block; /* NULL at the end */
    uint32_t at;
};

struct bn_search {
    uint32_t sums[BN_STRETCH];
    uint16_t grades[BN_TF_GRADES][BN_LENGTH_GRADES]; /* 65535 = saturated */
    double average;                                  /* for which grades were computed; 0 = not yet */
    struct bn_cursor *cursors;                       /* by the plan's lists */
    uint32_t cursor_max;
    struct bn_hit hits[BN_MATCH_LIMIT_MAX]; /* a heap with the worst first; in order at the end */
    uint32_t hit_count;
    uint32_t candidates, filtered;
};

/* In place; zeros are a search that never ran. */
void bn_search_finish(struct bn_search *search);

BN_CHECK enum bn_code bn_search_run(struct bn_search *search, const struct bn_plan *plan, const struct bn_gate *gate,
                                    uint32_t limit);

/* Points of a group's list in a document of that frequency and length. */
static inline uint32_t bn_search_points(const struct bn_search *search, uint32_t weight, uint8_t tf, uint8_t length)
{
    return (uint32_t)((uint64_t)weight * search->grades[tf][length] >> 16);
}

/* Points that the document's face earns of a group without lists. */
uint32_t bn_search_face_points(const struct bn_group *group, const struct bn_match_doc *like,
                               const struct bn_face *face);

#endif

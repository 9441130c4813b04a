/* SPDX-License-Identifier: Apache-2.0 */
/* gate.h: which documents a query may find: what its caller may see, and what passes its filters.
 *
 * The two are told apart: what is hidden does not exist, what is filtered may be mentioned to the caller. */
#ifndef BINOME_REGISTRY_MATCH_GATE_H
#define BINOME_REGISTRY_MATCH_GATE_H

#include "registry/match/index.h"

enum bn_pass { BN_PASS_HIDDEN, BN_PASS_FILTERED, BN_PASS_GOOD };

struct bn_gate {
    const struct bn_index *index;
    const struct bn_match_query *query;
    uint64_t seen_by_any; /* bits of visibilities */
    uint32_t self;        /* slot of the document that is the query; BN_STRING_NONE = not in this index */
    bool filters;         /* whether there is more to ask than who sees it and whose it is */
    bool labelled;        /* whether `allowed` counts */
    uint64_t *allowed;    /* by slot: bears a wanted label of every kind that is filtered by */
    uint64_t *wanted;     /* of one kind, while `allowed` is made */
    uint32_t allowed_max, wanted_max;
    uint32_t *owners; /* sorted */
    uint32_t owner_max;
};

/* In place; zeros are a gate that was never started. */
void bn_gate_finish(struct bn_gate *gate);

/* Lends index and query until the search is over. */
BN_CHECK enum bn_code bn_gate_start(struct bn_gate *gate, const struct bn_index *index,
                                    const struct bn_match_query *query);

/* The long way round; bn_gate_pass is for the common case. */
enum bn_pass bn_gate_judge(const struct bn_gate *gate, uint32_t slot);

static inline enum bn_pass bn_gate_pass(const struct bn_gate *gate, uint32_t slot)
{
    const struct bn_face *face = &gate->index->faces[slot];
    if (!gate->filters && (gate->seen_by_any >> face->shown & 1) != 0 && face->owner != gate->query->exclude_owner)
        return BN_PASS_GOOD;
    return bn_gate_judge(gate, slot);
}

#endif

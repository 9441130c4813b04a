/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/match/match.h"

#include "base/rule.h"
#include "registry/match/explain.h"
#include "registry/match/gate.h"
#include "registry/match/index.h"
#include "registry/match/plan.h"
#include "registry/match/search.h"

#include <stdlib.h>
#include <string.h>

enum { KINDS = 2 };

struct bn_match {
    struct bn_words *words;
    struct bn_index indexes[KINDS]; /* by kind - 1: a query looks for one kind */
    uint32_t *inactive;             /* owners, sorted */
    uint32_t inactive_count, inactive_max;
    struct bn_plan plan; /* of the search that runs; memory is kept for the next */
    struct bn_gate gate;
    struct bn_search search;
    struct bn_explain explain;
};

struct bn_match *bn_match_create(void)
{
    struct bn_match *match = calloc(1, sizeof *match);
    if (match == NULL)
        return NULL;
    match->words = bn_words_create();
    for (size_t i = 0; i < KINDS; i++)
        bn_index_start(&match->indexes[i], match->words);
    bn_plan_start(&match->plan);
    if (match->words == NULL)
        bn_match_destroy(&match);
    return match;
}

void bn_match_destroy(struct bn_match **match)
{
    if (*match == NULL)
        return;
    for (size_t i = 0; i < KINDS; i++)
        bn_index_finish(&(*match)->indexes[i]);
    bn_plan_finish(&(*match)->plan);
    bn_gate_finish(&(*match)->gate);
    bn_search_finish(&(*match)->search);
    bn_explain_finish(&(*match)->explain);
    bn_words_destroy(&(*match)->words);
    free((*match)->inactive);
    free(*match);
    *match = NULL;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t *inactive_find(const struct bn_match *match, uint32_t owner)
{
    if (match->inactive_count == 0)
        return NULL;
    return bsearch(&owner, match->inactive, match->inactive_count, sizeof owner, by_number);
}

static bool is_kind(uint32_t kind)
{
    return kind == BN_MATCH_OFFER || kind == BN_MATCH_PROPOSAL;
}

enum bn_code bn_match_put(struct bn_match *match, const struct bn_match_doc *doc)
{
    if (!is_kind(doc->kind))
        return BN_INVALID_ARGUMENT;
    bool active = inactive_find(match, doc->owner) == NULL;
    enum bn_code code = bn_index_put(&match->indexes[doc->kind - 1], doc, active);
    if (code == BN_OK)
        bn_index_remove(&match->indexes[KINDS - doc->kind], doc->number);
    return code;
}

void bn_match_remove(struct bn_match *match, uint64_t number)
{
    for (size_t i = 0; i < KINDS; i++)
        bn_index_remove(&match->indexes[i], number);
}

enum bn_code bn_match_owner_active(struct bn_match *match, uint32_t owner, bool active)
{
    uint32_t *found = inactive_find(match, owner);
    if (active && found != NULL) {
        size_t after = match->inactive_count - (size_t)(found - match->inactive) - 1;
        memmove(found, found + 1, after * sizeof *found);
        match->inactive_count--;
    } else if (!active && found == NULL) {
        void *inactive = match->inactive;
        if (!bn_grow(&inactive, &match->inactive_max, match->inactive_count + 1, sizeof *match->inactive))
            return BN_RESOURCE_EXHAUSTED;
        match->inactive = inactive;
        match->inactive[match->inactive_count++] = owner;
        qsort(match->inactive, match->inactive_count, sizeof *match->inactive, by_number);
    }
    for (size_t i = 0; i < KINDS; i++)
        bn_index_owner_active(&match->indexes[i], owner, active);
    return BN_OK;
}

/* Whether there is anything that could make a document a counterpart. */
static bool asks_anything(const struct bn_plan *plan)
{
    for (uint32_t i = 0; i < plan->group_count; i++) {
        if (plan->groups[i].criterion == BN_CRITERION_WORD || plan->groups[i].criterion == BN_CRITERION_SECTOR)
            return true;
    }
    return false;
}

/* A query of nothing but words that are in no title either is a query without words. */
static const char *why_empty(const struct bn_match *match)
{
    if (!asks_anything(&match->plan))
        return bn_rule_name(BN_RULE_MATCH_NO_WORDS);
    if (match->search.filtered > 0)
        return bn_rule_name(BN_RULE_MATCH_FILTERED);
    return bn_rule_name(match->plan.only_stops ? BN_RULE_MATCH_NO_WORDS : BN_RULE_MATCH_NOTHING);
}

enum bn_code bn_match_find(struct bn_match *match, const struct bn_match_query *query, struct bn_match_answer *answer)
{
    if (!is_kind(query->target) || query->view == NULL)
        return BN_INVALID_ARGUMENT;
    const struct bn_index *index = &match->indexes[query->target - 1];
    uint32_t limit = query->limit < BN_MATCH_LIMIT_MAX ? query->limit : BN_MATCH_LIMIT_MAX;
    answer->count = 0;
    answer->candidates = 0;
    answer->empty_because = NULL;
    enum bn_code code = bn_plan_make(&match->plan, index, query);
    if (code == BN_OK)
        code = bn_gate_start(&match->gate, index, query);
    if (code == BN_OK)
        code = bn_search_run(&match->search, &match->plan, &match->gate, limit == 0 ? 10 : limit);
    for (uint32_t i = 0; i < match->search.hit_count && code == BN_OK; i++)
        code = bn_explain_hit(&match->explain, &match->search, &match->plan, i, &answer->results[i]);
    if (code != BN_OK)
        return code;
    answer->count = match->search.hit_count;
    answer->candidates = match->search.candidates;
    if (answer->count == 0)
        answer->empty_because = why_empty(match);
    return BN_OK;
}

const char *bn_match_algorithm(void)
{
    return "bm25f-1";
}

void bn_match_figures_take(const struct bn_match *match, struct bn_match_figures *figures)
{
    *figures = (struct bn_match_figures){.bytes = sizeof *match + bn_plan_bytes(&match->plan)};
    for (size_t i = 0; i < KINDS; i++) {
        const struct bn_index *index = &match->indexes[i];
        figures->documents += index->doc_count - index->dead_count;
        figures->terms += index->terms.count;
        figures->postings += index->postings;
        figures->bytes += bn_index_bytes(index);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/match/gate.h"

#include <stdlib.h>
#include <string.h>

void bn_gate_finish(struct bn_gate *gate)
{
    free(gate->allowed);
    free(gate->wanted);
    free(gate->owners);
    memset(gate, 0, sizeof *gate);
}

static bool is_seen(const struct bn_gate *gate, uint32_t slot)
{
    const struct bn_face *face = &gate->index->faces[slot];
    const struct bn_view *view = gate->query->view;
    if (face->shown >= BN_SHOWN_HIDDEN)
        return false;
    uint32_t seen = view->seen[BN_RELATION_ANY], bit = UINT32_C(1) << face->shown;
    if (face->owner == view->organisation)
        seen |= view->seen[BN_RELATION_OWNER];
    if ((face->workstreams & view->pilot_of) != 0)
        seen |= view->seen[BN_RELATION_PILOT];
    if ((face->workstreams & view->member_of) != 0)
        seen |= view->seen[BN_RELATION_WORKSTREAM];
    if ((seen & bit) != 0)
        return true;
    if ((view->seen[BN_RELATION_INVITED] & bit) == 0)
        return false;
    const struct bn_held *held = &gate->index->held[slot];
    const uint32_t *invited = bn_held_invited(held);
    for (uint32_t i = 0; i < held->invited_count; i++) {
        if (invited[i] == view->organisation)
            return true;
    }
    return false;
}

/* A document that says nothing of its TRL passes no filter by it; one that says a single end has just that. */
static bool trl_passes(const struct bn_face *face, uint32_t min, uint32_t max)
{
    uint32_t low = face->trl_now != 0 ? face->trl_now : face->trl_target;
    uint32_t high = face->trl_target != 0 ? face->trl_target : face->trl_now;
    if (min == 0 && max == 0)
        return true;
    return low != 0 && high >= min && (max == 0 || low <= max);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static bool passes_filters(const struct bn_gate *gate, uint32_t slot)
{
    const struct bn_face *face = &gate->index->faces[slot];
    const struct bn_match_query *query = gate->query;
    if (query->workstreams != 0 && (face->workstreams & query->workstreams) == 0)
        return false;
    if (query->owner_kinds != 0 && (face->owner_kind > 31 || (query->owner_kinds >> face->owner_kind & 1) == 0))
        return false;
    if (!trl_passes(face, query->trl_min, query->trl_max))
        return false;
    if (gate->labelled && (gate->allowed[slot / 64] >> (slot % 64) & 1) == 0)
        return false;
    return query->owner_count == 0 ||
           bsearch(&face->owner, gate->owners, query->owner_count, sizeof *gate->owners, by_number) != NULL;
}

enum bn_pass bn_gate_judge(const struct bn_gate *gate, uint32_t slot)
{
    uint32_t exclude = gate->query->exclude_owner;
    if (!is_seen(gate, slot))
        return BN_PASS_HIDDEN;
    if ((exclude != 0 && gate->index->faces[slot].owner == exclude) || slot == gate->self)
        return BN_PASS_FILTERED;
    return passes_filters(gate, slot) ? BN_PASS_GOOD : BN_PASS_FILTERED;
}

static void bits_set(const struct bn_index *index, uint32_t term, uint64_t *bits)
{
    for (uint32_t at = index->term_data[term].list.first; at != 0;) {
        const struct bn_block *block = bn_pool_block(&index->pool, at);
        for (uint32_t i = 0; i < block->used; i++)
            bits[block->docs[i] / 64] |= UINT64_C(1) << (block->docs[i] % 64);
        at = block->next;
    }
}

static enum bn_code allow_only(struct bn_gate *gate, enum bn_place place, const struct bn_match_texts *labels)
{
    const struct bn_index *index = gate->index;
    uint32_t words = index->doc_count / 64 + 1;
    if (labels->count == 0)
        return BN_OK;
    memset(gate->wanted, 0, words * sizeof *gate->wanted);
    for (size_t i = 0; i < labels->count; i++) {
        char key[BN_KEY_ROOM];
        size_t size;
        if (!bn_label_key(place, labels->items[i], key, &size))
            return BN_RESOURCE_EXHAUSTED;
        uint32_t term = size == 0 ? BN_STRING_NONE : bn_strings_find(&index->terms, key, size);
        if (term != BN_STRING_NONE)
            bits_set(index, term, gate->wanted);
    }
    for (uint32_t i = 0; i < words; i++)
        gate->allowed[i] = gate->wanted[i] & (gate->labelled ? gate->allowed[i] : UINT64_MAX);
    gate->labelled = true;
    return BN_OK;
}

static enum bn_code labels_start(struct bn_gate *gate)
{
    const struct bn_match_query *query = gate->query;
    const struct {
        enum bn_place place;
        const struct bn_match_texts *labels;
    } filters[] = {
        {BN_PLACE_SECTOR, &query->sectors},
        {BN_PLACE_REGION, &query->regions},
        {BN_PLACE_LANGUAGE, &query->languages},
        {BN_PLACE_COUNTRY, &query->countries},
    };
    void *allowed = gate->allowed, *wanted = gate->wanted;
    uint32_t words = gate->index->doc_count / 64 + 1;
    int good = bn_grow(&allowed, &gate->allowed_max, words, sizeof *gate->allowed);
    gate->allowed = allowed;
    good = good && bn_grow(&wanted, &gate->wanted_max, words, sizeof *gate->wanted);
    gate->wanted = wanted;
    enum bn_code code = good ? BN_OK : BN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < BN_COUNT(filters) && code == BN_OK; i++)
        code = allow_only(gate, filters[i].place, filters[i].labels);
    return code;
}

static enum bn_code owners_start(struct bn_gate *gate)
{
    const struct bn_match_query *query = gate->query;
    void *owners = gate->owners;
    if (query->owner_count == 0)
        return BN_OK;
    if (query->owner_count > UINT32_MAX ||
        !bn_grow(&owners, &gate->owner_max, (uint32_t)query->owner_count, sizeof *gate->owners))
        return BN_RESOURCE_EXHAUSTED;
    gate->owners = owners;
    memcpy(gate->owners, query->owners, query->owner_count * sizeof *gate->owners);
    qsort(gate->owners, query->owner_count, sizeof *gate->owners, by_number);
    return BN_OK;
}

enum bn_code bn_gate_start(struct bn_gate *gate, const struct bn_index *index, const struct bn_match_query *query)
{
    bool by_label = query->sectors.count + query->regions.count + query->languages.count + query->countries.count != 0;
    gate->index = index;
    gate->query = query;
    gate->seen_by_any = query->view->seen[BN_RELATION_ANY];
    gate->self = query->like != NULL && query->like->kind == query->target ? bn_index_slot(index, query->like->number)
                                                                           : BN_STRING_NONE;
    gate->labelled = false;
    gate->filters = by_label || gate->self != BN_STRING_NONE || query->workstreams != 0 || query->owner_kinds != 0 ||
                    query->owner_count != 0 || query->trl_min != 0 || query->trl_max != 0;
    enum bn_code code = owners_start(gate);
    if (code == BN_OK && by_label)
        code = labels_start(gate);
    return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/match/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void bn_search_finish(struct bn_search *search)
{
    free(search->cursors);
    memset(search, 0, sizeof *search);
}

/* The words' saturation for each grade of frequency and length; depends on the average length alone. A full grade is
 * a label's: it is there or not. */
static void grades_fill(struct bn_search *search, double average)
{
    if (search->average == average)
        return;
    for (unsigned length = 0; length < BN_LENGTH_GRADES; length++) {
        double norm = BN_K1 * (1 - BN_B + BN_B * exp2(length / 16.0) / average);
        for (unsigned tf = 0; tf < BN_TF_FULL; tf++) {
            double words = (tf <= 48 ? tf : 48 + (tf - 48) * 16) / 4.0;
            search->grades[tf][length] = (uint16_t)(65535 * words / (words + norm) + 0.5);
        }
        search->grades[BN_TF_FULL][length] = UINT16_MAX;
    }
    search->average = average;
}

static const struct bn_block *block_at(const struct bn_plan *plan, uint32_t reference)
{
    return reference == 0 ? NULL : bn_pool_block(&plan->index->pool, reference);
}

static enum bn_code cursors_start(struct bn_search *search, const struct bn_plan *plan)
{
    void *cursors = search->cursors;
    if (!bn_grow(&cursors, &search->cursor_max, plan->list_count, sizeof *search->cursors))
        return BN_RESOURCE_EXHAUSTED;
    search->cursors = cursors;
    for (uint32_t i = 0; i < plan->list_count; i++)
        search->cursors[i] = (struct bn_cursor){block_at(plan, plan->index->term_data[plan->lists[i]].list.first), 0};
    return BN_OK;
}

/* Moves past the end of a block. */
static inline void cursor_settle(const struct bn_plan *plan, struct bn_cursor *cursor)
{
    while (cursor->block != NULL && cursor->at == cursor->block->used) {
        cursor->block = block_at(plan, cursor->block->next);
        cursor->at = 0;
    }
}

static const uint8_t *grades_of(const struct bn_block *block)
{
    return (const uint8_t *)(block->docs + block->room);
}

/* How many of the block's documents come before `end`; those up to `at` do. */
static uint32_t used_before(const struct bn_block *block, uint32_t at, uint32_t end)
{
    uint32_t low = at, high = block->used;
    if (block->docs[high - 1] < end)
        return high;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (block->docs[middle] < end)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void scan_one(struct bn_search *search, const struct bn_plan *plan, const struct bn_scan *scan, uint32_t start,
                     uint32_t end)
{
    struct bn_cursor *cursor = &search->cursors[scan->list_first];
    const uint8_t *lengths = plan->index->lengths;
    for (cursor_settle(plan, cursor); cursor->block != NULL; cursor_settle(plan, cursor)) {
        const struct bn_block *block = cursor->block;
        const uint8_t *tfs = grades_of(block);
        uint32_t at = cursor->at, used = used_before(block, at, end);
        for (; at < used; at++) {
            uint32_t slot = block->docs[at];
            search->sums[slot - start] += bn_search_points(search, scan->weight, tfs[at], lengths[slot]);
        }
        cursor->at = at;
        if (at < block->used)
            return;
    }
}

/* The lowest slot among the scan's cursors; UINT32_MAX when all are through. */
static uint32_t lowest(struct bn_search *search, const struct bn_plan *plan, const struct bn_scan *scan)
{
    uint32_t slot = UINT32_MAX;
    for (uint32_t i = 0; i < scan->list_count; i++) {
        struct bn_cursor *cursor = &search->cursors[scan->list_first + i];
        cursor_settle(plan, cursor);
        if (cursor->block != NULL && cursor->block->docs[cursor->at] < slot)
            slot = cursor->block->docs[cursor->at];
    }
    return slot;
}

/* Of several lists the best one counts, in each document. */
static void scan_several(struct bn_search *search, const struct bn_plan *plan, const struct bn_scan *scan,
                         uint32_t start, uint32_t end)
{
    const uint8_t *lengths = plan->index->lengths;
    for (uint32_t slot; (slot = lowest(search, plan, scan)) < end;) {
        uint8_t tf = 0;
        for (uint32_t i = 0; i < scan->list_count; i++) {
            struct bn_cursor *cursor = &search->cursors[scan->list_first + i];
            if (cursor->block == NULL || cursor->block->docs[cursor->at] != slot)
                continue;
            uint8_t another = grades_of(cursor->block)[cursor->at++];
            tf = another > tf ? another : tf;
        }
        uint32_t *sum = &search->sums[slot - start];
        if (*sum != 0 || !scan->only_with_others)
            *sum += bn_search_points(search, scan->weight, tf, lengths[slot]);
    }
}

static void scan_run(struct bn_search *search, const struct bn_plan *plan, const struct bn_scan *scan, uint32_t start,
                     uint32_t end)
{
    if (scan->list_count == 1 && !scan->only_with_others)
        scan_one(search, plan, scan, start, end);
    else
        scan_several(search, plan, scan, start, end);
}

/* Facts that make nobody a counterpart come last, when it is known who is one. */
static void scans_run(struct bn_search *search, const struct bn_plan *plan, uint32_t start, uint32_t end)
{
    for (int last = 0; last < 2; last++) {
        for (uint32_t i = 0; i < plan->group_count; i++) {
            const struct bn_group *group = &plan->groups[i];
            for (uint32_t k = 0; k < group->scan_count; k++) {
                const struct bn_scan *scan = &plan->scans[group->scan_first + k];
                if (scan->only_with_others == (last != 0))
                    scan_run(search, plan, scan, start, end);
            }
        }
    }
}

/* Full points where the ranges meet, a third less for each step between them. A document that says nothing earns
 * nothing. */
static uint32_t trl_points(uint32_t weight, const struct bn_match_doc *like, const struct bn_face *face)
{
    uint32_t a_low = like->trl_now != 0 ? like->trl_now : like->trl_target;
    uint32_t a_high = like->trl_target != 0 ? like->trl_target : like->trl_now;
    uint32_t b_low = face->trl_now != 0 ? face->trl_now : face->trl_target;
    uint32_t b_high = face->trl_target != 0 ? face->trl_target : face->trl_now;
    uint32_t gap = a_high < b_low ? b_low - a_high : (b_high < a_low ? a_low - b_high : 0);
    if (b_low == 0 || gap >= 3)
        return 0;
    return weight / 3 * (3 - gap);
}

uint32_t bn_search_face_points(const struct bn_group *group, const struct bn_match_doc *like,
                               const struct bn_face *face)
{
    switch (group->criterion) {
    case BN_CRITERION_WORKSTREAM:
        return (like->workstreams & face->workstreams) != 0 ? group->weight : 0;
    case BN_CRITERION_TRL:
        return trl_points(group->weight, like, face);
    default:
        return 0;
    }
}

static uint32_t face_points(const struct bn_plan *plan, const struct bn_face *face)
{
    uint32_t points = 0;
    for (uint32_t i = 0; i < plan->group_count && plan->query->like != NULL; i++) {
        if (plan->groups[i].scan_count != 0 || plan->groups[i].criterion == BN_CRITERION_WORD)
            continue;
        points += bn_search_face_points(&plan->groups[i], plan->query->like, face);
    }
    return points;
}

/* Whoever has anything in common has a point at least. */
static uint32_t score_of(uint32_t points)
{
    uint64_t score = ((uint64_t)points * 1000 + BN_POINTS_ALL / 2) >> BN_POINT_BITS;
    return score == 0 ? 1 : (uint32_t)score;
}

static bool is_worse(const struct bn_hit *a, const struct bn_hit *b)
{
#ifdef BN_RANK_FINE
    if (a->points != b->points)
        return a->points < b->points;
#endif
    if (a->score != b->score)
        return a->score < b->score;
    return a->number < b->number;
}

static void sift_down(struct bn_hit *hits, uint32_t count)
{
    struct bn_hit moving = hits[0];
    uint32_t at = 0;
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && is_worse(&hits[child + 1], &hits[child]))
            child++;
        if (!is_worse(&hits[child], &moving))
            break;
        hits[at] = hits[child];
    }
    hits[at] = moving;
}

static void sift_up(struct bn_hit *hits, uint32_t at)
{
    struct bn_hit moving = hits[at];
    while (at > 0 && is_worse(&moving, &hits[(at - 1) / 2])) {
        hits[at] = hits[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    hits[at] = moving;
}

static void hit_offer(struct bn_search *search, const struct bn_hit *hit, uint32_t limit)
{
    if (search->hit_count < limit) {
        search->hits[search->hit_count] = *hit;
        sift_up(search->hits, search->hit_count++);
    } else if (limit > 0 && is_worse(&search->hits[0], hit)) {
        search->hits[0] = *hit;
        sift_down(search->hits, search->hit_count);
    }
}

/* The first sum from `at` on that is not 0; `end` when there is none. Most are 0 for most queries. */
static uint32_t next_met(const uint32_t *sums, uint32_t at, uint32_t end)
{
    for (; at + 8 <= end; at += 8) {
        const uint32_t *s = sums + at;
        if ((s[0] | s[1] | s[2] | s[3] | s[4] | s[5] | s[6] | s[7]) != 0)
            break;
    }
    while (at < end && sums[at] == 0)
        at++;
    return at;
}

/* Those with a sum, through the gate, into the best. */
static void stretch_judge(struct bn_search *search, const struct bn_plan *plan, const struct bn_gate *gate,
                          uint32_t start, uint32_t end, uint32_t limit)
{
    bool facts = plan->query->like != NULL;
    uint32_t count = end - start;
    for (uint32_t at = next_met(search->sums, 0, count); at < count; at = next_met(search->sums, at + 1, count)) {
        uint32_t slot = start + at, points = search->sums[at];
        enum bn_pass pass = bn_gate_pass(gate, slot);
        search->filtered += pass == BN_PASS_FILTERED;
        if (pass != BN_PASS_GOOD)
            continue;
        search->candidates++;
        if (facts)
            points += face_points(plan, &plan->index->faces[slot]);
        if (search->hit_count == limit && points < search->hits[0].points && score_of(points) < search->hits[0].score)
            continue;
        struct bn_hit hit = {points, slot, score_of(points), plan->index->held[slot].number};
        hit_offer(search, &hit, limit);
    }
}

static int best_first(const void *a, const void *b)
{
    const struct bn_hit *x = a, *y = b;
    return is_worse(x, y) ? 1 : -1;
}

enum bn_code bn_search_run(struct bn_search *search, const struct bn_plan *plan, const struct bn_gate *gate,
                           uint32_t limit)
{
    uint32_t docs = plan->index->doc_count;
    search->hit_count = search->candidates = search->filtered = 0;
    grades_fill(search, plan->average);
    enum bn_code code = cursors_start(search, plan);
    for (uint32_t start = 0; start < docs && code == BN_OK; start += BN_STRETCH) {
        uint32_t end = docs - start > BN_STRETCH ? start + BN_STRETCH : docs;
        memset(search->sums, 0, (end - start) * sizeof *search->sums);
        scans_run(search, plan, start, end);
        stretch_judge(search, plan, gate, start, end, limit);
    }
    if (search->hit_count > 1)
        qsort(search->hits, search->hit_count, sizeof *search->hits, best_first);
    return code;
}

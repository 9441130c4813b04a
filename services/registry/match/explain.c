/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/match/explain.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const criterion_names[BN_CRITERIA] = {
    [BN_CRITERION_WORD] = "term",         [BN_CRITERION_SECTOR] = "sector",         [BN_CRITERION_REGION] = "region",
    [BN_CRITERION_LANGUAGE] = "language", [BN_CRITERION_WORKSTREAM] = "workstream", [BN_CRITERION_TRL] = "trl",
};

/* as the messages call them */
static const char *const place_names[BN_PLACES] = {
    [BN_MATCH_TITLE] = "title",
    [BN_MATCH_SUMMARY] = "summary",
    [BN_MATCH_DESCRIPTION] = "description",
    [BN_MATCH_CAPABILITIES] = "capabilities",
    [BN_MATCH_TAGS] = "tags",
    [BN_PLACE_SECTOR] = "sectors",
    [BN_PLACE_REGION] = "regions",
    [BN_PLACE_LANGUAGE] = "languages",
    [BN_PLACE_COUNTRY] = "country",
};

void bn_explain_finish(struct bn_explain *explain)
{
    free(explain->parts);
    memset(explain, 0, sizeof *explain);
}

/* The place of a term among the document's; BN_STRING_NONE when it has not got it. */
static uint32_t entry_of(const struct bn_held *held, uint32_t term)
{
    uint32_t low = 0, high = held->term_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (held->terms[middle] < term)
            low = middle + 1;
        else
            high = middle;
    }
    return low < held->term_count && held->terms[low] == term ? low : BN_STRING_NONE;
}

/* The group's best list in this document. False: it has none of them. */
static bool lists_part(const struct bn_search *search, const struct bn_plan *plan, const struct bn_group *group,
                       uint32_t slot, struct bn_part *part)
{
    const struct bn_held *held = &plan->index->held[slot];
    const uint8_t *grades = bn_held_grades(held);
    bool found = false;
    for (uint32_t i = 0; i < group->scan_count; i++) {
        const struct bn_scan *scan = &plan->scans[group->scan_first + i];
        for (uint32_t k = 0; k < scan->list_count; k++) {
            uint32_t entry = entry_of(held, plan->lists[scan->list_first + k]);
            if (entry == BN_STRING_NONE || (found && grades[entry] <= grades[part->entry]))
                continue;
            part->entry = entry;
            found = true;
        }
    }
    if (found)
        part->points = bn_search_points(search, group->weight, grades[part->entry], plan->index->lengths[slot]);
    return found;
}

static enum bn_code parts_collect(struct bn_explain *explain, const struct bn_search *search,
                                  const struct bn_plan *plan, uint32_t slot)
{
    void *parts = explain->parts;
    if (!bn_grow(&parts, &explain->part_max, plan->group_count, sizeof *explain->parts))
        return BN_RESOURCE_EXHAUSTED;
    explain->parts = parts;
    explain->part_count = 0;
    for (uint32_t i = 0; i < plan->group_count; i++) {
        const struct bn_group *group = &plan->groups[i];
        struct bn_part part = {.group = group};
        if (group->scan_count > 0) {
            if (!lists_part(search, plan, group, slot, &part))
                continue;
        } else if (plan->query->like != NULL) {
            part.points = bn_search_face_points(group, plan->query->like, &plan->index->faces[slot]);
        }
        if (part.points > 0)
            explain->parts[explain->part_count++] = part;
    }
    return BN_OK;
}

static int by_rest(const void *a, const void *b)
{
    const struct bn_part *x = a, *y = b;
    if (x->rest != y->rest)
        return x->rest < y->rest ? 1 : -1;
    return (x->group > y->group) - (x->group < y->group);
}

/* Facts first, for there are few of them and they are never left out; then by points, then as the query has them. */
static int by_points(const void *a, const void *b)
{
    const struct bn_part *x = a, *y = b;
    bool x_word = x->group->criterion == BN_CRITERION_WORD, y_word = y->group->criterion == BN_CRITERION_WORD;
    if (x_word != y_word)
        return x_word ? 1 : -1;
    if (x->points != y->points)
        return x->points < y->points ? 1 : -1;
    return (x->group > y->group) - (x->group < y->group);
}

/* Whole points that add up to the score: each gets its own rounded down, those that lost most one more. */
static void parts_round(struct bn_explain *explain, const struct bn_hit *hit)
{
    uint64_t points = 0;
    uint32_t given = 0, score = hit->score;
    for (uint32_t i = 0; i < explain->part_count; i++)
        points += explain->parts[i].points;
    assert(points == hit->points); /* what is told is what was counted */
    for (uint32_t i = 0; i < explain->part_count; i++) {
        struct bn_part *part = &explain->parts[i];
        uint64_t exact = (uint64_t)part->points * score;
        part->score = (uint32_t)(exact / points);
        part->rest = (uint32_t)(exact % points);
        given += part->score;
    }
    qsort(explain->parts, explain->part_count, sizeof *explain->parts, by_rest);
    for (uint32_t i = 0; given < score; i++, given++)
        explain->parts[i].score++;
    qsort(explain->parts, explain->part_count, sizeof *explain->parts, by_points);
}

static uint32_t thousandths(uint64_t weight)
{
    return (uint32_t)((weight * 1000 + BN_POINTS_ALL / 2) >> BN_POINT_BITS);
}

static const char *spelling_of(const struct bn_plan *plan, const struct bn_held *held, uint32_t entry)
{
    return bn_strings_text(&plan->index->spellings, bn_held_places(held)[entry] >> BN_PLACE_BITS);
}

static void face_say(struct bn_spoken *spoken, const struct bn_plan *plan, const struct bn_face *face,
                     struct bn_match_reason *reason, enum bn_criterion criterion)
{
    if (criterion == BN_CRITERION_WORKSTREAM) {
        uint64_t shared = plan->query->like->workstreams & face->workstreams;
        snprintf(spoken->workstream, sizeof spoken->workstream, "%d", __builtin_ctzll(shared));
        reason->why = spoken->workstream;
        reason->field = "workstreams";
        return;
    }
    if (face->trl_now != 0 && face->trl_target != 0 && face->trl_now != face->trl_target)
        snprintf(spoken->trl, sizeof spoken->trl, "%u-%u", face->trl_now, face->trl_target);
    else
        snprintf(spoken->trl, sizeof spoken->trl, "%u", face->trl_now != 0 ? face->trl_now : face->trl_target);
    reason->why = spoken->trl;
    reason->field = "trl";
}

static void part_say(struct bn_spoken *spoken, const struct bn_plan *plan, uint32_t slot, const struct bn_part *part,
                     struct bn_match_reason *reason)
{
    const struct bn_held *held = &plan->index->held[slot];
    *reason = (struct bn_match_reason){
        .criterion = criterion_names[part->group->criterion],
        .weight = thousandths(part->group->weight),
        .points = part->score,
    };
    if (part->group->scan_count == 0) {
        face_say(spoken, plan, &plan->index->faces[slot], reason, part->group->criterion);
        return;
    }
    uint32_t place = bn_held_places(held)[part->entry] & ((1U << BN_PLACE_BITS) - 1);
    reason->why = spelling_of(plan, held, part->entry);
    reason->field = place_names[place];
    if (place == BN_MATCH_CAPABILITIES && plan->query->target == BN_MATCH_PROPOSAL)
        reason->field = "seeks";
    if (place == BN_MATCH_TAGS)
        reason->criterion = "tag";
}

/* All further words in one reason, so that nothing of the score is left without one. */
static void rest_say(struct bn_spoken *spoken, const struct bn_plan *plan, uint32_t slot, const struct bn_part *parts,
                     uint32_t count, struct bn_match_reason *reason)
{
    const struct bn_held *held = &plan->index->held[slot];
    uint64_t weight = 0;
    size_t used = 0;
    bool room = true;
    *reason = (struct bn_match_reason){.criterion = "terms", .field = "", .why = spoken->words};
    spoken->words[0] = '\0';
    for (uint32_t i = 0; i < count; i++) {
        const char *word = spelling_of(plan, held, parts[i].entry);
        size_t size = strlen(word);
        reason->points += parts[i].score;
        weight += parts[i].group->weight;
        room = room && used + size + sizeof ", , ..." <= sizeof spoken->words;
        if (!room)
            continue;
        used += (size_t)snprintf(spoken->words + used, sizeof spoken->words - used, "%s%s", i == 0 ? "" : ", ", word);
    }
    if (!room)
        snprintf(spoken->words + used, sizeof spoken->words - used, "%s...", used == 0 ? "" : ", ");
    reason->weight = thousandths(weight);
}

enum bn_code bn_explain_hit(struct bn_explain *explain, const struct bn_search *search, const struct bn_plan *plan,
                            uint32_t rank, struct bn_match_result *result)
{
    const struct bn_hit *hit = &search->hits[rank];
    const struct bn_held *held = &plan->index->held[hit->slot];
    struct bn_spoken *spoken = &explain->spoken[rank];
    result->number = held->number;
    result->version = held->version;
    result->owner = plan->index->faces[hit->slot].owner;
    result->score = hit->score;
    result->reason_count = 0;
    enum bn_code code = parts_collect(explain, search, plan, hit->slot);
    if (code != BN_OK)
        return code;
    parts_round(explain, hit);
    uint32_t alone = explain->part_count <= BN_MATCH_REASONS_MAX ? explain->part_count : BN_MATCH_REASONS_MAX - 1;
    for (uint32_t i = 0; i < alone; i++)
        part_say(spoken, plan, hit->slot, &explain->parts[i], &result->reasons[result->reason_count++]);
    if (alone < explain->part_count)
        rest_say(spoken, plan, hit->slot, explain->parts + alone, explain->part_count - alone,
                 &result->reasons[result->reason_count++]);
    return BN_OK;
}

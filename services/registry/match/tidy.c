/* SPDX-License-Identifier: Apache-2.0 */
/* tidy.c: an index without its dead documents. They cost memory and time in every list that they stand in; so do words
 * that nobody uses any more. Both go when the living documents are moved into a fresh index. */
#include "registry/match/index.h"

#include <stdlib.h>
#include <string.h>

enum { TIDY_MIN = 256 }; /* dead documents below which nothing is done */

struct move {
    struct bn_index *from, *to;
    uint32_t *terms, *spellings; /* of from, to those of to; BN_STRING_NONE = not needed so far */
};

static uint32_t *nothing_mapped(uint32_t count)
{
    uint32_t *map = malloc((count + 1) * sizeof *map);
    if (map != NULL)
        memset(map, 0xFF, (count + 1) * sizeof *map);
    return map;
}

static uint32_t term_moved(struct move *move, uint32_t term)
{
    const struct bn_strings *terms = &move->from->terms;
    if (move->terms[term] == BN_STRING_NONE)
        move->terms[term] = bn_index_term(move->to, bn_strings_text(terms, term), bn_strings_size(terms, term));
    return move->terms[term];
}

static uint32_t spelling_moved(struct move *move, uint32_t spelling)
{
    const struct bn_strings *old = &move->from->spellings;
    if (move->spellings[spelling] == BN_STRING_NONE)
        move->spellings[spelling] =
            bn_strings_add(&move->to->spellings, bn_strings_text(old, spelling), bn_strings_size(old, spelling));
    return move->spellings[spelling];
}

/* Grades are moved as they are: the frequency that has this grade. */
static uint32_t quarters_of_grade(uint8_t grade)
{
    if (grade == BN_TF_FULL)
        return UINT32_MAX;
    return grade <= 48 ? grade : 48 + (grade - 48U) * 16;
}

static bool move_doc(struct move *move, uint32_t slot)
{
    const struct bn_held *held = &move->from->held[slot];
    const uint32_t *places = bn_held_places(held);
    const uint8_t *grades = bn_held_grades(held);
    struct bn_draft *draft = &move->to->draft;
    bn_draft_clear(draft);
    for (uint32_t i = 0; i < held->term_count; i++) {
        uint32_t term = term_moved(move, held->terms[i]);
        uint32_t spelling = spelling_moved(move, places[i] >> BN_PLACE_BITS);
        if (term == BN_STRING_NONE || spelling == BN_STRING_NONE)
            return false;
        uint32_t place = spelling << BN_PLACE_BITS | (places[i] & ((1U << BN_PLACE_BITS) - 1));
        if (bn_draft_add(move->to, term, place, quarters_of_grade(grades[i])) != BN_OK)
            return false;
    }
    bn_draft_sort(draft);
    draft->quarters = held->quarters;
    struct bn_head head = {
        .face = move->from->faces[slot],
        .number = held->number,
        .invited = bn_held_invited(held),
        .invited_count = held->invited_count,
        .version = held->version,
        .visibility = held->visibility,
        .lang = held->lang,
    };
    return bn_index_add(move->to, &head) == BN_OK;
}

static bool move_aliases(struct move *move)
{
    const struct bn_index *from = move->from;
    for (uint32_t i = 0; i < from->seconds.count; i++) {
        for (uint32_t at = from->alias_heads[i]; at != 0; at = from->aliases[at - 1].next) {
            uint32_t term = move->terms[from->aliases[at - 1].term];
            if (term != BN_STRING_NONE &&
                !bn_index_alias(move->to, bn_strings_text(&from->seconds, i), bn_strings_size(&from->seconds, i), term))
                return false;
        }
    }
    return true;
}

static bool move_all(struct move *move)
{
    for (uint32_t slot = 0; slot < move->from->doc_count; slot++) {
        if (move->from->held[slot].terms != NULL && !move_doc(move, slot))
            return false;
    }
    bn_draft_clear(&move->to->draft);
    return move_aliases(move);
}

void bn_index_tidy(struct bn_index *index)
{
    struct bn_index fresh;
    if (index->dead_count < TIDY_MIN || index->dead_count < index->doc_count / 4)
        return;
    struct move move = {index, &fresh, nothing_mapped(index->terms.count), nothing_mapped(index->spellings.count)};
    bn_index_start(&fresh, index->words);
    bool moved = move.terms != NULL && move.spellings != NULL && move_all(&move);
    free(move.terms);
    free(move.spellings);
    if (!moved) {
        bn_index_finish(&fresh);
        return;
    }
    bn_index_finish(index);
    *index = fresh;
}

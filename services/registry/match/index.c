/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/match/index.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* numbers of Visibility in common.proto */
enum { VISIBILITY_PROGRAMME = 4, VISIBILITY_PUBLIC = 5 };

void bn_index_start(struct bn_index *index, struct bn_words *words)
{
    memset(index, 0, sizeof *index);
    index->words = words;
    bn_strings_start(&index->terms);
    bn_strings_start(&index->spellings);
    bn_strings_start(&index->seconds);
    bn_strings_start(&index->numbers);
    bn_pool_start(&index->pool);
}

void bn_index_finish(struct bn_index *index)
{
    for (uint32_t i = 0; i < index->doc_count; i++)
        free(index->held[i].terms);
    bn_strings_finish(&index->terms);
    bn_strings_finish(&index->spellings);
    bn_strings_finish(&index->seconds);
    bn_strings_finish(&index->numbers);
    bn_pool_finish(&index->pool);
    free(index->term_data);
    free(index->notes);
    free(index->alias_heads);
    free(index->aliases);
    free(index->slots);
    free(index->faces);
    free(index->lengths);
    free(index->held);
    free(index->draft.entries);
    free(index->draft.marks);
    memset(index, 0, sizeof *index);
}

uint64_t bn_index_bytes(const struct bn_index *index)
{
    uint64_t bytes = bn_strings_bytes(&index->terms) + bn_strings_bytes(&index->spellings) +
                     bn_strings_bytes(&index->seconds) + bn_strings_bytes(&index->numbers) +
                     bn_pool_bytes(&index->pool) + index->held_bytes;
    bytes += index->term_max * sizeof *index->term_data + index->note_max * sizeof *index->notes +
             index->alias_head_max * sizeof *index->alias_heads + index->alias_max * sizeof *index->aliases;
    bytes += index->slot_max * sizeof *index->slots + index->face_max * sizeof *index->faces + index->length_max +
             index->held_max * sizeof *index->held;
    return bytes + index->draft.max * sizeof *index->draft.entries + index->draft.mark_max * sizeof *index->draft.marks;
}

uint8_t bn_grade_of_tf(uint32_t quarters)
{
    enum { EXACT = 48, STEP = 16 };
    if (quarters == UINT32_MAX)
        return BN_TF_FULL;
    if (quarters <= EXACT)
        return (uint8_t)quarters;
    uint32_t grade = EXACT + (quarters - EXACT + STEP / 2) / STEP;
    return (uint8_t)(grade < BN_TF_FULL ? grade : BN_TF_FULL - 1);
}

uint8_t bn_grade_of_length(uint32_t quarters)
{
    double words = quarters <= 4 ? 1 : quarters / 4.0;
    double grade = floor(16 * log2(words) + 0.5);
    return (uint8_t)(grade < BN_LENGTH_GRADES ? grade : BN_LENGTH_GRADES - 1);
}

unsigned bn_open_level(uint32_t visibility)
{
    switch (visibility) {
    case VISIBILITY_PROGRAMME:
        return BN_OPEN_PROGRAMME;
    case VISIBILITY_PUBLIC:
        return BN_OPEN_PUBLIC;
    default:
        return BN_OPEN_NONE;
    }
}

/* Room comes first in both of these: a key without what belongs to it must never be there. */
uint32_t bn_index_term(struct bn_index *index, const char *key, size_t size)
{
    void *data = index->term_data;
    uint32_t max = index->term_max;
    if (!bn_grow(&data, &index->term_max, index->terms.count + 1, sizeof *index->term_data))
        return BN_STRING_NONE;
    index->term_data = data;
    memset(index->term_data + max, 0, (index->term_max - max) * sizeof *index->term_data);
    return bn_strings_add(&index->terms, key, size);
}

int bn_index_alias(struct bn_index *index, const char *key, size_t size, uint32_t term)
{
    void *heads = index->alias_heads, *aliases = index->aliases;
    uint32_t max = index->alias_head_max;
    if (!bn_grow(&heads, &index->alias_head_max, index->seconds.count + 1, sizeof *index->alias_heads))
        return 0;
    index->alias_heads = heads;
    memset(index->alias_heads + max, 0, (index->alias_head_max - max) * sizeof *index->alias_heads);
    if (!bn_grow(&aliases, &index->alias_max, index->alias_count + 1, sizeof *index->aliases))
        return 0;
    index->aliases = aliases;
    uint32_t second = bn_strings_add(&index->seconds, key, size);
    if (second == BN_STRING_NONE)
        return 0;
    for (uint32_t at = index->alias_heads[second]; at != 0; at = index->aliases[at - 1].next) {
        if (index->aliases[at - 1].term == term)
            return 1;
    }
    index->aliases[index->alias_count] = (struct bn_alias){term, index->alias_heads[second]};
    index->alias_heads[second] = ++index->alias_count;
    return 1;
}

uint32_t bn_index_slot(const struct bn_index *index, uint64_t number)
{
    uint32_t at = bn_strings_find(&index->numbers, (const char *)&number, sizeof number);
    return at == BN_STRING_NONE || at >= index->slot_max ? BN_STRING_NONE : index->slots[at];
}

static void slot_kill(struct bn_index *index, uint32_t slot)
{
    struct bn_held *held = &index->held[slot];
    unsigned level = bn_open_level(held->visibility);
    if (level != BN_OPEN_NONE) {
        for (uint32_t i = 0; i < held->term_count; i++)
            index->term_data[held->terms[i]].open[level]--;
        index->open_docs[level]--;
        index->open_quarters[level] -= held->quarters;
    }
    index->lang_docs[held->lang]--;
    index->postings -= held->term_count;
    index->held_bytes -= held->term_count * (2 * sizeof(uint32_t) + 1) + held->invited_count * sizeof(uint32_t);
    free(held->terms);
    held->terms = NULL;
    held->term_count = held->invited_count = 0;
    index->faces[slot].shown = BN_SHOWN_DEAD;
    index->dead_count++;
}

/* Everything that may fail, so that the rest cannot. Gives the memory for the document's own terms. */
static uint32_t *room_for(struct bn_index *index, const struct bn_head *head, uint32_t *number)
{
    const struct bn_draft *draft = &index->draft;
    void *faces = index->faces, *lengths = index->lengths, *held = index->held, *slots = index->slots;
    uint32_t wanted = index->doc_count + 1, max = index->slot_max;
    int good = bn_grow(&faces, &index->face_max, wanted, sizeof *index->faces);
    index->faces = faces;
    good = good && bn_grow(&lengths, &index->length_max, wanted, sizeof *index->lengths);
    index->lengths = lengths;
    good = good && bn_grow(&held, &index->held_max, wanted, sizeof *index->held);
    index->held = held;
    *number = good ? bn_strings_add(&index->numbers, (const char *)&head->number, sizeof head->number) : BN_STRING_NONE;
    good = *number != BN_STRING_NONE && bn_grow(&slots, &index->slot_max, index->numbers.count, sizeof *index->slots);
    index->slots = slots;
    for (uint32_t i = max; i < index->slot_max; i++)
        index->slots[i] = BN_STRING_NONE;
    for (uint32_t i = 0; i < draft->count && good; i++)
        good = bn_list_reserve(&index->pool, &index->term_data[draft->entries[i].term].list);
    if (!good)
        return NULL;
    return malloc(draft->count * (2 * sizeof(uint32_t) + 1) + head->invited_count * sizeof(uint32_t) + 1);
}

static void fill(struct bn_index *index, const struct bn_head *head, uint32_t slot)
{
    const struct bn_draft *draft = &index->draft;
    struct bn_held *held = &index->held[slot];
    uint32_t *places = held->terms + draft->count, *invited = places + draft->count;
    uint8_t *grades = (uint8_t *)(invited + head->invited_count);
    unsigned level = bn_open_level(head->visibility);
    for (uint32_t i = 0; i < draft->count; i++) {
        const struct bn_draft_entry *entry = &draft->entries[i];
        struct bn_term *term = &index->term_data[entry->term];
        held->terms[i] = entry->term;
        places[i] = entry->place;
        grades[i] = bn_grade_of_tf(entry->quarters);
        bn_list_append(&index->pool, &term->list, slot, grades[i]);
        if (level != BN_OPEN_NONE)
            term->open[level]++;
    }
    if (head->invited_count > 0)
        memcpy(invited, head->invited, head->invited_count * sizeof *invited);
    if (level != BN_OPEN_NONE) {
        index->open_docs[level]++;
        index->open_quarters[level] += draft->quarters;
    }
}

enum bn_code bn_index_add(struct bn_index *index, const struct bn_head *head)
{
    const struct bn_draft *draft = &index->draft;
    uint32_t number, slot = index->doc_count;
    uint32_t *terms = room_for(index, head, &number);
    if (terms == NULL)
        return BN_RESOURCE_EXHAUSTED;
    if (index->slots[number] != BN_STRING_NONE)
        slot_kill(index, index->slots[number]);
    index->held[slot] = (struct bn_held){
        .number = head->number,
        .terms = terms,
        .term_count = draft->count,
        .invited_count = head->invited_count,
        .version = head->version,
        .quarters = draft->quarters,
        .visibility = head->visibility,
        .lang = head->lang,
    };
    fill(index, head, slot);
    index->faces[slot] = head->face;
    index->lengths[slot] = bn_grade_of_length(draft->quarters);
    index->slots[number] = slot;
    index->lang_docs[head->lang]++;
    index->postings += draft->count;
    index->held_bytes += draft->count * (2 * sizeof(uint32_t) + 1) + head->invited_count * sizeof(uint32_t);
    index->doc_count++;
    return BN_OK;
}

static uint8_t small(uint32_t value, uint32_t max)
{
    return (uint8_t)(value < max ? value : max);
}

enum bn_code bn_index_put(struct bn_index *index, const struct bn_match_doc *doc, bool owner_active)
{
    enum bn_lang lang;
    enum bn_code code = bn_doc_lang(doc, &lang);
    if (code == BN_OK)
        code = bn_draft_make(index, doc, lang);
    if (code == BN_OK) {
        struct bn_head head = {
            .number = doc->number,
            .invited = doc->invited,
            .invited_count = (uint32_t)doc->invited_count,
            .version = doc->version,
            .visibility = small(doc->visibility, BN_SHOWN_HIDDEN),
            .lang = (uint8_t)lang,
        };
        head.face = (struct bn_face){
            .workstreams = doc->workstreams,
            .owner = doc->owner,
            .shown = owner_active && doc->visibility < 32 ? head.visibility : BN_SHOWN_HIDDEN,
            .owner_kind = small(doc->owner_kind, UINT8_MAX),
            .trl_now = small(doc->trl_now, UINT8_MAX),
            .trl_target = small(doc->trl_target, UINT8_MAX),
        };
        code = bn_index_add(index, &head);
    }
    bn_draft_clear(&index->draft);
    if (code == BN_OK)
        bn_index_tidy(index);
    return code;
}

bool bn_index_remove(struct bn_index *index, uint64_t number)
{
    uint32_t at = bn_strings_find(&index->numbers, (const char *)&number, sizeof number);
    if (at == BN_STRING_NONE || at >= index->slot_max || index->slots[at] == BN_STRING_NONE)
        return false;
    slot_kill(index, index->slots[at]);
    index->slots[at] = BN_STRING_NONE;
    bn_index_tidy(index);
    return true;
}

void bn_index_owner_active(struct bn_index *index, uint32_t owner, bool active)
{
    for (uint32_t i = 0; i < index->doc_count; i++) {
        struct bn_face *face = &index->faces[i];
        if (face->owner != owner || face->shown == BN_SHOWN_DEAD)
            continue;
        face->shown = active && index->held[i].visibility < 32 ? index->held[i].visibility : BN_SHOWN_HIDDEN;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* draft.c: from a document to its terms. */
#include "registry/match/index.h"

#include <stdlib.h>
#include <string.h>

static const char label_spaces[BN_PLACES] = {
    [BN_PLACE_SECTOR] = 'S',
    [BN_PLACE_REGION] = 'R',
    [BN_PLACE_LANGUAGE] = 'L',
    [BN_PLACE_COUNTRY] = 'C',
};

void bn_draft_clear(struct bn_draft *draft)
{
    for (uint32_t i = 0; i < draft->count; i++)
        draft->marks[draft->entries[i].term] = 0;
    draft->count = 0;
    draft->quarters = 0;
}

static unsigned telling(uint32_t place)
{
    uint32_t field = place & ((1U << BN_PLACE_BITS) - 1);
    return field < BN_MATCH_FIELDS ? bn_field_ranking[field].telling : 0;
}

static int marks_grow(struct bn_draft *draft, uint32_t wanted)
{
    void *marks = draft->marks;
    uint32_t max = draft->mark_max;
    if (!bn_grow(&marks, &draft->mark_max, wanted, sizeof *draft->marks))
        return 0;
    draft->marks = marks;
    memset(draft->marks + max, 0, (draft->mark_max - max) * sizeof *draft->marks);
    return 1;
}

enum bn_code bn_draft_add(struct bn_index *index, uint32_t term, uint32_t place, uint32_t quarters)
{
    struct bn_draft *draft = &index->draft;
    void *entries = draft->entries;
    if (!marks_grow(draft, index->terms.count) ||
        !bn_grow(&entries, &draft->max, draft->count + 1, sizeof *draft->entries))
        return BN_RESOURCE_EXHAUSTED;
    draft->entries = entries;
    uint32_t mark = draft->marks[term];
    if (mark == 0) {
        draft->entries[draft->count] = (struct bn_draft_entry){term, place, quarters};
        draft->marks[term] = ++draft->count;
        return BN_OK;
    }
    struct bn_draft_entry *entry = &draft->entries[mark - 1];
    entry->quarters += quarters < UINT32_MAX - entry->quarters ? quarters : 0;
    if (telling(place) > telling(entry->place))
        entry->place = place;
    return BN_OK;
}

static int notes_grow(struct bn_index *index)
{
    void *notes = index->notes;
    uint32_t max = index->note_max;
    if (!bn_grow(&notes, &index->note_max, index->spellings.count, sizeof *index->notes))
        return 0;
    index->notes = notes;
    for (uint32_t i = max; i < index->note_max; i++)
        index->notes[i] = (struct bn_note){BN_STRING_NONE, BN_LANGS, false};
    return 1;
}

/* The spelling's number; its note is there afterwards. */
static enum bn_code spelling_add(struct bn_index *index, const char *text, size_t size, uint32_t *spelling)
{
    *spelling = bn_strings_add(&index->spellings, text, size);
    if (*spelling >= BN_SPELLINGS_MAX || !notes_grow(index))
        return BN_RESOURCE_EXHAUSTED;
    return BN_OK;
}

/* Makes the word's term, unless it is one that says nothing and `stops` are left out. */
static enum bn_code note_fill(struct bn_index *index, enum bn_lang lang, const struct bn_token *token, bool stops,
                              struct bn_note *note)
{
    struct bn_keys keys;
    enum bn_code code = bn_words_keys(index->words, lang, token->text, token->size, &keys);
    if (code != BN_OK)
        return code;
    *note = (struct bn_note){BN_STRING_NONE, (uint8_t)lang, keys.stop || keys.first_size == 0};
    if (keys.first_size == 0 || (keys.stop && !stops))
        return BN_OK;
    uint32_t term = bn_index_term(index, keys.first, keys.first_size);
    if (term == BN_STRING_NONE)
        return BN_RESOURCE_EXHAUSTED;
    bool same = keys.first_size == keys.second_size && memcmp(keys.first, keys.second, keys.first_size) == 0;
    if (!same && !bn_index_alias(index, keys.second, keys.second_size, term))
        return BN_RESOURCE_EXHAUSTED;
    note->term = term;
    return BN_OK;
}

static enum bn_code word_add(struct bn_index *index, enum bn_lang lang, enum bn_match_field field,
                             const struct bn_token *token)
{
    const struct bn_field_ranking *ranking = &bn_field_ranking[field];
    uint32_t spelling;
    enum bn_code code = spelling_add(index, token->text, token->size, &spelling);
    if (code != BN_OK)
        return code;
    struct bn_note note = index->notes[spelling];
    if (note.lang != lang || (note.term == BN_STRING_NONE && ranking->stops)) {
        code = note_fill(index, lang, token, ranking->stops, &note);
        if (code != BN_OK)
            return code;
        index->notes[spelling] = note;
    }
    if (note.term == BN_STRING_NONE || (note.stop && !ranking->stops))
        return BN_OK;
    if (!token->compound)
        index->draft.quarters += ranking->quarters;
    return bn_draft_add(index, note.term, spelling << BN_PLACE_BITS | field, ranking->quarters);
}

static enum bn_code text_add(struct bn_index *index, enum bn_lang lang, enum bn_match_field field, const char *text)
{
    struct bn_tokens tokens;
    struct bn_token token;
    if (text == NULL)
        return BN_OK;
    bn_tokens_start(&tokens, text, strlen(text));
    while (bn_tokens_next(&tokens, &token)) {
        enum bn_code code = word_add(index, lang, field, &token);
        if (code != BN_OK)
            return code;
    }
    return BN_OK;
}

bool bn_label_key(enum bn_place place, const char *label, char key[BN_KEY_ROOM], size_t *key_size)
{
    char lower[BN_WORD_ROOM], plain[BN_WORD_ROOM];
    size_t size;
    *key_size = 0;
    if (label == NULL)
        return true;
    if (!bn_word_lower(label, strlen(label), lower, &size) || !bn_word_fold(lower, size, plain, &size))
        return false;
    key[0] = label_spaces[place];
    size_t used = 1;
    for (size_t i = 0; i < size; i++) {
        if (plain[i] != ' ')
            key[used++] = plain[i];
    }
    *key_size = used > 1 ? used : 0;
    return true;
}

static enum bn_code label_add(struct bn_index *index, enum bn_place place, const char *label)
{
    char key[BN_KEY_ROOM];
    size_t size;
    uint32_t spelling;
    if (!bn_label_key(place, label, key, &size))
        return BN_RESOURCE_EXHAUSTED;
    if (size == 0)
        return BN_OK;
    uint32_t term = bn_index_term(index, key, size);
    if (term == BN_STRING_NONE)
        return BN_RESOURCE_EXHAUSTED;
    enum bn_code code = spelling_add(index, label, strlen(label), &spelling);
    if (code != BN_OK)
        return code;
    return bn_draft_add(index, term, spelling << BN_PLACE_BITS | place, UINT32_MAX);
}

static enum bn_code labels_add(struct bn_index *index, enum bn_place place, const struct bn_match_texts *labels)
{
    enum bn_code code = BN_OK;
    for (size_t i = 0; i < labels->count && code == BN_OK; i++)
        code = label_add(index, place, labels->items[i]);
    return code;
}

enum bn_code bn_doc_lang(const struct bn_match_doc *doc, enum bn_lang *lang)
{
    if (bn_lang_parse(doc->language, lang))
        return BN_OK;
    struct bn_lang_votes votes = {0};
    for (size_t i = 0; i < BN_MATCH_FIELDS; i++) {
        if (!bn_lang_vote(&votes, doc->texts[i]))
            return BN_RESOURCE_EXHAUSTED;
    }
    *lang = bn_lang_guess(&votes);
    return BN_OK;
}

static int by_term(const void *a, const void *b)
{
    const struct bn_draft_entry *x = a, *y = b;
    return (x->term > y->term) - (x->term < y->term);
}

void bn_draft_sort(struct bn_draft *draft)
{
    if (draft->count > 1)
        qsort(draft->entries, draft->count, sizeof *draft->entries, by_term);
}

enum bn_code bn_draft_make(struct bn_index *index, const struct bn_match_doc *doc, enum bn_lang lang)
{
    enum bn_code code = BN_OK;
    bn_draft_clear(&index->draft);
    for (size_t i = 0; i < BN_MATCH_FIELDS && code == BN_OK; i++)
        code = text_add(index, lang, (enum bn_match_field)i, doc->texts[i]);
    for (size_t i = 0; i < doc->tags.count && code == BN_OK; i++)
        code = text_add(index, lang, BN_MATCH_TAGS, doc->tags.items[i]);
    if (code == BN_OK)
        code = labels_add(index, BN_PLACE_SECTOR, &doc->sectors);
    if (code == BN_OK)
        code = labels_add(index, BN_PLACE_REGION, &doc->regions);
    if (code == BN_OK)
        code = labels_add(index, BN_PLACE_LANGUAGE, &doc->languages);
    if (code == BN_OK)
        code = label_add(index, BN_PLACE_LANGUAGE, doc->language);
    if (code == BN_OK)
        code = label_add(index, BN_PLACE_COUNTRY, doc->country);
    bn_draft_sort(&index->draft);
    return code;
}

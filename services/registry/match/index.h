/* SPDX-License-Identifier: Apache-2.0 */
/* index.h: the documents of one kind, and what a search reads of them.
 *
 * A document lives in a slot; slots are given out in rising order, so that each list of postings is in order. It keeps
 * its own terms with the original spelling, from which reasons are told, and from which the index is built anew when
 * too many slots are dead. Labels (sectors, regions, languages, country) are terms too, in spaces of their own.
 *
 * How common a word is, is counted over open documents alone (those that every organisation or everybody may see),
 * by level: a score must not betray that a hidden document holds a word. */
#ifndef BINOME_REGISTRY_MATCH_INDEX_H
#define BINOME_REGISTRY_MATCH_INDEX_H

#include "registry/match/postings.h"
#include "registry/match/ranking.h"
#include "registry/match/strings.h"
#include "registry/match/words.h"

enum { BN_OPEN_PROGRAMME, BN_OPEN_PUBLIC, BN_OPEN_LEVELS, BN_OPEN_NONE = BN_OPEN_LEVELS };

/* Grades of a frequency: exact up to 12 words, then coarser; the last one means "as much as can be", for labels.
 * Grades of a length: sixteen to each power of two. */
enum { BN_TF_GRADES = 64, BN_TF_FULL = BN_TF_GRADES - 1, BN_LENGTH_GRADES = 256 };

enum { BN_SHOWN_HIDDEN = 62, BN_SHOWN_DEAD = 63 };

/* What decides whether a caller may see a document and whether it passes the filters: read for each candidate. */
struct bn_face {
    uint64_t workstreams;
    uint32_t owner;
    uint8_t shown; /* the visibility, or BN_SHOWN_HIDDEN (owner inactive, visibility unknown), or BN_SHOWN_DEAD */
    uint8_t owner_kind;
    uint8_t trl_now, trl_target;
};

struct bn_held {
    uint64_t number;
    uint32_t *terms;     /* rising; then as many places (spelling << 4 | place), the invited, then the grades: bytes */
    uint32_t term_count; /* NULL when dead */
    uint32_t invited_count;
    uint32_t version;
    uint32_t quarters; /* length */
    uint8_t visibility;
    uint8_t lang;
};

enum { BN_PLACE_BITS = 4, BN_SPELLINGS_MAX = 1 << 28 };

static inline const uint32_t *bn_held_places(const struct bn_held *held)
{
    return held->terms + held->term_count;
}

static inline const uint32_t *bn_held_invited(const struct bn_held *held)
{
    return held->terms + 2 * (size_t)held->term_count;
}

static inline const uint8_t *bn_held_grades(const struct bn_held *held)
{
    return (const uint8_t *)(bn_held_invited(held) + held->invited_count);
}

struct bn_term {
    struct bn_list list;
    uint32_t open[BN_OPEN_LEVELS]; /* open documents that hold it */
};

/* What is known of a spelling in the language in which it came last: spares the stemmers nearly all words. */
struct bn_note {
    uint32_t term; /* BN_STRING_NONE: not made yet */
    uint8_t lang;  /* BN_LANGS: nothing known */
    bool stop;
};

struct bn_alias {
    uint32_t term, next; /* next: index + 1 of another term behind the same second key */
};

struct bn_draft_entry {
    uint32_t term, place, quarters;
};

/* One document on its way in. */
struct bn_draft {
    struct bn_draft_entry *entries;
    uint32_t count, max;
    uint32_t *marks; /* by term: index + 1 of its entry; 0 outside of a draft */
    uint32_t mark_max;
    uint32_t quarters;
};

struct bn_index {
    struct bn_words *words; /* lent */
    struct bn_strings terms, spellings, seconds, numbers;
    struct bn_term *term_data; /* by term */
    uint32_t term_max;
    struct bn_note *notes; /* by spelling */
    uint32_t note_max;
    uint32_t *alias_heads; /* by second key: index + 1 */
    uint32_t alias_head_max;
    struct bn_alias *aliases;
    uint32_t alias_count, alias_max;
    uint32_t *slots; /* by number's string; BN_STRING_NONE = removed */
    uint32_t slot_max;
    struct bn_pool pool;
    struct bn_face *faces; /* by slot */
    uint32_t face_max;
    uint8_t *lengths; /* by slot: grade of the length */
    uint32_t length_max;
    struct bn_held *held; /* by slot */
    uint32_t held_max;
    uint32_t doc_count, dead_count;
    uint64_t held_bytes, postings;
    uint64_t open_quarters[BN_OPEN_LEVELS];
    uint32_t open_docs[BN_OPEN_LEVELS];
    uint32_t lang_docs[BN_LANGS];
    struct bn_draft draft;
};

/* words is lent to the index for its life. */
void bn_index_start(struct bn_index *index, struct bn_words *words);
void bn_index_finish(struct bn_index *index);

/* Adds or replaces. BN_RESOURCE_EXHAUSTED: the index answers as before. */
BN_CHECK enum bn_code bn_index_put(struct bn_index *index, const struct bn_match_doc *doc, bool owner_active);
bool bn_index_remove(struct bn_index *index, uint64_t number);
void bn_index_owner_active(struct bn_index *index, uint32_t owner, bool active);
uint64_t bn_index_bytes(const struct bn_index *index);

/* The slot of a document, BN_STRING_NONE when it is not there. */
uint32_t bn_index_slot(const struct bn_index *index, uint64_t number);

/* ---- between the files of the index ---- */

/* Finds or makes. BN_STRING_NONE: out of memory. */
uint32_t bn_index_term(struct bn_index *index, const char *key, size_t size);
/* Notes that the term stands behind that second key. */
BN_CHECK int bn_index_alias(struct bn_index *index, const char *key, size_t size, uint32_t term);

/* The key of a label: lower case, no accents, blanks or hyphens. key_size 0: an empty label. False: out of memory. */
bool bn_label_key(enum bn_place place, const char *label, char key[BN_KEY_ROOM], size_t *key_size);

/* The language of a document's text: as it says, else as it reads. */
BN_CHECK enum bn_code bn_doc_lang(const struct bn_match_doc *doc, enum bn_lang *lang);

/* Fills index->draft from the document; ends with the entries in order of terms. */
BN_CHECK enum bn_code bn_draft_make(struct bn_index *index, const struct bn_match_doc *doc, enum bn_lang lang);
BN_CHECK enum bn_code bn_draft_add(struct bn_index *index, uint32_t term, uint32_t place, uint32_t quarters);
void bn_draft_sort(struct bn_draft *draft); /* by term */
void bn_draft_clear(struct bn_draft *draft);

/* A document's slot as the draft and this head make it. The terms of the draft are in order. */
struct bn_head {
    struct bn_face face;
    uint64_t number;
    const uint32_t *invited;
    uint32_t invited_count;
    uint32_t version;
    uint8_t visibility;
    uint8_t lang;
};
BN_CHECK enum bn_code bn_index_add(struct bn_index *index, const struct bn_head *head);

uint8_t bn_grade_of_tf(uint32_t quarters);
uint8_t bn_grade_of_length(uint32_t quarters);
unsigned bn_open_level(uint32_t visibility);

/* Builds the index anew from its living documents, when many are dead. Out of memory: it stays as it is. */
void bn_index_tidy(struct bn_index *index);

#endif

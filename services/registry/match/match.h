/* SPDX-License-Identifier: Apache-2.0 */
/* match.h: an index in memory over offers and proposals, derived from the store: losing it loses nothing.
 *
 * Owned by one thread. Fed with whole documents from committed changes only: the index may lag behind the store, never
 * lead it, or a match would tell of a need that nobody published. */
#ifndef BINOME_REGISTRY_MATCH_H
#define BINOME_REGISTRY_MATCH_H

#include "base/code.h"
#include "registry/view.h"

#include <stdbool.h>

struct bn_match;

enum bn_match_kind { BN_MATCH_OFFER = 1, BN_MATCH_PROPOSAL = 2 }; /* as MatchTarget */

enum bn_match_field {
    BN_MATCH_TITLE,
    BN_MATCH_SUMMARY,
    BN_MATCH_DESCRIPTION,
    BN_MATCH_CAPABILITIES, /* of an offer; what a proposal seeks */
    BN_MATCH_TAGS,
    BN_MATCH_FIELDS
};

struct bn_match_texts {
    const char *const *items;
    size_t count;
};

/* One document. Everything is copied. */
struct bn_match_doc {
    uint64_t number; /* the object's number in the store: the key */
    enum bn_match_kind kind;
    uint32_t owner;
    uint32_t owner_kind; /* OrganisationKind */
    uint32_t version;
    uint32_t visibility;
    uint64_t workstreams;
    const uint32_t *invited;
    size_t invited_count;
    const char *texts[BN_MATCH_FIELDS];                      /* NULL = none */
    struct bn_match_texts tags, sectors, regions, languages; /* tags are indexed as words, too */
    const char *country;                                     /* "" = unknown */
    const char *language;                                    /* of the text: "fr", "en", "" = find out */
    uint32_t trl_now, trl_target;                            /* 0 = not said; an offer has its TRL in both */
};

struct bn_match *bn_match_create(void);
void bn_match_destroy(struct bn_match **match);

/* Adds or replaces. BN_INVALID_ARGUMENT: no such kind. BN_RESOURCE_EXHAUSTED: the index is as before. */
BN_CHECK enum bn_code bn_match_put(struct bn_match *match, const struct bn_match_doc *doc);
void bn_match_remove(struct bn_match *match, uint64_t number);
/* Documents of a suspended or departed owner are passed over, those that come later, too. BN_RESOURCE_EXHAUSTED, with
 * false alone: those that come later would not be. */
enum bn_code bn_match_owner_active(struct bn_match *match, uint32_t owner, bool active);

struct bn_match_query {
    enum bn_match_kind target;
    const struct bn_match_doc *like; /* find counterparts of this document; or NULL, then `text` */
    const char *text;
    const char *text_language; /* "" = find out */
    const struct bn_view *view;
    uint32_t exclude_owner; /* the caller's own, and the source's owner's; 0 = nobody */
    uint64_t workstreams;   /* filters: any of these; 0 or empty = any */
    struct bn_match_texts sectors, countries, regions, languages;
    uint32_t owner_kinds; /* bits 1 << OrganisationKind */
    const uint32_t *owners;
    size_t owner_count;
    uint32_t trl_min, trl_max;
    uint32_t limit; /* 0 = 10 */
};

enum { BN_MATCH_REASONS_MAX = 12, BN_MATCH_LIMIT_MAX = 100 };

/* Of a result's score: what earned how many of its points. All points add up to the score. Facts come first, then words
 * by what they earned; words beyond the last place are told together ("terms"). */
struct bn_match_reason {
    /* "term", "tag", "terms", "sector", "region", "language", "workstream", "trl": static text */
    const char *criterion;
    /* as the message calls it; "" for "terms": static text */
    const char *field;
    /* original spelling in the counterpart, a workstream's number, a TRL or a range of them; lent until the next call
     * on the index */
    const char *why;
    uint32_t weight; /* thousandths of all points: what it could have earned */
    uint32_t points;
};

struct bn_match_result {
    uint64_t number;
    uint32_t owner;
    uint32_t version;
    /* 1 to 1000, falling; equal scores by number, falling. 1000 would be a document that holds every word of the query
     * without end and shares every fact that the source states: scores of different queries may be compared. */
    uint32_t score;
    struct bn_match_reason reasons[BN_MATCH_REASONS_MAX];
    size_t reason_count;
};

struct bn_match_answer {
    struct bn_match_result results[BN_MATCH_LIMIT_MAX];
    size_t count;
    uint32_t candidates;
    const char
        *empty_because; /* rule name when count is 0: match.no_words, match.all_filtered, match.nothing_in_common */
};

/* Fills *answer (large: keep one). The same documents, query and algorithm give the same answer, in whatever order the
 * documents came. How common a word is, is counted over what everybody may see: no document that the caller may not see
 * changes anything in the answer. BN_INVALID_ARGUMENT without a view or a known target, BN_RESOURCE_EXHAUSTED. */
BN_CHECK enum bn_code bn_match_find(struct bn_match *match, const struct bn_match_query *query,
                                    struct bn_match_answer *answer);

/* Name and version of the algorithm, such as "bm25-1". */
const char *bn_match_algorithm(void);

struct bn_match_figures {
    uint64_t documents, terms, postings, bytes;
};
void bn_match_figures_take(const struct bn_match *match, struct bn_match_figures *figures);

#endif

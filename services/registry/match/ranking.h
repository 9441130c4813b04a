/* SPDX-License-Identifier: Apache-2.0 */
/* ranking.h: the numbers that decide an order, in one place, and how they were found.
 *
 * A document's points for a word are weight * s, s = tf / (tf + K1 * (1 - B + B * length / average length)): BM25 whose
 * frequencies are summed over the fields by their weights before they saturate (BM25F), without its constant factor,
 * so that s stays below 1 and the points of all words below their weights' sum. A word's weight is its inverse document
 * frequency times how much the query dwells on it; the weights of a query are scaled to the share of text.
 *
 * K1, B and the fields' weights were chosen on the judged collections in both languages, by nDCG@10; the optimum is
 * flat. */
#ifndef BINOME_REGISTRY_MATCH_RANKING_H
#define BINOME_REGISTRY_MATCH_RANKING_H

#include "registry/match/match.h"

/* Where a term was found. The first are enum bn_match_field. */
enum bn_place { BN_PLACE_SECTOR = BN_MATCH_FIELDS, BN_PLACE_REGION, BN_PLACE_LANGUAGE, BN_PLACE_COUNTRY, BN_PLACES };

struct bn_field_ranking {
    uint8_t quarters;       /* a word here counts as this many quarters of a word in the description */
    uint8_t query_quarters; /* the same when the document is the query */
    uint8_t telling;        /* which field is named as a reason, of those that hold the word: the highest */
    bool stops;             /* words that say nothing are indexed here: a title may hold no others */
};

extern const struct bn_field_ranking bn_field_ranking[BN_MATCH_FIELDS];

#ifndef BN_K1
#define BN_K1 1.5
#endif
#ifndef BN_B
#define BN_B 0.7
#endif
/* A word that the query repeats weighs more, but less with each time: q * (1 + K3) / (q + K3). */
#ifndef BN_K3
#define BN_K3 8.0
#endif

/* What the source's own facts are worth, in thousandths of all points, where it states them; text has the rest. They
 * hold for sources of up to BN_SHARE_WORDS words. The more words there are, the less of all that could be had does any
 * document have, and fixed shares would drown the text: so a longer source's facts keep the worth of as many words.
 * (Judged on long descriptions of companies with their domain: fixed shares of 60 cost 0.07 nDCG, these cost none; on
 * short ones both gain 0.04.) */
enum {
    BN_SHARE_SECTOR = 100,
    BN_SHARE_WORKSTREAM = 50,
    BN_SHARE_REGION = 50,
    BN_SHARE_LANGUAGE = 25,
    BN_SHARE_TRL = 25,
    BN_SHARES = 1000,
    BN_SHARE_WORDS = 8
};

/* Of a long query the most telling words are asked for; of words that no open document holds only the first few count
 * in what could have been reached. */
enum { BN_QUERY_WORDS_MAX = 64, BN_QUERY_STRANGE_MAX = 16, BN_QUERY_CONSIDERED_MAX = 256 };

#endif

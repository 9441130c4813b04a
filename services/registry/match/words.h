/* SPDX-License-Identifier: Apache-2.0 */
/* words.h: from a word as it was written to the keys under which it is found.
 *
 * A key is one letter for the language's space and the word in lower case (full case folding and compatibility forms),
 * stemmed, then without accents. Stemming comes first, because the stemmers know accents; but people leave accents out
 * when they ask, and the two orders give different stems (sécurité: secur or securit). So a word has two keys, and an
 * index remembers which first keys stand behind a second one. The same on both sides, or nothing would be found. */
#ifndef BINOME_REGISTRY_MATCH_WORDS_H
#define BINOME_REGISTRY_MATCH_WORDS_H

#include "base/code.h"
#include "registry/match/tokenise.h"

/* A language has its own space of keys: the stem of one means nothing in another. */
enum bn_lang { BN_LANG_FR, BN_LANG_EN, BN_LANG_OTHER, BN_LANGS };

enum { BN_KEY_ROOM = BN_WORD_ROOM + 1 };

struct bn_words; /* the stemmers: of one thread */

struct bn_words *bn_words_create(void);
void bn_words_destroy(struct bn_words **words);

struct bn_keys {
    bool stop; /* one of the words that say nothing: its keys are good all the same */
    char first[BN_KEY_ROOM], second[BN_KEY_ROOM];
    size_t first_size, second_size; /* first_size 0: no word after all */
};

/* BN_RESOURCE_EXHAUSTED when out of memory. */
BN_CHECK enum bn_code bn_words_keys(struct bn_words *words, enum bn_lang lang, const char *word, size_t size,
                                    struct bn_keys *keys);

/* Case folded, in compatibility form, without hyphens, apostrophes and dots; cut at the room. False: out of memory. */
bool bn_word_lower(const char *word, size_t size, char out[BN_WORD_ROOM], size_t *out_size);

/* Without accents. */
bool bn_word_fold(const char *word, size_t size, char out[BN_WORD_ROOM], size_t *out_size);

/* word in lower case without accents */
bool bn_word_is_stop(enum bn_lang lang, const char *word, size_t size);

/* The language of "fr", "en" or a longer tag of these; false when the text is empty. */
bool bn_lang_parse(const char *text, enum bn_lang *lang);

/* Counts what speaks for French and for English. Guess: whichever has more; French when nothing speaks for either,
 * because nearly all texts of such a programme are. */
struct bn_lang_votes {
    unsigned votes[BN_LANGS], words;
};
enum { BN_LANG_WORDS_MAX = 400 };                                 /* enough to be sure */
bool bn_lang_vote(struct bn_lang_votes *votes, const char *text); /* false: out of memory */
enum bn_lang bn_lang_guess(const struct bn_lang_votes *votes);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* tokenise.h: the words of a text, one after the other, in the text's own spelling.
 *
 * A word is a run of letters, marks and digits of any script, cut at BN_WORD_CHARS_MAX characters. Around it:
 * - an elided article is dropped (l'eau, qu'il: eau, il), an English possessive too (the hub's: the, hub); any other
 *   apostrophe stays within the word (O'Brien, aujourd'hui);
 * - a hyphen parts words, and the whole follows them (e-commerce: e, commerce, e-commerce), so that it is found however
 *   people write it;
 * - letters parted by dots are one word (I.A.);
 * - scripts without blanks between words (Han, Kana) give overlapping pairs of characters.
 * Bytes that are no UTF-8 are passed over, as are soft hyphens and joiners. Never fails, needs no memory. */
#ifndef BINOME_REGISTRY_MATCH_TOKENISE_H
#define BINOME_REGISTRY_MATCH_TOKENISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BN_WORD_CHARS_MAX = 64, BN_WORD_ROOM = 4 * BN_WORD_CHARS_MAX + 8 };

struct bn_token {
    char text[BN_WORD_ROOM]; /* good UTF-8 */
    size_t size;
    unsigned chars;
    bool compound; /* the whole of a word with hyphens: its parts went before */
};

struct bn_tokens {
    const uint8_t *at, *end;
    struct bn_token compound;
    unsigned parts; /* of the compound so far */
    bool compound_ready;
    bool pair_before; /* the character before was the first of a pair */
};

/* text is lent until the last call. */
void bn_tokens_start(struct bn_tokens *tokens, const char *text, size_t size);

/* False at the end of the text. */
bool bn_tokens_next(struct bn_tokens *tokens, struct bn_token *token);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/match/tokenise.h"

#include "base/code.h"

#include <string.h>
#include <unictype.h>
#include <unistr.h>

enum kind {
    KIND_NONE,
    KIND_WORD,
    KIND_PAIRED, /* of a script that writes no blanks */
    KIND_APOSTROPHE,
    KIND_HYPHEN,
    KIND_DOT,
    KIND_IGNORED,
};

static bool is_ascii_letter(ucs4_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static enum kind kind_of_ascii(ucs4_t c)
{
    if (is_ascii_letter(c) || (c >= '0' && c <= '9'))
        return KIND_WORD;
    switch (c) {
    case '\'':
        return KIND_APOSTROPHE;
    case '-':
        return KIND_HYPHEN;
    case '.':
        return KIND_DOT;
    default:
        return KIND_NONE;
    }
}

static enum kind kind_of(ucs4_t c)
{
    if (c < 0x80)
        return kind_of_ascii(c);
    switch (c) {
    case 0x2019: /* the apostrophe that word processors make */
    case 0x02BC:
    case 0xFF07:
        return KIND_APOSTROPHE;
    case 0x2010:
    case 0x2011:
        return KIND_HYPHEN;
    case 0x00AD: /* soft hyphen, joiners, byte order mark: nobody sees them */
    case 0x200C:
    case 0x200D:
    case 0x2060:
    case 0xFEFF:
        return KIND_IGNORED;
    default:
        break;
    }
    if ((c >= 0x3040 && c <= 0x30FF) || (c >= 0x2E80 && uc_is_property_ideographic(c)))
        return KIND_PAIRED;
    const uint32_t word = UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N;
    return uc_is_general_category_withtable(c, word) ? KIND_WORD : KIND_NONE;
}

/* The next character at or after `from`. Gives its kind, KIND_NONE with *next == end at the end of the text. */
static enum kind peek(const struct bn_tokens *tokens, const uint8_t *from, ucs4_t *c, const uint8_t **next)
{
    while (from < tokens->end) {
        int bytes = u8_mbtoucr(c, from, (size_t)(tokens->end - from));
        if (bytes <= 0) {
            from++; /* no UTF-8 */
            continue;
        }
        from += bytes;
        enum kind kind = kind_of(*c);
        if (kind != KIND_IGNORED) {
            *next = from;
            return kind;
        }
    }
    *c = 0;
    *next = tokens->end;
    return KIND_NONE;
}

static bool word_follows(const struct bn_tokens *tokens, const uint8_t *from)
{
    ucs4_t c;
    const uint8_t *next;
    return peek(tokens, from, &c, &next) == KIND_WORD;
}

static void append(struct bn_token *token, ucs4_t c)
{
    if (token->chars >= BN_WORD_CHARS_MAX)
        return;
    int bytes = u8_uctomb((uint8_t *)token->text + token->size, c, (ptrdiff_t)(sizeof token->text - token->size));
    if (bytes > 0) {
        token->size += (size_t)bytes;
        token->chars++;
    }
}

static void clear(struct bn_token *token)
{
    token->size = 0;
    token->chars = 0;
    token->compound = false;
}

/* Articles, pronouns and conjunctions that lose their vowel before another. */
static bool is_elided(const struct bn_token *token)
{
    static const char *const elided[] = {"l", "d",  "j",     "m",      "t",      "s",      "n",
                                         "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "quelqu"};
    char lower[8];
    if (token->size >= sizeof lower)
        return false;
    for (size_t i = 0; i < token->size; i++)
        lower[i] = (char)(is_ascii_letter((unsigned char)token->text[i]) ? token->text[i] | 0x20 : token->text[i]);
    for (size_t i = 0; i < BN_COUNT(elided); i++) {
        if (strlen(elided[i]) == token->size && memcmp(elided[i], lower, token->size) == 0)
            return true;
    }
    return false;
}

/* A dot within initials: "I.A", but not the end of a sentence whose blank was forgotten. */
static bool initial_follows(const struct bn_tokens *tokens, const uint8_t *from)
{
    ucs4_t c;
    const uint8_t *next;
    return peek(tokens, from, &c, &next) == KIND_WORD && uc_is_alpha(c) && !word_follows(tokens, next);
}

/* Reads one word without hyphens; there is a letter, mark or digit at tokens->at. */
static void read_part(struct bn_tokens *tokens, struct bn_token *token)
{
    size_t owner_size = 0, tail = 0; /* sizes of the word before and after the last apostrophe that stayed */
    bool initial = false;            /* the letter before stands alone */
    clear(token);
    for (;;) {
        ucs4_t c;
        const uint8_t *next;
        enum kind kind = peek(tokens, tokens->at, &c, &next);
        if (kind == KIND_WORD) {
            initial = (token->size == 0 || token->text[token->size - 1] == '.') && uc_is_alpha(c);
            append(token, c);
        } else if (kind == KIND_APOSTROPHE && word_follows(tokens, next)) {
            if (is_elided(token)) {
                clear(token);
            } else {
                owner_size = token->size;
                append(token, c);
                tail = token->size;
            }
            initial = false;
        } else if (kind == KIND_DOT && initial && initial_follows(tokens, next)) {
            append(token, c);
        } else {
            break;
        }
        tokens->at = next;
    }
    if (tail != 0 && token->size == tail + 1 && (token->text[tail] | 0x20) == 's')
        token->size = owner_size;
}

/* Adds a part to the word with hyphens that it belongs to. A whole beyond the limit of a word is given up. */
static void join(struct bn_tokens *tokens, const struct bn_token *part, bool goes_on)
{
    struct bn_token *whole = &tokens->compound;
    if (tokens->parts == 0 && !goes_on)
        return;
    if (tokens->parts == 0)
        clear(whole);
    if (whole->chars + 1 + part->chars <= BN_WORD_CHARS_MAX) {
        if (tokens->parts > 0)
            append(whole, '-');
        memcpy(whole->text + whole->size, part->text, part->size);
        whole->size += part->size;
        whole->chars += part->chars;
    } else {
        whole->chars = BN_WORD_CHARS_MAX;
    }
    tokens->parts++;
    if (!goes_on) {
        tokens->compound_ready = whole->chars < BN_WORD_CHARS_MAX;
        tokens->parts = 0;
    }
}

static void read_word(struct bn_tokens *tokens, struct bn_token *token)
{
    ucs4_t c;
    const uint8_t *next;
    read_part(tokens, token);
    bool hyphen = peek(tokens, tokens->at, &c, &next) == KIND_HYPHEN && word_follows(tokens, next);
    if (hyphen)
        tokens->at = next;
    join(tokens, token, hyphen);
}

/* A character and its neighbour; a character alone when it has none. False: it was the second of a pair. */
static bool read_pair(struct bn_tokens *tokens, struct bn_token *token, ucs4_t c, const uint8_t *next)
{
    ucs4_t second;
    const uint8_t *after;
    bool before = tokens->pair_before;
    tokens->at = next;
    tokens->pair_before = peek(tokens, next, &second, &after) == KIND_PAIRED;
    clear(token);
    append(token, c);
    if (tokens->pair_before)
        append(token, second);
    return tokens->pair_before || !before;
}

void bn_tokens_start(struct bn_tokens *tokens, const char *text, size_t size)
{
    tokens->at = (const uint8_t *)text;
    tokens->end = tokens->at + size;
    tokens->parts = 0;
    tokens->compound_ready = false;
    tokens->pair_before = false;
}

bool bn_tokens_next(struct bn_tokens *tokens, struct bn_token *token)
{
    if (tokens->compound_ready) {
        *token = tokens->compound;
        token->compound = true;
        tokens->compound_ready = false;
        return true;
    }
    while (tokens->at < tokens->end) {
        ucs4_t c;
        const uint8_t *next;
        switch (peek(tokens, tokens->at, &c, &next)) {
        case KIND_WORD:
            tokens->pair_before = false;
            read_word(tokens, token);
            return true;
        case KIND_PAIRED:
            if (read_pair(tokens, token, c, next))
                return true;
            break;
        default:
            tokens->at = next;
            break;
        }
    }
    return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/match/words.h"

#include <libstemmer.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

struct bn_words {
    struct sb_stemmer *stemmers[BN_LANGS]; /* NULL: words stay as they are */
};

static const char *const stemmer_names[BN_LANGS] = {
    [BN_LANG_FR] = "french",
    [BN_LANG_EN] = "english",
};

static const char spaces[BN_LANGS] = {[BN_LANG_FR] = 'f', [BN_LANG_EN] = 'e', [BN_LANG_OTHER] = 'o'};

struct bn_words *bn_words_create(void)
{
    struct bn_words *words = calloc(1, sizeof *words);
    if (words == NULL)
        return NULL;
    for (size_t i = 0; i < BN_LANGS; i++) {
        if (stemmer_names[i] == NULL)
            continue;
        words->stemmers[i] = sb_stemmer_new(stemmer_names[i], "UTF_8");
        if (words->stemmers[i] == NULL) {
            bn_words_destroy(&words);
            return NULL;
        }
    }
    return words;
}

void bn_words_destroy(struct bn_words **words)
{
    if (*words == NULL)
        return;
    for (size_t i = 0; i < BN_LANGS; i++) {
        if ((*words)->stemmers[i] != NULL)
            sb_stemmer_delete((*words)->stemmers[i]);
    }
    free(*words);
    *words = NULL;
}

static bool is_ascii(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if ((text[i] & 0x80) != 0)
            return false;
    }
    return true;
}

/* Ours, freed when the library had to make room of its own; cut at a character's end. */
static void take(uint8_t *made, size_t made_size, char *out, size_t *out_size)
{
    size_t size = made_size;
    if (size > BN_WORD_ROOM) {
        size = BN_WORD_ROOM;
        while (size > 0 && (made[size] & 0xC0) == 0x80)
            size--;
    }
    if (made != (uint8_t *)out) {
        memcpy(out, made, size);
        free(made);
    }
    *out_size = size;
}

/* What stands between the parts of a word and is no part of it. */
static bool is_joint(ucs4_t c)
{
    return c == '\'' || c == '-' || c == '.' || c == 0x2019 || c == 0x02BC || c == 0xFF07;
}

/* Letters that are two, whatever Unicode says, and letters whose stroke is no accent to Unicode. */
static const char *spelt_out(ucs4_t c)
{
    switch (c) {
    case 0x0153:
        return "oe";
    case 0x00E6:
        return "ae";
    case 0x00F8:
        return "o";
    case 0x0142:
        return "l";
    case 0x0111:
        return "d";
    case 0x0131:
        return "i";
    default:
        return NULL;
    }
}

/* Copies the characters of good UTF-8 for which keep says so. out may be text itself: it never grows. */
static size_t copy_kept(const char *text, size_t size, char *out, bool (*drop)(ucs4_t))
{
    size_t kept = 0;
    for (size_t at = 0; at < size;) {
        ucs4_t c;
        int bytes = u8_mbtoucr(&c, (const uint8_t *)text + at, size - at);
        if (bytes <= 0) {
            at++;
            continue;
        }
        const char *instead = spelt_out(c);
        if (instead != NULL) { /* two bytes at most, as many as the letter has */
            memcpy(out + kept, instead, strlen(instead));
            kept += strlen(instead);
        } else if (!drop(c)) {
            memmove(out + kept, text + at, (size_t)bytes);
            kept += (size_t)bytes;
        }
        at += (size_t)bytes;
    }
    return kept;
}

bool bn_word_lower(const char *word, size_t size, char out[BN_WORD_ROOM], size_t *out_size)
{
    if (size > BN_WORD_ROOM)
        size = BN_WORD_ROOM;
    if (is_ascii(word, size)) {
        size_t kept = 0;
        for (size_t i = 0; i < size; i++) {
            if (!is_joint((unsigned char)word[i]))
                out[kept++] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] | 0x20 : word[i]);
        }
        *out_size = kept;
        return true;
    }
    char good[BN_WORD_ROOM];
    size_t good_size = copy_kept(word, size, good, is_joint);
    size_t made_size = BN_WORD_ROOM;
    uint8_t *made = u8_casefold((const uint8_t *)good, good_size, NULL, UNINORM_NFKC, (uint8_t *)out, &made_size);
    if (made == NULL)
        return false;
    take(made, made_size, out, out_size);
    *out_size = copy_kept(out, *out_size, out, is_joint); /* Œ has become œ, a full-width full stop one of ours */
    return true;
}

static bool is_accent(ucs4_t c)
{
    return c >= 0x0300 && uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Mn);
}

bool bn_word_fold(const char *word, size_t size, char out[BN_WORD_ROOM], size_t *out_size)
{
    if (size > BN_WORD_ROOM)
        size = BN_WORD_ROOM;
    if (is_ascii(word, size)) {
        memmove(out, word, size);
        *out_size = size;
        return true;
    }
    size_t made_size = BN_WORD_ROOM;
    char apart[BN_WORD_ROOM];
    uint8_t *made = u8_normalize(UNINORM_NFKD, (const uint8_t *)word, size, (uint8_t *)apart, &made_size);
    if (made == NULL)
        return false;
    take(made, made_size, apart, &made_size);
    *out_size = copy_kept(apart, made_size, out, is_accent);
    return true;
}

/* Numbers and names of things with digits (CO2, RT2012) have no endings. */
static bool has_digit(const char *word, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (word[i] >= '0' && word[i] <= '9')
            return true;
    }
    return false;
}

static bool stem(struct bn_words *words, enum bn_lang lang, const char *word, size_t size, char out[BN_WORD_ROOM],
                 size_t *out_size)
{
    struct sb_stemmer *stemmer = words->stemmers[lang];
    if (stemmer == NULL || has_digit(word, size)) {
        memcpy(out, word, size);
        *out_size = size;
        return true;
    }
    const sb_symbol *made = sb_stemmer_stem(stemmer, (const sb_symbol *)word, (int)size);
    if (made == NULL)
        return false;
    size_t made_size = (size_t)sb_stemmer_length(stemmer);
    *out_size = made_size < BN_WORD_ROOM ? made_size : BN_WORD_ROOM;
    memcpy(out, made, *out_size);
    return true;
}

enum bn_code bn_words_keys(struct bn_words *words, enum bn_lang lang, const char *word, size_t size,
                           struct bn_keys *keys)
{
    char lower[BN_WORD_ROOM], plain[BN_WORD_ROOM], made[BN_WORD_ROOM];
    size_t lower_size, plain_size, made_size;
    keys->stop = false;
    keys->first_size = keys->second_size = 0;
    if (!bn_word_lower(word, size, lower, &lower_size) || !bn_word_fold(lower, lower_size, plain, &plain_size))
        return BN_RESOURCE_EXHAUSTED;
    if (plain_size == 0)
        return BN_OK;
    keys->stop = bn_word_is_stop(lang, plain, plain_size);
    keys->first[0] = keys->second[0] = spaces[lang];
    if (!stem(words, lang, lower, lower_size, made, &made_size) ||
        !bn_word_fold(made, made_size, keys->first + 1, &keys->first_size) ||
        !stem(words, lang, plain, plain_size, keys->second + 1, &keys->second_size))
        return BN_RESOURCE_EXHAUSTED;
    keys->first_size++;
    keys->second_size++;
    return BN_OK;
}

bool bn_lang_parse(const char *text, enum bn_lang *lang)
{
    if (text == NULL || text[0] == '\0')
        return false;
    bool two = text[1] != '\0' && (text[2] == '\0' || text[2] == '-' || text[2] == '_');
    char first = (char)(text[0] | 0x20), second = (char)(text[1] | 0x20);
    *lang = BN_LANG_OTHER;
    if (two && first == 'f' && second == 'r')
        *lang = BN_LANG_FR;
    else if (two && first == 'e' && second == 'n')
        *lang = BN_LANG_EN;
    return true;
}

bool bn_lang_vote(struct bn_lang_votes *votes, const char *text)
{
    struct bn_tokens tokens;
    struct bn_token token;
    if (text == NULL)
        return true;
    bn_tokens_start(&tokens, text, strlen(text));
    while (votes->words < BN_LANG_WORDS_MAX && bn_tokens_next(&tokens, &token)) {
        char lower[BN_WORD_ROOM], plain[BN_WORD_ROOM];
        size_t lower_size, plain_size;
        if (!bn_word_lower(token.text, token.size, lower, &lower_size) ||
            !bn_word_fold(lower, lower_size, plain, &plain_size))
            return false;
        bool french = bn_word_is_stop(BN_LANG_FR, plain, plain_size);
        bool english = bn_word_is_stop(BN_LANG_EN, plain, plain_size);
        if (french != english)
            votes->votes[french ? BN_LANG_FR : BN_LANG_EN]++;
        votes->words++;
    }
    return true;
}

enum bn_lang bn_lang_guess(const struct bn_lang_votes *votes)
{
    return votes->votes[BN_LANG_EN] > votes->votes[BN_LANG_FR] ? BN_LANG_EN : BN_LANG_FR;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/import/record.h"

#include "base/utf8.h"
#include "cli/cli.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uninorm.h>

/* What Windows-1252 means by 0x80 to 0x9F; "" where it means nothing. Texts that were read as Latin-1 hold them as the
 * controls U+0080 to U+009F. */
static const char *const windows_1252[32] = {"€", "",  "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š",
                                             "‹", "Œ", "",  "Ž", "",  "",  "‘", "’", "“", "”", "•",
                                             "–", "—", "˜", "™", "š", "›", "œ", "",  "ž", "Ÿ"};

static void trim(char *text)
{
    size_t start = strspn(text, " \t\n"), size = strlen(text);
    while (size > start && strchr(" \t\n", text[size - 1]) != NULL)
        size--;
    memmove(text, text + start, size - start);
    text[size - start] = '\0';
}

char *bn_text_repair(struct bn_arena *arena, const char *text, bool *repaired)
{
    /* Two bytes become at most three. */
    char *out = bn_arena_must(arena, strlen(text) / 2 * 3 + 4), *at = out;
    *repaired = false;
    for (const unsigned char *in = (const unsigned char *)text; *in != '\0'; in++) {
        if (in[0] == 0xc2 && in[1] >= 0x80 && in[1] <= 0x9f) {
            at = stpcpy(at, windows_1252[in[1] - 0x80]);
            *repaired = true;
            in++;
        } else if (in[0] == '\r') {
            if (in[1] != '\n')
                *at++ = '\n';
        } else if ((in[0] < 0x20 && in[0] != '\n' && in[0] != '\t') || in[0] == 0x7f) {
            *repaired = true;
        } else {
            *at++ = (char)in[0];
        }
    }
    *at = '\0';
    trim(out);
    return out;
}

char *bn_record_text(const struct bn_record *record, const char *key)
{
    const struct bn_node *node = bn_node_find(record->node, key);
    bool repaired = false;
    if (node == NULL || node->text == NULL || node->type == BN_NODE_BOOL)
        return bn_arena_must_text(record->plan->arena, "");
    char *text = bn_text_repair(record->plan->arena, node->text, &repaired);
    if (repaired)
        bn_plan_remark(record->plan, BN_REMARK_TEXT_REPAIRED, record->place);
    return text;
}

/* Byte offset of the character number `count`. */
static size_t offset_of(const char *text, size_t count)
{
    size_t at = 0;
    while (text[at] != '\0') {
        if (((unsigned char)text[at] & 0xc0) != 0x80 && count-- == 0)
            break;
        at++;
    }
    return at;
}

char *bn_text_shorten(struct bn_arena *arena, char *text, size_t max)
{
    size_t size = strlen(text);
    if (bn_utf8_length(text, size) <= max)
        return text;
    size_t end = offset_of(text, max - 1), word = end;
    while (word > 0 && text[word] != ' ' && text[word] != '\n')
        word--;
    /* A single endless word is cut where it is. */
    end = word > end / 2 ? word : end;
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\n'))
        end--;
    char *cut = bn_arena_must(arena, end + sizeof "…");
    memcpy(cut, text, end);
    strcpy(cut + end, "…");
    return cut;
}

char *bn_record_cut(const struct bn_record *record, char *text, size_t max, enum bn_remark_rule rule)
{
    char *cut = bn_text_shorten(record->plan->arena, text, max);
    if (cut != text)
        bn_plan_remark(record->plan, rule, record->place);
    return cut;
}

void bn_words_start(const struct bn_record *record, struct bn_words *words, size_t room)
{
    words->list = bn_arena_must(record->plan->arena, room * sizeof *words->list);
    words->count = 0;
    words->room = room;
}

void bn_words_add(const struct bn_record *record, struct bn_words *words, const char *text, size_t characters_max)
{
    bool repaired = false;
    char *word = bn_text_repair(record->plan->arena, text, &repaired);
    if (word[0] == '\0')
        return;
    if (repaired)
        bn_plan_remark(record->plan, BN_REMARK_TEXT_REPAIRED, record->place);
    for (char *at = word; *at != '\0'; at++)
        *at = *at == '\n' || *at == '\t' ? ' ' : *at;
    word = bn_record_cut(record, word, characters_max, BN_REMARK_TEXT_CUT);
    for (size_t i = 0; i < words->count; i++) {
        if (strcmp(words->list[i], word) == 0) {
            bn_plan_remark(record->plan, BN_REMARK_LIST_DUPLICATE, record->place);
            return;
        }
    }
    if (words->count == words->room) {
        bn_plan_remark(record->plan, BN_REMARK_LIST_CUT, record->place);
        return;
    }
    words->list[words->count++] = word;
}

void bn_words_add_list(const struct bn_record *record, struct bn_words *words, const char *key, size_t characters_max)
{
    const struct bn_node *list = bn_node_find(record->node, key);
    if (list == NULL || list->type != BN_NODE_LIST)
        return;
    for (const struct bn_node *node = list->first_child; node != NULL; node = node->next)
        if (node->type == BN_NODE_TEXT)
            bn_words_add(record, words, node->text, characters_max);
}

/* Letters that do not decompose; others of their kind are left out. */
static const char *ligature(const uint8_t *at)
{
    static const struct {
        const char *sign, *letters;
    } ligatures[] = {{"œ", "oe"}, {"Œ", "oe"}, {"æ", "ae"}, {"Æ", "ae"}, {"ß", "ss"}, {"ø", "o"}, {"Ø", "o"}};
    for (size_t i = 0; i < BN_COUNT(ligatures); i++)
        if (memcmp(at, ligatures[i].sign, 2) == 0)
            return ligatures[i].letters;
    return "";
}

char *bn_text_slug(struct bn_arena *arena, const char *text)
{
    size_t size = 0, length = 0;
    /* Decomposed, an accent stands behind its letter and is left out like any other sign. */
    uint8_t *plain = u8_normalize(UNINORM_NFKD, (const uint8_t *)text, strlen(text), NULL, &size);
    char *slug = bn_arena_must(arena, BN_SLUG_MAX + 4);
    for (size_t i = 0; plain != NULL && i < size && length < BN_SLUG_MAX; i++) {
        if (plain[i] >= 0xc0 && i + 1 < size)
            length = (size_t)(stpcpy(slug + length, ligature(plain + i)) - slug);
        else if (plain[i] < 0x80 && isalnum(plain[i]))
            slug[length++] = (char)tolower(plain[i]);
        else if (plain[i] < 0x80 && plain[i] != '\'' && length > 0 && slug[length - 1] != '-')
            slug[length++] = '-';
    }
    length = length < BN_SLUG_MAX ? length : BN_SLUG_MAX;
    while (length > 0 && slug[length - 1] == '-')
        length--;
    slug[length] = '\0';
    free(plain);
    return slug;
}

static char *format(struct bn_arena *arena, const char *a, const char *between, const char *b)
{
    char *text = bn_arena_must(arena, strlen(a) + strlen(between) + strlen(b) + 1);
    stpcpy(stpcpy(stpcpy(text, a), between), b);
    return text;
}

/* base, else base-id, else with a number: the first that nobody has. */
static char *free_slug(struct bn_plan *plan, const char *base, const char *id)
{
    char *slug = bn_text_slug(plan->arena, base), *tail = bn_text_slug(plan->arena, id);
    if (strlen(slug) >= 2 && bn_plan_named(plan, "slug", slug) == NULL)
        return slug;
    size_t room = strlen(tail) < BN_SLUG_MAX / 2 ? BN_SLUG_MAX - strlen(tail) - 1 : BN_SLUG_MAX / 2;
    if (strlen(slug) > room)
        slug[room] = '\0';
    slug = bn_text_slug(plan->arena, format(plan->arena, slug, "-", tail));
    for (unsigned number = 2; strlen(slug) < 2 || bn_plan_named(plan, "slug", slug) != NULL; number++) {
        char digits[16];
        snprintf(digits, sizeof digits, "%u", number);
        slug = bn_text_slug(
            plan->arena, format(plan->arena, number == 2 ? "org" : "o", "-", format(plan->arena, tail, "-", digits)));
    }
    return slug;
}

char *bn_record_organisation(const struct bn_record *record, const char *scheme, const char *id, const char *siren,
                             const char *base, bool *enrolled)
{
    struct bn_plan *plan = record->plan;
    const char *known = bn_plan_named(plan, "ref", format(plan->arena, scheme, " ", id));
    *enrolled = false;
    if (known == NULL && siren[0] != '\0') {
        known = bn_plan_named(plan, "siren", siren);
        *enrolled = known != NULL;
        if (*enrolled)
            bn_plan_remark(plan, BN_REMARK_OWNER_SAME_SIREN, record->place);
    }
    char *slug = known != NULL ? bn_arena_must_text(plan->arena, known) : free_slug(plan, base, id);
    bn_plan_name(plan, "slug", slug, slug);
    bn_plan_name(plan, "id", id, slug);
    return slug;
}

char *bn_record_owner(const struct bn_record *record, const char *id)
{
    const char *slug = bn_plan_named(record->plan, "id", id);
    return slug == NULL ? NULL : bn_arena_must_text(record->plan->arena, slug);
}

bool bn_siren_check(const char *siren)
{
    unsigned sum = 0, digits = 0;
    for (size_t i = strlen(siren); i > 0; i--) {
        if (!isdigit((unsigned char)siren[i - 1]))
            return false;
        unsigned digit = (unsigned)(siren[i - 1] - '0') * (digits % 2 == 0 ? 1 : 2);
        sum += digit > 9 ? digit - 9 : digit;
        digits++;
    }
    return digits == 9 && sum % 10 == 0 && sum > 0;
}

void bn_record_siren(const struct bn_record *record, Binome__V1__Organisation *organisation, const char *siren)
{
    if (siren[0] == '\0')
        return;
    Binome__V1__Identifier *identifier = bn_arena_must(record->plan->arena, sizeof *identifier);
    bool good = bn_siren_check(siren);
    binome__v1__identifier__init(identifier);
    identifier->scheme = bn_arena_must_text(record->plan->arena, good ? "siren" : "siren-unverified");
    identifier->value = bn_arena_must_text(record->plan->arena, siren);
    organisation->identifiers = bn_arena_must(record->plan->arena, sizeof *organisation->identifiers);
    organisation->identifiers[0] = identifier;
    organisation->n_identifiers = 1;
    if (!good)
        bn_plan_remark(record->plan, BN_REMARK_SIREN_UNVERIFIED, record->place);
}

char *bn_record_website(const struct bn_record *record, char *text)
{
    bool address = strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;
    bool clean = strpbrk(text, " \t\n\"<>") == NULL && bn_utf8_length(text, strlen(text)) <= BN_WEBSITE_MAX;
    if (text[0] == '\0' || (address && clean))
        return text;
    bn_plan_remark(record->plan, BN_REMARK_WEBSITE_DROPPED, record->place);
    return bn_arena_must_text(record->plan->arena, "");
}

char *bn_record_title(const struct bn_record *record, char *title, char *pitch, char *tag)
{
    char *const texts[] = {title, pitch, tag};
    static const enum bn_remark_rule rules[] = {BN_REMARK_COUNT, BN_REMARK_TITLE_FROM_PITCH, BN_REMARK_TITLE_FROM_TAG};
    for (size_t i = 0; i < BN_COUNT(texts); i++) {
        if (bn_utf8_length(texts[i], strlen(texts[i])) < BN_TITLE_MIN)
            continue;
        if (rules[i] != BN_REMARK_COUNT)
            bn_plan_remark(record->plan, rules[i], record->place);
        char *chosen = bn_arena_must_text(record->plan->arena, texts[i]);
        for (char *at = chosen; *at != '\0'; at++)
            *at = *at == '\n' || *at == '\t' ? ' ' : *at;
        return bn_record_cut(record, chosen, BN_TITLE_MAX, BN_REMARK_TITLE_CUT);
    }
    return bn_arena_must_text(record->plan->arena, title);
}

Binome__V1__ExternalRef *bn_record_ref(struct bn_plan *plan, const char *scheme, const char *id)
{
    Binome__V1__ExternalRef *ref = bn_arena_must(plan->arena, sizeof *ref);
    binome__v1__external_ref__init(ref);
    ref->scheme = bn_arena_must_text(plan->arena, scheme);
    ref->id = bn_arena_must_text(plan->arena, id);
    return ref;
}

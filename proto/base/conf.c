/* SPDX-License-Identifier: Apache-2.0 */
#include "base/conf.h"

#include "base/rule.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t factor;
};

/* The largest first: it is the one to print with. */
static const struct unit byte_units[] = {{"GiB", UINT64_C(1) << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}};
static const struct unit milli_units[] = {{"d", 86400000}, {"h", 3600000}, {"min", 60000},
                                          {"s", 1000},     {"ms", 1},      {"", 1}};

static const struct type {
    const char *expected; /* completes "expected ..." */
    size_t size;          /* of the member */
    bool text;            /* char *, owned */
    unsigned base;        /* of the number; 0 = none */
    const struct unit *units;
    size_t unit_count;
} types[] = {
    [BN_CONF_TEXT] = {"a text", sizeof(char *), true, 0, NULL, 0},
    [BN_CONF_PATH] = {"a path", sizeof(char *), true, 0, NULL, 0},
    [BN_CONF_BOOL] = {"true or false", sizeof(bool), false, 0, NULL, 0},
    [BN_CONF_COUNT] = {"a number", sizeof(uint64_t), false, 10, NULL, 0},
    [BN_CONF_BYTES] = {"a size such as 64MiB", sizeof(uint64_t), false, 10, byte_units, BN_COUNT(byte_units)},
    [BN_CONF_MILLIS] = {"a duration such as 30s", sizeof(uint64_t), false, 10, milli_units, BN_COUNT(milli_units)},
    [BN_CONF_MODE] = {"file rights such as \"0660\"", sizeof(uint64_t), false, 8, NULL, 0},
};

static const struct type *type_of(const struct bn_conf_key *key)
{
    assert((size_t)key->type < BN_COUNT(types));
    return &types[key->type];
}

static void *member_of(const struct bn_conf_key *key, void *conf)
{
    return (char *)conf + key->offset;
}

static bool take_unit(const struct type *type, const char *name, uint64_t *factor)
{
    *factor = 1;
    if (type->unit_count > 0 && name[0] == ' ' && name[1] != '\0')
        name++;
    for (size_t i = 0; i < type->unit_count; i++) {
        if (strcmp(name, type->units[i].name) == 0) {
            *factor = type->units[i].factor;
            return true;
        }
    }
    return type->unit_count == 0 && *name == '\0';
}

static bool parse_number(const struct type *type, const char *text, uint64_t *number)
{
    uint64_t value = 0, factor;
    const char *at = text;
    for (; *at >= '0' && *at < (char)('0' + type->base); at++)
        if (__builtin_mul_overflow(value, type->base, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
            return false;
    return at != text && take_unit(type, at, &factor) && !__builtin_mul_overflow(value, factor, number);
}

static bool parse_bool(const char *text, bool *value)
{
    *value = strcmp(text, "true") == 0;
    return *value || strcmp(text, "false") == 0;
}

static bool in_range(const struct bn_conf_key *key, uint64_t value)
{
    return value >= key->min && (key->max == 0 || value <= key->max);
}

static void print_number(const struct bn_conf_key *key, uint64_t value, FILE *out)
{
    const struct type *type = type_of(key);
    for (size_t i = 0; i < type->unit_count; i++) {
        if (value != 0 && value % type->units[i].factor == 0) {
            fprintf(out, "%" PRIu64 "%s", value / type->units[i].factor, type->units[i].name);
            return;
        }
    }
    fprintf(out, type->base == 8 ? "%04" PRIo64 : "%" PRIu64, value);
}

static void print_range(const struct bn_conf_key *key, FILE *out)
{
    if (key->max == 0) {
        fprintf(out, "at least ");
        print_number(key, key->min, out);
        return;
    }
    print_number(key, key->min, out);
    fprintf(out, " to ");
    print_number(key, key->max, out);
}

static bool has_range(const struct bn_conf_key *key)
{
    return type_of(key)->base != 0 && (key->min != 0 || key->max != 0);
}

/* "limits.idle_ms: expected a duration such as 30s, 1s to 1h, not "soon"" */
static enum bn_code refuse(const struct bn_conf_key *key, const char *value, struct bn_why *why)
{
    char *range = NULL;
    size_t size = 0;
    FILE *out = has_range(key) ? open_memstream(&range, &size) : NULL;
    if (out != NULL) {
        fprintf(out, ", ");
        print_range(key, out);
        if (fclose(out) != 0) {
            free(range);
            range = NULL;
        }
    }
    bn_why_set(why, BN_INVALID_ARGUMENT, key->name, bn_rule_name(BN_RULE_CONFIG_VALUE),
               "%s: expected %s%s, not \"%.100s\"", key->name, type_of(key)->expected, range == NULL ? "" : range,
               value);
    free(range);
    return BN_INVALID_ARGUMENT;
}

enum bn_code bn_conf_set(const struct bn_conf_key *key, void *conf, const char *value, struct bn_why *why)
{
    const struct type *type = type_of(key);
    if (type->text) {
        char *copy = strdup(value), **member = member_of(key, conf);
        if (copy == NULL)
            return bn_why_set(why, BN_RESOURCE_EXHAUSTED, key->name, bn_rule_name(BN_RULE_LIMIT_MEMORY),
                              "out of memory");
        free(*member);
        *member = copy;
        return BN_OK;
    }
    if (key->type == BN_CONF_BOOL) {
        bool flag;
        if (!parse_bool(value, &flag))
            return refuse(key, value, why);
        *(bool *)member_of(key, conf) = flag;
        return BN_OK;
    }
    uint64_t number = 0;
    if (!parse_number(type, value, &number) || !in_range(key, number) || (type->base == 8 && number > 07777))
        return refuse(key, value, why);
    *(uint64_t *)member_of(key, conf) = number;
    return BN_OK;
}

enum bn_code bn_conf_defaults(const struct bn_conf_key *keys, size_t count, void *conf)
{
    for (size_t i = 0; i < count; i++) {
        enum bn_code code = keys[i].fallback == NULL ? BN_OK : bn_conf_set(&keys[i], conf, keys[i].fallback, NULL);
        assert(code == BN_OK || code == BN_RESOURCE_EXHAUSTED); /* a fallback that is refused is a fault of the table */
        if (code != BN_OK)
            return code;
    }
    return BN_OK;
}

void bn_conf_finish(const struct bn_conf_key *keys, size_t count, void *conf)
{
    for (size_t i = 0; i < count; i++) {
        if (!type_of(&keys[i])->text)
            continue;
        char **member = member_of(&keys[i], conf);
        free(*member);
        *member = NULL;
    }
}

size_t bn_conf_span(const struct bn_conf_key *keys, size_t count)
{
    size_t span = 0;
    for (size_t i = 0; i < count; i++) {
        size_t end = keys[i].offset + type_of(&keys[i])->size;
        span = end > span ? end : span;
    }
    return span;
}

bool bn_conf_same(const struct bn_conf_key *key, const void *a, const void *b)
{
    const void *left = (const char *)a + key->offset, *right = (const char *)b + key->offset;
    if (!type_of(key)->text)
        return memcmp(left, right, type_of(key)->size) == 0;
    const char *const *left_text = left, *const *right_text = right;
    if (*left_text == NULL || *right_text == NULL)
        return *left_text == *right_text;
    return strcmp(*left_text, *right_text) == 0;
}

void bn_conf_swap(const struct bn_conf_key *key, void *a, void *b)
{
    char kept[sizeof(uint64_t) > sizeof(char *) ? sizeof(uint64_t) : sizeof(char *)];
    size_t size = type_of(key)->size;
    memcpy(kept, member_of(key, a), size);
    memcpy(member_of(key, a), member_of(key, b), size);
    memcpy(member_of(key, b), kept, size);
}

/* Text that YAML reads back as this text without quotes: told by a short list of what is surely so. */
static bool plain_in_yaml(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/";
    size_t size = strlen(text);
    return size > 0 && strchr(letters, text[0]) != NULL && text[size - 1] != ':' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/0123456789_.:-") == size &&
           strcasecmp(text, "true") != 0 && strcasecmp(text, "false") != 0 && strcasecmp(text, "null") != 0;
}

static void print_value(const struct bn_conf_key *key, FILE *out)
{
    const struct type *type = type_of(key);
    bool quote = type->base == 8 || (type->text && !plain_in_yaml(key->fallback));
    if (!quote) {
        fputs(key->fallback, out);
        return;
    }
    fputc('"', out);
    for (const char *at = key->fallback; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            fputc('\\', out);
        fputc(*at, out);
    }
    fputc('"', out);
}

static void indent(size_t depth, FILE *out)
{
    for (size_t i = 0; i < depth; i++)
        fputs("  ", out);
}

/* Prints the maps that lead to key and were not open yet. Gives the key's own depth. */
static size_t print_maps(const char *name, const char *before, FILE *out)
{
    size_t depth = 0;
    bool same = before != NULL;
    for (const char *part = name, *dot; (dot = strchr(part, '.')) != NULL; part = dot + 1, depth++) {
        size_t size = (size_t)(dot + 1 - name);
        same = same && strncmp(name, before, size) == 0;
        if (same)
            continue;
        if (depth == 0 && before != NULL)
            fputc('\n', out);
        indent(depth, out);
        fprintf(out, "%.*s:\n", (int)(dot - part), part);
    }
    return depth;
}

void bn_conf_print_example(const struct bn_conf_key *keys, size_t count, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct bn_conf_key *key = &keys[i];
        const char *dot = strrchr(key->name, '.');
        size_t depth = print_maps(key->name, i == 0 ? NULL : keys[i - 1].name, out);
        indent(depth, out);
        fprintf(out, "# %s (%s", key->help == NULL ? "" : key->help, type_of(key)->expected);
        if (has_range(key)) {
            fputs(", ", out);
            print_range(key, out);
        }
        fprintf(out, "%s%s)\n", key->required ? "; required" : "", key->reloads ? "; reload takes it" : "");
        indent(depth, out);
        fprintf(out, "%s%s:", key->fallback == NULL && !key->required ? "# " : "", dot == NULL ? key->name : dot + 1);
        if (key->fallback != NULL) {
            fputc(' ', out);
            print_value(key, out);
        }
        fputc('\n', out);
    }
}

static void print_cell(const char *text, FILE *out)
{
    for (; text != NULL && *text != '\0'; text++) {
        if (*text == '|')
            fputc('\\', out);
        fputc(*text, out);
    }
}

void bn_conf_print_markdown(const struct bn_conf_key *keys, size_t count, FILE *out)
{
    fputs("| key | default | range | reload | meaning |\n| --- | --- | --- | --- | --- |\n", out);
    for (size_t i = 0; i < count; i++) {
        const struct bn_conf_key *key = &keys[i];
        fprintf(out, "| `%s` | ", key->name);
        if (key->fallback != NULL && key->fallback[0] != '\0') {
            fputc('`', out);
            print_cell(key->fallback, out);
            fputc('`', out);
        } else {
            fputs(key->required ? "required" : "none", out);
        }
        fputs(" | ", out);
        if (has_range(key))
            print_range(key, out);
        else
            fputs(type_of(key)->expected, out);
        fprintf(out, " | %s | ", key->reloads ? "yes" : "no");
        print_cell(key->help, out);
        fputs(" |\n", out);
    }
}

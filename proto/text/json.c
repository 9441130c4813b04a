/* SPDX-License-Identifier: Apache-2.0 */
/* JSON in two passes: jansson says whether the bytes are JSON at all, then a walk over the same bytes, which may count
 * on that, takes what jansson does not keep: line and column of each value, and numbers as they were written. */
#include "text/build.h"

#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct walk {
    const char *at, *end;
    struct bn_place place;
};

static enum bn_code judge(struct bn_builder *builder, const char *data, size_t size)
{
    json_error_t error;
    json_t *json = json_loadb(data, size, JSON_DECODE_ANY, &error);
    if (json != NULL) {
        json_decref(json);
        return BN_OK;
    }
    struct bn_place at = {error.line > 0 ? (unsigned)error.line : 1, error.column > 0 ? (unsigned)error.column : 1};
    switch (json_error_code(&error)) {
    case json_error_out_of_memory:
        return bn_build_no_memory(builder);
    case json_error_stack_overflow:
        return bn_build_refuse(builder, at, BN_RULE_TREE_DEPTH, "more than %d levels", BN_TREE_LEVELS);
    case json_error_null_character:
        return bn_build_refuse(builder, at, BN_RULE_TEXT_CONTROL, "%s", error.text);
    default:
        return bn_build_refuse(builder, at, BN_RULE_TREE_SYNTAX, "%s", error.text);
    }
}

static void step(struct walk *walk, size_t size)
{
    for (; size > 0; size--, walk->at++) {
        if (*walk->at == '\n')
            walk->place = (struct bn_place){walk->place.line + 1, 1};
        else if (((unsigned char)*walk->at & 0xC0) != 0x80)
            walk->place.column++;
    }
}

static uint32_t hex4(const char *at)
{
    char digits[5];
    memcpy(digits, at, 4);
    digits[4] = '\0';
    return (uint32_t)strtoul(digits, NULL, 16);
}

static char *put_utf8(char *out, uint32_t point)
{
    if (point < 0x80) {
        *out++ = (char)point;
    } else if (point < 0x800) {
        *out++ = (char)(0xC0 | point >> 6);
        *out++ = (char)(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        *out++ = (char)(0xE0 | point >> 12);
        *out++ = (char)(0x80 | (point >> 6 & 0x3F));
        *out++ = (char)(0x80 | (point & 0x3F));
    } else {
        *out++ = (char)(0xF0 | point >> 18);
        *out++ = (char)(0x80 | (point >> 12 & 0x3F));
        *out++ = (char)(0x80 | (point >> 6 & 0x3F));
        *out++ = (char)(0x80 | (point & 0x3F));
    }
    return out;
}

/* at points behind the backslash; gives what is behind the escape. Lone surrogates were refused before. */
static const char *put_escape(const char *at, char **out)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char *name = strchr(names, *at);
    if (name != NULL) {
        *(*out)++ = values[name - names];
        return at + 1;
    }
    uint32_t point = hex4(at + 1);
    at += 5;
    if (point >= 0xD800 && point < 0xDC00) {
        point = 0x10000 + ((point - 0xD800) << 10) + (hex4(at + 2) - 0xDC00);
        at += 6;
    }
    *out = put_utf8(*out, point);
    return at;
}

/* No escape is longer than what it stands for, so the text never outgrows its source. */
static enum bn_code take_string(struct walk *walk, struct bn_builder *builder)
{
    const char *start = walk->at + 1, *close = start;
    while (*close != '"')
        close += *close == '\\' ? 2 : 1;
    assert(close < walk->end);
    char *text = malloc((size_t)(close - start) + 1), *out = text;
    if (text == NULL)
        return bn_build_no_memory(builder);
    for (const char *at = start; at < close;) {
        if (*at == '\\')
            at = put_escape(at + 1, &out);
        else
            *out++ = *at++;
    }
    size_t size = (size_t)(out - text);
    enum bn_code code = bn_build_wants_key(builder)
                            ? bn_build_key(builder, text, size, walk->place)
                            : bn_build_scalar(builder, BN_NODE_TEXT, text, size, true, walk->place);
    free(text);
    step(walk, (size_t)(close + 1 - walk->at));
    return code;
}

static enum bn_code take_word(struct walk *walk, struct bn_builder *builder)
{
    size_t size = 0;
    while (walk->at + size < walk->end && memchr(",:]} \t\r\n", walk->at[size], 8) == NULL)
        size++;
    enum bn_node_type type = *walk->at == 'n'                       ? BN_NODE_NULL
                             : *walk->at == 't' || *walk->at == 'f' ? BN_NODE_BOOL
                                                                    : BN_NODE_NUMBER;
    enum bn_code code = bn_build_scalar(builder, type, walk->at, size, false, walk->place);
    step(walk, size);
    return code;
}

static enum bn_code take_one(struct walk *walk, struct bn_builder *builder)
{
    enum bn_code code = BN_OK;
    switch (*walk->at) {
    case '{':
        code = bn_build_open(builder, BN_NODE_MAP, walk->place);
        break;
    case '[':
        code = bn_build_open(builder, BN_NODE_LIST, walk->place);
        break;
    case '}':
    case ']':
        code = bn_build_close(builder);
        break;
    case ',':
    case ':':
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        break;
    case '"':
        return take_string(walk, builder);
    default:
        return take_word(walk, builder);
    }
    step(walk, 1);
    return code;
}

enum bn_code bn_json_build(struct bn_builder *builder, const char *data, size_t size)
{
    struct walk walk = {.at = data, .end = data + size, .place = {1, 1}};
    enum bn_code code = judge(builder, data, size);
    while (code == BN_OK && walk.at < walk.end)
        code = take_one(&walk, builder);
    return code;
}

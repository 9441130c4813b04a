/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/rule.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "text/build.h"
#include "text/field.h"
#include "text/message.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_DIGITS_MAX = 20 };

/* The years 1 to 9999, of which ProtoJSON's times are. */
static const int64_t seconds_min = -INT64_C(62135596800), seconds_max = INT64_C(253402300799);

/* Where we are, from the inside out; lives on the stack. */
struct place {
    const struct place *up;
    const char *name;
    bool item;
    size_t index;
};

struct reader {
    const char *name; /* of the file */
    struct bn_why *why;
};

static void print_place(const struct place *place, FILE *out)
{
    if (place == NULL)
        return;
    print_place(place->up, out);
    if (place->item)
        fprintf(out, "[%zu]", place->index);
    else
        fprintf(out, "%s%s", place->up == NULL ? "" : ".", place->name);
}

static enum bn_code refuse(const struct reader *reader, unsigned line, unsigned column, const struct place *place,
                           enum bn_rule rule, const char *format, ...) BN_PRINTF(6, 7);

static enum bn_code refuse(const struct reader *reader, unsigned line, unsigned column, const struct place *place,
                           enum bn_rule rule, const char *format, ...)
{
    char *field = NULL, detail[sizeof reader->why->detail];
    size_t size = 0;
    FILE *out = open_memstream(&field, &size);
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    if (out != NULL) {
        fprintf(out, "%.100s:%u:%u%s", reader->name, line, column, place == NULL ? "" : " ");
        print_place(place, out);
        if (fclose(out) != 0) {
            free(field);
            field = NULL;
        }
    }
    bn_why_set(reader->why, BN_INVALID_ARGUMENT, field == NULL ? reader->name : field, bn_rule_name(rule), "%s: %s",
               field == NULL ? reader->name : field, detail);
    free(field);
    return BN_INVALID_ARGUMENT;
}

static enum bn_code no_memory(const struct reader *reader)
{
    return bn_why_set(reader->why, BN_RESOURCE_EXHAUSTED, reader->name, bn_rule_name(BN_RULE_LIMIT_MEMORY),
                      "out of memory for %s", reader->name);
}

static const char *kind_of(const struct bn_node *node)
{
    static const char *const kinds[] = {
        [BN_NODE_NULL] = "nothing", [BN_NODE_BOOL] = "true or false", [BN_NODE_NUMBER] = "a number",
        [BN_NODE_TEXT] = "a text",  [BN_NODE_LIST] = "a list",        [BN_NODE_MAP] = "a map",
    };
    return kinds[node->type];
}

static enum bn_code wrong_type(const struct reader *reader, const struct bn_node *node, const struct place *place,
                               const char *expected)
{
    if (node->text != NULL)
        return refuse(reader, node->line, node->column, place, BN_RULE_TREE_TYPE, "expected %s, not %s: %.80s",
                      expected, kind_of(node), node->text);
    return refuse(reader, node->line, node->column, place, BN_RULE_TREE_TYPE, "expected %s, not %s", expected,
                  kind_of(node));
}

/* --- numbers --- */

enum number { NUMBER_GOOD, NUMBER_NONE, NUMBER_NOT_WHOLE, NUMBER_TOO_LARGE };

/* JSON knows one kind of number: 15e4, 150000.0 and 150000 are the same whole one. The digits are moved by the
 * exponent, never through floating point, which would change the large ones. */
static enum number parse_whole(const char *text, bool *negative, uint64_t *magnitude)
{
    char digits[NUMBER_DIGITS_MAX + 1];
    size_t used = 0;
    long shift = 0, zeros = 0;
    bool fraction = false;
    *negative = *text == '-';
    *magnitude = 0;
    text += *negative;
    for (; *text != '\0' && *text != 'e' && *text != 'E'; text++) {
        if (*text == '.') {
            fraction = true;
            continue;
        }
        shift -= fraction;
        if (*text == '0') { /* may turn out to be at the end, where it only counts */
            zeros += used > 0 || fraction;
            continue;
        }
        if (used == 0)
            zeros = 0;
        for (; zeros > 0; zeros--) {
            if (used >= NUMBER_DIGITS_MAX)
                return NUMBER_TOO_LARGE;
            digits[used++] = '0';
        }
        if (used >= NUMBER_DIGITS_MAX)
            return fraction ? NUMBER_NOT_WHOLE : NUMBER_TOO_LARGE;
        digits[used++] = *text;
    }
    if (used == 0)
        return NUMBER_GOOD;
    if (*text != '\0') {
        long exponent = strtol(text + 1, NULL, 10); /* saturates */
        if (exponent > 1000000 || exponent < -1000000)
            return exponent > 0 ? NUMBER_TOO_LARGE : NUMBER_NOT_WHOLE;
        shift += exponent;
    }
    shift += zeros;
    if (shift < 0)
        return NUMBER_NOT_WHOLE;
    if (shift > NUMBER_DIGITS_MAX)
        return NUMBER_TOO_LARGE;
    for (size_t i = 0; i < used + (size_t)shift; i++) {
        uint64_t digit = i < used ? (uint64_t)(digits[i] - '0') : 0;
        if (__builtin_mul_overflow(*magnitude, UINT64_C(10), magnitude) ||
            __builtin_add_overflow(*magnitude, digit, magnitude))
            return NUMBER_TOO_LARGE;
    }
    return NUMBER_GOOD;
}

struct range {
    uint64_t below; /* how far below zero */
    uint64_t above;
};

static struct range range_of(const bn_field_type *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return (struct range){0, UINT32_MAX};
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return (struct range){0, UINT64_MAX};
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return (struct range){(uint64_t)INT64_MAX + 1, INT64_MAX};
    default:
        return (struct range){(uint64_t)INT32_MAX + 1, INT32_MAX};
    }
}

static enum bn_code read_number(const struct reader *reader, const struct bn_node *node, const bn_field_type *field,
                                const struct place *place, void *out)
{
    struct range range = range_of(field);
    bool negative = false;
    uint64_t magnitude = 0;
    enum number is = NUMBER_NONE;
    bool number = node->type == BN_NODE_NUMBER || node->type == BN_NODE_TEXT; /* a text: 64 bits in ProtoJSON */
    if (number && bn_text_is_number(node->text, node->text_size))
        is = parse_whole(node->text, &negative, &magnitude);
    if (is == NUMBER_NONE || is == NUMBER_NOT_WHOLE)
        return wrong_type(reader, node, place, "a whole number");
    if (is == NUMBER_TOO_LARGE || magnitude > (negative ? range.below : range.above))
        return refuse(reader, node->line, node->column, place, BN_RULE_NUMBER_RANGE,
                      "expected %s%" PRIu64 " to %" PRIu64 ", not %.80s", range.below == 0 ? "" : "-", range.below,
                      range.above, node->text);
    uint64_t bits = negative ? 0 - magnitude : magnitude;
    if (bn_field_size(field) == sizeof(uint32_t))
        *(uint32_t *)out = (uint32_t)bits;
    else
        *(uint64_t *)out = bits;
    return BN_OK;
}

/* --- the other values --- */

static enum bn_code read_enum(const struct reader *reader, const struct bn_node *node, const bn_field_type *field,
                              const struct place *place, void *out)
{
    const ProtobufCEnumDescriptor *type = field->descriptor;
    if (node->type != BN_NODE_TEXT && node->type != BN_NODE_NUMBER)
        return wrong_type(reader, node, place, "a word");
    if (bn_enum_parse(type, node->text, out))
        return BN_OK;
    bool negative;
    uint64_t value;
    if (node->type == BN_NODE_NUMBER && parse_whole(node->text, &negative, &value) == NUMBER_GOOD && !negative &&
        value <= INT32_MAX && protobuf_c_enum_descriptor_get_value(type, (int)value) != NULL) {
        *(int *)out = (int)value;
        return BN_OK;
    }
    char known[256] = "";
    for (unsigned i = 0; i < type->n_values; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i == 0 ? "" : ", ",
                 bn_enum_short(type, type->values[i].value));
    }
    return refuse(reader, node->line, node->column, place, BN_RULE_ENUM_UNKNOWN, "%.60s is none of %s", node->text,
                  known);
}

static enum bn_code read_text(const struct reader *reader, const struct bn_node *node, const struct place *place,
                              void *out)
{
    /* A number is taken as it was written: siren: 732829320 needs no quotes. */
    if (node->type != BN_NODE_TEXT && node->type != BN_NODE_NUMBER)
        return wrong_type(reader, node, place, node->type == BN_NODE_BOOL ? "a text (in quotes)" : "a text");
    char *copy = malloc(node->text_size + 1);
    if (copy == NULL)
        return no_memory(reader);
    memcpy(copy, node->text, node->text_size + 1);
    *(char **)out = copy;
    return BN_OK;
}

/* Both alphabets, with and without "=" at the end, as ProtoJSON asks. */
static enum bn_code read_bytes(const struct reader *reader, const struct bn_node *node, const struct place *place,
                               ProtobufCBinaryData *out)
{
    if (node->type != BN_NODE_TEXT && node->type != BN_NODE_NUMBER)
        return wrong_type(reader, node, place, "base64");
    bool url = strpbrk(node->text, "-_") != NULL, padded = strchr(node->text, '=') != NULL;
    int variant = url ? (padded ? sodium_base64_VARIANT_URLSAFE : sodium_base64_VARIANT_URLSAFE_NO_PADDING)
                      : (padded ? sodium_base64_VARIANT_ORIGINAL : sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    size_t room = node->text_size / 4 * 3 + 3;
    uint8_t *data = malloc(room);
    if (data == NULL)
        return no_memory(reader);
    if (sodium_base642bin(data, room, node->text, node->text_size, NULL, &out->len, NULL, variant) != 0) {
        free(data);
        out->len = 0;
        return wrong_type(reader, node, place, "base64");
    }
    if (out->len == 0) {
        free(data);
        data = NULL;
    }
    out->data = data;
    return BN_OK;
}

static enum bn_code read_timestamp(const struct reader *reader, const struct bn_node *node, const struct place *place,
                                   ProtobufCMessage **out)
{
    int64_t seconds;
    int32_t nanos;
    if (node->type != BN_NODE_TEXT || !bn_instant_parse(node->text, &seconds, &nanos) || seconds < seconds_min ||
        seconds > seconds_max)
        return wrong_type(reader, node, place, "a time such as 2026-11-25T08:00:00Z");
    Google__Protobuf__Timestamp *time = malloc(sizeof *time);
    if (time == NULL)
        return no_memory(reader);
    google__protobuf__timestamp__init(time);
    time->seconds = seconds;
    time->nanos = nanos;
    *out = &time->base;
    return BN_OK;
}

/* --- messages --- */

static enum bn_code read_message(const struct reader *reader, const struct bn_node *node, const bn_message_type *type,
                                 const struct place *place, ProtobufCMessage **out);

static enum bn_code read_value(const struct reader *reader, const struct bn_node *node, const bn_field_type *field,
                               const struct place *place, void *out)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        if (node->type != BN_NODE_BOOL)
            return wrong_type(reader, node, place, "true or false");
        *(protobuf_c_boolean *)out = node->text[0] == 't';
        return BN_OK;
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(reader, node, field, place, out);
    case PROTOBUF_C_TYPE_STRING:
        return read_text(reader, node, place, out);
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(reader, node, place, out);
    case PROTOBUF_C_TYPE_MESSAGE:
        return bn_field_is_timestamp(field) ? read_timestamp(reader, node, place, out)
                                            : read_message(reader, node, field->descriptor, place, out);
    default:
        return read_number(reader, node, field, place, out);
    }
}

/* The count grows with each item that is whole, so that a half-read list can be freed like any other. */
static enum bn_code read_list(const struct reader *reader, const struct bn_node *node, const bn_field_type *field,
                              const struct place *place, ProtobufCMessage *message)
{
    if (node->type != BN_NODE_LIST)
        return wrong_type(reader, node, place, "a list");
    if (node->children == 0)
        return BN_OK;
    size_t size = bn_field_size(field), *count = bn_field_count(message, field);
    char *items = calloc(node->children, size);
    if (items == NULL)
        return no_memory(reader);
    *(void **)bn_field_at(message, field) = items;
    for (const struct bn_node *child = node->first_child; child != NULL; child = child->next) {
        struct place item = {.up = place, .item = true, .index = *count};
        enum bn_code code = read_value(reader, child, field, &item, items + *count * size);
        if (code != BN_OK)
            return code;
        (*count)++;
    }
    return BN_OK;
}

/* Members of one oneof share their place; only when the value is whole may the case say that it is there. */
static enum bn_code read_choice(const struct reader *reader, const struct bn_node *node, const bn_field_type *field,
                                const struct place *place, ProtobufCMessage *message)
{
    uint32_t *chosen = bn_field_case(message, field);
    if (*chosen != 0) {
        const bn_field_type *other = protobuf_c_message_descriptor_get_field(message->descriptor, *chosen);
        return refuse(reader, node->key_line, node->key_column, place, BN_RULE_FIELD_NOT_ALLOWED,
                      "%s is there already: only one of them may be", other == NULL ? "another" : other->name);
    }
    enum bn_code code = read_value(reader, node, field, place, bn_field_at(message, field));
    if (code == BN_OK)
        *chosen = field->id;
    return code;
}

static enum bn_code unknown_member(const struct reader *reader, const struct bn_node *node, const bn_message_type *type,
                                   const struct place *place)
{
    char known[320] = "";
    for (unsigned i = 0; i < type->n_fields; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i == 0 ? "" : ", ", type->fields[i].name);
    }
    return refuse(reader, node->key_line, node->key_column, place, BN_RULE_TREE_UNKNOWN_KEY,
                  "no such member; there are %s", known);
}

static enum bn_code read_member(const struct reader *reader, const struct bn_node *node, const struct place *up,
                                ProtobufCMessage *message, bool *seen)
{
    const bn_message_type *type = message->descriptor;
    const bn_field_type *field = bn_field_find(type, node->key);
    struct place place = {.up = up, .name = field == NULL ? node->key : field->name};
    if (field == NULL)
        return unknown_member(reader, node, type, &place);
    if (seen[field - type->fields])
        return refuse(reader, node->key_line, node->key_column, &place, BN_RULE_TREE_DUPLICATE,
                      "%s is there twice, in both spellings", field->name);
    seen[field - type->fields] = true;
    if (node->type == BN_NODE_NULL)
        return BN_OK;
    if (bn_field_is_list(field))
        return read_list(reader, node, field, &place, message);
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
        return read_choice(reader, node, field, &place, message);
    return read_value(reader, node, field, &place, bn_field_at(message, field));
}

static enum bn_code read_message(const struct reader *reader, const struct bn_node *node, const bn_message_type *type,
                                 const struct place *place, ProtobufCMessage **out)
{
    if (node->type != BN_NODE_MAP)
        return wrong_type(reader, node, place, "a map");
    ProtobufCMessage *message = calloc(1, type->sizeof_message);
    bool *seen = calloc(type->n_fields + 1, sizeof *seen);
    enum bn_code code = message == NULL || seen == NULL ? no_memory(reader) : BN_OK;
    if (code == BN_OK)
        type->message_init(message);
    for (const struct bn_node *child = node->first_child; code == BN_OK && child != NULL; child = child->next)
        code = read_member(reader, child, place, message, seen);
    free(seen);
    if (code == BN_OK) {
        *out = message;
    } else if (message != NULL) {
        if (message->descriptor == NULL)
            free(message);
        else
            protobuf_c_message_free_unpacked(message, NULL);
    }
    return code;
}

enum bn_code bn_message_from_tree(const struct bn_node *node, const ProtobufCMessageDescriptor *type, const char *name,
                                  ProtobufCMessage **message, struct bn_why *why)
{
    struct reader reader = {.name = name, .why = why};
    return read_message(&reader, node, type, NULL, message);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/code.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "text/field.h"
#include "text/message.h"
#include "text/scalar.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct writer {
    FILE *out;
    bool yaml, pretty;
    bool failed; /* out of memory */
};

enum { TIME_SIZE = 40, INDENT = 2 };

/* Seconds, then 0, 3, 6 or 9 digits of fraction, whatever is enough. */
static void time_format(const Google__Protobuf__Timestamp *time, char out[TIME_SIZE])
{
    char instant[BN_INSTANT_SIZE], fraction[16] = "";
    int64_t limit = INT64_C(400000000000); /* far outside the four digits of a year, near enough not to overflow */
    int64_t seconds = time->seconds < -limit ? -limit : time->seconds > limit ? limit : time->seconds;
    bn_instant_format(seconds * 1000, instant);
    uint32_t nanos = time->nanos < 0 || time->nanos > 999999999 ? 0 : (uint32_t)time->nanos;
    if (nanos % 1000000 == 0 && nanos != 0)
        snprintf(fraction, sizeof fraction, ".%03" PRIu32, nanos / 1000000);
    else if (nanos % 1000 == 0 && nanos != 0)
        snprintf(fraction, sizeof fraction, ".%06" PRIu32, nanos / 1000);
    else if (nanos != 0)
        snprintf(fraction, sizeof fraction, ".%09" PRIu32, nanos);
    snprintf(out, TIME_SIZE, "%.19s%sZ", instant, fraction);
}

static void put_text(struct writer *writer, const char *text, unsigned indent)
{
    if (writer->yaml)
        bn_yaml_put_text(text, indent, writer->out);
    else
        bn_json_put_text(text, writer->out);
}

static void put_bytes(struct writer *writer, const ProtobufCBinaryData *bytes, unsigned indent)
{
    size_t room = sodium_base64_ENCODED_LEN(bytes->len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);
    if (text == NULL) {
        writer->failed = true;
        return;
    }
    sodium_bin2base64(text, room, bytes->data, bytes->len, sodium_base64_VARIANT_ORIGINAL);
    put_text(writer, text, indent);
    free(text);
}

/* An enum value that this program does not know yet is written as its number, so that nothing is lost. */
static void put_enum(struct writer *writer, const ProtobufCEnumDescriptor *type, int value, unsigned indent)
{
    const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(type, value);
    if (known == NULL)
        fprintf(writer->out, writer->yaml ? "%d\n" : "%d", value);
    else
        put_text(writer, writer->yaml ? bn_enum_short(type, value) : known->name, indent);
}

static void put_number(struct writer *writer, const bn_field_type *field, const void *at)
{
    const char *end = writer->yaml ? "\n" : "", *quote = writer->yaml ? "" : "\"";
    switch (field->type) {
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        fprintf(writer->out, "%s%" PRIu64 "%s%s", quote, *(const uint64_t *)at, quote, end);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        fprintf(writer->out, "%s%" PRId64 "%s%s", quote, *(const int64_t *)at, quote, end);
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        fprintf(writer->out, "%" PRIu32 "%s", *(const uint32_t *)at, end);
        break;
    default:
        fprintf(writer->out, "%" PRId32 "%s", *(const int32_t *)at, end);
    }
}

/* Anything but a message. In YAML the line's end belongs to it. */
static void put_scalar(struct writer *writer, const bn_field_type *field, const void *at, unsigned indent)
{
    char time[TIME_SIZE];
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        fprintf(writer->out, "%s%s", *(const protobuf_c_boolean *)at ? "true" : "false", writer->yaml ? "\n" : "");
        break;
    case PROTOBUF_C_TYPE_ENUM:
        put_enum(writer, field->descriptor, *(const int *)at, indent);
        break;
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = *(char *const *)at;
        put_text(writer, text == NULL ? "" : text, indent);
        break;
    }
    case PROTOBUF_C_TYPE_BYTES:
        put_bytes(writer, at, indent);
        break;
    case PROTOBUF_C_TYPE_MESSAGE: /* a Timestamp: the others are maps */
        time_format(*(const Google__Protobuf__Timestamp *const *)at, time);
        put_text(writer, time, indent);
        break;
    default:
        put_number(writer, field, at);
    }
}

static bool is_map(const bn_field_type *field)
{
    return bn_field_is_message(field) && !bn_field_is_timestamp(field);
}

static const void *item_at(const ProtobufCMessage *message, const bn_field_type *field, size_t index)
{
    return *(const char *const *)bn_field_at(message, field) + index * bn_field_size(field);
}

/* --- JSON --- */

static void json_message(struct writer *writer, const ProtobufCMessage *message, unsigned indent);

static void json_line(struct writer *writer, unsigned indent)
{
    if (writer->pretty)
        fprintf(writer->out, "\n%*s", (int)indent, "");
}

static void json_value(struct writer *writer, const bn_field_type *field, const void *at, unsigned indent)
{
    if (is_map(field))
        json_message(writer, *(ProtobufCMessage *const *)at, indent);
    else
        put_scalar(writer, field, at, indent);
}

static void json_list(struct writer *writer, const ProtobufCMessage *message, const bn_field_type *field,
                      unsigned indent)
{
    size_t count = *bn_field_count(message, field);
    fputc('[', writer->out);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            fputc(',', writer->out);
        json_line(writer, indent + INDENT);
        json_value(writer, field, item_at(message, field, i), indent + INDENT);
    }
    json_line(writer, indent);
    fputc(']', writer->out);
}

static void json_message(struct writer *writer, const ProtobufCMessage *message, unsigned indent)
{
    bool any = false;
    fputc('{', writer->out);
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const bn_field_type *field = &message->descriptor->fields[i];
        if (!bn_field_is_set(message, field))
            continue;
        if (any)
            fputc(',', writer->out);
        any = true;
        json_line(writer, indent + INDENT);
        fprintf(writer->out, "\"%s\":%s", field->name, writer->pretty ? " " : "");
        if (bn_field_is_list(field))
            json_list(writer, message, field, indent + INDENT);
        else
            json_value(writer, field, bn_field_at(message, field), indent + INDENT);
    }
    if (any)
        json_line(writer, indent);
    fputc('}', writer->out);
}

/* --- YAML --- */

static void yaml_members(struct writer *writer, const ProtobufCMessage *message, unsigned indent, bool started);

static bool is_empty(const ProtobufCMessage *message)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++)
        if (bn_field_is_set(message, &message->descriptor->fields[i]))
            return false;
    return true;
}

static void yaml_list(struct writer *writer, const ProtobufCMessage *message, const bn_field_type *field,
                      unsigned indent)
{
    size_t count = *bn_field_count(message, field);
    for (size_t i = 0; i < count; i++) {
        const void *at = item_at(message, field, i);
        fprintf(writer->out, "%*s- ", (int)indent, "");
        if (!is_map(field))
            put_scalar(writer, field, at, indent);
        else if (is_empty(*(ProtobufCMessage *const *)at))
            fputs("{}\n", writer->out);
        else
            yaml_members(writer, *(ProtobufCMessage *const *)at, indent + INDENT, true);
    }
}

static void yaml_member(struct writer *writer, const ProtobufCMessage *message, const bn_field_type *field,
                        unsigned indent)
{
    const void *at = bn_field_at(message, field);
    fprintf(writer->out, "%s:", field->name);
    if (bn_field_is_list(field)) {
        fputc('\n', writer->out);
        yaml_list(writer, message, field, indent + INDENT);
    } else if (!is_map(field)) {
        fputc(' ', writer->out);
        put_scalar(writer, field, at, indent);
    } else if (is_empty(*(ProtobufCMessage *const *)at)) {
        fputs(" {}\n", writer->out);
    } else {
        fputc('\n', writer->out);
        yaml_members(writer, *(ProtobufCMessage *const *)at, indent + INDENT, false);
    }
}

/* started: the first member stands behind a list's dash. */
static void yaml_members(struct writer *writer, const ProtobufCMessage *message, unsigned indent, bool started)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const bn_field_type *field = &message->descriptor->fields[i];
        if (!bn_field_is_set(message, field))
            continue;
        fprintf(writer->out, "%*s", started ? 0 : (int)indent, "");
        started = false;
        yaml_member(writer, message, field, indent);
    }
}

char *bn_message_to_text(const ProtobufCMessage *message, enum bn_style style)
{
    char *text = NULL;
    size_t size = 0;
    struct writer writer = {.yaml = style == BN_STYLE_YAML, .pretty = style == BN_STYLE_JSON_PRETTY};
    writer.out = open_memstream(&text, &size);
    if (writer.out == NULL)
        return NULL;
    if (!writer.yaml)
        json_message(&writer, message, 0);
    else if (is_empty(message))
        fputs("{}\n", writer.out);
    else
        yaml_members(&writer, message, 0, false);
    if (writer.pretty)
        fputc('\n', writer.out);
    bool failed = writer.failed || ferror(writer.out);
    failed = fclose(writer.out) != 0 || failed;
    if (failed) {
        free(text);
        return NULL;
    }
    return text;
}

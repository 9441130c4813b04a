/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/scan.h"

#include "base/utf8.h"
#include "wire/arena.h"
#include "wire/varint.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

const struct bn_scan_limits bn_scan_limits_default = {
    .nodes_max = 4096, .depth_max = 8, .unknown_bytes_max = 4096, .items_max = 1000};

/* One message on the way down. Levels lie on the stack and know their parent, so that the path of a fault can be
 * written when there is one and costs nothing when there is none. */
struct level {
    const struct level *up;
    const ProtobufCMessageDescriptor *type;
    const ProtobufCFieldDescriptor *field; /* of up->type, in which this message stands; NULL at the top */
    uint32_t index;                        /* in that field, when it is a list */
    uint32_t depth;
    uint32_t fields, unknown_fields;
    uint32_t counts[BN_SCAN_FIELDS_MAX]; /* how often each field has come; for lists: elements */
};

struct walk {
    const struct bn_scan_limits *limits;
    struct bn_scan *scan;
    bool wants_member;
};

/* What each type looks like on the wire and in memory. */
static const struct {
    uint8_t wiretype, element_bytes;
} types[] = {
    [PROTOBUF_C_TYPE_INT32] = {BN_WIRE_VARINT, 4},
    [PROTOBUF_C_TYPE_SINT32] = {BN_WIRE_VARINT, 4},
    [PROTOBUF_C_TYPE_SFIXED32] = {BN_WIRE_32BIT, 4},
    [PROTOBUF_C_TYPE_INT64] = {BN_WIRE_VARINT, 8},
    [PROTOBUF_C_TYPE_SINT64] = {BN_WIRE_VARINT, 8},
    [PROTOBUF_C_TYPE_SFIXED64] = {BN_WIRE_64BIT, 8},
    [PROTOBUF_C_TYPE_UINT32] = {BN_WIRE_VARINT, 4},
    [PROTOBUF_C_TYPE_FIXED32] = {BN_WIRE_32BIT, 4},
    [PROTOBUF_C_TYPE_UINT64] = {BN_WIRE_VARINT, 8},
    [PROTOBUF_C_TYPE_FIXED64] = {BN_WIRE_64BIT, 8},
    [PROTOBUF_C_TYPE_FLOAT] = {BN_WIRE_32BIT, 4},
    [PROTOBUF_C_TYPE_DOUBLE] = {BN_WIRE_64BIT, 8},
    [PROTOBUF_C_TYPE_BOOL] = {BN_WIRE_VARINT, sizeof(protobuf_c_boolean)},
    [PROTOBUF_C_TYPE_ENUM] = {BN_WIRE_VARINT, 4},
    [PROTOBUF_C_TYPE_STRING] = {BN_WIRE_BYTES, sizeof(char *)},
    [PROTOBUF_C_TYPE_BYTES] = {BN_WIRE_BYTES, sizeof(ProtobufCBinaryData)},
    [PROTOBUF_C_TYPE_MESSAGE] = {BN_WIRE_BYTES, sizeof(void *)},
};

/* ---- what unpacking will take ---- */

/* protobuf-c notes each field of a message in 32 bytes: the first 16 on its stack, then in pieces of twice the size of
 * the one before. */
enum { NOTE_BYTES = 32, NOTES_ON_STACK = 16 };

static uint64_t piece(uint64_t bytes)
{
    return (bytes + (BN_ARENA_ALIGN - 1)) & ~(uint64_t)(BN_ARENA_ALIGN - 1);
}

static uint64_t notes_bytes(uint32_t fields)
{
    uint64_t bytes = 0;
    for (uint64_t room = NOTES_ON_STACK, next = 2 * NOTES_ON_STACK; room < fields; room += next, next *= 2)
        bytes += next * NOTE_BYTES;
    return bytes;
}

static void charge_message(struct walk *walk, const struct level *level)
{
    uint64_t bytes = piece(level->type->sizeof_message) + notes_bytes(level->fields);
    if (level->unknown_fields > 0)
        bytes += piece(level->unknown_fields * sizeof(ProtobufCMessageUnknownField));
    for (unsigned i = 0; i < level->type->n_fields; i++)
        if (level->type->fields[i].label == PROTOBUF_C_LABEL_REPEATED && level->counts[i] > 0)
            bytes += piece((uint64_t)level->counts[i] * types[level->type->fields[i].type].element_bytes);
    walk->scan->arena_bytes += bytes;
}

/* ---- faults ---- */

static size_t name_write(char *out, size_t size, size_t at, const ProtobufCFieldDescriptor *field, uint32_t index)
{
    const char *dot = at > 0 ? "." : "";
    int length = field->label == PROTOBUF_C_LABEL_REPEATED
                     ? snprintf(out + at, size - at, "%s%s[%u]", dot, field->name, index)
                     : snprintf(out + at, size - at, "%s%s", dot, field->name);
    assert(length >= 0);
    return at + (size_t)length < size ? at + (size_t)length : size - 1;
}

static size_t path_write(char *out, size_t size, const struct level *level)
{
    return level->up == NULL ? 0 : name_write(out, size, path_write(out, size, level->up), level->field, level->index);
}

/* Always false, so that callers can hand it on. field NULL: the message itself is to blame. */
static bool fault(struct walk *walk, const struct level *level, const ProtobufCFieldDescriptor *field, uint32_t index,
                  enum bn_rule rule, const char *what, uint64_t limit, uint64_t actual)
{
    struct bn_scan *scan = walk->scan;
    size_t at = path_write(scan->field, sizeof scan->field, level);
    if (field != NULL)
        name_write(scan->field, sizeof scan->field, at, field, index);
    scan->rule = rule;
    scan->what = what;
    scan->limit = limit;
    scan->actual = actual;
    return false;
}

static bool malformed(struct walk *walk, const struct level *level, const ProtobufCFieldDescriptor *field,
                      uint32_t index)
{
    return fault(walk, level, field, index, BN_RULE_BODY_MALFORMED, "", 0, 0);
}

/* ---- fields ---- */

static bool add_nodes(struct walk *walk, const struct level *level, const ProtobufCFieldDescriptor *field,
                      uint32_t index, uint32_t nodes)
{
    walk->scan->nodes += nodes;
    if (walk->scan->nodes <= walk->limits->nodes_max)
        return true;
    return fault(walk, level, field, index, BN_RULE_BODY_TOO_COMPLEX, "nodes", walk->limits->nodes_max,
                 walk->scan->nodes);
}

static bool scan_text(struct walk *walk, const struct level *level, const ProtobufCFieldDescriptor *field,
                      uint32_t index, const struct bn_field *text)
{
    size_t offset;
    switch (bn_utf8_check((const char *)text->data, text->size, &offset)) {
    case BN_UTF8_GOOD:
        walk->scan->arena_bytes += piece(text->size + 1);
        return true;
    case BN_UTF8_BROKEN:
        return fault(walk, level, field, index, BN_RULE_TEXT_NOT_UTF8, "", 0, offset);
    case BN_UTF8_CONTROL:
        break;
    }
    return fault(walk, level, field, index, BN_RULE_TEXT_CONTROL, "", 0, offset);
}

static bool scan_message(struct walk *walk, struct level *level, struct bn_cursor cursor);

static bool scan_submessage(struct walk *walk, const struct level *up, const ProtobufCFieldDescriptor *field,
                            uint32_t index, const struct bn_field *in)
{
    struct level level;
    level.up = up;
    level.type = field->descriptor;
    level.field = field;
    level.index = index;
    level.depth = up->depth + 1;
    if (level.depth > walk->limits->depth_max)
        return fault(walk, &level, NULL, 0, BN_RULE_BODY_TOO_COMPLEX, "depth", walk->limits->depth_max, level.depth);
    return scan_message(walk, &level, (struct bn_cursor){in->data, in->data + in->size});
}

static bool scan_value(struct walk *walk, const struct level *level, const ProtobufCFieldDescriptor *field,
                       uint32_t index, const struct bn_field *in)
{
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return scan_submessage(walk, level, field, index, in);
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return scan_text(walk, level, field, index, in);
    if (field->type == PROTOBUF_C_TYPE_BYTES)
        walk->scan->arena_bytes += piece(in->size);
    return true;
}

/* Number of elements in a packed list; -1 when it is not one. */
static int64_t packed_count(const ProtobufCFieldDescriptor *field, const struct bn_field *in)
{
    if (types[field->type].wiretype != BN_WIRE_VARINT) {
        size_t width = types[field->type].element_bytes;
        return in->size % width == 0 ? (int64_t)(in->size / width) : -1;
    }
    struct bn_cursor cursor = {in->data, in->data + in->size};
    int64_t count = 0;
    for (uint64_t value; cursor.at < cursor.end; count++) {
        const uint8_t *start = cursor.at;
        if (!bn_varint_read(&cursor, &value))
            return -1;
        /* protobuf-c wants each packed bool to be the byte 0 or 1 */
        if (field->type == PROTOBUF_C_TYPE_BOOL && (cursor.at - start != 1 || value > 1))
            return -1;
    }
    return count;
}

/* Elements that a field of that number gives to its list; -1 when it does not fit the field. */
static int64_t elements_of(const ProtobufCFieldDescriptor *field, const struct bn_field *in)
{
    if (in->wiretype == types[field->type].wiretype)
        return 1;
    return in->wiretype == BN_WIRE_BYTES ? packed_count(field, in) : -1;
}

/* A list went beyond the limit: how long is it really? Looks as far as the message can be read. */
static uint64_t whole_length(const struct level *level, const ProtobufCFieldDescriptor *field, struct bn_cursor cursor)
{
    uint64_t length = level->counts[field - level->type->fields];
    for (struct bn_field in; cursor.at < cursor.end && bn_field_read(&cursor, &in);) {
        int64_t more = in.number == field->id ? elements_of(field, &in) : 0;
        length += more > 0 ? (uint64_t)more : 0;
    }
    return length;
}

static bool scan_list(struct walk *walk, struct level *level, const ProtobufCFieldDescriptor *field,
                      const struct bn_field *in, struct bn_cursor rest)
{
    uint32_t *count = &level->counts[field - level->type->fields], index = *count;
    int64_t more = elements_of(field, in);
    if (more < 0)
        return malformed(walk, level, field, index);
    *count += (uint32_t)more;
    if (*count > walk->limits->items_max) {
        uint64_t length = whole_length(level, field, rest);
        return fault(walk, level, field, walk->limits->items_max, BN_RULE_LIST_TOO_LONG, "", walk->limits->items_max,
                     length);
    }
    if (!add_nodes(walk, level, field, index, (uint32_t)more))
        return false;
    return in->wiretype != types[field->type].wiretype || scan_value(walk, level, field, index, in);
}

static bool scan_single(struct walk *walk, struct level *level, const ProtobufCFieldDescriptor *field,
                        const struct bn_field *in)
{
    uint32_t *count = &level->counts[field - level->type->fields];
    bool again = (*count)++ > 0;
    if (in->wiretype != types[field->type].wiretype || (again && field->type == PROTOBUF_C_TYPE_MESSAGE))
        return malformed(walk, level, field, 0);
    if (in->wiretype != BN_WIRE_BYTES && !again)
        return true;
    return add_nodes(walk, level, field, 0, 1) && scan_value(walk, level, field, 0, in);
}

static void note_unknown(struct walk *walk, struct level *level, uint32_t number, size_t bytes)
{
    struct bn_scan *scan = walk->scan;
    level->unknown_fields++;
    scan->unknown_bytes += (uint32_t)bytes;
    scan->arena_bytes += piece(bytes);
    if (level->up == NULL && scan->unknown_field == 0)
        scan->unknown_field = number;
}

/* Fields come mostly in the order of their numbers, or the same again: look there first. */
static const ProtobufCFieldDescriptor *find(const ProtobufCMessageDescriptor *type, uint32_t number, unsigned *guess)
{
    for (unsigned i = *guess; i < type->n_fields && i < *guess + 2; i++) {
        if (type->fields[i].id == number) {
            *guess = i;
            return &type->fields[i];
        }
    }
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(type, number);
    if (field != NULL)
        *guess = (unsigned)(field - type->fields);
    return field;
}

static bool scan_message(struct walk *walk, struct level *level, struct bn_cursor cursor)
{
    assert(level->type->n_fields <= BN_SCAN_FIELDS_MAX);
    level->fields = level->unknown_fields = 0;
    memset(level->counts, 0, level->type->n_fields * sizeof level->counts[0]);
    unsigned guess = 0;
    for (struct bn_field in; cursor.at < cursor.end; level->fields++) {
        const uint8_t *start = cursor.at;
        if (!bn_field_read(&cursor, &in))
            return malformed(walk, level, NULL, 0);
        const ProtobufCFieldDescriptor *field = find(level->type, in.number, &guess);
        if (field == NULL) {
            note_unknown(walk, level, in.number, (size_t)(cursor.at - start));
            continue;
        }
        if (level->up == NULL && walk->wants_member && (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0)
            walk->scan->last_member = in.number;
        if (field->label == PROTOBUF_C_LABEL_REPEATED ? !scan_list(walk, level, field, &in, cursor)
                                                      : !scan_single(walk, level, field, &in))
            return false;
    }
    charge_message(walk, level);
    return true;
}

/* The rules for the body as a whole. */
static bool judge_whole(struct walk *walk, const struct level *top, size_t size)
{
    struct bn_scan *scan = walk->scan;
    if (walk->wants_member && scan->last_member == 0 && scan->unknown_field != 0)
        return true;
    if (scan->unknown_bytes > walk->limits->unknown_bytes_max)
        return fault(walk, top, NULL, 0, BN_RULE_BODY_TOO_COMPLEX, "unknown_bytes", walk->limits->unknown_bytes_max,
                     scan->unknown_bytes);
    if (scan->arena_bytes > bn_arena_bytes_for(size))
        return fault(walk, top, NULL, 0, BN_RULE_BODY_TOO_COMPLEX, "memory", bn_arena_bytes_for(size),
                     scan->arena_bytes);
    return true;
}

enum bn_code bn_wire_scan(const ProtobufCMessageDescriptor *type, const char *oneof_name, const void *data, size_t size,
                          const struct bn_scan_limits *limits, struct bn_scan *scan)
{
    struct walk walk = {limits, scan, oneof_name != NULL};
    struct level top;
    top.up = NULL;
    top.type = type;
    top.field = NULL;
    top.index = 0;
    top.depth = 1;
    scan->nodes = 1;
    scan->unknown_bytes = scan->unknown_field = scan->last_member = 0;
    scan->arena_bytes = scan->limit = scan->actual = 0;
    scan->rule = BN_RULE_COUNT;
    scan->what = "";
    scan->field[0] = '\0';
    if (size > INT32_MAX) { /* protobuf's own bound */
        fault(&walk, &top, NULL, 0, BN_RULE_BODY_TOO_LONG, "", INT32_MAX, size);
        return BN_INVALID_ARGUMENT;
    }
    struct bn_cursor cursor = {data, size == 0 ? data : (const uint8_t *)data + size};
    return scan_message(&walk, &top, cursor) && judge_whole(&walk, &top, size) ? BN_OK : BN_INVALID_ARGUMENT;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/header.h"

#include "wire/varint.h"

#include <assert.h>
#include <string.h>

/* Both messages are flat and their numbers are small, so that a table indexed by the number is the whole grammar. */
enum member_type { MEMBER_NONE, MEMBER_U32, MEMBER_ENUM, MEMBER_64, MEMBER_ID, MEMBER_SIZED_ID };

struct member {
    enum member_type type;
    size_t offset;
};

static const struct member header_members[] = {
    [1] = {MEMBER_U32, offsetof(struct bn_header, version)},
    [2] = {MEMBER_ENUM, offsetof(struct bn_header, kind)},
    [3] = {MEMBER_SIZED_ID, offsetof(struct bn_header, request_id)},
    [4] = {MEMBER_U32, offsetof(struct bn_header, body_type)},
    [5] = {MEMBER_ENUM, offsetof(struct bn_header, code)},
    [6] = {MEMBER_U32, offsetof(struct bn_header, timeout_ms)},
    [7] = {MEMBER_ID, offsetof(struct bn_header, in_reply_to)},
    [8] = {MEMBER_ID, offsetof(struct bn_header, trace_id)},
    [9] = {MEMBER_64, offsetof(struct bn_header, clock_ms)},
    [10] = {MEMBER_U32, offsetof(struct bn_header, retry_after_ms)},
};

static const struct member origin_members[] = {
    [1] = {MEMBER_64, offsetof(struct bn_origin, connection)},
    [2] = {MEMBER_ID, offsetof(struct bn_origin, organisation)},
    [3] = {MEMBER_ID, offsetof(struct bn_origin, key)},
    [4] = {MEMBER_ENUM, offsetof(struct bn_origin, role)},
    [5] = {MEMBER_64, offsetof(struct bn_origin, key_table_version)},
    [6] = {MEMBER_64, offsetof(struct bn_origin, received_ms)},
    [7] = {MEMBER_U32, offsetof(struct bn_origin, timeout_ms)},
    [8] = {MEMBER_64, offsetof(struct bn_origin, ticket)},
};

_Static_assert(sizeof(enum bn_kind) == 4 && sizeof(enum bn_code) == 4 && sizeof(enum bn_key_role) == 4,
               "enums are stored as 32 bits");
/* The longest that either can get: each key is one byte, a negative enum value takes ten. */
_Static_assert(BN_HEADER_BYTES_MAX >= 4 * (1 + 5) + 2 * (1 + 10) + 3 * (2 + BN_ID_BYTES) + (1 + 10), "header fits");
_Static_assert(BN_ORIGIN_BYTES_MAX >= 4 * (1 + 10) + 2 * (2 + BN_ID_BYTES) + (1 + 10) + (1 + 5), "origin fits");

/* The size that came stands right behind the id (see struct bn_header). */
_Static_assert(offsetof(struct bn_header, request_id_size) == offsetof(struct bn_header, request_id) + BN_ID_BYTES,
               "MEMBER_SIZED_ID");

/* The last of repeated ones counts, also when it is the bad one: then the id is all zero again. */
static void id_read(uint8_t *out, const struct bn_field *field)
{
    if (field->size == BN_ID_BYTES)
        memcpy(out, field->data, BN_ID_BYTES);
    else
        memset(out, 0, BN_ID_BYTES);
}

static bool member_read(const struct member *member, const struct bn_field *field, void *message)
{
    uint8_t *out = (uint8_t *)message + member->offset;
    bool is_id = member->type == MEMBER_ID || member->type == MEMBER_SIZED_ID;
    if (field->wiretype != (is_id ? BN_WIRE_BYTES : BN_WIRE_VARINT))
        return false;
    switch (member->type) {
    case MEMBER_U32:
    case MEMBER_ENUM:
        memcpy(out, &(uint32_t){(uint32_t)field->value}, 4);
        return true;
    case MEMBER_64:
        memcpy(out, &field->value, 8);
        return true;
    case MEMBER_SIZED_ID:
        memcpy(out + BN_ID_BYTES, &(uint32_t){(uint32_t)field->size}, 4);
        id_read(out, field);
        return true;
    case MEMBER_ID:
        id_read(out, field);
        return true;
    case MEMBER_NONE:
        break;
    }
    return false;
}

static enum bn_code flat_read(const struct member *members, size_t count, const void *data, size_t size, void *message)
{
    struct bn_cursor cursor = {data, size == 0 ? data : (const uint8_t *)data + size};
    struct bn_field field;
    while (cursor.at < cursor.end) {
        if (!bn_field_read(&cursor, &field))
            return BN_INVALID_ARGUMENT;
        if (field.number >= count || members[field.number].type == MEMBER_NONE)
            continue;
        if (!member_read(&members[field.number], &field, message))
            return BN_INVALID_ARGUMENT;
    }
    return BN_OK;
}

static uint8_t *id_write(uint8_t *at, unsigned number, const uint8_t *id)
{
    static const uint8_t zero[BN_ID_BYTES];
    if (memcmp(id, zero, BN_ID_BYTES) == 0)
        return at;
    *at++ = (uint8_t)(number << 3 | BN_WIRE_BYTES);
    *at++ = BN_ID_BYTES;
    memcpy(at, id, BN_ID_BYTES);
    return at + BN_ID_BYTES;
}

static uint64_t number_of(const struct member *member, const uint8_t *in)
{
    uint32_t narrow;
    uint64_t wide;
    if (member->type == MEMBER_64) {
        memcpy(&wide, in, sizeof wide);
        return wide;
    }
    memcpy(&narrow, in, sizeof narrow);
    /* A negative enum value travels with its sign extended to 64 bits. */
    return member->type == MEMBER_ENUM ? (uint64_t)(int64_t)(int32_t)narrow : narrow;
}

static size_t flat_write(const struct member *members, unsigned count, const void *message, uint8_t *out)
{
    uint8_t *at = out;
    for (unsigned number = 1; number < count; number++) {
        const struct member *member = &members[number];
        const uint8_t *in = (const uint8_t *)message + member->offset;
        if (member->type == MEMBER_ID || member->type == MEMBER_SIZED_ID) {
            at = id_write(at, number, in);
        } else if (member->type != MEMBER_NONE) {
            uint64_t value = number_of(member, in);
            if (value == 0)
                continue;
            *at++ = (uint8_t)(number << 3 | BN_WIRE_VARINT);
            at = bn_varint_write(at, value);
        }
    }
    return (size_t)(at - out);
}

enum bn_code bn_header_read(const void *data, size_t size, struct bn_header *header)
{
    *header = (struct bn_header){0};
    if (size > BN_HEADER_BYTES_MAX)
        return BN_INVALID_ARGUMENT;
    return flat_read(header_members, BN_COUNT(header_members), data, size, header);
}

size_t bn_header_write(const struct bn_header *header, uint8_t out[BN_HEADER_BYTES_MAX])
{
    size_t size = flat_write(header_members, BN_COUNT(header_members), header, out);
    assert(size <= BN_HEADER_BYTES_MAX);
    return size;
}

enum bn_code bn_origin_read(const void *data, size_t size, struct bn_origin *origin)
{
    *origin = (struct bn_origin){0};
    if (size > BN_ORIGIN_BYTES_MAX)
        return BN_INVALID_ARGUMENT;
    return flat_read(origin_members, BN_COUNT(origin_members), data, size, origin);
}

size_t bn_origin_write(const struct bn_origin *origin, uint8_t out[BN_ORIGIN_BYTES_MAX])
{
    size_t size = flat_write(origin_members, BN_COUNT(origin_members), origin, out);
    assert(size <= BN_ORIGIN_BYTES_MAX);
    return size;
}

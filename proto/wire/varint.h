/* SPDX-License-Identifier: Apache-2.0 */
/* varint.h: the few primitives of the protobuf encoding that this folder's readers and writers share.
 *
 * They agree with protobuf-c where it accepts, and are stricter where it cuts numbers short. Nothing here allocates. */
#ifndef BINOME_WIRE_VARINT_H
#define BINOME_WIRE_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bn_wiretype { BN_WIRE_VARINT = 0, BN_WIRE_64BIT = 1, BN_WIRE_BYTES = 2, BN_WIRE_32BIT = 5 };

enum { BN_VARINT_BYTES_MAX = 10 };

/* What is still to be read. */
struct bn_cursor {
    const uint8_t *at, *end;
};

/* A field's number, its wire type, and where its payload lies (behind the length of a BN_WIRE_BYTES). */
struct bn_field {
    uint32_t number;
    uint32_t wiretype;
    uint64_t value; /* of a BN_WIRE_VARINT */
    const uint8_t *data;
    size_t size;
};

/* False for a varint that is cut off or longer than ten bytes. Bits beyond the 64th are dropped, as protobuf does. */
static inline bool bn_varint_read(struct bn_cursor *cursor, uint64_t *value)
{
    const uint8_t *at = cursor->at;
    if (at < cursor->end && *at < 0x80) {
        *value = *at;
        cursor->at = at + 1;
        return true;
    }
    uint64_t sum = 0;
    for (unsigned shift = 0; at < cursor->end && shift < 7 * BN_VARINT_BYTES_MAX; shift += 7) {
        uint8_t byte = *at++;
        sum |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *value = sum;
            cursor->at = at;
            return true;
        }
    }
    return false;
}

/* A varint of at most five bytes whose value is at most max: keys and lengths. */
static inline bool bn_varint_read_short(struct bn_cursor *cursor, uint32_t max, uint32_t *value)
{
    const uint8_t *start = cursor->at;
    uint64_t wide;
    if (!bn_varint_read(cursor, &wide) || cursor->at - start > 5 || wide > max)
        return false;
    *value = (uint32_t)wide;
    return true;
}

/* Reads a whole field. False when it is cut off, has the number 0, or is a group or of no known wire type. */
static inline bool bn_field_read(struct bn_cursor *cursor, struct bn_field *field)
{
    uint32_t key, size;
    if (!bn_varint_read_short(cursor, UINT32_MAX, &key) || key >> 3 == 0)
        return false;
    field->value = 0;
    field->number = key >> 3;
    field->wiretype = key & 7;
    field->data = cursor->at;
    switch (field->wiretype) {
    case BN_WIRE_VARINT:
        if (!bn_varint_read(cursor, &field->value))
            return false;
        field->size = (size_t)(cursor->at - field->data);
        return true;
    case BN_WIRE_BYTES:
        if (!bn_varint_read_short(cursor, INT32_MAX, &size))
            return false;
        field->data = cursor->at;
        break;
    case BN_WIRE_64BIT:
        size = 8;
        break;
    case BN_WIRE_32BIT:
        size = 4;
        break;
    default:
        return false;
    }
    if (size > (size_t)(cursor->end - cursor->at))
        return false;
    field->size = size;
    cursor->at += size;
    return true;
}

/* Writes a varint and gives the place behind it; at most BN_VARINT_BYTES_MAX bytes. */
static inline uint8_t *bn_varint_write(uint8_t *at, uint64_t value)
{
    while (value >= 0x80) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t)value;
    return at;
}

#endif

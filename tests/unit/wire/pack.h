/* SPDX-License-Identifier: Apache-2.0 */
/* pack.h: bodies made by hand, also those that no encoder would make. */
#ifndef BINOME_TESTS_UNIT_WIRE_PACK_H
#define BINOME_TESTS_UNIT_WIRE_PACK_H

#include "test.h"

#include "wire/varint.h"

struct pack {
    uint8_t *bytes;
    size_t size, room;
};

static inline void pack_start(struct pack *pack, size_t room)
{
    pack->bytes = malloc(room);
    assert_non_null(pack->bytes);
    pack->size = 0;
    pack->room = room;
}

static inline void pack_finish(struct pack *pack)
{
    free(pack->bytes);
    pack->bytes = NULL;
}

static inline void pack_raw(struct pack *pack, const void *data, size_t size)
{
    assert_true(size <= pack->room - pack->size);
    if (size > 0)
        memcpy(pack->bytes + pack->size, data, size);
    pack->size += size;
}

static inline void pack_varint(struct pack *pack, uint64_t value)
{
    uint8_t bytes[BN_VARINT_BYTES_MAX];
    pack_raw(pack, bytes, (size_t)(bn_varint_write(bytes, value) - bytes));
}

static inline void pack_key(struct pack *pack, uint32_t number, unsigned wiretype)
{
    pack_varint(pack, (uint64_t)number << 3 | wiretype);
}

static inline void pack_number(struct pack *pack, uint32_t number, uint64_t value)
{
    pack_key(pack, number, BN_WIRE_VARINT);
    pack_varint(pack, value);
}

static inline void pack_bytes(struct pack *pack, uint32_t number, const void *data, size_t size)
{
    pack_key(pack, number, BN_WIRE_BYTES);
    pack_varint(pack, size);
    pack_raw(pack, data, size);
}

static inline void pack_text(struct pack *pack, uint32_t number, const char *text)
{
    pack_bytes(pack, number, text, strlen(text));
}

/* Takes inner. */
static inline void pack_inner(struct pack *pack, uint32_t number, struct pack *inner)
{
    pack_bytes(pack, number, inner->bytes, inner->size);
    pack_finish(inner);
}

#endif

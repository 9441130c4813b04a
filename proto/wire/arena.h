/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h: memory for one message, taken in one piece and given back in one piece.
 *
 * Bounded: what goes beyond bytes_max is answered with NULL, which protobuf-c's unpacking reports as a failure. One
 * block is kept over resets, so that an ordinary message costs no call of malloc. Single thread. Under
 * AddressSanitizer what was not taken is poisoned. */
#ifndef BINOME_WIRE_ARENA_H
#define BINOME_WIRE_ARENA_H

#include "base/code.h"

#include <protobuf-c/protobuf-c.h>

struct bn_arena;

/* block_bytes is what is taken at first and kept over resets. NULL when out of memory. */
struct bn_arena *bn_arena_create(size_t block_bytes, size_t bytes_max);

/* Takes *arena and all that it lent, and sets it to NULL. NULL in, nothing done. */
void bn_arena_destroy(struct bn_arena **arena);

/* Forgets everything in it; keeps the first block. */
void bn_arena_reset(struct bn_arena *arena);

/* Changes the bound for what follows; bn_arena_bytes_for(body) is the one for a message. */
void bn_arena_bound(struct bn_arena *arena, size_t bytes_max);

/* 8 x body + 64 KiB: what unpacking a body of that size may take. */
static inline size_t bn_arena_bytes_for(size_t body_bytes)
{
    return 8 * body_bytes + (size_t)64 * 1024;
}

/* Lends size bytes, aligned for anything, until reset; NULL beyond the bound. */
void *bn_arena_take(struct bn_arena *arena, size_t size);

/* Lends a copy of the text; NULL beyond the bound. */
char *bn_arena_text(struct bn_arena *arena, const char *text);

/* Lends a formatted text; NULL beyond the bound. */
char *bn_arena_format(struct bn_arena *arena, const char *format, ...) BN_PRINTF(2, 3);

/* Bytes lent since the last reset, each piece rounded up to BN_ARENA_ALIGN. */
size_t bn_arena_used(const struct bn_arena *arena);

enum { BN_ARENA_ALIGN = 16 };

/* Lends protobuf-c's view of the arena; freeing does nothing. */
ProtobufCAllocator *bn_arena_allocator(struct bn_arena *arena);

#endif

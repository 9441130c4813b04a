/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size)   ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

_Static_assert(BN_ARENA_ALIGN >= alignof(max_align_t), "aligned for anything");

struct block {
    struct block *next; /* the one before it in time; the first block has none */
    size_t size;
    alignas(BN_ARENA_ALIGN) uint8_t bytes[];
};

struct bn_arena {
    uint8_t *at, *end; /* what is free in the newest block */
    size_t used, bytes_max;
    struct block *newest; /* list, ends with the first block, which is kept */
    ProtobufCAllocator allocator;
};

static size_t rounded(size_t size)
{
    return (size + (BN_ARENA_ALIGN - 1)) & ~(size_t)(BN_ARENA_ALIGN - 1);
}

static struct block *block_create(size_t size)
{
    struct block *block = malloc(sizeof *block + size);
    if (block == NULL)
        return NULL;
    block->next = NULL;
    block->size = size;
    ASAN_POISON_MEMORY_REGION(block->bytes, block->size);
    return block;
}

static void block_free(struct block *block)
{
    ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->size);
    free(block);
}

static void *allocator_take(void *ctx, size_t size)
{
    return bn_arena_take(ctx, size);
}

static void allocator_free(void *ctx, void *memory)
{
    (void)ctx;
    (void)memory;
}

struct bn_arena *bn_arena_create(size_t block_bytes, size_t bytes_max)
{
    if (block_bytes > SIZE_MAX / 2)
        return NULL;
    struct bn_arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL)
        return NULL;
    arena->newest = block_create(rounded(block_bytes));
    if (arena->newest == NULL) {
        free(arena);
        return NULL;
    }
    arena->bytes_max = bytes_max;
    arena->allocator = (ProtobufCAllocator){.alloc = allocator_take, .free = allocator_free, .allocator_data = arena};
    bn_arena_reset(arena);
    return arena;
}

void bn_arena_destroy(struct bn_arena **arena)
{
    if (*arena == NULL)
        return;
    bn_arena_reset(*arena);
    block_free((*arena)->newest);
    free(*arena);
    *arena = NULL;
}

void bn_arena_reset(struct bn_arena *arena)
{
    while (arena->newest->next != NULL) {
        struct block *block = arena->newest;
        arena->newest = block->next;
        block_free(block);
    }
    /* Only what was lent needs poison again: the kept block may be large, and a reset comes with every message. */
    size_t lent = arena->used < arena->newest->size ? arena->used : arena->newest->size;
    ASAN_POISON_MEMORY_REGION(arena->newest->bytes, lent);
    arena->at = arena->newest->bytes;
    arena->end = arena->at + arena->newest->size;
    arena->used = 0;
}

void bn_arena_bound(struct bn_arena *arena, size_t bytes_max)
{
    arena->bytes_max = bytes_max;
}

/* A further block for at least size bytes: as large as all before it together, so that their number stays small, but
 * never beyond the bound. */
static bool grow(struct bn_arena *arena, size_t size)
{
    size_t wanted = arena->used > arena->newest->size ? arena->used : arena->newest->size;
    size_t left = rounded(arena->bytes_max - arena->used);
    wanted = wanted < left ? wanted : left;
    struct block *block = block_create(wanted > size ? wanted : size);
    if (block == NULL)
        return false;
    block->next = arena->newest;
    arena->newest = block;
    arena->at = block->bytes;
    arena->end = block->bytes + block->size;
    return true;
}

void *bn_arena_take(struct bn_arena *arena, size_t size)
{
    if (arena->used > arena->bytes_max || size > arena->bytes_max - arena->used)
        return NULL;
    size_t whole = rounded(size == 0 ? 1 : size); /* two pieces never have one address */
    if (whole < size || whole > arena->bytes_max - arena->used)
        return NULL;
    if (whole > (size_t)(arena->end - arena->at) && !grow(arena, whole))
        return NULL;
    void *piece = arena->at;
    arena->at += whole;
    arena->used += whole;
    ASAN_UNPOISON_MEMORY_REGION(piece, size);
    return piece;
}

char *bn_arena_text(struct bn_arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = bn_arena_take(arena, size);
    return copy == NULL ? NULL : memcpy(copy, text, size);
}

char *bn_arena_format(struct bn_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : bn_arena_take(arena, (size_t)length + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

size_t bn_arena_used(const struct bn_arena *arena)
{
    return arena->used;
}

ProtobufCAllocator *bn_arena_allocator(struct bn_arena *arena)
{
    return &arena->allocator;
}

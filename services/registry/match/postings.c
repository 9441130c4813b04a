/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/match/postings.h"

#include "registry/match/strings.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { UNIT = 8 };

void bn_pool_start(struct bn_pool *pool)
{
    memset(pool, 0, sizeof *pool);
}

void bn_pool_finish(struct bn_pool *pool)
{
    for (uint32_t i = 0; i < pool->chunk_count; i++)
        free(pool->chunks[i]);
    free(pool->chunks);
    memset(pool, 0, sizeof *pool);
}

size_t bn_pool_bytes(const struct bn_pool *pool)
{
    return (size_t)pool->chunk_count * BN_POOL_UNITS * UNIT + pool->chunk_max * sizeof *pool->chunks;
}

static uint32_t units_of(uint32_t room)
{
    size_t bytes = sizeof(struct bn_block) + room * (sizeof(uint32_t) + 1);
    return (uint32_t)((bytes + UNIT - 1) / UNIT);
}

static int chunk_add(struct bn_pool *pool)
{
    void *chunks = pool->chunks;
    if (pool->chunk_count == UINT32_MAX >> BN_POOL_SHIFT ||
        !bn_grow(&chunks, &pool->chunk_max, pool->chunk_count + 1, sizeof *pool->chunks))
        return 0;
    pool->chunks = chunks;
    uint64_t *chunk = malloc((size_t)BN_POOL_UNITS * UNIT);
    if (chunk == NULL)
        return 0;
    pool->used = pool->chunk_count == 0 ? 1 : 0; /* reference 0 means none */
    pool->chunks[pool->chunk_count++] = chunk;
    return 1;
}

/* 0: out of memory. */
static uint32_t block_make(struct bn_pool *pool, uint32_t room)
{
    uint32_t units = units_of(room);
    if ((pool->chunk_count == 0 || pool->used + units > BN_POOL_UNITS) && !chunk_add(pool))
        return 0;
    uint32_t reference = (pool->chunk_count - 1) << BN_POOL_SHIFT | pool->used;
    pool->used += units;
    struct bn_block *block = bn_pool_block(pool, reference);
    block->next = 0;
    block->used = 0;
    block->room = (uint16_t)room;
    return reference;
}

int bn_list_reserve(struct bn_pool *pool, struct bn_list *list)
{
    struct bn_block *last = list->last == 0 ? NULL : bn_pool_block(pool, list->last);
    if (last != NULL && last->used < last->room)
        return 1;
    uint32_t room = BN_BLOCK_MIN;
    if (last != NULL)
        room = last->room < BN_BLOCK_MAX ? last->room * 2U : BN_BLOCK_MAX;
    uint32_t reference = block_make(pool, room);
    if (reference == 0)
        return 0;
    if (last == NULL)
        list->first = reference;
    else
        last->next = reference;
    list->last = reference;
    return 1;
}

void bn_list_append(struct bn_pool *pool, struct bn_list *list, uint32_t doc, uint8_t grade)
{
    struct bn_block *block = bn_pool_block(pool, list->last);
    assert(block->used < block->room);
    block->docs[block->used] = doc;
    bn_block_grades(block)[block->used] = grade;
    block->used++;
    list->count++;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* postings.h: for each term, the documents that hold it and how often.
 *
 * A list is a chain of blocks that double in size, so that a rare term costs little and a common one is read in long
 * runs. Documents are added in rising order and never taken out: the index passes over dead ones and is built anew when
 * there are too many. Blocks live in one pool and are freed with it. */
#ifndef BINOME_REGISTRY_MATCH_POSTINGS_H
#define BINOME_REGISTRY_MATCH_POSTINGS_H

#include "base/code.h"

enum { BN_BLOCK_MIN = 2, BN_BLOCK_MAX = 1024 };

struct bn_block {
    uint32_t next; /* 0 = the last */
    uint16_t used, room;
    uint32_t docs[]; /* room of them, then as many bytes: the grades */
};

struct bn_pool {
    uint64_t **chunks;
    uint32_t chunk_count, chunk_max;
    uint32_t used; /* of the last chunk, in units of 8 bytes */
};

/* How many documents of a term are open to whom is counted by the index. */
struct bn_list {
    uint32_t first, last; /* blocks; 0 = none yet */
    uint32_t count;
};

void bn_pool_start(struct bn_pool *pool); /* a pool of zeros is one, too */
void bn_pool_finish(struct bn_pool *pool);
size_t bn_pool_bytes(const struct bn_pool *pool);

enum { BN_POOL_SHIFT = 17, BN_POOL_UNITS = 1 << BN_POOL_SHIFT };

/* reference is not 0 */
static inline struct bn_block *bn_pool_block(const struct bn_pool *pool, uint32_t reference)
{
    return (struct bn_block *)(void *)(pool->chunks[reference >> BN_POOL_SHIFT] + (reference & (BN_POOL_UNITS - 1)));
}

static inline uint8_t *bn_block_grades(struct bn_block *block)
{
    return (uint8_t *)(block->docs + block->room);
}

/* Makes sure that the next bn_list_append cannot fail. False: out of memory, and the list is as before. */
BN_CHECK int bn_list_reserve(struct bn_pool *pool, struct bn_list *list);
void bn_list_append(struct bn_pool *pool, struct bn_list *list, uint32_t doc, uint8_t grade);

#endif

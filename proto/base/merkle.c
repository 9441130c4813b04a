/* SPDX-License-Identifier: Apache-2.0 */
#include "base/merkle.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* The first byte of what is hashed: a leaf can never be taken for a node (RFC 6962 section 2.1). */
enum { LEAF_PREFIX = 0, NODE_PREFIX = 1 };

static void put_u32(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void put_u64(uint8_t *out, uint64_t value)
{
    put_u32(out, (uint32_t)(value >> 32));
    put_u32(out + 4, (uint32_t)value);
}

static void hash(const void *data, size_t size, struct bn_digest *out)
{
    crypto_generichash(out->bytes, sizeof out->bytes, data, size, NULL, 0);
}

void bn_leaf_hash(const struct bn_leaf *leaf, struct bn_digest *out)
{
    uint8_t bytes[1 + BN_LEAF_BYTES] = {LEAF_PREFIX};
    uint8_t *at = bytes + 1;
    put_u64(at, leaf->sequence);
    put_u64(at + 8, (uint64_t)leaf->recorded_ms);
    put_u32(at + 16, leaf->type);
    memcpy(at + 20, leaf->organisation.bytes, BN_ID_BYTES);
    memcpy(at + 36, leaf->request.bytes, BN_ID_BYTES);
    memcpy(at + 52, leaf->digest.bytes, BN_DIGEST_BYTES);
    hash(bytes, sizeof bytes, out);
}

void bn_node_hash(const struct bn_digest *left, const struct bn_digest *right, struct bn_digest *out)
{
    uint8_t bytes[1 + 2 * BN_DIGEST_BYTES] = {NODE_PREFIX};
    memcpy(bytes + 1, left->bytes, BN_DIGEST_BYTES);
    memcpy(bytes + 1 + BN_DIGEST_BYTES, right->bytes, BN_DIGEST_BYTES);
    hash(bytes, sizeof bytes, out);
}

void bn_frontier_start(struct bn_frontier *frontier)
{
    memset(frontier, 0, sizeof *frontier);
}

/* Adding one to a binary counter: each carry joins two perfect subtrees of the same height. */
void bn_frontier_append(struct bn_frontier *frontier, const struct bn_digest *leaf_hash)
{
    struct bn_digest carried = *leaf_hash;
    unsigned level = 0;
    for (; (frontier->size >> level & 1) != 0; level++)
        bn_node_hash(&frontier->hashes[level], &carried, &carried);
    assert(level < BN_MERKLE_LEVELS);
    frontier->hashes[level] = carried;
    frontier->size++;
}

void bn_frontier_root(const struct bn_frontier *frontier, struct bn_digest *root)
{
    bool started = false;
    for (unsigned level = 0; level < BN_MERKLE_LEVELS; level++) {
        if ((frontier->size >> level & 1) == 0)
            continue;
        if (started)
            bn_node_hash(&frontier->hashes[level], root, root);
        else
            *root = frontier->hashes[level];
        started = true;
    }
    if (!started)
        hash("", 0, root);
}

/* Root over the leaves start to start + count - 1, where start is a multiple of a power of two that is at least count:
 * so are the halves that a path meets. Such a range is a row of perfect subtrees, the tallest first. */
static bool range_root(uint64_t start, uint64_t count, bn_subtree_fn *subtree, void *ctx, struct bn_digest *root)
{
    bool started = false;
    for (unsigned level = 0; level < BN_MERKLE_LEVELS; level++) {
        if ((count >> level & 1) == 0)
            continue;
        struct bn_digest left;
        uint64_t taller = count >> level >> 1 << level << 1;
        if (!subtree(ctx, level, (start + taller) >> level, &left))
            return false;
        if (started)
            bn_node_hash(&left, root, root);
        else
            *root = left;
        started = true;
    }
    return started;
}

/* The largest power of two below n, n > 1. */
static uint64_t split_of(uint64_t n)
{
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

int bn_merkle_path(uint64_t index, uint64_t size, bn_subtree_fn *subtree, void *ctx,
                   struct bn_digest path[BN_MERKLE_LEVELS])
{
    if (index >= size || size >> BN_MERKLE_LEVELS != 0)
        return -1;
    /* From the root down, then turned round: at each step the half without the leaf is its sibling. */
    struct bn_digest down[BN_MERKLE_LEVELS];
    int length = 0;
    for (uint64_t start = 0, count = size; count > 1; length++) {
        uint64_t split = split_of(count);
        bool left = index - start < split;
        uint64_t sibling = left ? start + split : start;
        if (!range_root(sibling, left ? count - split : split, subtree, ctx, &down[length]))
            return -1;
        start = left ? start : start + split;
        count = left ? split : count - split;
    }
    for (int i = 0; i < length; i++)
        path[i] = down[length - 1 - i];
    return length;
}

bool bn_merkle_verify(const struct bn_digest *leaf_hash, uint64_t index, uint64_t size, const struct bn_digest *path,
                      size_t path_length, const struct bn_digest *root)
{
    if (index >= size)
        return false;
    uint64_t at = index, last = size - 1;
    struct bn_digest hashed = *leaf_hash;
    for (size_t i = 0; i < path_length; i++) {
        if (last == 0)
            return false;
        if ((at & 1) != 0 || at == last) {
            bn_node_hash(&path[i], &hashed, &hashed);
            /* At the right edge a node without a sibling moves up as it is. */
            for (; (at & 1) == 0 && at != 0; last >>= 1)
                at >>= 1;
        } else {
            bn_node_hash(&hashed, &path[i], &hashed);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && memcmp(&hashed, root, sizeof hashed) == 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* merkle.h: the Merkle log of RFC 6962 section 2.1, with BLAKE2b-256 in place of SHA-256.
 *
 * leaf hash = H(0x00 || leaf), node hash = H(0x01 || left || right), root of the empty log = H(""). Nothing here keeps
 * leaves: a log is its frontier, one hash for each perfect subtree, so that appending costs O(1) on average and a root
 * O(log n). Both sides use this: the hub to build, a company to verify. Pure functions. */
#ifndef BINOME_BASE_MERKLE_H
#define BINOME_BASE_MERKLE_H

#include "base/id.h"

#include <stdbool.h>

enum { BN_MERKLE_LEVELS = 48, BN_LEAF_BYTES = 92, BN_TILE_LEAVES = 256 };

/* The leaf of an accepted request: 92 bytes, integers big-endian:
 * sequence (8), recorded_ms (8), type (4), request id (16), organisation (16) ... see docs/protocol.md, "The log":
 * offset 0 sequence, 8 recorded_ms, 16 type, 20 organisation, 36 request id, 52 digest (32), 84 eight zero bytes. */
struct bn_leaf {
    uint64_t sequence;
    int64_t recorded_ms;
    uint32_t type;
    struct bn_id organisation;
    struct bn_id request;
    struct bn_digest digest;
};

void bn_leaf_hash(const struct bn_leaf *leaf, struct bn_digest *out);
void bn_node_hash(const struct bn_digest *left, const struct bn_digest *right, struct bn_digest *out);

struct bn_frontier {
    uint64_t size;                             /* leaves so far */
    struct bn_digest hashes[BN_MERKLE_LEVELS]; /* [level] is set when bit `level` of size is */
};

void bn_frontier_start(struct bn_frontier *frontier);

/* Appends one leaf's hash. */
void bn_frontier_append(struct bn_frontier *frontier, const struct bn_digest *leaf_hash);

void bn_frontier_root(const struct bn_frontier *frontier, struct bn_digest *root);

/* Hash of the perfect subtree of 2^level leaves that starts at leaf index << level. False when it cannot be had. */
typedef bool bn_subtree_fn(void *ctx, unsigned level, uint64_t index, struct bn_digest *out);

/* Builds the inclusion path of leaf `index` (from 0) in the log of `size` leaves, from the leaf up. Gives the number of
 * hashes, at most BN_MERKLE_LEVELS; -1 when index >= size or a subtree could not be had. */
int bn_merkle_path(uint64_t index, uint64_t size, bn_subtree_fn *subtree, void *ctx,
                   struct bn_digest path[BN_MERKLE_LEVELS]);

/* Does this path lead from the leaf's hash to the root? */
bool bn_merkle_verify(const struct bn_digest *leaf_hash, uint64_t index, uint64_t size, const struct bn_digest *path,
                      size_t path_length, const struct bn_digest *root);

#endif

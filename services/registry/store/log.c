/* SPDX-License-Identifier: Apache-2.0 */
/* The Merkle log over the accepted requests.
 *
 * Leaves are computed from the rows, never stored. What is stored: one root a commit, and tiles: the hash of each
 * perfect subtree of 256, 65,536, ... leaves, written when its last leaf comes. So any subtree is at most 256 rows or
 * 256 tiles away, and opening reads a few hundred rows, whatever the size. */
#include "registry/store/inside.h"

enum { TILE_BITS = 8 };
_Static_assert(BN_TILE_LEAVES == 1 << TILE_BITS, "a tile is a subtree of eight levels");
_Static_assert((BN_TILE_LEVELS + 1) * TILE_BITS == BN_MERKLE_LEVELS, "a tile has its 255 elders in the frontier");

static enum bn_code add_tile(struct bn_store *store, unsigned tile_level, uint64_t position,
                             const struct bn_digest *hash)
{
    sqlite3_stmt *add;
    enum bn_code code = bn_sql_take(store, BN_SQL_TILE_ADD, &add);
    if (code != BN_OK)
        return code;
    bn_bind(add, 1, tile_level);
    bn_bind(add, 2, (int64_t)position);
    bn_bind_blob(add, 3, hash->bytes, BN_DIGEST_BYTES);
    return bn_sql_run(store, add);
}

unsigned bn_tiles_completed(const struct bn_frontier *frontier, const struct bn_digest *leaf_hash,
                            struct bn_digest tiles[BN_TILE_LEVELS])
{
    uint64_t size = frontier->size + 1;
    unsigned count = 0;
    for (; count < BN_TILE_LEVELS && size % (UINT64_C(1) << ((count + 1) * TILE_BITS)) == 0; count++) {
        /* The frontier holds the 255 of this tile that came before, in eight subtrees. */
        struct bn_frontier tile = {.size = BN_TILE_LEAVES - 1};
        memcpy(tile.hashes, &frontier->hashes[count * TILE_BITS], TILE_BITS * sizeof tile.hashes[0]);
        bn_frontier_append(&tile, count == 0 ? leaf_hash : &tiles[count - 1]);
        tiles[count] = tile.hashes[TILE_BITS];
    }
    return count;
}

enum bn_code bn_log_append(struct bn_store *store, const struct bn_digest *leaf_hash)
{
    struct bn_digest tiles[BN_TILE_LEVELS];
    unsigned count = bn_tiles_completed(&store->pending, leaf_hash, tiles);
    bn_frontier_append(&store->pending, leaf_hash);
    for (unsigned i = 0; i < count; i++) {
        uint64_t position = (store->pending.size >> ((i + 1) * TILE_BITS)) - 1;
        enum bn_code code = add_tile(store, i + 1, position, &tiles[i]);
        if (code != BN_OK)
            return code;
    }
    return BN_OK;
}

enum bn_code bn_log_seal(struct bn_store *store, struct bn_log_head *head)
{
    sqlite3_stmt *add;
    enum bn_code code = bn_sql_take(store, BN_SQL_LOG_ADD, &add);
    if (code != BN_OK)
        return code;
    head->size = store->pending.size;
    bn_frontier_root(&store->pending, &head->root);
    bn_bind(add, 1, (int64_t)head->size);
    bn_bind_blob(add, 2, head->root.bytes, BN_DIGEST_BYTES);
    return bn_sql_run(store, add);
}

/* ---- reading ---- */

static enum bn_code hole(struct bn_store *store)
{
    return bn_store_failed(store, BN_DATA_LOSS, "a row of the log is missing");
}

/* Appends the hashes of `count` leaves from `first`, or of as many tiles. */
static enum bn_code add_leaves(struct bn_store *store, uint64_t first, uint64_t count, struct bn_frontier *to)
{
    sqlite3_stmt *rows;
    enum bn_code code = bn_sql_take(store, BN_SQL_ACCEPTED_RANGE, &rows);
    if (code != BN_OK)
        return code;
    uint64_t next = first + 1, end = next + count; /* as sequences */
    bn_bind(rows, 1, (int64_t)next);
    bn_bind(rows, 2, (int64_t)end);
    while ((code = bn_sql_one(store, rows)) == BN_OK) {
        struct bn_accepted accepted;
        struct bn_digest hash;
        bn_accepted_of_row(rows, &accepted);
        if (accepted.sequence != next) {
            bn_sql_end(rows);
            return hole(store);
        }
        bn_accepted_leaf_hash(&accepted, &hash);
        bn_frontier_append(to, &hash);
        next++;
    }
    if (code != BN_NOT_FOUND)
        return code;
    return next == end ? BN_OK : hole(store);
}

static enum bn_code add_tiles(struct bn_store *store, unsigned level, uint64_t first, uint64_t count,
                              struct bn_frontier *to)
{
    sqlite3_stmt *rows;
    enum bn_code code = bn_sql_take(store, BN_SQL_TILE_RANGE, &rows);
    if (code != BN_OK)
        return code;
    uint64_t next = first;
    bn_bind(rows, 1, level);
    bn_bind(rows, 2, (int64_t)first);
    bn_bind(rows, 3, (int64_t)(first + count));
    while ((code = bn_sql_one(store, rows)) == BN_OK) {
        struct bn_digest hash;
        if (bn_column(rows, 0) != next) {
            bn_sql_end(rows);
            return hole(store);
        }
        bn_column_bytes(rows, 1, hash.bytes, BN_DIGEST_BYTES);
        bn_frontier_append(to, &hash);
        next++;
    }
    if (code != BN_NOT_FOUND)
        return code;
    return next == first + count ? BN_OK : hole(store);
}

/* The perfect subtree of 2^level leaves at leaf index << level. */
static enum bn_code subtree(struct bn_store *store, unsigned level, uint64_t index, struct bn_digest *out)
{
    struct bn_frontier below;
    unsigned tile_level = level / TILE_BITS, rest = level % TILE_BITS;
    bn_frontier_start(&below);
    uint64_t count = UINT64_C(1) << rest;
    enum bn_code code = tile_level == 0 ? add_leaves(store, index << rest, count, &below)
                                        : add_tiles(store, tile_level, index << rest, count, &below);
    if (code == BN_OK)
        bn_frontier_root(&below, out);
    return code;
}

static enum bn_code frontier_at(struct bn_store *store, uint64_t size, struct bn_frontier *frontier)
{
    bn_frontier_start(frontier);
    frontier->size = size;
    for (unsigned level = 0; level < BN_MERKLE_LEVELS; level++) {
        if ((size >> level & 1) == 0)
            continue;
        /* Taller subtrees come before it: its index is what stands above this bit, as a number of such subtrees. */
        enum bn_code code = subtree(store, level, size >> level & ~UINT64_C(1), &frontier->hashes[level]);
        if (code != BN_OK)
            return code;
    }
    return BN_OK;
}

static enum bn_code read_head(struct bn_store *store, sqlite3_stmt *find, struct bn_log_head *head)
{
    enum bn_code code = bn_sql_one(store, find);
    if (code != BN_OK)
        return code;
    head->size = bn_column(find, 0);
    bn_column_bytes(find, 1, head->root.bytes, BN_DIGEST_BYTES);
    bn_sql_end(find);
    return BN_OK;
}

/* The newest row of the log; of an empty one there is none. */
static enum bn_code newest_head(struct bn_store *store, struct bn_log_head *head)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_LOG_HEAD, &find);
    if (code == BN_OK)
        code = read_head(store, find, head);
    if (code != BN_NOT_FOUND)
        return code;
    struct bn_frontier nothing;
    bn_frontier_start(&nothing);
    head->size = 0;
    bn_frontier_root(&nothing, &head->root);
    return BN_OK;
}

enum bn_code bn_log_tile(struct bn_store *store, unsigned level, uint64_t position, struct bn_digest *hash)
{
    return subtree(store, level * TILE_BITS, position, hash);
}

enum bn_code bn_log_open(struct bn_store *store)
{
    sqlite3_stmt *find;
    uint64_t newest = 0;
    struct bn_digest root;
    enum bn_code code = newest_head(store, &store->head);
    if (code == BN_OK)
        code = bn_sql_take(store, BN_SQL_SEQUENCE_NEWEST, &find);
    if (code != BN_OK)
        return code;
    code = bn_sql_one(store, find);
    if (code == BN_OK) {
        newest = bn_column(find, 0);
        bn_sql_end(find);
    } else if (code != BN_NOT_FOUND) {
        return code;
    }
    if (newest != store->head.size)
        return bn_store_failed(store, BN_DATA_LOSS, "the log has another length than the accepted requests");
    code = frontier_at(store, newest, &store->committed);
    if (code != BN_OK)
        return code;
    bn_frontier_root(&store->committed, &root);
    if (memcmp(&root, &store->head.root, sizeof root) != 0)
        return bn_store_failed(store, BN_DATA_LOSS, "the accepted requests do not give the log's newest root");
    store->pending = store->committed;
    return BN_OK;
}

enum bn_code bn_store_log_head(struct bn_store *store, struct bn_log_head *head)
{
    if (!store->writer)
        return newest_head(store, head);
    *head = store->head;
    return BN_OK;
}

enum bn_code bn_store_log_head_of(struct bn_store *store, uint64_t sequence, struct bn_log_head *head)
{
    sqlite3_stmt *find;
    enum bn_code code = bn_sql_take(store, BN_SQL_LOG_HEAD_OF, &find);
    if (code != BN_OK)
        return code;
    bn_bind(find, 1, (int64_t)sequence);
    return read_head(store, find, head);
}

struct lookup {
    struct bn_store *store;
    enum bn_code code;
};

static bool subtree_for_path(void *ctx, unsigned level, uint64_t index, struct bn_digest *out)
{
    struct lookup *lookup = ctx;
    lookup->code = subtree(lookup->store, level, index, out);
    return lookup->code == BN_OK;
}

/* BN_OUT_OF_RANGE for a size that the log has not reached. */
static enum bn_code size_check(struct bn_store *store, uint64_t size)
{
    struct bn_log_head head;
    enum bn_code code = bn_store_log_head(store, &head);
    if (code == BN_OK && size > head.size)
        return bn_store_failed(store, BN_OUT_OF_RANGE, "the log is shorter");
    return code;
}

enum bn_code bn_store_log_path(struct bn_store *store, uint64_t index, uint64_t size,
                               struct bn_digest path[BN_MERKLE_LEVELS], size_t *length)
{
    struct lookup lookup = {store, size_check(store, size)};
    if (lookup.code == BN_OK && index >= size)
        lookup.code = bn_store_failed(store, BN_OUT_OF_RANGE, "the leaf is not in the log of this size");
    if (lookup.code != BN_OK)
        return lookup.code;
    int count = bn_merkle_path(index, size, subtree_for_path, &lookup, path);
    if (count < 0)
        return lookup.code;
    *length = (size_t)count;
    return BN_OK;
}

enum bn_code bn_store_log_root(struct bn_store *store, uint64_t size, struct bn_digest *root)
{
    struct bn_frontier frontier;
    enum bn_code code = size_check(store, size);
    if (code == BN_OK)
        code = frontier_at(store, size, &frontier);
    if (code == BN_OK)
        bn_frontier_root(&frontier, root);
    return code;
}

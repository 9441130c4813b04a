/* SPDX-License-Identifier: Apache-2.0 */
/* What a receipt proves (docs/protocol.md, section 12). */
#include "base/merkle.h"
#include "binome/binome.h"

#include <string.h>

static bool digest_take(const ProtobufCBinaryData *bytes, struct bn_digest *digest)
{
    if (bytes->len != sizeof digest->bytes || bytes->data == NULL)
        return false;
    memcpy(digest->bytes, bytes->data, sizeof digest->bytes);
    return true;
}

static bool digest_equal(const struct bn_digest *a, const struct bn_digest *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static bool leaf_of(const Binome__V1__Receipt *receipt, struct bn_leaf *leaf)
{
    const Google__Protobuf__Timestamp *at = receipt->recorded_at;
    memset(leaf, 0, sizeof *leaf);
    leaf->sequence = receipt->sequence;
    leaf->type = receipt->type;
    if (at == NULL || at->nanos < 0 || at->nanos > 999999999 || at->nanos % 1000000 != 0 || at->seconds < 0 ||
        at->seconds > INT64_MAX / 1000 - 1 || receipt->sequence == 0)
        return false;
    leaf->recorded_ms = at->seconds * 1000 + at->nanos / 1000000;
    if (receipt->organisation.len != sizeof leaf->organisation.bytes)
        return false;
    memcpy(leaf->organisation.bytes, receipt->organisation.data, sizeof leaf->organisation.bytes);
    return bn_id_parse(receipt->request_id, &leaf->request) && digest_take(&receipt->digest, &leaf->digest);
}

static bool leaf_agrees(const struct bn_digest *hash, const Binome__V1__Proof *proof)
{
    struct bn_digest told, recorded;
    struct bn_leaf leaf;
    if (!digest_take(&proof->leaf, &told) || !digest_equal(hash, &told))
        return false;
    if (proof->receipt == NULL)
        return true;
    if (!leaf_of(proof->receipt, &leaf))
        return false;
    bn_leaf_hash(&leaf, &recorded);
    return digest_equal(hash, &recorded);
}

static bool path_leads(const struct bn_digest *hash, const Binome__V1__Receipt *receipt, const Binome__V1__Proof *proof)
{
    struct bn_digest path[BN_MERKLE_LEVELS], root, own;
    if (proof->n_path > BN_MERKLE_LEVELS || !digest_take(&proof->log_root, &root))
        return false;
    for (size_t i = 0; i < proof->n_path; i++)
        if (!digest_take(&proof->path[i], &path[i]))
            return false;
    if (proof->log_size == receipt->log_size && (!digest_take(&receipt->log_root, &own) || !digest_equal(&own, &root)))
        return false;
    return bn_merkle_verify(hash, receipt->sequence - 1, proof->log_size, path, proof->n_path, &root);
}

enum binome_verdict binome_verify(const Binome__V1__Receipt *receipt, const void *body, size_t size,
                                  const Binome__V1__Proof *proof)
{
    struct bn_digest digest, receipted, hash;
    if (body != NULL) {
        bn_digest_of(body, size, &digest);
        if (!digest_take(&receipt->digest, &receipted) || !digest_equal(&digest, &receipted))
            return BINOME_DIGEST_DIFFERS;
    }
    struct bn_leaf leaf;
    if (!leaf_of(receipt, &leaf))
        return BINOME_LEAF_DIFFERS;
    bn_leaf_hash(&leaf, &hash);
    if (!leaf_agrees(&hash, proof))
        return BINOME_LEAF_DIFFERS;
    return path_leads(&hash, receipt, proof) ? BINOME_PROVEN_IN_LOG : BINOME_PATH_BROKEN;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The log against the recursive definitions of RFC 6962 section 2.1, written here as they stand there. */
#include "base/merkle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { LEAVES = 300 };

static struct bn_digest leaves[LEAVES];

static int start(void **state)
{
    (void)state;
    assert_int_equal(bn_random_start(), BN_OK);
    for (int i = 0; i < LEAVES; i++)
        bn_digest_of(&i, sizeof i, &leaves[i]);
    return 0;
}

static uint64_t split_of(uint64_t n)
{
    uint64_t k = 1;
    while (k * 2 < n)
        k *= 2;
    return k;
}

static struct bn_digest tree_hash(uint64_t from, uint64_t count)
{
    struct bn_digest hash;
    if (count == 0) {
        bn_digest_of("", 0, &hash);
        return hash;
    }
    if (count == 1)
        return leaves[from];
    uint64_t k = split_of(count);
    struct bn_digest left = tree_hash(from, k), right = tree_hash(from + k, count - k);
    bn_node_hash(&left, &right, &hash);
    return hash;
}

static size_t tree_path(uint64_t index, uint64_t from, uint64_t count, struct bn_digest *path)
{
    if (count <= 1)
        return 0;
    uint64_t k = split_of(count);
    bool left = index < k;
    size_t length = left ? tree_path(index, from, k, path) : tree_path(index - k, from + k, count - k, path);
    path[length] = left ? tree_hash(from + k, count - k) : tree_hash(from, k);
    return length + 1;
}

static bool subtree(void *ctx, unsigned level, uint64_t index, struct bn_digest *out)
{
    (void)ctx;
    assert_true((index + 1) << level <= LEAVES);
    *out = tree_hash(index << level, UINT64_C(1) << level);
    return true;
}

static bool no_subtree(void *ctx, unsigned level, uint64_t index, struct bn_digest *out)
{
    (void)ctx;
    (void)level;
    (void)index;
    (void)out;
    return false;
}

static void test_a_frontier_gives_the_root_of_every_size(void **state)
{
    (void)state;
    struct bn_frontier frontier;
    bn_frontier_start(&frontier);
    for (uint64_t size = 0;; size++) {
        struct bn_digest root, expected = tree_hash(0, size);
        bn_frontier_root(&frontier, &root);
        assert_int_equal(frontier.size, size);
        assert_memory_equal(&root, &expected, sizeof root);
        if (size == LEAVES)
            break;
        bn_frontier_append(&frontier, &leaves[size]);
    }
}

static void test_a_path_is_that_of_the_rfc_and_verifies(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= 70; size++) {
        struct bn_digest root = tree_hash(0, size);
        for (uint64_t index = 0; index < size; index++) {
            struct bn_digest path[BN_MERKLE_LEVELS], expected[BN_MERKLE_LEVELS];
            int length = bn_merkle_path(index, size, subtree, NULL, path);
            assert_int_equal(length, tree_path(index, 0, size, expected));
            assert_memory_equal(path, expected, (size_t)length * sizeof path[0]);
            assert_true(bn_merkle_verify(&leaves[index], index, size, path, (size_t)length, &root));
        }
    }
}

static void test_whatever_is_changed_no_longer_verifies(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 2, 3, 7, 8, 33, 256, 257, LEAVES};
    for (size_t i = 0; i < BN_COUNT(sizes); i++) {
        uint64_t size = sizes[i];
        struct bn_digest root = tree_hash(0, size);
        for (uint64_t index = 0; index < size; index += 1 + size / 10) {
            struct bn_digest path[BN_MERKLE_LEVELS + 1] = {0}, bad;
            int made = bn_merkle_path(index, size, subtree, NULL, path);
            assert_true(made >= 0);
            size_t length = (size_t)made;
            const struct bn_digest *leaf = &leaves[index];
            for (size_t at = 0; at < length; at++) {
                path[at].bytes[at % 32] ^= 1;
                assert_false(bn_merkle_verify(leaf, index, size, path, length, &root));
                path[at].bytes[at % 32] ^= 1;
            }
            bad = root;
            bad.bytes[31] ^= 0x80;
            assert_false(bn_merkle_verify(leaf, index, size, path, length, &bad));
            bad = *leaf;
            bad.bytes[0] ^= 1;
            assert_false(bn_merkle_verify(&bad, index, size, path, length, &root));
            assert_false(bn_merkle_verify(leaf, index, size, path, length + 1, &root));
            if (length > 0)
                assert_false(bn_merkle_verify(leaf, index, size, path, length - 1, &root));
            assert_false(bn_merkle_verify(leaf, size, size, path, length, &root));
            if (size > 1)
                assert_false(bn_merkle_verify(leaf, index ^ 1, size, path, length, &root));
        }
    }
}

static void test_no_path_for_a_leaf_that_is_not_there_or_without_subtrees(void **state)
{
    (void)state;
    struct bn_digest path[BN_MERKLE_LEVELS];
    assert_int_equal(bn_merkle_path(0, 0, subtree, NULL, path), -1);
    assert_int_equal(bn_merkle_path(5, 5, subtree, NULL, path), -1);
    assert_int_equal(bn_merkle_path(0, UINT64_C(1) << BN_MERKLE_LEVELS, subtree, NULL, path), -1);
    assert_int_equal(bn_merkle_path(3, 5, no_subtree, NULL, path), -1);
    assert_int_equal(bn_merkle_path(0, 1, no_subtree, NULL, path), 0);
}

static void test_a_leaf_is_hashed_over_the_bytes_that_the_protocol_names(void **state)
{
    (void)state;
    struct bn_leaf leaf = {.sequence = 0x0102030405060708, .recorded_ms = 0x1112131415161718, .type = 0x21222324};
    memset(leaf.organisation.bytes, 0xaa, sizeof leaf.organisation.bytes);
    memset(leaf.request.bytes, 0xbb, sizeof leaf.request.bytes);
    memset(leaf.digest.bytes, 0xcc, sizeof leaf.digest.bytes);
    uint8_t bytes[1 + BN_LEAF_BYTES] = {0,    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x11, 0x12,
                                        0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x21, 0x22, 0x23, 0x24};
    memset(bytes + 21, 0xaa, 16);
    memset(bytes + 37, 0xbb, 16);
    memset(bytes + 53, 0xcc, 32);
    struct bn_digest hash, expected;
    bn_leaf_hash(&leaf, &hash);
    bn_digest_of(bytes, sizeof bytes, &expected);
    assert_memory_equal(&hash, &expected, sizeof hash);
}

static void test_a_leaf_can_not_pass_for_a_node(void **state)
{
    (void)state;
    struct bn_digest node, plain;
    uint8_t both[2 * BN_DIGEST_BYTES + 1] = {1};
    memcpy(both + 1, &leaves[0], BN_DIGEST_BYTES);
    memcpy(both + 1 + BN_DIGEST_BYTES, &leaves[1], BN_DIGEST_BYTES);
    bn_node_hash(&leaves[0], &leaves[1], &node);
    bn_digest_of(both, sizeof both, &plain);
    assert_memory_equal(&node, &plain, sizeof node);
    both[0] = 0;
    bn_digest_of(both, sizeof both, &plain);
    assert_memory_not_equal(&node, &plain, sizeof node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_frontier_gives_the_root_of_every_size),
        cmocka_unit_test(test_a_path_is_that_of_the_rfc_and_verifies),
        cmocka_unit_test(test_whatever_is_changed_no_longer_verifies),
        cmocka_unit_test(test_no_path_for_a_leaf_that_is_not_there_or_without_subtrees),
        cmocka_unit_test(test_a_leaf_is_hashed_over_the_bytes_that_the_protocol_names),
        cmocka_unit_test(test_a_leaf_can_not_pass_for_a_node),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted requests, and the log over them. */
#include "scene.h"

static void test_a_new_store_is_empty(void **state)
{
    struct bn_store *store = *state;
    struct bn_log_head head;
    struct bn_frontier nothing;
    struct bn_digest root;
    struct bn_accepted accepted;
    const void *body;
    size_t size;
    bn_frontier_start(&nothing);
    bn_frontier_root(&nothing, &root);
    OK(bn_store_log_head(store, &head));
    assert_int_equal(head.size, 0);
    assert_memory_equal(&head.root, &root, sizeof root);
    assert_int_equal(bn_store_next_sequence(store), 1);
    assert_int_equal(bn_store_accepted_by_sequence(store, 1, &accepted), BN_NOT_FOUND);
    assert_int_equal(bn_store_body(store, 1, &body, &size), BN_NOT_FOUND);
    assert_int_equal(bn_store_log_head_of(store, 1, &head), BN_NOT_FOUND);
    OK(bn_store_verify(store, false, NULL));
}

static void check_same(const struct bn_accepted *a, const struct bn_accepted *b)
{
    assert_int_equal(a->sequence, b->sequence);
    assert_true(bn_id_equal(&a->request, &b->request));
    assert_int_equal(a->organisation_number, b->organisation_number);
    assert_true(bn_id_equal(&a->organisation, &b->organisation));
    assert_int_equal(a->recorded_ms, b->recorded_ms);
    assert_int_equal(a->type, b->type);
    assert_memory_equal(&a->digest, &b->digest, sizeof a->digest);
    assert_int_equal(a->object, b->object);
    assert_int_equal(a->version, b->version);
}

static void test_what_is_accepted_is_found_again_also_after_reopening(void **state)
{
    struct bn_store *store = *state;
    struct bn_organisation acme = scene_organisation(store, "acme"), other = scene_organisation(store, "other");
    OK(bn_store_begin(store));
    struct bn_accepted one = scene_accept(store, &acme, "first"), two = scene_accept(store, &other, "");
    OK(bn_store_commit(store));
    assert_int_equal(one.sequence, 1);
    assert_int_equal(two.sequence, 2);
    for (int round = 0; round < 2; round++, store = scene_reopen(state)) {
        struct bn_accepted found;
        const void *body;
        size_t size;
        OK(bn_store_accepted_by_sequence(store, 1, &found));
        check_same(&found, &one);
        OK(bn_store_accepted_by_request(store, &two.request, other.number, &found));
        check_same(&found, &two);
        assert_int_equal(bn_store_accepted_by_request(store, &two.request, acme.number, &found), BN_NOT_FOUND);
        OK(bn_store_body(store, 1, &body, &size));
        assert_int_equal(size, 5);
        assert_memory_equal(body, "first", 5);
        OK(bn_store_body(store, 2, &body, &size));
        assert_int_equal(size, 0);
        assert_int_equal(bn_store_next_sequence(store), 3);
    }
}

static void test_a_request_id_is_taken_whoever_used_it(void **state)
{
    struct bn_store *store = *state;
    struct bn_organisation acme = scene_organisation(store, "acme"), other = scene_organisation(store, "other");
    struct bn_id unused = bn_id_make();
    bool taken;
    OK(bn_store_begin(store));
    struct bn_accepted one = scene_accept(store, &acme, "first"), same = one;
    OK(bn_store_request_taken(store, &one.request, &taken));
    assert_true(taken);
    OK(bn_store_request_taken(store, &unused, &taken));
    assert_false(taken);
    /* Another organisation may use the id for itself; the same one may not. */
    same.organisation = other.id;
    same.organisation_number = other.number;
    OK(bn_store_accept(store, &same, "x", 1));
    same = one;
    assert_int_equal(bn_store_accept(store, &same, "x", 1), BN_ALREADY_EXISTS);
    bn_store_rollback(store);
    OK(bn_store_request_taken(store, &one.request, &taken));
    assert_false(taken);
}

static void test_a_leaf_needs_an_organisation_of_that_number_and_id(void **state)
{
    struct bn_store *store = *state;
    struct bn_organisation acme = scene_organisation(store, "acme");
    OK(bn_store_begin(store));
    struct bn_accepted wrong = scene_accept(store, &acme, "first");
    wrong.request = wrong.organisation = bn_id_make();
    assert_int_equal(bn_store_accept(store, &wrong, "x", 1), BN_INTERNAL);
    wrong.organisation = acme.id;
    wrong.organisation_number = 99;
    assert_int_equal(bn_store_accept(store, &wrong, "x", 1), BN_INTERNAL);
    bn_store_rollback(store);
}

static void test_a_rollback_takes_everything_back(void **state)
{
    struct bn_store *store = *state;
    struct bn_log_head before, after;
    struct bn_organisation acme = scene_organisation(store, "acme"), found;
    OK(bn_store_begin(store));
    scene_accept(store, &acme, "kept");
    OK(bn_store_commit(store));
    OK(bn_store_log_head(store, &before));

    OK(bn_store_begin(store));
    struct bn_organisation gone = scene_organisation(store, "gone");
    struct bn_accepted lost = scene_accept(store, &gone, "lost");
    assert_int_equal(lost.sequence, 2);
    OK(bn_store_log_head(store, &after)); /* committed state only */
    assert_int_equal(after.size, 1);
    bn_store_rollback(store);

    assert_false(bn_store_in_transaction(store));
    assert_int_equal(bn_store_next_sequence(store), 2);
    assert_int_equal(bn_store_accepted_by_request(store, &lost.request, gone.number, &lost), BN_NOT_FOUND);
    assert_int_equal(bn_store_organisation_by_slug(store, "gone", &found), BN_NOT_FOUND);
    OK(bn_store_log_head(store, &after));
    assert_memory_equal(&before, &after, sizeof before);

    /* Another organisation may now have that number: the leaf is checked against the one that has it. */
    struct bn_organisation late = scene_organisation(store, "late");
    assert_int_equal(late.number, gone.number);
    OK(bn_store_begin(store));
    lost.organisation = gone.id;
    lost.organisation_number = gone.number;
    assert_int_equal(bn_store_accept(store, &lost, "x", 1), BN_INTERNAL);
    assert_int_equal(scene_accept(store, &late, "second").sequence, 2);
    OK(bn_store_commit(store));
    OK(bn_store_verify(scene_reopen(state), false, NULL));
}

static void test_a_change_outside_a_transaction_is_refused(void **state)
{
    struct bn_store *store = *state;
    struct bn_organisation acme = scene_organisation(store, "acme");
    OK(bn_store_begin(store));
    struct bn_accepted one = scene_accept(store, &acme, "first");
    bn_store_rollback(store);
    assert_int_equal(bn_store_accept(store, &one, "x", 1), BN_INTERNAL);
    assert_int_equal(bn_store_organisation_put(store, &acme), BN_INTERNAL);
    assert_int_not_equal(bn_store_error(store)[0], '\0');
}

/* Every commit's head, for the leaves that it held and all before. */
struct history {
    struct bn_digest *roots; /* by size */
    struct bn_digest *leaves;
    uint64_t *head_of; /* by sequence */
    uint64_t size;
};

static void check_proof(struct bn_store *store, const struct history *history, uint64_t index, uint64_t size)
{
    struct bn_digest path[BN_MERKLE_LEVELS], root;
    size_t length = 0;
    OK(bn_store_log_path(store, index, size, path, &length));
    assert_true(bn_merkle_verify(&history->leaves[index], index, size, path, length, &history->roots[size]));
    OK(bn_store_log_root(store, size, &root));
    assert_memory_equal(&root, &history->roots[size], sizeof root);
}

static void check_history(struct bn_store *store, const struct history *history, int trials)
{
    struct bn_digest path[BN_MERKLE_LEVELS], root;
    struct bn_log_head head;
    size_t length;
    OK(bn_store_log_head(store, &head));
    assert_int_equal(head.size, history->size);
    assert_memory_equal(&head.root, &history->roots[history->size], sizeof head.root);
    for (int i = 0; i < trials; i++) {
        uint64_t size = 1 + scene_below(history->size), index = scene_below(size), sequence = index + 1;
        check_proof(store, history, index, size);
        OK(bn_store_log_head_of(store, sequence, &head));
        assert_int_equal(head.size, history->head_of[sequence]);
        assert_memory_equal(&head.root, &history->roots[head.size], sizeof head.root);
    }
    static const uint64_t edges[] = {1, 255, 256, 257, 511, 512, 65535, 65536, 65537};
    for (size_t i = 0; i < BN_COUNT(edges); i++) {
        if (edges[i] > history->size)
            continue;
        check_proof(store, history, 0, edges[i]);
        check_proof(store, history, edges[i] - 1, edges[i]);
        check_proof(store, history, edges[i] - 1, history->size);
    }
    assert_int_equal(bn_store_log_path(store, 0, history->size + 1, path, &length), BN_OUT_OF_RANGE);
    assert_int_equal(bn_store_log_path(store, 5, 5, path, &length), BN_OUT_OF_RANGE);
    assert_int_equal(bn_store_log_root(store, history->size + 1, &root), BN_OUT_OF_RANGE);
}

/* Beyond 65,536 leaves, so that a tile of tiles is among them. */
static void test_any_leaf_is_proved_at_any_size_beyond_65536(void **state)
{
    enum { SIZE = 66000, BATCH_MAX = 3000 };
    struct bn_store *store = *state;
    struct bn_organisation acme = scene_organisation(store, "acme");
    struct bn_frontier frontier;
    struct history history = {.roots = calloc(SIZE + 1, sizeof *history.roots),
                              .leaves = calloc(SIZE + 1, sizeof *history.leaves),
                              .head_of = calloc(SIZE + 2, sizeof *history.head_of)};
    assert_true(history.roots != NULL && history.leaves != NULL && history.head_of != NULL);
    scene_seed();
    bn_frontier_start(&frontier);
    while (history.size < SIZE) {
        uint64_t batch = 1 + scene_below(BATCH_MAX), first = history.size + 1;
        OK(bn_store_begin(store));
        for (; batch > 0 && history.size < SIZE; batch--) {
            struct bn_accepted accepted = scene_accept(store, &acme, "body");
            const struct bn_leaf leaf = {accepted.sequence,     accepted.recorded_ms, accepted.type,
                                         accepted.organisation, accepted.request,     accepted.digest};
            bn_leaf_hash(&leaf, &history.leaves[history.size++]);
            bn_frontier_append(&frontier, &history.leaves[history.size - 1]);
            bn_frontier_root(&frontier, &history.roots[history.size]);
        }
        OK(bn_store_commit(store));
        bn_store_checkpoint(store, false);
        for (uint64_t sequence = first; sequence <= history.size; sequence++)
            history.head_of[sequence] = history.size;
    }
    check_history(store, &history, 100);
    store = scene_reopen(state);
    check_history(store, &history, 100);
    struct bn_store *reader = scene_reader(60000);
    check_history(reader, &history, 20);
    OK(bn_store_verify(reader, false, NULL));
    bn_store_close(&reader);
    OK(bn_store_begin(store)); /* the log goes on where it was */
    scene_accept(store, &acme, "more");
    OK(bn_store_commit(store));
    OK(bn_store_verify(store, false, NULL));
    free(history.roots);
    free(history.leaves);
    free(history.head_of);
}

static void test_a_large_body_comes_back_whole(void **state)
{
    enum { SIZE = 1 << 20 };
    struct bn_store *store = *state;
    struct bn_organisation acme = scene_organisation(store, "acme");
    char *large = malloc(SIZE);
    const void *body;
    size_t size;
    assert_non_null(large);
    bn_random_bytes(large, SIZE);
    OK(bn_store_begin(store));
    struct bn_accepted accepted = scene_accept(store, &acme, "small");
    accepted.request = bn_id_make();
    bn_digest_of(large, SIZE, &accepted.digest);
    OK(bn_store_accept(store, &accepted, large, SIZE));
    OK(bn_store_commit(store));
    store = scene_reopen(state);
    OK(bn_store_body(store, 2, &body, &size));
    assert_int_equal(size, SIZE);
    assert_memory_equal(body, large, SIZE);
    OK(bn_store_verify(store, false, NULL));
    free(large);
}

static void test_readers_see_what_is_committed_and_keep_their_snapshot(void **state)
{
    struct bn_store *store = *state, *reader = scene_reader(2000);
    struct bn_organisation acme = scene_organisation(store, "acme");
    struct bn_accepted found;
    struct bn_log_head head;
    OK(bn_store_begin(store));
    scene_accept(store, &acme, "first");
    assert_int_equal(bn_store_accepted_by_sequence(reader, 1, &found), BN_NOT_FOUND);
    OK(bn_store_commit(store));
    OK(bn_store_accepted_by_sequence(reader, 1, &found));

    OK(bn_store_begin(reader));
    OK(bn_store_begin(store));
    scene_accept(store, &acme, "second");
    OK(bn_store_commit(store));
    assert_int_equal(bn_store_accepted_by_sequence(reader, 2, &found), BN_NOT_FOUND);
    OK(bn_store_log_head(reader, &head));
    assert_int_equal(head.size, 1);
    bn_store_rollback(reader);
    OK(bn_store_accepted_by_sequence(reader, 2, &found));
    bn_store_close(&reader);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_a_new_store_is_empty),
        WITH_STORE(test_what_is_accepted_is_found_again_also_after_reopening),
        WITH_STORE(test_a_request_id_is_taken_whoever_used_it),
        WITH_STORE(test_a_leaf_needs_an_organisation_of_that_number_and_id),
        WITH_STORE(test_a_rollback_takes_everything_back),
        WITH_STORE(test_a_change_outside_a_transaction_is_refused),
        WITH_STORE(test_any_leaf_is_proved_at_any_size_beyond_65536),
        WITH_STORE(test_a_large_body_comes_back_whole),
        WITH_STORE(test_readers_see_what_is_committed_and_keep_their_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "binome/v1/request.pb-c.h"
#include "test.h"
#include "wire/arena.h"

static void test_pieces_are_aligned_and_do_not_overlap(void **state)
{
    (void)state;
    struct test_random random = test_random_start();
    struct bn_arena *arena = bn_arena_create(256, 1 << 20);
    for (unsigned round = 0; round < 50; round++) {
        uint8_t *pieces[100];
        size_t sizes[100];
        for (unsigned i = 0; i < 100; i++) {
            sizes[i] = test_random_below(&random, 300);
            pieces[i] = bn_arena_take(arena, sizes[i]);
            assert_non_null(pieces[i]);
            assert_int_equal((uintptr_t)pieces[i] % BN_ARENA_ALIGN, 0);
            memset(pieces[i], (int)i, sizes[i]);
        }
        for (unsigned i = 0; i < 100; i++)
            for (size_t k = 0; k < sizes[i]; k++)
                assert_int_equal(pieces[i][k], i);
        bn_arena_reset(arena);
        assert_int_equal(bn_arena_used(arena), 0);
    }
    bn_arena_destroy(&arena);
    assert_null(arena);
    bn_arena_destroy(&arena);
}

static void test_the_first_block_is_kept_over_a_reset(void **state)
{
    (void)state;
    struct bn_arena *arena = bn_arena_create(1024, 1 << 20);
    void *first = bn_arena_take(arena, 1000);
    assert_non_null(bn_arena_take(arena, 5000));
    assert_non_null(bn_arena_take(arena, 50000));
    bn_arena_reset(arena);
    assert_ptr_equal(bn_arena_take(arena, 1000), first);
    bn_arena_destroy(&arena);
}

static void test_beyond_the_bound_the_answer_is_null_and_what_fits_is_still_given(void **state)
{
    (void)state;
    struct bn_arena *arena = bn_arena_create(64, 1000);
    assert_null(bn_arena_take(arena, 1001));
    assert_null(bn_arena_take(arena, SIZE_MAX));
    assert_null(bn_arena_take(arena, SIZE_MAX - 8));
    assert_non_null(bn_arena_take(arena, 900));
    assert_null(bn_arena_take(arena, 200));
    assert_non_null(bn_arena_take(arena, 80));
    assert_int_equal(bn_arena_used(arena), 912 + 80);
    assert_null(bn_arena_take(arena, 1));
    bn_arena_bound(arena, 2000);
    assert_non_null(bn_arena_take(arena, 1000));
    bn_arena_bound(arena, 10);
    assert_null(bn_arena_take(arena, 1));
    assert_null(bn_arena_text(arena, "x"));
    assert_null(bn_arena_format(arena, "%d", 1));
    bn_arena_destroy(&arena);
}

static void test_texts_are_copied_and_formatted(void **state)
{
    (void)state;
    struct bn_arena *arena = bn_arena_create(64, 1 << 16);
    char text[] = "abc";
    char *copy = bn_arena_text(arena, text);
    text[0] = 'x';
    assert_string_equal(copy, "abc");
    assert_string_equal(bn_arena_format(arena, "%s[%u]", "tags", 3U), "tags[3]");
    assert_string_equal(bn_arena_text(arena, ""), "");
    bn_arena_destroy(&arena);
}

static size_t a_request(uint8_t *out)
{
    Binome__V1__Money min = BINOME__V1__MONEY__INIT, max = BINOME__V1__MONEY__INIT;
    min.minor_units = 5000000;
    min.currency = max.currency = (char[]){"EUR"};
    max.minor_units = 9000000;
    Binome__V1__MoneyRange budget = BINOME__V1__MONEY_RANGE__INIT;
    budget.min = &min;
    budget.max = &max;
    Binome__V1__Proposal proposal = BINOME__V1__PROPOSAL__INIT;
    proposal.title = (char[]){"Predictive maintenance of lifts"};
    proposal.description = (char[]){"Sensors in forty buildings, one model for all of them."};
    char *tags[20], tag[] = "tag";
    for (size_t i = 0; i < BN_COUNT(tags); i++)
        tags[i] = tag;
    proposal.tags = tags;
    proposal.n_tags = BN_COUNT(tags);
    proposal.budget = &budget;
    Binome__V1__ProposalSubmit submit = BINOME__V1__PROPOSAL_SUBMIT__INIT;
    submit.proposal = &proposal;
    Binome__V1__Request request = BINOME__V1__REQUEST__INIT;
    request.body_case = BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT;
    request.proposal_submit = &submit;
    return binome__v1__request__pack(&request, out);
}

/* Whichever allocation is the one that fails, unpacking gives NULL and touches nothing it should not. */
static void test_protobuf_c_fails_cleanly_at_every_bound(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    size_t size = a_request(bytes), needed = 0;
    struct bn_arena *arena = bn_arena_create(64, 0);
    for (size_t bound = 0; needed == 0; bound += BN_ARENA_ALIGN) {
        assert_true(bound < 100000);
        bn_arena_reset(arena);
        bn_arena_bound(arena, bound);
        Binome__V1__Request *request = binome__v1__request__unpack(bn_arena_allocator(arena), size, bytes);
        if (request == NULL)
            continue;
        needed = bound;
        assert_string_equal(request->proposal_submit->proposal->tags[19], "tag");
        assert_int_equal(bn_arena_used(arena), needed);
        binome__v1__request__free_unpacked(request, bn_arena_allocator(arena));
    }
    assert_true(needed <= bn_arena_bytes_for(size));
    bn_arena_destroy(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_are_aligned_and_do_not_overlap),
        cmocka_unit_test(test_the_first_block_is_kept_over_a_reset),
        cmocka_unit_test(test_beyond_the_bound_the_answer_is_null_and_what_fits_is_still_given),
        cmocka_unit_test(test_texts_are_copied_and_formatted),
        cmocka_unit_test(test_protobuf_c_fails_cleanly_at_every_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

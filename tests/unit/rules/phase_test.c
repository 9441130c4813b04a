/* SPDX-License-Identifier: Apache-2.0 */
#include "binome/v1/proposal.pb-c.h"
#include "registry/rules/phase.h"
#include "test.h"

enum { PHASES = BINOME__V1__PHASE__PHASE_SUSPENDED };

static struct bn_arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = bn_arena_create(4096, 1 << 20);
    return arena == NULL;
}

static int teardown(void **state)
{
    (void)state;
    bn_arena_destroy(&arena);
    return 0;
}

static const struct bn_phase_move *row_of(uint32_t from, uint32_t to)
{
    size_t count;
    const struct bn_phase_move *moves = bn_phase_moves(&count);
    for (size_t i = 0; i < count; i++)
        if (moves[i].from == from && moves[i].to == to)
            return &moves[i];
    return NULL;
}

/* Every phase with every other, in every capacity, with and without a reason. */
static void every_move_by_everybody_goes_as_the_table_says(void **state)
{
    (void)state;
    static const unsigned capacities[] = {BN_BY_OWNER, BN_BY_PILOT, BN_BY_OPERATOR};
    for (uint32_t from = 1; from <= PHASES; from++)
        for (uint32_t to = 1; to <= PHASES; to++)
            for (size_t b = 0; b < BN_COUNT(capacities); b++)
                for (int reason = 0; reason < 2; reason++) {
                    struct bn_check check;
                    bn_arena_reset(arena);
                    bn_check_start(&check, arena);
                    enum bn_code code =
                        bn_rule_phase(&check, "phase", from, to, capacities[b], reason ? "because" : "");
                    const struct bn_phase_move *move = row_of(from, to);
                    if (move == NULL) {
                        assert_int_equal(code, BN_FAILED_PRECONDITION);
                        assert_int_equal(check.violations[0].rule, BN_RULE_PHASE_MOVE);
                    } else if ((move->by & capacities[b]) == 0) {
                        assert_int_equal(code, BN_PERMISSION_DENIED);
                        assert_int_equal(check.violations[0].rule, BN_RULE_PHASE_ROLE);
                    } else if (move->reason && !reason) {
                        assert_int_equal(code, BN_INVALID_ARGUMENT);
                        assert_int_equal(check.violations[0].rule, BN_RULE_PHASE_REASON);
                    } else {
                        assert_int_equal(code, BN_OK);
                        assert_int_equal(check.count, 0);
                    }
                }
}

static void no_move_stands_twice_in_the_table(void **state)
{
    (void)state;
    size_t count;
    const struct bn_phase_move *moves = bn_phase_moves(&count);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(row_of(moves[i].from, moves[i].to), &moves[i]);
        assert_int_not_equal(moves[i].from, moves[i].to);
        assert_int_not_equal(moves[i].by, 0);
    }
}

/* Nobody may decide on its own proposal. */
static void an_owner_alone_never_opens_or_rejects(void **state)
{
    (void)state;
    size_t count;
    const struct bn_phase_move *moves = bn_phase_moves(&count);
    for (size_t i = 0; i < count; i++)
        if (moves[i].to == BINOME__V1__PHASE__PHASE_OPEN || moves[i].to == BINOME__V1__PHASE__PHASE_REJECTED)
            assert_int_equal(moves[i].by & BN_BY_OWNER, 0);
}

static void a_planned_phase_counts_from_its_day_on(void **state)
{
    (void)state;
    const struct bn_object object = {.state = BINOME__V1__PHASE__PHASE_OPEN,
                                     .state_day = 100,
                                     .planned_state = BINOME__V1__PHASE__PHASE_ENGAGED,
                                     .planned_day = 200};
    assert_int_equal(bn_phase_on(&object, 199), BINOME__V1__PHASE__PHASE_OPEN);
    assert_int_equal(bn_phase_since(&object, 199), 100);
    assert_int_equal(bn_phase_on(&object, 200), BINOME__V1__PHASE__PHASE_ENGAGED);
    assert_int_equal(bn_phase_since(&object, 200), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_move_by_everybody_goes_as_the_table_says),
        cmocka_unit_test(no_move_stands_twice_in_the_table),
        cmocka_unit_test(an_owner_alone_never_opens_or_rejects),
        cmocka_unit_test(a_planned_phase_counts_from_its_day_on),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/inflight.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROOM = 8, BYTES_MAX = 1000 };

static int setup(void **state)
{
    *state = bn_inflight_create(ROOM);
    assert_non_null(*state);
    return 0;
}

static int teardown(void **state)
{
    struct bn_inflight *inflight = *state;
    bn_inflight_destroy(&inflight);
    assert_null(inflight);
    return 0;
}

static void frames_make(zmq_msg_t frames[2], const char *body)
{
    zmq_msg_init_size(&frames[0], 1);
    memset(zmq_msg_data(&frames[0]), 'h', 1);
    zmq_msg_init_size(&frames[1], strlen(body));
    memcpy(zmq_msg_data(&frames[1]), body, strlen(body));
}

static void test_a_ticket_finds_its_request_and_no_later_one(void **state)
{
    struct bn_inflight *inflight = *state;
    struct bn_flight *flight = bn_inflight_add(inflight, 10, BYTES_MAX, 100);
    uint64_t ticket = bn_flight_ticket(flight);
    assert_true(ticket != 0);
    assert_ptr_equal(bn_inflight_find(inflight, ticket), flight);
    bn_inflight_remove(inflight, flight);
    assert_null(bn_inflight_find(inflight, ticket));
    assert_ptr_equal(bn_inflight_add(inflight, 10, BYTES_MAX, 100), flight); /* the same place again */
    assert_null(bn_inflight_find(inflight, ticket));
    assert_null(bn_inflight_find(inflight, 0));
    assert_null(bn_inflight_find(inflight, UINT64_MAX));
}

static void test_count_and_bytes_are_bounds(void **state)
{
    struct bn_inflight *inflight = *state;
    assert_null(bn_inflight_add(inflight, BYTES_MAX + 1, BYTES_MAX, 100));
    assert_non_null(bn_inflight_add(inflight, BYTES_MAX - 10, BYTES_MAX, 100));
    assert_null(bn_inflight_add(inflight, 11, BYTES_MAX, 100));
    for (int i = 1; i < ROOM; i++)
        assert_non_null(bn_inflight_add(inflight, 1, BYTES_MAX, 100));
    assert_null(bn_inflight_add(inflight, 1, BYTES_MAX, 100));
    assert_int_equal(bn_inflight_count(inflight), ROOM);
    assert_int_equal(bn_inflight_bytes(inflight), BYTES_MAX - 10 + ROOM - 1);
}

static void test_those_that_wait_keep_their_order_when_one_in_the_middle_goes(void **state)
{
    struct bn_inflight *inflight = *state;
    struct bn_flight *flights[3];
    static const char *const bodies[] = {"one", "two", "three"};
    for (int i = 0; i < 3; i++) {
        zmq_msg_t frames[2];
        frames_make(frames, bodies[i]);
        flights[i] = bn_inflight_add(inflight, 3, BYTES_MAX, 100);
        bn_inflight_wait(inflight, flights[i], frames);
    }
    assert_int_equal(bn_inflight_waiting_count(inflight), 3);
    bn_inflight_remove(inflight, flights[1]);
    assert_ptr_equal(bn_inflight_waiting(inflight), flights[0]);
    assert_memory_equal(zmq_msg_data(&flights[0]->frames[1]), "one", 3);
    bn_inflight_sent(inflight, flights[0]);
    assert_int_equal(flights[0]->state, BN_FLIGHT_SENT);
    assert_ptr_equal(bn_inflight_waiting(inflight), flights[2]);
    bn_inflight_sent(inflight, flights[2]);
    assert_null(bn_inflight_waiting(inflight));
    assert_int_equal(bn_inflight_count(inflight), 2);
}

/* What was given to the socket may still lie there: answering the client gives nothing back yet. */
static void test_a_late_request_keeps_its_place_and_its_bytes(void **state)
{
    struct bn_inflight *inflight = *state;
    struct bn_flight *flight = bn_inflight_add(inflight, BYTES_MAX, BYTES_MAX, 100);
    uint32_t from = 0;
    assert_null(bn_inflight_expired(inflight, 99, &from));
    from = 0;
    assert_ptr_equal(bn_inflight_expired(inflight, 100, &from), flight);
    bn_inflight_late(inflight, flight, 500);
    assert_int_equal(bn_inflight_open_count(inflight), 0);
    assert_null(bn_inflight_add(inflight, 1, BYTES_MAX, 100));
    from = 0;
    assert_null(bn_inflight_expired(inflight, 499, &from));
    from = 0;
    assert_ptr_equal(bn_inflight_expired(inflight, 500, &from), flight);
    bn_inflight_remove(inflight, flight);
    assert_non_null(bn_inflight_add(inflight, 1, BYTES_MAX, 100));
    assert_int_equal(bn_inflight_open_count(inflight), 1);
}

static void test_any_order_of_moves_keeps_the_counts_right(void **state)
{
    struct bn_inflight *inflight = *state;
    unsigned seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    struct bn_flight *flights[ROOM] = {NULL};
    for (int step = 0; step < 20000; step++) {
        size_t i = (size_t)rand_r(&seed) % ROOM;
        int move = rand_r(&seed) % 4;
        zmq_msg_t frames[2];
        if (flights[i] == NULL) {
            flights[i] = bn_inflight_add(inflight, i, BYTES_MAX, 100);
            assert_non_null(flights[i]);
            if (move == 0) {
                frames_make(frames, "body");
                bn_inflight_wait(inflight, flights[i], frames);
            }
        } else if (move == 1 && flights[i]->state == BN_FLIGHT_WAITING) {
            bn_inflight_sent(inflight, flights[i]);
        } else if (move == 2 && flights[i]->state == BN_FLIGHT_SENT) {
            bn_inflight_late(inflight, flights[i], 200);
        } else {
            bn_inflight_remove(inflight, flights[i]);
            flights[i] = NULL;
        }
        size_t count = 0, waiting = 0, late = 0, bytes = 0;
        for (size_t j = 0; j < ROOM; j++) {
            count += flights[j] != NULL;
            bytes += flights[j] != NULL ? j : 0;
            waiting += flights[j] != NULL && flights[j]->state == BN_FLIGHT_WAITING;
            late += flights[j] != NULL && flights[j]->state == BN_FLIGHT_LATE;
        }
        assert_int_equal(bn_inflight_count(inflight), count);
        assert_int_equal(bn_inflight_waiting_count(inflight), waiting);
        assert_int_equal(bn_inflight_open_count(inflight), count - late);
        assert_int_equal(bn_inflight_bytes(inflight), bytes);
    }
    uint32_t from = 0;
    size_t seen = 0;
    while (bn_inflight_next(inflight, &from) != NULL)
        seen++;
    assert_int_equal(seen, bn_inflight_count(inflight));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_ticket_finds_its_request_and_no_later_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_count_and_bytes_are_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_those_that_wait_keep_their_order_when_one_in_the_middle_goes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_late_request_keeps_its_place_and_its_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_any_order_of_moves_keeps_the_counts_right, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

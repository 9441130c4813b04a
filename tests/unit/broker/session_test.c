/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROOM = 64 };

static int setup(void **state)
{
    assert_int_equal(bn_random_start(), BN_OK);
    *state = bn_sessions_create(ROOM);
    assert_non_null(*state);
    return 0;
}

static int teardown(void **state)
{
    struct bn_sessions *sessions = *state;
    bn_sessions_destroy(&sessions);
    assert_null(sessions);
    return 0;
}

static void test_a_session_is_found_by_its_routing_id_on_its_endpoint_only(void **state)
{
    struct bn_sessions *sessions = *state;
    struct bn_session *session = bn_session_add(sessions, 0, "\0abcd", 5);
    assert_non_null(session);
    assert_ptr_equal(bn_session_find(sessions, 0, "\0abcd", 5), session);
    assert_null(bn_session_find(sessions, 1, "\0abcd", 5));
    assert_null(bn_session_find(sessions, 0, "\0abc", 4));
    assert_ptr_equal(bn_session_at(sessions, session->index, session->number), session);
}

/* A place is used again, a number never: an answer to the session before must not reach the one after. */
static void test_a_number_is_never_used_again(void **state)
{
    struct bn_sessions *sessions = *state;
    struct bn_session *session = bn_session_add(sessions, 0, "a", 1);
    uint32_t index = session->index;
    uint64_t number = session->number;
    bn_session_remove(sessions, session);
    assert_null(bn_session_at(sessions, index, number));
    session = bn_session_add(sessions, 0, "a", 1);
    assert_int_equal(session->index, index);
    assert_null(bn_session_at(sessions, index, number));
}

static void test_there_are_only_as_many_as_there_is_room_for(void **state)
{
    struct bn_sessions *sessions = *state;
    char routing[16];
    for (int i = 0; i < ROOM; i++) {
        snprintf(routing, sizeof routing, "%d", i);
        assert_non_null(bn_session_add(sessions, 0, routing, strlen(routing)));
    }
    assert_null(bn_session_add(sessions, 0, "more", 4));
    assert_int_equal(bn_sessions_count(sessions), ROOM);
    bn_session_remove(sessions, bn_session_find(sessions, 0, "7", 1));
    assert_non_null(bn_session_add(sessions, 0, "more", 4));
    uint8_t long_id[256] = {1};
    assert_null(bn_session_add(sessions, 0, long_id, sizeof long_id));
}

static void test_a_session_is_bound_to_the_open_connection_on_its_descriptor(void **state)
{
    struct bn_sessions *sessions = *state;
    struct bn_session *session = bn_session_add(sessions, 0, "a", 1);
    session->descriptor = 17;
    assert_false(bn_session_bind(sessions, session)); /* the monitor's note has not come yet */
    assert_true(bn_connection_opened(sessions, 0, 17, 1));
    assert_true(bn_session_bind(sessions, session));
    assert_ptr_equal(bn_connection_of(sessions, session), bn_connection_on(sessions, 17));
    assert_ptr_equal(bn_connection_closed(sessions, 0, 17), session);
    assert_null(bn_connection_of(sessions, session));
    assert_null(bn_connection_on(sessions, 17));
    assert_int_equal(bn_connections_count(sessions), 0);
}

/* The descriptor of a connection that ended is given to the next one. A session of the old one must not get hold of it:
 * it would be cut for what another did. */
static void test_a_session_of_an_old_connection_never_holds_the_new_one(void **state)
{
    struct bn_sessions *sessions = *state;
    struct bn_session *old = bn_session_add(sessions, 0, "old", 3), *fresh = bn_session_add(sessions, 0, "new", 3);
    old->descriptor = fresh->descriptor = 5;
    assert_true(bn_connection_opened(sessions, 0, 5, 1));
    assert_true(bn_session_bind(sessions, old));
    assert_false(bn_session_bind(sessions, fresh)); /* its connection has not been announced yet */
    assert_ptr_equal(bn_connection_closed(sessions, 0, 5), old);
    assert_true(bn_connection_opened(sessions, 0, 5, 2));
    assert_true(bn_session_bind(sessions, fresh));
    assert_null(bn_connection_of(sessions, old));
    assert_false(bn_session_bind(sessions, old));
}

/* Two monitors, two queues of notes: the news that a descriptor was closed may come after it was opened elsewhere. */
static void test_a_late_note_of_another_endpoint_closes_nothing(void **state)
{
    struct bn_sessions *sessions = *state;
    struct bn_session *session = bn_session_add(sessions, 0, "a", 1);
    session->descriptor = 5;
    assert_true(bn_connection_opened(sessions, 0, 5, 1));
    assert_true(bn_session_bind(sessions, session));
    assert_true(bn_connection_opened(sessions, 1, 5, 2));
    assert_null(bn_connection_of(sessions, session));
    assert_null(bn_connection_closed(sessions, 0, 5));
    assert_non_null(bn_connection_on(sessions, 5));
    assert_int_equal(bn_connections_count(sessions), 1);
}

static void test_bytes_of_earlier_sessions_stay_counted_for_the_connection(void **state)
{
    struct bn_sessions *sessions = *state;
    assert_true(bn_connection_opened(sessions, 0, 300, 1));
    struct bn_session *session = bn_session_add(sessions, 0, "a", 1);
    session->descriptor = 300;
    assert_true(bn_session_bind(sessions, session));
    session->bytes_handed = 100;
    assert_int_equal(bn_connection_handed(sessions, bn_connection_on(sessions, 300)), 100);
    bn_session_remove(sessions, session);
    session = bn_session_add(sessions, 0, "a", 1);
    session->descriptor = 300;
    assert_true(bn_session_bind(sessions, session));
    session->bytes_handed = 11;
    assert_int_equal(bn_connection_handed(sessions, bn_connection_on(sessions, 300)), 111);
    assert_int_equal(bn_connections_top(sessions), 301);
}

static void test_a_session_that_said_hello_counts_for_its_key(void **state)
{
    struct bn_sessions *sessions = *state;
    struct bn_key key = {.sessions = 2};
    struct bn_session *silent = bn_session_add(sessions, 0, "a", 1), *greeted = bn_session_add(sessions, 0, "b", 1);
    silent->key = greeted->key = &key;
    greeted->hello = true;
    bn_session_remove(sessions, silent);
    assert_int_equal(key.sessions, 2);
    bn_session_remove(sessions, greeted);
    assert_int_equal(key.sessions, 1);
}

static void test_any_order_of_coming_and_going_keeps_the_table_whole(void **state)
{
    struct bn_sessions *sessions = *state;
    unsigned seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    bool there[200] = {false};
    size_t count = 0;
    for (int step = 0; step < 20000; step++) {
        char routing[16];
        int which = rand_r(&seed) % 200;
        snprintf(routing, sizeof routing, "r%d", which);
        struct bn_session *session = bn_session_find(sessions, 0, routing, strlen(routing));
        assert_int_equal(session != NULL, there[which]);
        if (session != NULL) {
            bn_session_remove(sessions, session);
            there[which] = false;
            count--;
        } else if (count < ROOM) {
            assert_non_null(bn_session_add(sessions, 0, routing, strlen(routing)));
            there[which] = true;
            count++;
        }
        assert_int_equal(bn_sessions_count(sessions), count);
    }
    size_t seen = 0;
    uint32_t from = 0;
    while (bn_session_next(sessions, &from) != NULL)
        seen++;
    assert_int_equal(seen, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_session_is_found_by_its_routing_id_on_its_endpoint_only, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_number_is_never_used_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_there_are_only_as_many_as_there_is_room_for, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_session_is_bound_to_the_open_connection_on_its_descriptor, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_session_of_an_old_connection_never_holds_the_new_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_late_note_of_another_endpoint_closes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bytes_of_earlier_sessions_stay_counted_for_the_connection, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_session_that_said_hello_counts_for_its_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_any_order_of_coming_and_going_keeps_the_table_whole, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

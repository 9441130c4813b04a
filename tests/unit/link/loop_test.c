/* SPDX-License-Identifier: Apache-2.0 */
#include "link/loop.h"
#include "test.h"

#include <zmq.h>

static void *context, *left, *right;
static struct bn_loop *loop;
static char trace[256];

static int start(void **state)
{
    (void)state;
    context = zmq_ctx_new();
    left = zmq_socket(context, ZMQ_PAIR);
    right = zmq_socket(context, ZMQ_PAIR);
    zmq_bind(left, "inproc://pair");
    zmq_connect(right, "inproc://pair");
    loop = bn_loop_create();
    trace[0] = '\0';
    return loop == NULL ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    bn_loop_destroy(&loop);
    zmq_close(left);
    zmq_close(right);
    zmq_ctx_term(context);
    return 0;
}

static void note(const char *what)
{
    assert_true(strlen(trace) + strlen(what) < sizeof trace);
    strcat(trace, what);
}

static bool take(void *socket)
{
    char byte;
    return zmq_recv(socket, &byte, 1, ZMQ_DONTWAIT) >= 0;
}

static void take_one(void *socket)
{
    assert_true(take(socket));
    note("s");
}

static void take_descriptor(void *ctx)
{
    char byte;
    assert_int_equal(read(*(int *)ctx, &byte, 1), 1);
    note("d");
}

static void on_timer(void *ctx)
{
    (void)ctx;
    note("t");
}

static void stop(void *ctx)
{
    (void)ctx;
    bn_loop_stop(loop);
}

static void end_turn(void *ctx)
{
    note(".");
    if (strlen(trace) >= *(size_t *)ctx)
        bn_loop_stop(loop);
}

static void test_a_burst_is_taken_one_turn_after_the_other(void **state)
{
    (void)state;
    size_t enough = 8;
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(zmq_send(left, "x", 1, 0), 1);
    assert_int_equal(bn_loop_socket(loop, right, take_one, right), BN_OK);
    bn_loop_after_turn(loop, end_turn, &enough);
    assert_int_equal(bn_loop_run(loop), BN_OK);
    assert_string_equal(trace, "s.s.s.s.");
}

static void test_sockets_and_descriptors_are_called_in_the_order_they_were_added(void **state)
{
    (void)state;
    size_t enough = 4;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(zmq_send(left, "x", 1, 0), 1);
    assert_int_equal(zmq_send(right, "x", 1, 0), 1);
    assert_int_equal(bn_loop_socket(loop, right, take_one, right), BN_OK);
    assert_int_equal(bn_loop_descriptor(loop, ends[0], take_descriptor, &ends[0]), BN_OK);
    assert_int_equal(bn_loop_socket(loop, left, take_one, left), BN_OK);
    bn_loop_after_turn(loop, end_turn, &enough);
    assert_int_equal(bn_loop_run(loop), BN_OK);
    assert_string_equal(trace, "sds.");
    close(ends[0]);
    close(ends[1]);
}

static void test_a_timer_comes_again_and_again(void **state)
{
    (void)state;
    uint64_t begin_ms = test_now_ms();
    assert_int_equal(bn_loop_timer(loop, 20, on_timer, NULL), BN_OK);
    assert_int_equal(bn_loop_timer(loop, 110, stop, NULL), BN_OK);
    assert_int_equal(bn_loop_run(loop), BN_OK);
    uint64_t took_ms = test_now_ms() - begin_ms;
    assert_true(took_ms >= 110);
    assert_in_range(strlen(trace), 1, took_ms / 20);
}

struct slow {
    unsigned calls;
};

static void be_slow(void *ctx)
{
    struct slow *slow = ctx;
    uint64_t end_ms = test_now_ms() + 100;
    if (slow->calls++ == 0)
        while (test_now_ms() < end_ms)
            ;
    else
        bn_loop_stop(loop);
}

static void test_missed_times_are_not_made_up_for(void **state)
{
    (void)state;
    struct slow slow = {0};
    assert_int_equal(bn_loop_timer(loop, 20, on_timer, NULL), BN_OK);
    assert_int_equal(bn_loop_timer(loop, 30, be_slow, &slow), BN_OK);
    assert_int_equal(bn_loop_run(loop), BN_OK);
    assert_true(strlen(trace) <= 4);
}

/* The doorbell of a socket is answered by any call on it: a loop that trusts it would sleep on these messages. */
static void answer_the_bell(void *ctx)
{
    (void)ctx;
    int events;
    size_t size = sizeof events;
    assert_true(take(right));
    assert_int_equal(zmq_send(right, "y", 1, 0), 1); /* makes left readable */
    assert_int_equal(zmq_getsockopt(left, ZMQ_EVENTS, &events, &size), 0);
    assert_true((events & ZMQ_POLLIN) != 0);
    note("r");
}

static void take_left(void *ctx)
{
    (void)ctx;
    assert_true(take(left));
    bn_loop_stop(loop);
}

static void test_a_message_whose_bell_was_answered_by_another_is_not_slept_on(void **state)
{
    (void)state;
    assert_int_equal(bn_loop_socket(loop, left, take_left, NULL), BN_OK);
    assert_int_equal(bn_loop_socket(loop, right, answer_the_bell, NULL), BN_OK);
    assert_int_equal(zmq_send(left, "x", 1, 0), 1);
    uint64_t begin_ms = test_now_ms();
    assert_int_equal(bn_loop_run(loop), BN_OK);
    assert_true(test_now_ms() - begin_ms < 500);
    assert_string_equal(trace, "r");
}

static void resume(void *ctx)
{
    (void)ctx;
    note("t");
    bn_loop_pause(loop, right, false);
}

static void take_and_stop(void *ctx)
{
    take_one(ctx);
    bn_loop_stop(loop);
}

static void test_a_paused_socket_keeps_its_messages_and_costs_no_turns(void **state)
{
    (void)state;
    static const size_t never = SIZE_MAX;
    assert_int_equal(zmq_send(left, "x", 1, 0), 1);
    assert_int_equal(bn_loop_socket(loop, right, take_and_stop, right), BN_OK);
    assert_int_equal(bn_loop_timer(loop, 50, resume, NULL), BN_OK);
    bn_loop_pause(loop, right, true);
    bn_loop_after_turn(loop, end_turn, (void *)(uintptr_t)&never);
    assert_int_equal(bn_loop_run(loop), BN_OK);
    /* after the timer, or a turn early when the clock's millisecond was cut off; and no spinning before it */
    assert_non_null(strstr(trace, "ts."));
    assert_true(strlen(trace) < 8);
}

static void pause_other(void *ctx)
{
    take_one(ctx);
    bn_loop_pause(loop, left, true);
    bn_loop_stop(loop);
}

static void test_a_pause_holds_at_once(void **state)
{
    (void)state;
    assert_int_equal(zmq_send(left, "x", 1, 0), 1);
    assert_int_equal(zmq_send(right, "x", 1, 0), 1);
    assert_int_equal(bn_loop_socket(loop, right, pause_other, right), BN_OK);
    assert_int_equal(bn_loop_socket(loop, left, take_one, left), BN_OK);
    assert_int_equal(bn_loop_run(loop), BN_OK);
    assert_string_equal(trace, "s");
}

static void remove_both(void *ctx)
{
    (void)ctx;
    note("x");
    bn_loop_remove(loop, left, -1);
    bn_loop_remove(loop, right, -1);
    assert_int_equal(bn_loop_timer(loop, 30, stop, NULL), BN_OK);
}

static void test_a_callback_may_remove_itself_and_others(void **state)
{
    (void)state;
    assert_int_equal(zmq_send(left, "x", 1, 0), 1);
    assert_int_equal(zmq_send(right, "x", 1, 0), 1);
    assert_int_equal(bn_loop_socket(loop, right, remove_both, NULL), BN_OK);
    assert_int_equal(bn_loop_socket(loop, left, remove_both, NULL), BN_OK);
    assert_int_equal(bn_loop_run(loop), BN_OK);
    assert_string_equal(trace, "x");
}

static void test_there_is_a_bound_to_what_a_loop_watches(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(bn_loop_descriptor(loop, 0, stop, NULL), BN_OK);
    assert_int_equal(bn_loop_descriptor(loop, 0, stop, NULL), BN_RESOURCE_EXHAUSTED);
    for (unsigned i = 0; i < 32; i++)
        assert_int_equal(bn_loop_timer(loop, 1000, stop, NULL), BN_OK);
    assert_int_equal(bn_loop_timer(loop, 1000, stop, NULL), BN_RESOURCE_EXHAUSTED);
}

static void test_a_broken_socket_ends_the_loop(void **state)
{
    (void)state;
    void *other = zmq_ctx_new(), *socket = zmq_socket(other, ZMQ_PAIR);
    assert_int_equal(bn_loop_socket(loop, socket, stop, NULL), BN_OK);
    zmq_ctx_shutdown(other);
    assert_int_equal(bn_loop_run(loop), BN_INTERNAL);
    zmq_close(socket);
    zmq_ctx_term(other);
}

static uint64_t wake_from_ms, wake_turns, wake_last_ms;

static void count_turn(void *ctx)
{
    (void)ctx;
    wake_last_ms = test_now_ms();
    if (++wake_turns == 1)
        bn_loop_wake(loop, 30); /* the first turn is that of the message */
    else
        bn_loop_stop(loop);
}

static void test_a_wake_makes_one_turn_although_nothing_came(void **state)
{
    (void)state;
    wake_turns = 0;
    wake_from_ms = test_now_ms();
    assert_int_equal(bn_loop_socket(loop, left, take_one, left), BN_OK);
    bn_loop_after_turn(loop, count_turn, NULL);
    assert_int_equal(zmq_send(right, "x", 1, 0), 1);
    assert_int_equal(bn_loop_run(loop), BN_OK);
    assert_int_equal(wake_turns, 2);
    assert_true(wake_last_ms - wake_from_ms >= 29); /* clocks in whole milliseconds */
    assert_true(wake_last_ms - wake_from_ms < 900); /* and not when the loop looks around by itself */
}

static void test_a_stop_before_the_run_is_heeded_once(void **state)
{
    (void)state;
    bn_loop_stop(loop);
    assert_int_equal(bn_loop_run(loop), BN_OK);
    assert_int_equal(bn_loop_timer(loop, 10, stop, NULL), BN_OK);
    uint64_t begin_ms = test_now_ms();
    assert_int_equal(bn_loop_run(loop), BN_OK);
    assert_true(test_now_ms() - begin_ms >= 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_burst_is_taken_one_turn_after_the_other, start, end),
        cmocka_unit_test_setup_teardown(test_sockets_and_descriptors_are_called_in_the_order_they_were_added, start,
                                        end),
        cmocka_unit_test_setup_teardown(test_a_timer_comes_again_and_again, start, end),
        cmocka_unit_test_setup_teardown(test_missed_times_are_not_made_up_for, start, end),
        cmocka_unit_test_setup_teardown(test_a_message_whose_bell_was_answered_by_another_is_not_slept_on, start, end),
        cmocka_unit_test_setup_teardown(test_a_paused_socket_keeps_its_messages_and_costs_no_turns, start, end),
        cmocka_unit_test_setup_teardown(test_a_pause_holds_at_once, start, end),
        cmocka_unit_test_setup_teardown(test_a_callback_may_remove_itself_and_others, start, end),
        cmocka_unit_test_setup_teardown(test_there_is_a_bound_to_what_a_loop_watches, start, end),
        cmocka_unit_test_setup_teardown(test_a_broken_socket_ends_the_loop, start, end),
        cmocka_unit_test_setup_teardown(test_a_wake_makes_one_turn_although_nothing_came, start, end),
        cmocka_unit_test_setup_teardown(test_a_stop_before_the_run_is_heeded_once, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

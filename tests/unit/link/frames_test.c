/* SPDX-License-Identifier: Apache-2.0 */
#include "link/frames.h"
#include "test.h"

#include <pthread.h>
#include <stdatomic.h>

static void *context, *server, *client;
static char bound[256];

/* A ROUTER and a DEALER over TCP, connected, with queues of `hwm` messages. */
static void connect_pair(int hwm)
{
    size_t size = sizeof bound;
    int one = 1;
    server = zmq_socket(context, ZMQ_ROUTER);
    client = zmq_socket(context, ZMQ_DEALER);
    zmq_setsockopt(server, ZMQ_ROUTER_MANDATORY, &one, sizeof one);
    zmq_setsockopt(server, ZMQ_SNDHWM, &hwm, sizeof hwm);
    zmq_setsockopt(client, ZMQ_RCVHWM, &hwm, sizeof hwm);
    zmq_setsockopt(client, ZMQ_IMMEDIATE, &one, sizeof one);
    zmq_setsockopt(client, ZMQ_ROUTING_ID, "peer", 4);
    assert_int_equal(zmq_bind(server, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(server, ZMQ_LAST_ENDPOINT, bound, &size), 0);
    assert_int_equal(zmq_connect(client, bound), 0);
}

static int start(void **state)
{
    (void)state;
    context = zmq_ctx_new();
    connect_pair(8);
    return 0;
}

static int end(void **state)
{
    (void)state;
    int none = 0;
    zmq_setsockopt(server, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(client, ZMQ_LINGER, &none, sizeof none);
    zmq_close(client);
    zmq_close(server);
    zmq_ctx_term(context);
    return 0;
}

static void make(zmq_msg_t *frames, size_t count, size_t size)
{
    char bytes[4096];
    assert_true(size <= sizeof bytes);
    memset(bytes, 'f', sizeof bytes);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(bn_frame_copy(&frames[i], bytes, size), BN_OK);
}

static void send_frames(void *socket, zmq_msg_t *frames, size_t count)
{
    TEST_WAIT_FOR(bn_frames_send(socket, frames, count) == BN_OK, 5000);
}

static enum bn_code wait_receive(void *socket, zmq_msg_t *frames, size_t count, size_t *seen)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, 5000), 1);
    return bn_frames_receive(socket, frames, count, seen);
}

static void test_a_message_comes_with_all_its_frames(void **state)
{
    (void)state;
    zmq_msg_t sent[3], got[4];
    assert_int_equal(bn_frames_receive(server, got, 4, NULL), BN_UNAVAILABLE);
    bn_frames_close(got, 4);
    make(sent, 3, 1000);
    send_frames(client, sent, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(zmq_msg_size(&sent[i]), 0);
    assert_int_equal(wait_receive(server, got, 4, NULL), BN_OK);
    assert_int_equal(zmq_msg_size(&got[0]), 4);
    for (size_t i = 1; i < 4; i++)
        assert_int_equal(zmq_msg_size(&got[i]), 1000);
    bn_frames_close(got, 4);
    bn_frames_close(got, 4);
    bn_frames_close(sent, 3);
}

static void test_another_number_of_frames_is_dropped_and_says_who_sent_it(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 2, 4, 5, 999, 1500};
    zmq_msg_t got[4];
    for (size_t i = 0; i < BN_COUNT(counts); i++) {
        TEST_WAIT_FOR(zmq_send(client, "x", 1, counts[i] > 1 ? ZMQ_SNDMORE : 0) == 1, 5000);
        for (size_t k = 1; k < counts[i]; k++)
            assert_int_equal(zmq_send(client, "x", 1, k + 1 < counts[i] ? ZMQ_SNDMORE : 0), 1);
        size_t seen = 0;
        assert_int_equal(wait_receive(server, got, 4, &seen), BN_INVALID_ARGUMENT);
        assert_int_equal(seen, counts[i] + 1 < 1000 ? counts[i] + 1 : 1000);
        assert_memory_equal(zmq_msg_data(&got[0]), "peer", 4);
        assert_int_equal(zmq_msg_size(&got[1]), 0);
        bn_frames_close(got, 4);
    }
    assert_int_equal(bn_frames_receive(server, got, 4, NULL), BN_UNAVAILABLE);
}

static void test_a_peer_that_is_not_there_leaves_the_frames_with_the_caller(void **state)
{
    (void)state;
    zmq_msg_t frames[3];
    make(frames, 3, 100);
    assert_int_equal(bn_frames_send(server, frames, 3), BN_NOT_FOUND);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(zmq_msg_size(&frames[i]), 100);
    bn_frames_close(frames, 3);
}

static void test_a_full_queue_leaves_the_frames_with_the_caller(void **state)
{
    (void)state;
    zmq_msg_t hello[1], got[2], frames[3];
    make(hello, 1, 1);
    send_frames(client, hello, 1);
    assert_int_equal(wait_receive(server, got, 2, NULL), BN_OK);
    bn_frames_close(got, 2);
    unsigned sent = 0;
    enum bn_code code = BN_OK;
    while (code == BN_OK) {
        assert_true(sent < 1000000);
        make(frames, 3, 4000);
        bn_frames_close(frames, 1);
        assert_int_equal(bn_frame_copy(&frames[0], "peer", 4), BN_OK);
        code = bn_frames_send(server, frames, 3);
        sent += code == BN_OK;
    }
    assert_int_equal(code, BN_RESOURCE_EXHAUSTED);
    assert_memory_equal(zmq_msg_data(&frames[0]), "peer", 4);
    assert_int_equal(zmq_msg_size(&frames[1]), 4000);
    assert_int_equal(zmq_msg_size(&frames[2]), 4000);
    /* what was sent is whole, and once there is room the same frames go out */
    for (unsigned i = 0; i < sent; i++) {
        zmq_msg_t whole[2];
        assert_int_equal(wait_receive(client, whole, 2, NULL), BN_OK);
        bn_frames_close(whole, 2);
    }
    send_frames(server, frames, 3);
    assert_int_equal(wait_receive(client, got, 2, NULL), BN_OK);
    bn_frames_close(got, 2);
}

static void test_a_closed_context_is_no_empty_queue(void **state)
{
    (void)state;
    void *other = zmq_ctx_new(), *pair = zmq_socket(other, ZMQ_PAIR);
    zmq_msg_t frames[2];
    zmq_ctx_shutdown(other);
    assert_int_equal(bn_frames_receive(pair, frames, 2, NULL), BN_INTERNAL);
    make(frames, 2, 5);
    assert_int_equal(bn_frames_send(pair, frames, 2), BN_INTERNAL);
    assert_int_equal(zmq_msg_size(&frames[0]), 5);
    bn_frames_close(frames, 2);
    zmq_close(pair);
    zmq_ctx_term(other);
}

/* libzmq reads its mail at most once a millisecond while it sends; a fast sender would find a queue full that is not.
 */
static void test_a_queue_that_is_emptied_is_never_full(void **state)
{
    (void)state;
    void *left = zmq_socket(context, ZMQ_PAIR), *right = zmq_socket(context, ZMQ_PAIR);
    int hwm = 4;
    zmq_setsockopt(left, ZMQ_SNDHWM, &hwm, sizeof hwm);
    zmq_setsockopt(right, ZMQ_RCVHWM, &hwm, sizeof hwm);
    assert_int_equal(zmq_bind(left, "inproc://fast"), 0);
    assert_int_equal(zmq_connect(right, "inproc://fast"), 0);
    for (unsigned i = 0; i < 20000; i++) {
        zmq_msg_t frames[2];
        make(frames, 2, 8);
        assert_int_equal(bn_frames_send(left, frames, 2), BN_OK);
        assert_int_equal(bn_frames_receive(right, frames, 2, NULL), BN_OK);
        bn_frames_close(frames, 2);
    }
    zmq_close(left);
    zmq_close(right);
}

/* ---- a connection that is lost between two frames ---- */

static atomic_bool stopping;
static atomic_uint accepted;

/* A server that comes and goes: its peers lose their connection at any moment of what they send. */
static void *come_and_go(void *ctx)
{
    const char *endpoint = ctx;
    while (!atomic_load(&stopping)) {
        int none = 0;
        void *router = zmq_socket(context, ZMQ_ROUTER);
        zmq_setsockopt(router, ZMQ_LINGER, &none, sizeof none);
        assert_int_equal(zmq_bind(router, endpoint), 0);
        zmq_pollitem_t item = {.socket = router, .events = ZMQ_POLLIN};
        for (unsigned i = 0; i < 50 && zmq_poll(&item, 1, 20) == 1; i++) {
            zmq_msg_t frames[4];
            assert_int_equal(bn_frames_receive(router, frames, 4, NULL), BN_OK);
            /* the three frames belong to one message */
            assert_memory_equal(zmq_msg_data(&frames[1]), zmq_msg_data(&frames[2]), sizeof(unsigned));
            assert_memory_equal(zmq_msg_data(&frames[1]), zmq_msg_data(&frames[3]), sizeof(unsigned));
            bn_frames_close(frames, 4);
            atomic_fetch_add(&accepted, 1);
        }
        zmq_close(router);
    }
    return NULL;
}

static void test_messages_stay_whole_while_the_connection_comes_and_goes(void **state)
{
    (void)state;
    char endpoint[TEST_PATH_SIZE + 8];
    int one = 1, hwm = 4;
    snprintf(endpoint, sizeof endpoint, "ipc://%s", test_path(test_folder(), "hub.sock"));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, come_and_go, endpoint), 0);
    void *dealer = zmq_socket(context, ZMQ_DEALER);
    zmq_setsockopt(dealer, ZMQ_IMMEDIATE, &one, sizeof one);
    zmq_setsockopt(dealer, ZMQ_SNDHWM, &hwm, sizeof hwm);
    zmq_setsockopt(dealer, ZMQ_RECONNECT_IVL, &one, sizeof one);
    zmq_setsockopt(dealer, ZMQ_LINGER, &(int){0}, sizeof(int));
    assert_int_equal(zmq_connect(dealer, endpoint), 0);
    uint64_t end_ms = test_now_ms() + 10000;
    unsigned number = 0, refused = 0;
    while (atomic_load(&accepted) < 3000 && test_now_ms() < end_ms) {
        zmq_msg_t frames[3];
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(bn_frame_copy(&frames[i], &number, sizeof number), BN_OK);
        number++;
        enum bn_code code = bn_frames_send(dealer, frames, 3);
        if (code == BN_OK)
            continue;
        assert_int_equal(code, BN_RESOURCE_EXHAUSTED);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(zmq_msg_size(&frames[i]), sizeof number);
        bn_frames_close(frames, 3);
        refused++;
        zmq_pollitem_t item = {.socket = dealer, .events = ZMQ_POLLOUT};
        zmq_poll(&item, 1, 10);
    }
    print_message("%u sent, %u refused, %u arrived\n", number - refused, refused, atomic_load(&accepted));
    assert_true(atomic_load(&accepted) >= 1000);
    atomic_store(&stopping, true);
    pthread_join(thread, NULL);
    zmq_close(dealer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_message_comes_with_all_its_frames, start, end),
        cmocka_unit_test_setup_teardown(test_another_number_of_frames_is_dropped_and_says_who_sent_it, start, end),
        cmocka_unit_test_setup_teardown(test_a_peer_that_is_not_there_leaves_the_frames_with_the_caller, start, end),
        cmocka_unit_test_setup_teardown(test_a_full_queue_leaves_the_frames_with_the_caller, start, end),
        cmocka_unit_test_setup_teardown(test_a_closed_context_is_no_empty_queue, start, end),
        cmocka_unit_test_setup_teardown(test_a_queue_that_is_emptied_is_never_full, start, end),
        cmocka_unit_test_setup_teardown(test_messages_stay_whole_while_the_connection_comes_and_goes, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

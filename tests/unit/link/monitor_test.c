/* SPDX-License-Identifier: Apache-2.0 */
#include "doorman.h"
#include "link/monitor.h"
#include "test.h"

#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct doorman doorman;
static void *server;
static struct bn_monitor *at_server;
static char bound[BN_ENDPOINT_SIZE];

static int start(void **state)
{
    (void)state;
    doorman_start(&doorman, zmq_ctx_new());
    server = bn_socket_server(doorman.context, &bn_socket_limits_server, &doorman.server, "binome", NULL);
    assert_non_null(server);
    assert_int_equal(bn_monitor_create(doorman.context, server, true, &at_server, NULL), BN_OK);
    assert_int_equal(bn_socket_bind(server, "tcp://127.0.0.1:*", 0, bound, NULL), BN_OK);
    return 0;
}

static int end(void **state)
{
    (void)state;
    bn_monitor_destroy(&at_server);
    assert_null(at_server);
    bn_monitor_destroy(&at_server);
    bn_socket_close(&server);
    doorman_end(&doorman);
    return 0;
}

struct client {
    void *socket;
    struct bn_monitor *monitor;
};

static void client_start(struct client *client, const struct bn_keypair *own, const uint8_t *server_key)
{
    client->socket = bn_socket_client(doorman.context, &bn_socket_limits_client, own, server_key, NULL);
    assert_non_null(client->socket);
    assert_int_equal(bn_monitor_create(doorman.context, client->socket, false, &client->monitor, NULL), BN_OK);
    assert_int_equal(bn_socket_connect(client->socket, bound, NULL), BN_OK);
}

static void client_end(struct client *client)
{
    int none = 0;
    bn_monitor_destroy(&client->monitor);
    zmq_setsockopt(client->socket, ZMQ_LINGER, &none, sizeof none);
    bn_socket_close(&client->socket);
}

/* Takes notes until one of that kind comes. */
static struct bn_monitor_note expect(struct bn_monitor *monitor, enum bn_monitor_what what)
{
    struct bn_monitor_note note = {.what = (enum bn_monitor_what) - 1};
    uint64_t end_ms = test_now_ms() + 10000;
    while (note.what != what) {
        if (test_now_ms() >= end_ms)
            fail_msg("no note of kind %d", (int)what);
        if (!bn_monitor_next(monitor, &note)) {
            zmq_pollitem_t item = {.socket = bn_monitor_socket(monitor), .events = ZMQ_POLLIN};
            zmq_poll(&item, 1, 100);
        }
    }
    return note;
}

static void test_both_sides_hear_of_a_connection_and_a_kick_ends_it(void **state)
{
    (void)state;
    struct client client;
    client_start(&client, &doorman.client, doorman.server.public_key);
    assert_true(expect(client.monitor, BN_MONITOR_CONNECTED).descriptor >= 0);
    int descriptor = expect(at_server, BN_MONITOR_ACCEPTED).descriptor;
    assert_true(descriptor >= 0);
    expect(at_server, BN_MONITOR_HANDSHAKE_DONE);
    expect(client.monitor, BN_MONITOR_HANDSHAKE_DONE);
    assert_int_equal(bn_monitor_held(at_server), 1);

    /* the header frame of a message names the descriptor that the kick wants */
    zmq_msg_t route, frame;
    assert_int_equal(zmq_send(client.socket, "hello", 5, 0), 5);
    wait_readable(server, 5000);
    zmq_msg_init(&route);
    zmq_msg_init(&frame);
    assert_true(zmq_msg_recv(&route, server, 0) > 0);
    assert_int_equal(zmq_msg_recv(&frame, server, 0), 5);
    assert_int_equal(zmq_msg_get(&frame, ZMQ_SRCFD), descriptor);
    zmq_msg_close(&route);
    zmq_msg_close(&frame);
    assert_true(bn_monitor_bytes_received(at_server, descriptor) > 100);

    assert_true(bn_monitor_kick(at_server, descriptor));
    assert_int_equal(expect(at_server, BN_MONITOR_DISCONNECTED).descriptor, descriptor);
    expect(client.monitor, BN_MONITOR_DISCONNECTED);
    assert_int_equal(bn_monitor_held(at_server), 0);
    assert_false(bn_monitor_kick(at_server, descriptor));
    assert_int_equal(bn_monitor_bytes_received(at_server, descriptor), 0);

    /* and it may come back */
    expect(client.monitor, BN_MONITOR_RETRIED);
    expect(client.monitor, BN_MONITOR_HANDSHAKE_DONE);
    expect(at_server, BN_MONITOR_HANDSHAKE_DONE);
    client_end(&client);
    expect(at_server, BN_MONITOR_DISCONNECTED);
    assert_int_equal(bn_monitor_held(at_server), 0);
}

static void test_a_stranger_hears_the_status_of_the_refusal(void **state)
{
    (void)state;
    struct client client;
    client_start(&client, &doorman.stranger, doorman.server.public_key);
    assert_int_equal(expect(client.monitor, BN_MONITOR_HANDSHAKE_FAILED_AUTH).value, 400);
    expect(at_server, BN_MONITOR_HANDSHAKE_FAILED_AUTH);
    client_end(&client);
}

static void test_a_wrong_server_key_never_ends_the_handshake(void **state)
{
    (void)state;
    struct client client;
    client_start(&client, &doorman.client, doorman.stranger.public_key);
    expect(client.monitor, BN_MONITOR_CONNECTED);
    expect(at_server, BN_MONITOR_HANDSHAKE_FAILED_PROTOCOL);
    expect(client.monitor, BN_MONITOR_DISCONNECTED);
    client_end(&client);
}

static int raw_connection(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)atoi(strrchr(bound, ':') + 1))};
    int raw = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(raw, (struct sockaddr *)&address, sizeof address), 0);
    return raw;
}

/* One that never says a word of ZMTP has no message, so only its descriptor is there to get rid of it. */
static void test_a_silent_connection_can_be_kicked(void **state)
{
    (void)state;
    char byte;
    int raw = raw_connection();
    int descriptor = expect(at_server, BN_MONITOR_ACCEPTED).descriptor;
    assert_true(bn_monitor_kick(at_server, descriptor));
    assert_int_equal(expect(at_server, BN_MONITOR_DISCONNECTED).descriptor, descriptor);
    while (recv(raw, &byte, 1, 0) > 0) /* the greeting, then the end */
        ;
    close(raw);
}

static void test_numbers_that_are_not_ours_are_never_shut_down(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_false(bn_monitor_kick(at_server, ends[0]));
    assert_false(bn_monitor_kick(at_server, -1));
    assert_false(bn_monitor_kick(at_server, 1 << 30));
    assert_int_equal(write(ends[0], "x", 1), 1);
    close(ends[0]);
    close(ends[1]);
}

static size_t open_descriptors(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

/* Many at once that come, are kicked, or leave by themselves: no descriptor is left behind. */
static void test_no_descriptor_is_left_after_a_storm(void **state)
{
    (void)state;
    struct test_random random = test_random_start();
    size_t before = open_descriptors();
    unsigned accepted = 0, disconnected = 0, wanted = 300;
    int raws[300];
    for (unsigned i = 0; i < wanted; i++) {
        raws[i] = raw_connection();
        if (test_random_one_in(&random, 3)) {
            close(raws[i]);
            raws[i] = -1;
        }
        struct bn_monitor_note note;
        while (bn_monitor_next(at_server, &note)) {
            accepted += note.what == BN_MONITOR_ACCEPTED;
            disconnected += note.what == BN_MONITOR_DISCONNECTED;
            if (note.what == BN_MONITOR_ACCEPTED && test_random_one_in(&random, 2))
                bn_monitor_kick(at_server, note.descriptor);
        }
    }
    for (unsigned i = 0; i < wanted; i++)
        if (raws[i] >= 0)
            close(raws[i]);
    uint64_t end_ms = test_now_ms() + 10000;
    while (disconnected < wanted && test_now_ms() < end_ms) {
        struct bn_monitor_note note;
        if (!bn_monitor_next(at_server, &note)) {
            test_breathe();
            continue;
        }
        accepted += note.what == BN_MONITOR_ACCEPTED;
        disconnected += note.what == BN_MONITOR_DISCONNECTED;
    }
    assert_int_equal(accepted, wanted);
    assert_int_equal(disconnected, wanted);
    assert_int_equal(bn_monitor_held(at_server), 0);
    TEST_WAIT_FOR(open_descriptors() <= before, 5000);
}

/* Kicked ones come back by themselves, and what they send in between is not broken. */
static void test_kicks_under_load_leave_the_others_alone(void **state)
{
    (void)state;
    enum { CLIENTS = 8, KICKS = 40 };
    struct client clients[CLIENTS];
    struct test_random random = test_random_start();
    static bool kicked[1024]; /* by descriptor, until it is gone */
    unsigned kicks = 0, received = 0, ended = 0;
    uint64_t end_ms = test_now_ms() + 30000;
    for (unsigned i = 0; i < CLIENTS; i++)
        client_start(&clients[i], &doorman.client, doorman.server.public_key);
    while ((kicks < KICKS || ended < KICKS) && test_now_ms() < end_ms) {
        struct bn_monitor_note note;
        for (unsigned i = 0; i < CLIENTS; i++) {
            zmq_send(clients[i].socket, "load", 4, ZMQ_DONTWAIT);
            while (bn_monitor_next(clients[i].monitor, &note))
                ;
        }
        while (bn_monitor_next(at_server, &note))
            if (note.what == BN_MONITOR_DISCONNECTED) {
                ended += kicked[note.descriptor];
                kicked[note.descriptor] = false;
            }
        zmq_pollitem_t item = {.socket = server, .events = ZMQ_POLLIN};
        while (zmq_poll(&item, 1, 1) == 1) {
            zmq_msg_t route, frame;
            zmq_msg_init(&route);
            zmq_msg_init(&frame);
            zmq_msg_recv(&route, server, 0);
            assert_int_equal(zmq_msg_recv(&frame, server, 0), 4);
            received++;
            int descriptor = zmq_msg_get(&frame, ZMQ_SRCFD);
            assert_in_range(descriptor, 0, BN_COUNT(kicked) - 1);
            if (kicks < KICKS && !kicked[descriptor] && test_random_one_in(&random, 20)) {
                kicked[descriptor] = bn_monitor_kick(at_server, descriptor);
                kicks += kicked[descriptor];
            }
            zmq_msg_close(&route);
            zmq_msg_close(&frame);
        }
    }
    print_message("%u kicks, %u disconnects, %u messages\n", kicks, ended, received);
    assert_int_equal(kicks, KICKS);
    assert_int_equal(ended, KICKS);
    for (unsigned i = 0; i < CLIENTS; i++)
        client_end(&clients[i]);
}

static void test_an_ipc_connection_can_be_kicked_too(void **state)
{
    (void)state;
    char endpoint[BN_ENDPOINT_SIZE];
    snprintf(endpoint, sizeof endpoint, "ipc://%s", test_path(test_folder(), "hub.sock"));
    struct bn_monitor *monitor;
    void *local = bn_socket_server(doorman.context, &bn_socket_limits_internal, NULL, NULL, NULL);
    void *peer = bn_socket_client(doorman.context, &bn_socket_limits_internal, NULL, NULL, NULL);
    assert_int_equal(bn_monitor_create(doorman.context, local, true, &monitor, NULL), BN_OK);
    assert_int_equal(bn_socket_bind(local, endpoint, 0600, NULL, NULL), BN_OK);
    assert_int_equal(bn_socket_connect(peer, endpoint, NULL), BN_OK);
    int descriptor = expect(monitor, BN_MONITOR_ACCEPTED).descriptor;
    expect(monitor, BN_MONITOR_HANDSHAKE_DONE);
    assert_true(bn_monitor_kick(monitor, descriptor));
    assert_int_equal(expect(monitor, BN_MONITOR_DISCONNECTED).descriptor, descriptor);
    bn_monitor_destroy(&monitor);
    bn_socket_close(&peer);
    bn_socket_close(&local);
}

/* libzmq's own event for it would overwrite the error that bind leaves behind. */
static void test_a_watched_socket_still_says_that_an_address_is_in_use(void **state)
{
    (void)state;
    struct bn_monitor *monitor;
    struct bn_why why;
    void *second = bn_socket_server(doorman.context, &bn_socket_limits_server, &doorman.server, "binome", NULL);
    assert_int_equal(bn_monitor_create(doorman.context, second, true, &monitor, NULL), BN_OK);
    assert_int_equal(bn_socket_bind(second, bound, 0, NULL, &why), BN_FAILED_PRECONDITION);
    TEST_WHY(why, bound, "endpoint.in_use");
    bn_monitor_destroy(&monitor);
    bn_socket_close(&second);
}

static void test_a_monitor_can_end_at_any_moment(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        struct client client;
        client_start(&client, &doorman.client, doorman.server.public_key);
        if (i % 3 == 0)
            expect(client.monitor, BN_MONITOR_CONNECTED);
        if (i % 3 == 1)
            expect(client.monitor, BN_MONITOR_HANDSHAKE_DONE);
        client_end(&client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_both_sides_hear_of_a_connection_and_a_kick_ends_it, start, end),
        cmocka_unit_test_setup_teardown(test_a_stranger_hears_the_status_of_the_refusal, start, end),
        cmocka_unit_test_setup_teardown(test_a_wrong_server_key_never_ends_the_handshake, start, end),
        cmocka_unit_test_setup_teardown(test_a_silent_connection_can_be_kicked, start, end),
        cmocka_unit_test_setup_teardown(test_numbers_that_are_not_ours_are_never_shut_down, start, end),
        cmocka_unit_test_setup_teardown(test_no_descriptor_is_left_after_a_storm, start, end),
        cmocka_unit_test_setup_teardown(test_kicks_under_load_leave_the_others_alone, start, end),
        cmocka_unit_test_setup_teardown(test_an_ipc_connection_can_be_kicked_too, start, end),
        cmocka_unit_test_setup_teardown(test_a_watched_socket_still_says_that_an_address_is_in_use, start, end),
        cmocka_unit_test_setup_teardown(test_a_monitor_can_end_at_any_moment, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "doorman.h"
#include "link/frames.h"
#include "link/socket.h"
#include "test.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static void *context;
static struct doorman doorman;

static int start(void **state)
{
    (void)state;
    context = zmq_ctx_new();
    doorman_start(&doorman, context);
    return 0;
}

static int end(void **state)
{
    (void)state;
    doorman_end(&doorman);
    return 0;
}

static void *a_server(void)
{
    void *socket = bn_socket_server(context, &bn_socket_limits_server, &doorman.server, "binome", NULL);
    assert_non_null(socket);
    return socket;
}

static void *a_client(void)
{
    void *socket =
        bn_socket_client(context, &bn_socket_limits_client, &doorman.client, doorman.server.public_key, NULL);
    assert_non_null(socket);
    return socket;
}

static void *a_local_server(void)
{
    void *socket = bn_socket_server(context, &bn_socket_limits_internal, NULL, NULL, NULL);
    assert_non_null(socket);
    return socket;
}

static void *a_local_client(void)
{
    void *socket = bn_socket_client(context, &bn_socket_limits_internal, NULL, NULL, NULL);
    assert_non_null(socket);
    return socket;
}

/* An int, or for the few that are wider 64 bits. */
static int64_t option(void *socket, int name)
{
    int narrow;
    int64_t wide;
    size_t narrow_size = sizeof narrow, wide_size = sizeof wide;
    if (zmq_getsockopt(socket, name, &narrow, &narrow_size) == 0)
        return narrow;
    assert_int_equal(zmq_getsockopt(socket, name, &wide, &wide_size), 0);
    return wide;
}

struct expected {
    int option;
    int64_t value;
};

static void assert_options(void *socket, const struct expected *expected, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t value = option(socket, expected[i].option);
        if (value != expected[i].value)
            fail_msg("option %d is %lld", expected[i].option, (long long)value);
    }
}

static const struct expected on_both[] = {
    {ZMQ_MAXMSGSIZE, 1024 * 1024 + 4096},
    {ZMQ_HANDSHAKE_IVL, 5000},
    {ZMQ_HEARTBEAT_IVL, 15000},
    {ZMQ_HEARTBEAT_TIMEOUT, 30000},
    {ZMQ_HEARTBEAT_TTL, 45000},
    {ZMQ_TCP_KEEPALIVE, 1},
    {ZMQ_TCP_KEEPALIVE_IDLE, 60},
    {ZMQ_TCP_KEEPALIVE_CNT, 3},
    {ZMQ_TCP_KEEPALIVE_INTVL, 10},
    {ZMQ_TCP_MAXRT, 30000},
    {ZMQ_LINGER, 2000},
    {ZMQ_MECHANISM, ZMQ_CURVE},
};

static void test_a_server_has_every_setting(void **state)
{
    (void)state;
    static const struct expected expected[] = {
        {ZMQ_TYPE, ZMQ_ROUTER}, {ZMQ_CURVE_SERVER, 1}, {93 /* ZAP_ENFORCE_DOMAIN */, 1},
        {ZMQ_RCVHWM, 64},       {ZMQ_SNDHWM, 256},     {ZMQ_BACKLOG, 1024},
    };
    void *socket = a_server();
    assert_options(socket, on_both, BN_COUNT(on_both));
    assert_options(socket, expected, BN_COUNT(expected));
    char domain[32];
    uint8_t secret[BN_KEY_BYTES];
    size_t size = sizeof domain;
    assert_int_equal(zmq_getsockopt(socket, ZMQ_ZAP_DOMAIN, domain, &size), 0);
    assert_string_equal(domain, "binome");
    size = sizeof secret;
    assert_int_equal(zmq_getsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, &size), 0);
    assert_memory_equal(secret, doorman.server.secret_key, sizeof secret);
    bn_socket_close(&socket);
    assert_null(socket);
    bn_socket_close(&socket);
}

static void test_a_client_has_every_setting(void **state)
{
    (void)state;
    static const struct expected expected[] = {
        {ZMQ_TYPE, ZMQ_DEALER},
        {ZMQ_CURVE_SERVER, 0},
        {ZMQ_IMMEDIATE, 1},
        {ZMQ_RCVHWM, 256},
        {ZMQ_SNDHWM, 128},
        {ZMQ_CONNECT_TIMEOUT, 5000},
        {ZMQ_RECONNECT_IVL_MAX, 30000},
    };
    void *socket = a_client();
    assert_options(socket, on_both, BN_COUNT(on_both));
    assert_options(socket, expected, BN_COUNT(expected));
    char id[256];
    size_t size = sizeof id;
    assert_int_equal(zmq_getsockopt(socket, ZMQ_ROUTING_ID, id, &size), 0);
    assert_int_equal(size, 0);
    bn_socket_close(&socket);
}

static void test_reconnect_intervals_are_drawn_anew(void **state)
{
    (void)state;
    unsigned different = 0;
    int64_t before = 0;
    for (unsigned i = 0; i < 20; i++) {
        void *socket = a_client();
        int64_t interval = option(socket, ZMQ_RECONNECT_IVL);
        assert_in_range(interval, 100, 299);
        different += interval != before;
        before = interval;
        bn_socket_close(&socket);
    }
    assert_true(different > 10);
}

/* ROUTER_MANDATORY and HANDOVER cannot be read back: what they do is looked at. */
static void test_a_server_says_that_a_peer_is_not_there(void **state)
{
    (void)state;
    void *socket = a_server();
    zmq_msg_t frames[2];
    assert_int_equal(bn_frame_copy(&frames[0], "nobody", 6), BN_OK);
    assert_int_equal(bn_frame_copy(&frames[1], "x", 1), BN_OK);
    assert_int_equal(bn_frames_send(socket, frames, 2), BN_NOT_FOUND);
    assert_int_equal(zmq_msg_size(&frames[0]), 6);
    assert_int_equal(zmq_msg_size(&frames[1]), 1);
    bn_frames_close(frames, 2);
    bn_socket_close(&socket);
}

static bool is_connected(void *socket)
{
    return (option(socket, ZMQ_EVENTS) & ZMQ_POLLOUT) != 0;
}

static void test_a_second_peer_cannot_take_over_the_id_of_the_first(void **state)
{
    (void)state;
    char bound[BN_ENDPOINT_SIZE], got[16];
    void *server = a_server(), *first = a_client(), *second = a_client();
    assert_int_equal(bn_socket_bind(server, "tcp://127.0.0.1:*", 0, bound, NULL), BN_OK);
    zmq_setsockopt(first, ZMQ_ROUTING_ID, "same", 4);
    zmq_setsockopt(second, ZMQ_ROUTING_ID, "same", 4);
    assert_int_equal(bn_socket_connect(first, bound, NULL), BN_OK);
    TEST_WAIT_FOR(is_connected(first), 5000);
    assert_int_equal(zmq_send(first, "first", 5, 0), 5);
    wait_readable(server, 5000);
    assert_int_equal(zmq_recv(server, got, sizeof got, 0), 4);
    assert_int_equal(zmq_recv(server, got, sizeof got, 0), 5);
    assert_int_equal(bn_socket_connect(second, bound, NULL), BN_OK);
    TEST_WAIT_FOR(is_connected(second), 5000);
    assert_int_equal(zmq_send(second, "second", 6, 0), 6);
    assert_int_equal(zmq_send(server, "same", 4, ZMQ_SNDMORE), 4);
    assert_int_equal(zmq_send(server, "reply", 5, 0), 5);
    wait_readable(first, 5000);
    assert_int_equal(zmq_recv(first, got, sizeof got, 0), 5);
    bn_socket_close(&first);
    bn_socket_close(&second);
    bn_socket_close(&server);
}

static void test_a_known_key_gets_in_and_a_stranger_does_not(void **state)
{
    (void)state;
    char bound[BN_ENDPOINT_SIZE], got[16];
    void *server = a_server(), *client = a_client();
    void *stranger =
        bn_socket_client(context, &bn_socket_limits_client, &doorman.stranger, doorman.server.public_key, NULL);
    assert_int_equal(bn_socket_bind(server, "tcp://127.0.0.1:*", 0, bound, NULL), BN_OK);
    assert_memory_equal(bound, "tcp://127.0.0.1:", 16);
    assert_int_equal(bn_socket_connect(stranger, bound, NULL), BN_OK);
    assert_int_equal(bn_socket_connect(client, bound, NULL), BN_OK);
    TEST_WAIT_FOR(is_connected(client), 5000);
    assert_int_equal(zmq_send(client, "hello", 5, 0), 5);
    wait_readable(server, 5000);
    zmq_recv(server, got, sizeof got, 0);
    assert_int_equal(zmq_recv(server, got, sizeof got, 0), 5);
    assert_false(is_connected(stranger));
    assert_int_equal(zmq_send(stranger, "hello", 5, ZMQ_DONTWAIT), -1);
    int none = 0;
    zmq_setsockopt(stranger, ZMQ_LINGER, &none, sizeof none);
    bn_socket_close(&stranger);
    bn_socket_close(&client);
    bn_socket_close(&server);
}

static void test_tcp_without_keys_or_without_a_doorman_is_refused(void **state)
{
    (void)state;
    struct bn_why why;
    void *local = a_local_server(), *local_client = a_local_client();
    void *open = bn_socket_server(context, &bn_socket_limits_server, &doorman.server, NULL, NULL);
    assert_int_equal(bn_socket_bind(local, "tcp://127.0.0.1:*", 0, NULL, &why), BN_INVALID_ARGUMENT);
    TEST_WHY(why, "tcp://127.0.0.1:*", "endpoint.wrong_form");
    assert_int_equal(bn_socket_bind(open, "tcp://127.0.0.1:*", 0, NULL, &why), BN_INVALID_ARGUMENT);
    assert_int_equal(bn_socket_connect(local_client, "tcp://127.0.0.1:5555", &why), BN_INVALID_ARGUMENT);
    bn_socket_close(&local);
    bn_socket_close(&local_client);
    bn_socket_close(&open);
}

static void test_an_address_in_use_is_named(void **state)
{
    (void)state;
    char bound[BN_ENDPOINT_SIZE];
    struct bn_why why;
    void *first = a_server(), *second = a_server();
    assert_int_equal(bn_socket_bind(first, "tcp://127.0.0.1:*", 0, bound, &why), BN_OK);
    assert_int_equal(bn_socket_bind(second, bound, 0, NULL, &why), BN_FAILED_PRECONDITION);
    TEST_WHY(why, bound, "endpoint.in_use");
    assert_non_null(strstr(why.detail, bound));
    assert_int_equal(bn_socket_bind(second, "tcp://192.0.2.1:5555", 0, NULL, &why), BN_INVALID_ARGUMENT);
    bn_socket_close(&first);
    bn_socket_close(&second);
}

static void test_ipv6_can_be_bound_and_reached(void **state)
{
    (void)state;
    char bound[BN_ENDPOINT_SIZE];
    int probe = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool has_ipv6 = probe >= 0 && bind(probe, (struct sockaddr *)&here, sizeof here) == 0;
    close(probe);
    if (!has_ipv6)
        skip();
    void *server = a_server(), *client = a_client();
    assert_int_equal(bn_socket_bind(server, "tcp://[::1]:*", 0, bound, NULL), BN_OK);
    assert_int_equal(bn_socket_connect(client, bound, NULL), BN_OK);
    TEST_WAIT_FOR(is_connected(client), 5000);
    bn_socket_close(&client);
    bn_socket_close(&server);
}

/* ---- ipc ---- */

static const char *ipc(const char *path)
{
    static char endpoint[TEST_PATH_SIZE + 8];
    snprintf(endpoint, sizeof endpoint, "ipc://%s", path);
    return endpoint;
}

static unsigned mode_of(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 ? status.st_mode & 07777 : 0;
}

static void test_a_socket_file_gets_its_mode_whatever_the_umask(void **state)
{
    (void)state;
    const char *path = test_path(test_folder(), "hub.sock");
    mode_t before = umask(0027);
    void *server = a_local_server(), *client = a_local_client();
    char bound[BN_ENDPOINT_SIZE], got[16];
    assert_int_equal(bn_socket_bind(server, ipc(path), 0660, bound, NULL), BN_OK);
    assert_string_equal(bound, ipc(path));
    assert_int_equal(mode_of(path), 0660);
    assert_int_equal(umask(before), 0027);
    assert_int_equal(bn_socket_connect(client, ipc(path), NULL), BN_OK);
    assert_int_equal(zmq_send(client, "hello", 5, 0), 5);
    wait_readable(server, 5000);
    zmq_recv(server, got, sizeof got, 0);
    assert_int_equal(zmq_recv(server, got, sizeof got, 0), 5);
    bn_socket_close(&client);
    bn_socket_close(&server);
}

static void test_the_file_of_a_living_server_is_left_alone(void **state)
{
    (void)state;
    const char *path = test_path(test_folder(), "hub.sock");
    struct bn_why why;
    void *first = a_local_server(), *second = a_local_server();
    assert_int_equal(bn_socket_bind(first, ipc(path), 0600, NULL, &why), BN_OK);
    assert_int_equal(bn_socket_bind(second, ipc(path), 0660, NULL, &why), BN_FAILED_PRECONDITION);
    TEST_WHY(why, ipc(path), "endpoint.in_use");
    assert_int_equal(mode_of(path), 0600);
    bn_socket_close(&second);
    bn_socket_close(&first);
}

static void test_the_file_of_a_dead_server_is_taken_over(void **state)
{
    (void)state;
    const char *path = test_path(test_folder(), "hub.sock");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_true(strlen(path) < sizeof address.sun_path);
    strcpy(address.sun_path, path);
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(dead, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(dead, 1), 0);
    close(dead);
    void *server = a_local_server();
    assert_int_equal(bn_socket_bind(server, ipc(path), 0600, NULL, NULL), BN_OK);
    assert_int_equal(mode_of(path), 0600);
    bn_socket_close(&server);
}

static void test_what_is_no_socket_is_never_removed(void **state)
{
    (void)state;
    const char *folder = test_folder(), *path = test_file(folder, "precious.txt", "do not lose me");
    const char *link = test_path(folder, "link");
    struct bn_why why;
    assert_int_equal(symlink("precious.txt", link), 0);
    void *server = a_local_server();
    assert_int_equal(bn_socket_bind(server, ipc(path), 0600, NULL, &why), BN_ALREADY_EXISTS);
    TEST_WHY(why, path, "file.exists");
    assert_int_equal(bn_socket_bind(server, ipc(link), 0600, NULL, &why), BN_ALREADY_EXISTS);
    assert_int_equal(bn_socket_bind(server, ipc(folder), 0600, NULL, &why), BN_ALREADY_EXISTS);
    assert_int_equal(access(path, R_OK), 0);
    bn_socket_close(&server);
}

static void test_a_folder_that_is_not_there_is_named(void **state)
{
    (void)state;
    const char *path = test_path(test_folder(), "absent/hub.sock");
    struct bn_why why;
    void *server = a_local_server();
    assert_int_equal(bn_socket_bind(server, ipc(path), 0600, NULL, &why), BN_NOT_FOUND);
    TEST_WHY(why, path, "file.cannot_write");
    bn_socket_close(&server);
}

static void test_a_folder_without_rights_is_named(void **state)
{
    (void)state;
    if (geteuid() == 0)
        skip(); /* root may write everywhere */
    const char *folder = test_folder(), *path = test_path(folder, "hub.sock");
    struct bn_why why;
    void *server = a_local_server();
    assert_int_equal(chmod(folder, 0500), 0);
    assert_int_equal(bn_socket_bind(server, ipc(path), 0600, NULL, &why), BN_PERMISSION_DENIED);
    TEST_WHY(why, path, "file.cannot_write");
    assert_int_equal(chmod(folder, 0700), 0);
    bn_socket_close(&server);
}

static void test_only_endpoints_of_the_two_forms_are_good(void **state)
{
    (void)state;
    static const char *const good[] = {"tcp://127.0.0.1:5555", "tcp://hub.example.org:1",  "tcp://[::1]:65535",
                                       "tcp://*:5555",         "tcp://127.0.0.1:*",        "ipc:///run/binome/hub.sock",
                                       "ipc://relative.sock",  "tcp://[fe80::1%eth0]:5555"};
    static const char *const bad[] = {"",
                                      "tcp://",
                                      "tcp://host",
                                      "tcp://:5555",
                                      "tcp://host:0",
                                      "tcp://host:65536",
                                      "tcp://host:123456",
                                      "tcp://host:55x",
                                      "tcp://host:",
                                      "tcp://::1:5555",
                                      "tcp://a b:5555",
                                      "tcp://1.2.3.4;5.6.7.8:5555",
                                      "udp://host:5555",
                                      "inproc://x",
                                      "ipc://",
                                      "ipc://@abstract",
                                      "ipc://*",
                                      "host:5555"};
    char path[300] = "ipc:///";
    struct bn_why why;
    for (size_t i = 0; i < BN_COUNT(good); i++)
        assert_int_equal(bn_endpoint_check(good[i], &why), BN_OK);
    for (size_t i = 0; i < BN_COUNT(bad); i++) {
        if (bn_endpoint_check(bad[i], &why) != BN_INVALID_ARGUMENT)
            fail_msg("%s passes", bad[i]);
        TEST_WHY(why, bad[i], "endpoint.wrong_form");
    }
    memset(path + 7, 'x', 106);
    assert_int_equal(bn_endpoint_check(path, NULL), BN_OK);
    path[7 + 106] = 'x';
    assert_int_equal(bn_endpoint_check(path, NULL), BN_INVALID_ARGUMENT);
    void *client = a_client();
    assert_int_equal(bn_socket_connect(client, "tcp://*:5555", NULL), BN_INVALID_ARGUMENT);
    assert_int_equal(bn_socket_connect(client, "tcp://host:*", NULL), BN_INVALID_ARGUMENT);
    bn_socket_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_server_has_every_setting),
        cmocka_unit_test(test_a_client_has_every_setting),
        cmocka_unit_test(test_reconnect_intervals_are_drawn_anew),
        cmocka_unit_test(test_a_server_says_that_a_peer_is_not_there),
        cmocka_unit_test(test_a_second_peer_cannot_take_over_the_id_of_the_first),
        cmocka_unit_test(test_a_known_key_gets_in_and_a_stranger_does_not),
        cmocka_unit_test(test_tcp_without_keys_or_without_a_doorman_is_refused),
        cmocka_unit_test(test_an_address_in_use_is_named),
        cmocka_unit_test(test_ipv6_can_be_bound_and_reached),
        cmocka_unit_test(test_a_socket_file_gets_its_mode_whatever_the_umask),
        cmocka_unit_test(test_the_file_of_a_living_server_is_left_alone),
        cmocka_unit_test(test_the_file_of_a_dead_server_is_taken_over),
        cmocka_unit_test(test_what_is_no_socket_is_never_removed),
        cmocka_unit_test(test_a_folder_that_is_not_there_is_named),
        cmocka_unit_test(test_a_folder_without_rights_is_named),
        cmocka_unit_test(test_only_endpoints_of_the_two_forms_are_good),
    };
    return cmocka_run_group_tests(tests, start, end);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/id.h"
#include "binome/v1/stats.pb-c.h"
#include "common/stats_server.h"
#include "link/frames.h"
#include "link/socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAIT_MS_MAX = 5000 };

struct fixture {
    char folder[64], endpoint[96];
    void *context, *client;
    struct bn_loop *loop;
    struct bn_stats_server *server;
    uint64_t until_ms;
    unsigned packed;
    size_t wanted, got;
    uint64_t last_number;
};

static enum bn_code pack(void *ctx, uint64_t number, uint8_t **data, size_t *size)
{
    struct fixture *fixture = ctx;
    fixture->packed++;
    Binome__V1__Stats stats = BINOME__V1__STATS__INIT;
    stats.number = number;
    stats.uptime_ms = 7;
    *size = binome__v1__stats__get_packed_size(&stats);
    *data = malloc(*size);
    assert_non_null(*data);
    binome__v1__stats__pack(&stats, *data);
    return BN_OK;
}

static void on_client(void *ctx)
{
    struct fixture *fixture = ctx;
    zmq_msg_t frame;
    while (bn_frames_receive(fixture->client, &frame, 1, NULL) == BN_OK) {
        Binome__V1__Stats *stats = binome__v1__stats__unpack(NULL, zmq_msg_size(&frame), zmq_msg_data(&frame));
        assert_non_null(stats);
        fixture->last_number = stats->number;
        binome__v1__stats__free_unpacked(stats, NULL);
        zmq_msg_close(&frame);
        if (++fixture->got == fixture->wanted)
            bn_loop_stop(fixture->loop);
    }
}

static void on_limit(void *ctx)
{
    struct fixture *fixture = ctx;
    if (bn_clock_mono_ms() > fixture->until_ms)
        bn_loop_stop(fixture->loop);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    assert_int_equal(bn_random_start(), BN_OK);
    strcpy(fixture->folder, "/tmp/bn-stats-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->endpoint, sizeof fixture->endpoint, "ipc://%s/stats.sock", fixture->folder);
    fixture->context = zmq_ctx_new();
    fixture->loop = bn_loop_create();
    assert_int_equal(bn_stats_server_create(fixture->context, fixture->loop, fixture->endpoint, 0660,
                                            "no-such-group-here", pack, fixture, &fixture->server, NULL),
                     BN_OK);
    fixture->client = bn_socket_client(fixture->context, &bn_socket_limits_internal, NULL, NULL, NULL);
    assert_int_equal(zmq_setsockopt(fixture->client, ZMQ_IMMEDIATE, &(int){0}, sizeof(int)), 0);
    assert_int_equal(bn_socket_connect(fixture->client, fixture->endpoint, NULL), BN_OK);
    assert_int_equal(bn_loop_socket(fixture->loop, fixture->client, on_client, fixture), BN_OK);
    assert_int_equal(bn_loop_timer(fixture->loop, 100, on_limit, fixture), BN_OK);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    bn_loop_remove(fixture->loop, fixture->client, -1);
    zmq_setsockopt(fixture->client, ZMQ_LINGER, &(int){0}, sizeof(int));
    bn_socket_close(&fixture->client);
    bn_stats_server_destroy(&fixture->server);
    bn_loop_destroy(&fixture->loop);
    zmq_ctx_term(fixture->context);
    char path[128];
    snprintf(path, sizeof path, "%s/stats.sock", fixture->folder);
    unlink(path);
    rmdir(fixture->folder);
    free(fixture);
    return 0;
}

static void ask(struct fixture *fixture, bool subscribe)
{
    Binome__V1__StatsRequest request = BINOME__V1__STATS_REQUEST__INIT;
    request.subscribe = subscribe;
    uint8_t body[16];
    size_t size = binome__v1__stats_request__pack(&request, body);
    assert_int_equal(zmq_send(fixture->client, body, size, 0), (int)size);
}

static void run_until(struct fixture *fixture, size_t wanted)
{
    fixture->wanted = wanted;
    fixture->until_ms = bn_clock_mono_ms() + WAIT_MS_MAX;
    assert_int_equal(bn_loop_run(fixture->loop), BN_OK);
    assert_int_equal(fixture->got, wanted);
}

static void test_a_request_is_answered_with_one_snapshot(void **state)
{
    struct fixture *fixture = *state;
    ask(fixture, false);
    run_until(fixture, 1);
    assert_int_equal(fixture->last_number, 1);
    assert_int_equal(bn_stats_server_sent(fixture->server), 1);
    assert_int_equal(bn_stats_server_subscribers(fixture->server), 0);
}

static void test_a_subscriber_gets_another_each_second(void **state)
{
    struct fixture *fixture = *state;
    ask(fixture, true);
    run_until(fixture, 3);
    assert_int_equal(fixture->last_number, 3);
    assert_int_equal(bn_stats_server_subscribers(fixture->server), 1);
}

/* However many ask, the figures are gathered at most ten times a second. */
static void test_many_requests_share_a_snapshot(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 10; i++)
        ask(fixture, false);
    run_until(fixture, 10);
    assert_true(fixture->packed < 10);
}

static void test_rubbish_is_not_answered_and_does_no_harm(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(zmq_send(fixture->client, "\xff\xff\xff", 3, 0), 3);
    assert_int_equal(zmq_send(fixture->client, "a", 1, ZMQ_SNDMORE), 1);
    assert_int_equal(zmq_send(fixture->client, "b", 1, 0), 1);
    ask(fixture, false);
    run_until(fixture, 1);
    assert_int_equal(fixture->packed, 1);
}

static void test_the_file_has_the_mode_that_was_asked_for(void **state)
{
    struct fixture *fixture = *state;
    char path[128];
    struct stat status;
    snprintf(path, sizeof path, "%s/stats.sock", fixture->folder);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0660);
}

static void test_tcp_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct bn_stats_server *server = NULL;
    struct bn_why why = {{0}, {0}, {0}};
    assert_int_equal(bn_stats_server_create(fixture->context, fixture->loop, "tcp://127.0.0.1:*", 0660, NULL, pack,
                                            fixture, &server, &why),
                     BN_INVALID_ARGUMENT);
    assert_string_equal(why.rule, "endpoint.wrong_form");
    assert_null(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_request_is_answered_with_one_snapshot, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_subscriber_gets_another_each_second, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_requests_share_a_snapshot, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rubbish_is_not_answered_and_does_no_harm, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_file_has_the_mode_that_was_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tcp_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Without a handler of handshakes libzmq lets everybody in: a broker whose handler is gone, or says yes to
 * all, must not serve. */
#include "test.h"

#include "base/clock.h"
#include "base/id.h"
#include "broker/internal.h"
#include "broker/zap.h"

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

struct fixture {
    char folder[64], conf_path[96], endpoint[96];
    struct bn_broker *broker;
    pthread_t registry, handler;
    void *registry_context, *rogue;
    bool rogue_runs;
};

/* Sends one Link message to the broker that `to` names. */
static void link_send(void *socket, zmq_msg_t *to, Binome__V1__Link *message)
{
    static const uint8_t header[] = {0x08, 0x01, 0x10, BN_KIND_LINK};
    uint8_t body[256];
    size_t size = binome__v1__link__pack(message, body);
    zmq_send(socket, zmq_msg_data(to), zmq_msg_size(to), ZMQ_SNDMORE);
    zmq_send(socket, "", 0, ZMQ_SNDMORE);
    zmq_send(socket, header, sizeof header, ZMQ_SNDMORE);
    zmq_send(socket, body, size, 0);
}

/* A registry that answers every message with an empty key table; ends with its context. */
static void *registry_run(void *ctx)
{
    void *socket = ctx;
    for (;;) {
        zmq_msg_t frames[4];
        for (int i = 0; i < 4; i++)
            zmq_msg_init(&frames[i]);
        if (zmq_msg_recv(&frames[0], socket, 0) < 0)
            break;
        for (int i = 1; i < 4; i++)
            zmq_msg_recv(&frames[i], socket, 0);
        Binome__V1__KeySnapshot snapshot = BINOME__V1__KEY_SNAPSHOT__INIT;
        snapshot.version = 1;
        Binome__V1__Link message = BINOME__V1__LINK__INIT;
        message.body_case = BINOME__V1__LINK__BODY_KEY_SNAPSHOT;
        message.key_snapshot = &snapshot;
        link_send(socket, &frames[0], &message);
        Binome__V1__Pulse pulse = BINOME__V1__PULSE__INIT;
        pulse.instance = 1;
        pulse.key_table_version = 1;
        message.body_case = BINOME__V1__LINK__BODY_PULSE;
        message.pulse = &pulse;
        link_send(socket, &frames[0], &message);
        bn_frames_close(frames, 4);
    }
    zmq_close(socket);
    return NULL;
}

static struct bn_zap_verdict yes_to_all(void *ctx, const struct bn_zap_request *request)
{
    (void)ctx;
    (void)request;
    return (struct bn_zap_verdict){BN_ZAP_WELCOME, "00000000000000000000000000000000"};
}

/* A handler that lets everybody in; ends with the broker's context. */
static void *rogue_run(void *ctx)
{
    zmq_pollitem_t item = {.socket = ctx, .events = ZMQ_POLLIN};
    while (zmq_poll(&item, 1, -1) >= 0)
        bn_zap_serve(ctx, yes_to_all, NULL);
    zmq_close(ctx);
    return NULL;
}

static void set(struct bn_broker_conf *conf, const char *name, const char *value)
{
    for (size_t i = 0; i < bn_broker_conf_count; i++)
        if (strcmp(bn_broker_conf_keys[i].name, name) == 0)
            assert_int_equal(bn_conf_set(&bn_broker_conf_keys[i], conf, value, NULL), BN_OK);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    assert_int_equal(bn_random_start(), BN_OK);
    strcpy(fixture->folder, "/tmp/bn-probe-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->endpoint, sizeof fixture->endpoint, "ipc://%s/link", fixture->folder);

    struct bn_keypair keys;
    char key_path[96];
    snprintf(key_path, sizeof key_path, "%s/hub.secret", fixture->folder);
    bn_keypair_make(&keys);
    assert_int_equal(bn_keyfile_write(key_path, &keys, NULL), BN_OK);
    struct bn_broker_conf conf = {0};
    assert_int_equal(bn_conf_defaults(bn_broker_conf_keys, bn_broker_conf_count, &conf), BN_OK);
    set(&conf, "public.endpoint", "tcp://127.0.0.1:*");
    set(&conf, "public.key_file", key_path);
    set(&conf, "registry.endpoint", fixture->endpoint);
    set(&conf, "log.level", "error");
    struct bn_why why = {{0}, {0}, {0}};
    fixture->broker = bn_broker_create("unused", &conf, &why);
    if (fixture->broker == NULL)
        fail_msg("%s: %s", why.field, why.detail);

    fixture->registry_context = zmq_ctx_new();
    void *socket = bn_socket_server(fixture->registry_context, &bn_socket_limits_internal, NULL, NULL, NULL);
    assert_int_equal(bn_socket_bind(socket, fixture->endpoint, 0600, NULL, NULL), BN_OK);
    assert_int_equal(pthread_create(&fixture->registry, NULL, registry_run, socket), 0);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    char path[128];
    if (fixture->rogue_runs)
        zmq_ctx_shutdown(fixture->broker->context);
    if (fixture->rogue_runs)
        pthread_join(fixture->handler, NULL);
    bn_broker_destroy(&fixture->broker);
    zmq_ctx_shutdown(fixture->registry_context);
    pthread_join(fixture->registry, NULL);
    zmq_ctx_term(fixture->registry_context);
    static const char *const names[] = {"link", "hub.secret", "link.lock"};
    for (size_t i = 0; i < BN_COUNT(names); i++) {
        snprintf(path, sizeof path, "%s/%s", fixture->folder, names[i]);
        unlink(path);
    }
    rmdir(fixture->folder);
    free(fixture);
    return 0;
}

static void handler_remove(struct fixture *fixture)
{
    bn_loop_remove(fixture->broker->loop, fixture->broker->zap, -1);
    bn_socket_close(&fixture->broker->zap);
}

static void serving_then_stop(void *ctx)
{
    const struct bn_broker *broker = ctx;
    if (broker->phase == BN_PHASE_SERVING)
        raise(SIGTERM);
}

static void test_with_its_handler_it_serves(void **state)
{
    struct fixture *fixture = *state;
    struct bn_why why = {{0}, {0}, {0}};
    assert_int_equal(bn_loop_timer(fixture->broker->loop, 20, serving_then_stop, fixture->broker), BN_OK);
    assert_int_equal(bn_broker_run(fixture->broker, &why), BN_OK);
    assert_int_equal(fixture->broker->phase, BN_PHASE_DRAINING);
}

static void test_no_handler_no_service(void **state)
{
    struct fixture *fixture = *state;
    struct bn_why why = {{0}, {0}, {0}};
    handler_remove(fixture);
    assert_int_equal(bn_broker_run(fixture->broker, &why), BN_INTERNAL);
    assert_string_equal(why.field, "public.endpoint");
    assert_non_null(strstr(why.detail, "not served"));
    assert_int_equal(fixture->broker->phase, BN_PHASE_PROBE);
}

static void test_a_handler_that_lets_everybody_in_no_service(void **state)
{
    struct fixture *fixture = *state;
    struct bn_why why = {{0}, {0}, {0}};
    handler_remove(fixture);
    /* The name is free again once libzmq has buried the socket that had it. */
    for (uint64_t limit_ms = bn_clock_mono_ms() + 5000; fixture->rogue == NULL && bn_clock_mono_ms() < limit_ms;)
        fixture->rogue = bn_zap_open(fixture->broker->context, NULL);
    assert_non_null(fixture->rogue);
    assert_int_equal(pthread_create(&fixture->handler, NULL, rogue_run, fixture->rogue), 0);
    fixture->rogue_runs = true;
    assert_int_equal(bn_broker_run(fixture->broker, &why), BN_INTERNAL);
    assert_non_null(strstr(why.detail, "lets in a key that nobody knows"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_with_its_handler_it_serves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_handler_no_service, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_handler_that_lets_everybody_in_no_service, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

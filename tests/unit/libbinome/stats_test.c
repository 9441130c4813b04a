/* SPDX-License-Identifier: Apache-2.0 */
/* The stats socket's client against a broker's stats socket made here. */
#include "support.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <zmq.h>

/* Answers each request with a snapshot, and subscribers every 20 ms. */
struct fake_stats {
    pthread_t thread;
    void *context, *router;
    char endpoint[TEST_PATH_SIZE + 8];
    atomic_bool stop, mute, damaged;
    atomic_uint asked;
};

static void snapshot_send(struct fake_stats *fake, const uint8_t *id, size_t id_size, unsigned number)
{
    Binome__V1__Counter counter = BINOME__V1__COUNTER__INIT, *counters[] = {&counter};
    counter.name = "broker.requests";
    counter.value = 7;
    Binome__V1__Stats stats = BINOME__V1__STATS__INIT;
    stats.number = number;
    stats.version = "fake";
    stats.n_counters = 1;
    stats.counters = counters;
    uint8_t packed[256];
    size_t size = binome__v1__stats__pack(&stats, packed);
    zmq_send(fake->router, id, id_size, ZMQ_SNDMORE);
    zmq_send(fake->router, fake->damaged ? (const void *)"\xFF\xFF" : packed, fake->damaged ? 2 : size, 0);
}

static void *stats_run(void *ctx)
{
    struct fake_stats *fake = ctx;
    uint8_t id[32], frame[64];
    int id_size = 0;
    unsigned number = 0;
    bool subscribed = false;
    while (!fake->stop) {
        zmq_pollitem_t item = {.socket = fake->router, .events = ZMQ_POLLIN};
        if (zmq_poll(&item, 1, 20) == 1) {
            id_size = zmq_recv(fake->router, id, sizeof id, 0);
            int size = zmq_recv(fake->router, frame, sizeof frame, 0);
            Binome__V1__StatsRequest *request = binome__v1__stats_request__unpack(NULL, (size_t)size, frame);
            subscribed = request->subscribe;
            binome__v1__stats_request__free_unpacked(request, NULL);
            fake->asked++;
            if (!fake->mute)
                snapshot_send(fake, id, (size_t)id_size, ++number);
        } else if (subscribed && !fake->mute)
            snapshot_send(fake, id, (size_t)id_size, ++number);
    }
    return NULL;
}

static void stats_listen(struct fake_stats *fake)
{
    fake->stop = false;
    fake->context = zmq_ctx_new();
    fake->router = zmq_socket(fake->context, ZMQ_ROUTER);
    assert_int_equal(zmq_setsockopt(fake->router, ZMQ_LINGER, &(int){0}, sizeof(int)), 0);
    assert_int_equal(zmq_bind(fake->router, fake->endpoint), 0);
    assert_int_equal(pthread_create(&fake->thread, NULL, stats_run, fake), 0);
}

static void stats_end(struct fake_stats *fake)
{
    fake->stop = true;
    pthread_join(fake->thread, NULL);
    zmq_close(fake->router);
    zmq_ctx_term(fake->context);
}

static void stats_begin(struct fake_stats *fake)
{
    memset(fake, 0, sizeof *fake);
    snprintf(fake->endpoint, sizeof fake->endpoint, "ipc://%s", test_path(test_folder(), "stats.sock"));
    stats_listen(fake);
}

static struct binome_stats *opened(const struct fake_stats *fake, bool subscribe)
{
    struct binome_stats *stats = NULL;
    struct binome_error error = {"", "", ""};
    if (binome_stats_open(fake->endpoint, subscribe, &stats, &error) != BINOME_OK)
        fail_msg("%s %s", error.rule, error.detail);
    return stats;
}

static uint64_t number_of_next(struct binome_stats *stats, unsigned timeout_ms)
{
    Binome__V1__Stats *snapshot = NULL;
    assert_int_equal(binome_stats_next(stats, timeout_ms, &snapshot, NULL), BINOME_OK);
    assert_string_equal(snapshot->counters[0]->name, "broker.requests");
    uint64_t number = snapshot->number;
    binome__v1__stats__free_unpacked(snapshot, NULL);
    return number;
}

static void test_each_question_has_one_answer(void **state)
{
    (void)state;
    struct fake_stats fake;
    stats_begin(&fake);
    struct binome_stats *stats = opened(&fake, false);
    for (unsigned i = 1; i <= 5; i++)
        assert_int_equal(number_of_next(stats, 5000), i);
    assert_int_equal(fake.asked, 5);
    binome_stats_close(&stats);
    assert_null(stats);
    stats_end(&fake);
}

static void test_a_subscription_is_asked_for_once(void **state)
{
    (void)state;
    struct fake_stats fake;
    stats_begin(&fake);
    struct binome_stats *stats = opened(&fake, true);
    for (unsigned i = 1; i <= 5; i++)
        assert_int_equal(number_of_next(stats, 5000), i);
    assert_int_equal(fake.asked, 1);
    binome_stats_close(&stats);
    stats_end(&fake);
}

static void test_a_silent_broker_is_unreachable_after_the_time_given(void **state)
{
    (void)state;
    struct fake_stats fake;
    stats_begin(&fake);
    fake.mute = true;
    struct binome_stats *stats = opened(&fake, false);
    Binome__V1__Stats *snapshot = NULL;
    struct binome_error error;
    uint64_t begin_ms = test_now_ms();
    assert_int_equal(binome_stats_next(stats, 200, &snapshot, &error), BINOME_UNAVAILABLE);
    assert_string_equal(error.rule, "hub.unreachable");
    assert_true(test_now_ms() - begin_ms < 1000);
    assert_null(snapshot);
    fake.mute = false;
    number_of_next(stats, 5000);
    binome_stats_close(&stats);
    stats_end(&fake);
}

static void test_a_broker_that_restarts_is_asked_again(void **state)
{
    (void)state;
    struct fake_stats fake;
    stats_begin(&fake);
    struct binome_stats *stats = opened(&fake, true);
    number_of_next(stats, 5000);
    stats_end(&fake);
    stats_listen(&fake);
    uint64_t limit_ms = test_now_ms() + 20000;
    while (fake.asked < 2 && test_now_ms() < limit_ms) {
        Binome__V1__Stats *snapshot = NULL;
        if (binome_stats_next(stats, 1000, &snapshot, NULL) == BINOME_OK)
            binome__v1__stats__free_unpacked(snapshot, NULL);
    }
    assert_true(fake.asked >= 2);
    number_of_next(stats, 5000);
    binome_stats_close(&stats);
    stats_end(&fake);
}

static void test_a_damaged_snapshot_is_data_loss(void **state)
{
    (void)state;
    struct fake_stats fake;
    stats_begin(&fake);
    fake.damaged = true;
    struct binome_stats *stats = opened(&fake, false);
    Binome__V1__Stats *snapshot = NULL;
    struct binome_error error;
    assert_int_equal(binome_stats_next(stats, 5000, &snapshot, &error), BINOME_DATA_LOSS);
    binome_stats_close(&stats);
    stats_end(&fake);
}

static void test_what_is_no_stats_socket_is_refused_at_once(void **state)
{
    (void)state;
    struct binome_stats *stats = NULL;
    struct binome_error error;
    char endpoint[TEST_PATH_SIZE + 8];
    assert_int_equal(binome_stats_open("tcp://127.0.0.1:1", false, &stats, &error), BINOME_INVALID_ARGUMENT);
    assert_string_equal(error.rule, "endpoint.wrong_form");
    assert_int_equal(binome_stats_open("nothing", false, &stats, &error), BINOME_INVALID_ARGUMENT);
    snprintf(endpoint, sizeof endpoint, "ipc://%s", test_path(test_folder(), "absent.sock"));
    assert_int_equal(binome_stats_open(endpoint, false, &stats, &error), BINOME_UNAVAILABLE);
    assert_string_equal(error.rule, "hub.unreachable");
    if (geteuid() != 0) { /* root may open everything */
        const char *path = test_file(test_folder(), "closed.sock", "");
        assert_int_equal(chmod(path, 0), 0);
        snprintf(endpoint, sizeof endpoint, "ipc://%s", path);
        assert_int_equal(binome_stats_open(endpoint, false, &stats, &error), BINOME_PERMISSION_DENIED);
    }
    assert_null(stats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_question_has_one_answer),
        cmocka_unit_test(test_a_subscription_is_asked_for_once),
        cmocka_unit_test(test_a_silent_broker_is_unreachable_after_the_time_given),
        cmocka_unit_test(test_a_broker_that_restarts_is_asked_again),
        cmocka_unit_test(test_a_damaged_snapshot_is_data_loss),
        cmocka_unit_test(test_what_is_no_stats_socket_is_refused_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

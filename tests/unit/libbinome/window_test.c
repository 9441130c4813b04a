/* SPDX-License-Identifier: Apache-2.0 */
/* Many requests at once: the window, tags, order, and a caller's own event loop. */
#include "support.h"

#include <poll.h>
#include <pthread.h>

static enum binome_code sent(struct binome *connection, void *tag)
{
    return binome_send(connection, a_proposal("Forecast"), NULL, 10000, tag, NULL);
}

static void test_every_answer_comes_back_with_its_tag(void **state)
{
    (void)state;
    enum { COUNT = 64 };
    int tags[COUNT] = {0};
    struct fake_hub *hub = fake_hub_start(NULL);
    struct binome *connection = connected_to(hub);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(sent(connection, &tags[i]), BINOME_OK);
    assert_int_equal(binome_unanswered(connection), COUNT);
    for (int i = 0; i < COUNT; i++) {
        struct binome_reply *reply = NULL;
        assert_int_equal(binome_next(connection, 5000, &reply), BINOME_OK);
        ++*(int *)reply->tag;
        binome_reply_free(&reply);
    }
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(tags[i], 1);
    struct binome_reply *none = NULL;
    assert_int_equal(binome_next(connection, 5000, &none), BINOME_OUT_OF_RANGE);
    assert_null(none);
    binome_close(&connection);
    fake_hub_stop(&hub);
}

static void test_a_full_window_refuses_until_an_answer_is_taken(void **state)
{
    (void)state;
    struct fake_hub *hub = fake_hub_start(&(struct fake_rules){.unanswered_max = 4});
    struct binome *connection = connected_to(hub);
    struct binome_error error;
    struct binome_reply *reply = NULL;
    for (int i = 0; i < 4; i++)
        assert_int_equal(sent(connection, NULL), BINOME_OK);
    assert_int_equal(binome_send(connection, a_proposal("Forecast"), NULL, 0, NULL, &error), BINOME_RESOURCE_EXHAUSTED);
    assert_string_equal(error.rule, "limit.unanswered");
    assert_int_equal(binome_next(connection, 5000, &reply), BINOME_OK);
    binome_reply_free(&reply);
    assert_int_equal(sent(connection, NULL), BINOME_OK);
    binome_close(&connection);
    fake_hub_stop(&hub);
}

/* A call inside a full window waits for its turn, and the others' answers are kept. */
static void test_a_call_among_others_gets_its_own_answer(void **state)
{
    (void)state;
    struct fake_hub *hub = fake_hub_start(&(struct fake_rules){.unanswered_max = 4, .slow_ms = 30});
    struct binome *connection = connected_to(hub);
    int tag = 0;
    for (int i = 0; i < 4; i++)
        assert_int_equal(sent(connection, &tag), BINOME_OK);
    struct binome_reply *reply = NULL;
    assert_int_equal(binome_call(connection, a_proposal("Mine"), 5000, &reply), BINOME_OK);
    assert_null(reply->tag);
    assert_int_equal(reply->reply->receipt->sequence, 5);
    binome_reply_free(&reply);
    assert_true(fake_hub_seen(hub).unanswered_most <= 4);
    assert_int_equal(binome_unanswered(connection), 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(binome_next(connection, 5000, &reply), BINOME_OK);
        assert_ptr_equal(reply->tag, &tag);
        assert_int_equal(reply->reply->receipt->sequence, i + 1);
        binome_reply_free(&reply);
    }
    binome_close(&connection);
    fake_hub_stop(&hub);
}

static void test_an_id_in_use_is_refused_here(void **state)
{
    (void)state;
    struct fake_hub *hub = fake_hub_start(&(struct fake_rules){.slow_ms = 50});
    struct binome *connection = connected_to(hub);
    struct binome_error error;
    struct binome_reply *reply = NULL;
    uint8_t id[16], zero[16] = {0}, *body;
    size_t size;
    uint32_t type;
    binome_id_make(id);
    assert_int_equal(binome_pack(a_proposal("Forecast"), &body, &size, &type, NULL, NULL), BINOME_OK);
    assert_int_equal(binome_send_packed(connection, body, size, type, id, 5000, NULL, &error), BINOME_OK);
    assert_int_equal(binome_send_packed(connection, body, size, type, id, 5000, NULL, &error), BINOME_ALREADY_EXISTS);
    assert_string_equal(error.rule, "request_id.reused");
    assert_int_equal(binome_send_packed(connection, body, size, type, zero, 0, NULL, &error), BINOME_INVALID_ARGUMENT);
    assert_string_equal(error.rule, "header.request_id");
    assert_int_equal(binome_send_packed(connection, NULL, 0, type, id, 0, NULL, &error), BINOME_INVALID_ARGUMENT);
    assert_int_equal(binome_next(connection, 5000, &reply), BINOME_OK);
    assert_false(reply->reply->replayed);
    binome_reply_free(&reply);
    /* Answered, the id may be used again: that is how one learns what became of it. */
    assert_int_equal(binome_send_packed(connection, body, size, type, id, 5000, NULL, &error), BINOME_OK);
    assert_int_equal(binome_next(connection, 5000, &reply), BINOME_OK);
    assert_true(reply->reply->replayed);
    assert_int_equal(reply->reply->receipt->sequence, 1);
    binome_reply_free(&reply);
    free(body);
    binome_close(&connection);
    fake_hub_stop(&hub);
}

static void test_a_body_that_the_hub_does_not_take_is_refused_here(void **state)
{
    (void)state;
    struct fake_hub *hub = fake_hub_start(&(struct fake_rules){.body_bytes_max = 2000});
    struct binome *connection = connected_to(hub);
    struct binome_error error;
    char title[3000];
    memset(title, 'x', sizeof title - 1);
    title[sizeof title - 1] = '\0';
    assert_int_equal(binome_send(connection, a_proposal(title), NULL, 0, NULL, &error), BINOME_INVALID_ARGUMENT);
    assert_string_equal(error.rule, "body.too_long");
    struct binome_reply *reply = NULL;
    assert_int_equal(binome_call(connection, a_proposal(title), 0, &reply), BINOME_INVALID_ARGUMENT);
    assert_string_equal(rule_of(reply), "body.too_long");
    binome_reply_free(&reply);
    assert_int_equal(binome_unanswered(connection), 0);
    binome_close(&connection);
    fake_hub_stop(&hub);
}

/* The hub goes away again and again while a full window is kept up: nothing is lost, nothing takes effect twice. */
static void test_nothing_is_lost_when_the_hub_comes_and_goes(void **state)
{
    (void)state;
    enum { COUNT = 600 };
    struct fake_hub *hub = fake_hub_start(&(struct fake_rules){.unanswered_max = 32, .slow_ms = 1});
    struct binome *connection = connected_to(hub);
    struct test_random random = test_random_start();
    unsigned started = 0, answered = 0;
    while (answered < COUNT) {
        while (started < COUNT && binome_unanswered(connection) < 32) {
            assert_int_equal(binome_send(connection, a_proposal("Forecast"), NULL, 60000, NULL, NULL), BINOME_OK);
            started++;
        }
        struct binome_reply *reply = NULL;
        assert_int_equal(binome_next(connection, 60000, &reply), BINOME_OK);
        assert_int_equal(reply->code, BINOME_OK);
        binome_reply_free(&reply);
        answered++;
        if (test_random_one_in(&random, 120)) {
            fake_hub_down(hub);
            fake_hub_up(hub);
        }
    }
    assert_int_equal(fake_hub_seen(hub).effects, COUNT);
    binome_close(&connection);
    fake_hub_stop(&hub);
}

static bool readable(int descriptor, int timeout_ms)
{
    struct pollfd item = {.fd = descriptor, .events = POLLIN};
    return poll(&item, 1, timeout_ms) == 1;
}

static unsigned take_all(struct binome *connection)
{
    unsigned taken = 0;
    struct binome_reply *reply = NULL;
    while (binome_next(connection, 0, &reply) == BINOME_OK) {
        assert_int_equal(reply->code, BINOME_OK);
        binome_reply_free(&reply);
        taken++;
    }
    return taken;
}

/* An event loop that calls only when the descriptor says so must never wait for an answer that is there. */
static void test_the_descriptor_tells_of_every_answer(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    struct fake_hub *hub = fake_hub_start(&(struct fake_rules){.slow_ms = 1});
    struct binome *connection = connected_to(hub);
    struct test_random random = test_random_start();
    int descriptor = binome_fd(connection);
    assert_true(descriptor >= 0);
    unsigned started = 0, answered = 0;
    while (answered < COUNT) {
        unsigned burst = (unsigned)test_random_below(&random, 8);
        while (started < COUNT && started - answered < 64 && burst-- > 0) {
            assert_int_equal(sent(connection, NULL), BINOME_OK);
            started++;
        }
        if (started == answered)
            continue;
        if (test_random_one_in(&random, 10)) { /* a call swallows edges */
            struct binome_reply *reply = NULL;
            assert_int_equal(binome_call(connection, a_proposal("Between"), 5000, &reply), BINOME_OK);
            binome_reply_free(&reply);
        }
        assert_true(readable(descriptor, 3000));
        answered += take_all(connection);
    }
    binome_close(&connection);
    fake_hub_stop(&hub);
}

static void test_the_descriptor_rests_when_there_is_nothing_to_do(void **state)
{
    (void)state;
    struct fake_hub *hub = fake_hub_start(NULL);
    struct binome *connection = connected_to(hub);
    int descriptor = binome_fd(connection);
    uint64_t limit_ms = test_now_ms() + 5000;
    unsigned turns = 0;
    while (readable(descriptor, 200)) { /* the handshake's last notes */
        take_all(connection);
        turns++;
        assert_true(test_now_ms() < limit_ms && turns < 100);
    }
    assert_int_equal(binome_fd(connection), descriptor);
    binome_close(&connection);
    fake_hub_stop(&hub);
}

/* Retries and a new session happen without anybody calling but because of the descriptor. */
static void test_the_descriptor_leads_through_a_lost_session(void **state)
{
    (void)state;
    struct fake_hub *hub = fake_hub_start(&(struct fake_rules){.mute = true});
    struct binome *connection = connected_to(hub);
    int descriptor = binome_fd(connection);
    assert_int_equal(binome_send(connection, a_proposal("Forecast"), NULL, 20000, NULL, NULL), BINOME_OK);
    TEST_WAIT_FOR(fake_hub_seen(hub).requests == 1, 5000);
    fake_hub_down(hub);
    fake_hub_behave(hub, &(struct fake_rules){.refusals = 2, .code = BN_UNAVAILABLE, .rule = BN_RULE_HUB_DRAINING});
    fake_hub_up(hub);
    unsigned answered = 0;
    uint64_t limit_ms = test_now_ms() + 20000;
    while (answered == 0) {
        assert_true(readable(descriptor, 5000));
        answered += take_all(connection);
        assert_true(test_now_ms() < limit_ms);
    }
    assert_int_equal(fake_hub_seen(hub).effects, 1);
    binome_close(&connection);
    fake_hub_stop(&hub);
}

static void *one_of_many(void *ctx)
{
    const struct fake_hub *hub = ctx;
    struct binome_options options = options_for(hub);
    struct binome *connection = NULL;
    if (binome_open(&options, &connection, NULL) != BINOME_OK)
        return "open";
    Binome__V1__ProposalWithdraw withdraw = BINOME__V1__PROPOSAL_WITHDRAW__INIT;
    Binome__V1__Request request = BINOME__V1__REQUEST__INIT;
    request.body_case = BINOME__V1__REQUEST__BODY_PROPOSAL_WITHDRAW;
    request.proposal_withdraw = &withdraw;
    const char *fault = NULL;
    for (int i = 0; i < 100 && fault == NULL; i++) {
        struct binome_reply *reply = NULL;
        if (binome_call(connection, &request, 10000, &reply) != BINOME_OK)
            fault = "call";
        binome_reply_free(&reply);
    }
    binome_close(&connection);
    return (void *)(uintptr_t)fault;
}

static void test_connections_of_several_threads_do_not_meet(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    struct fake_hub *hub = fake_hub_start(NULL);
    a_key_file(); /* made before there are threads */
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, one_of_many, hub), 0);
    for (int i = 0; i < THREADS; i++) {
        void *fault = NULL;
        assert_int_equal(pthread_join(threads[i], &fault), 0);
        if (fault != NULL)
            fail_msg("%s", (const char *)fault);
    }
    assert_int_equal(fake_hub_seen(hub).effects, THREADS * 100);
    fake_hub_stop(&hub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_answer_comes_back_with_its_tag),
        cmocka_unit_test(test_a_full_window_refuses_until_an_answer_is_taken),
        cmocka_unit_test(test_a_call_among_others_gets_its_own_answer),
        cmocka_unit_test(test_an_id_in_use_is_refused_here),
        cmocka_unit_test(test_a_body_that_the_hub_does_not_take_is_refused_here),
        cmocka_unit_test(test_nothing_is_lost_when_the_hub_comes_and_goes),
        cmocka_unit_test(test_the_descriptor_tells_of_every_answer),
        cmocka_unit_test(test_the_descriptor_rests_when_there_is_nothing_to_do),
        cmocka_unit_test(test_the_descriptor_leads_through_a_lost_session),
        cmocka_unit_test(test_connections_of_several_threads_do_not_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

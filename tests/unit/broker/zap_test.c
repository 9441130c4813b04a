/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "broker/zap.h"
#include "link/frames.h"
#include "link/socket.h"

struct fixture {
    void *context, *handler, *asker;
    struct bn_zap_request seen;
    unsigned judged;
    struct bn_zap_verdict verdict;
};

static struct bn_zap_verdict judge(void *ctx, const struct bn_zap_request *request)
{
    struct fixture *fixture = ctx;
    fixture->seen = *request;
    fixture->judged++;
    return fixture->verdict;
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->context = zmq_ctx_new();
    fixture->handler = bn_zap_open(fixture->context, NULL);
    assert_non_null(fixture->handler);
    fixture->asker = zmq_socket(fixture->context, ZMQ_REQ);
    assert_int_equal(zmq_connect(fixture->asker, "inproc://zeromq.zap.01"), 0);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    zmq_close(fixture->asker);
    bn_socket_close(&fixture->handler);
    zmq_ctx_term(fixture->context);
    free(fixture);
    return 0;
}

static void ask(struct fixture *fixture, const char *const *frames, const size_t *sizes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_true(zmq_send(fixture->asker, frames[i], sizes[i], i + 1 < count ? ZMQ_SNDMORE : 0) >= 0);
    bn_zap_serve(fixture->handler, judge, fixture);
}

/* Reads the six frames of the answer; gives the status and the user id. */
static void answer_read(struct fixture *fixture, const char *request_id, char status[8], char user_id[64])
{
    char frames[6][64];
    for (int i = 0; i < 6; i++) {
        int size = zmq_recv(fixture->asker, frames[i], sizeof frames[i] - 1, ZMQ_DONTWAIT);
        assert_true(size >= 0);
        frames[i][size] = '\0';
    }
    assert_string_equal(frames[0], "1.0");
    assert_string_equal(frames[1], request_id);
    memcpy(status, frames[2], 8);
    memcpy(user_id, frames[4], 64);
}

static const char key[33] = "0123456789abcdef0123456789abcdef";

static void test_a_curve_request_is_judged_by_domain_and_key(void **state)
{
    struct fixture *fixture = *state;
    fixture->verdict = (struct bn_zap_verdict){BN_ZAP_WELCOME, "token"};
    static const char *const frames[] = {"1.0", "77", "binome", "127.0.0.1", "", "CURVE", key};
    static const size_t sizes[] = {3, 2, 6, 9, 0, 5, 32};
    char status[8], user_id[64];
    ask(fixture, frames, sizes, 7);
    answer_read(fixture, "77", status, user_id);
    assert_string_equal(status, "200");
    assert_string_equal(user_id, "token");
    assert_string_equal(fixture->seen.domain, "binome");
    assert_string_equal(fixture->seen.mechanism, "CURVE");
    assert_true(fixture->seen.has_key);
    assert_memory_equal(fixture->seen.public_key, key, 32);
}

static void test_a_refusal_carries_no_user_id(void **state)
{
    struct fixture *fixture = *state;
    fixture->verdict = (struct bn_zap_verdict){BN_ZAP_REFUSED, "token"};
    static const char *const frames[] = {"1.0", "1", "binome-local", "", "", "NULL"};
    static const size_t sizes[] = {3, 1, 12, 0, 0, 4};
    char status[8], user_id[64];
    ask(fixture, frames, sizes, 6);
    answer_read(fixture, "1", status, user_id);
    assert_string_equal(status, "400");
    assert_string_equal(user_id, "");
    assert_false(fixture->seen.has_key);
}

/* What is not a request of ZAP 1.0 is refused without being judged: the default is no. */
static void test_what_is_no_request_is_refused_unjudged(void **state)
{
    struct fixture *fixture = *state;
    fixture->verdict = (struct bn_zap_verdict){BN_ZAP_WELCOME, "token"};
    static const struct {
        const char *frames[9];
        size_t sizes[9], count;
    } cases[] = {
        {{"2.0", "1", "binome", "", "", "CURVE", key}, {3, 1, 6, 0, 0, 5, 32}, 7},
        {{"1.0", "1", "binome", "", ""}, {3, 1, 6, 0, 0}, 5},
        {{"1.0", "1"}, {3, 1}, 2},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        char status[8], user_id[64];
        ask(fixture, cases[i].frames, cases[i].sizes, cases[i].count);
        answer_read(fixture, "1", status, user_id);
        assert_string_equal(status, "400");
    }
    assert_int_equal(fixture->judged, 0);
}

static void test_texts_that_are_too_long_and_surplus_frames_are_left_out(void **state)
{
    struct fixture *fixture = *state;
    fixture->verdict = (struct bn_zap_verdict){BN_ZAP_LATER, NULL};
    static const char *const frames[] = {"1.0", "1", "binome-binome-binome-binome-binome", "", "", "CURVE", "short",
                                         "x",   "y"};
    static const size_t sizes[] = {3, 1, 34, 0, 0, 5, 5, 1, 1};
    char status[8], user_id[64];
    ask(fixture, frames, sizes, 9);
    answer_read(fixture, "1", status, user_id);
    assert_string_equal(status, "300");
    assert_string_equal(fixture->seen.domain, "");
    assert_false(fixture->seen.has_key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_curve_request_is_judged_by_domain_and_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_refusal_carries_no_user_id, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_request_is_refused_unjudged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_texts_that_are_too_long_and_surplus_frames_are_left_out, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

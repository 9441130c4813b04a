/* SPDX-License-Identifier: Apache-2.0 */
/* One request at a time: answers, retries, and what the caller learns when there is no answer. */
#include "support.h"

#include <limits.h>

/* Calls and expects that code; the caller frees the answer. */
static struct binome_reply *called(struct binome *connection, unsigned timeout_ms, enum binome_code code)
{
    struct binome_reply *reply = NULL;
    enum binome_code got = binome_call(connection, a_proposal("Forecast"), timeout_ms, &reply);
    assert_non_null(reply);
    if (got != code)
        fail_msg("%s %s", binome_code_name(got), rule_of(reply));
    assert_int_equal(reply->code, code);
    if (code != BINOME_OK)
        assert_non_null(reply->reply->error);
    return reply;
}

struct scene {
    struct fake_hub *hub;
    struct binome *connection;
};

static struct scene begin(const struct fake_rules *rules)
{
    struct scene scene = {.hub = fake_hub_start(rules)};
    scene.connection = connected_to(scene.hub);
    return scene;
}

static void end(struct scene *scene)
{
    binome_close(&scene->connection);
    fake_hub_stop(&scene->hub);
}

static void test_a_request_gets_its_receipt(void **state)
{
    (void)state;
    struct scene scene = begin(NULL);
    struct binome_reply *reply = called(scene.connection, 0, BINOME_OK);
    struct fake_seen seen = fake_hub_seen(scene.hub);
    assert_int_equal(reply->reply->receipt->sequence, 1);
    assert_int_equal(reply->reply->receipt->type, BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT);
    assert_int_equal(reply->attempts, 1);
    assert_memory_equal(reply->request_id, seen.id.bytes, 16);
    assert_memory_equal(reply->reply->receipt->digest.data, seen.digest.bytes, 32);
    assert_int_equal(seen.type, BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT);
    assert_in_range(seen.timeout_ms, 29000, 30000);
    binome_reply_free(&reply);
    end(&scene);
}

static void test_every_request_has_another_salt_and_another_id(void **state)
{
    (void)state;
    struct scene scene = begin(NULL);
    struct binome_reply *reply = called(scene.connection, 0, BINOME_OK);
    struct fake_seen first = fake_hub_seen(scene.hub);
    binome_reply_free(&reply);
    reply = called(scene.connection, 0, BINOME_OK);
    struct fake_seen second = fake_hub_seen(scene.hub);
    binome_reply_free(&reply);
    assert_memory_not_equal(first.digest.bytes, second.digest.bytes, 32);
    assert_memory_not_equal(first.id.bytes, second.id.bytes, 16);
    end(&scene);
}

/* The same id and the same bytes each time: one effect, and never before the hub's hint. */
static void test_an_unavailable_hub_is_asked_again_after_its_hint(void **state)
{
    (void)state;
    struct scene scene = begin(&(struct fake_rules){
        .refusals = 2, .code = BN_UNAVAILABLE, .rule = BN_RULE_HUB_REGISTRY_AWAY, .retry_after_ms = 400});
    struct binome_reply *reply = called(scene.connection, 10000, BINOME_OK);
    struct fake_seen seen = fake_hub_seen(scene.hub);
    assert_int_equal(reply->attempts, 3);
    assert_int_equal(seen.requests, 3);
    assert_int_equal(seen.effects, 1);
    assert_true(seen.last_ms - seen.first_ms >= 2 * 400);
    binome_reply_free(&reply);
    end(&scene);
}

static void test_which_codes_are_tried_again(void **state)
{
    (void)state;
    static const struct {
        enum bn_code code;
        uint32_t retry_after_ms;
        unsigned attempts;
    } cases[] = {
        {BN_UNAVAILABLE, 0, 2},
        {BN_UNAVAILABLE, 20, 2},
        {BN_RESOURCE_EXHAUSTED, 20, 2},
        {BN_DEADLINE_EXCEEDED, 0, 2},
        {BN_INTERNAL, 0, 2},
        {BN_RESOURCE_EXHAUSTED, 0, 1},
        {BN_INVALID_ARGUMENT, 20, 1},
        {BN_NOT_FOUND, 20, 1},
        {BN_ALREADY_EXISTS, 0, 1},
        {BN_PERMISSION_DENIED, 0, 1},
        {BN_FAILED_PRECONDITION, 0, 1},
        {BN_ABORTED, 0, 1},
        {BN_OUT_OF_RANGE, 0, 1},
        {BN_UNIMPLEMENTED, 0, 1},
        {BN_DATA_LOSS, 0, 1},
    };
    struct scene scene = begin(NULL);
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        fake_hub_behave(scene.hub, &(struct fake_rules){.refusals = 1,
                                                        .code = cases[i].code,
                                                        .rule = BN_RULE_HUB_INTERNAL,
                                                        .retry_after_ms = cases[i].retry_after_ms});
        bool again = cases[i].attempts > 1;
        struct binome_reply *reply =
            called(scene.connection, 5000, again ? BINOME_OK : (enum binome_code)cases[i].code);
        assert_int_equal(reply->attempts, cases[i].attempts);
        if (!again)
            assert_string_equal(rule_of(reply), "hub.internal");
        binome_reply_free(&reply);
    }
    end(&scene);
}

static void test_a_fault_of_the_hub_is_not_tried_for_ever(void **state)
{
    (void)state;
    struct scene scene = begin(&(struct fake_rules){.refusals = 99, .code = BN_INTERNAL, .rule = BN_RULE_HUB_INTERNAL});
    struct binome_reply *reply = called(scene.connection, 20000, BINOME_INTERNAL);
    assert_int_equal(reply->attempts, 3);
    binome_reply_free(&reply);
    end(&scene);
}

static void test_at_the_limit_the_hubs_last_word_is_told(void **state)
{
    (void)state;
    struct scene scene = begin(&(struct fake_rules){
        .refusals = 99, .code = BN_UNAVAILABLE, .rule = BN_RULE_HUB_REGISTRY_AWAY, .retry_after_ms = 50});
    uint64_t begin_ms = test_now_ms();
    struct binome_reply *reply = called(scene.connection, 900, BINOME_UNAVAILABLE);
    assert_string_equal(rule_of(reply), "hub.registry_away");
    assert_true(reply->attempts > 1);
    assert_true(test_now_ms() - begin_ms < 1500);
    binome_reply_free(&reply);
    end(&scene);
}

static void test_silence_ends_at_the_callers_limit(void **state)
{
    (void)state;
    struct scene scene = begin(&(struct fake_rules){.mute = true});
    uint64_t begin_ms = test_now_ms();
    struct binome_reply *reply = called(scene.connection, 300, BINOME_DEADLINE_EXCEEDED);
    uint64_t took_ms = test_now_ms() - begin_ms;
    assert_string_equal(rule_of(reply), "hub.timeout");
    assert_string_equal(reply->reply->error->violations[0]->params[0]->name, "timeout_ms");
    assert_string_equal(reply->reply->error->violations[0]->params[0]->value, "300");
    assert_true(took_ms >= 300 && took_ms < 1000);
    assert_true(fake_hub_seen(scene.hub).timeout_ms < 300); /* the hub's word would have come before */
    binome_reply_free(&reply);
    end(&scene);
}

/* The late answer to the first must not be taken for the second's. */
static void test_an_answer_that_comes_too_late_disturbs_nobody(void **state)
{
    (void)state;
    struct scene scene = begin(&(struct fake_rules){.slow_ms = 300});
    struct binome_reply *reply = called(scene.connection, 100, BINOME_DEADLINE_EXCEEDED);
    binome_reply_free(&reply);
    reply = called(scene.connection, 5000, BINOME_OK);
    assert_int_equal(reply->reply->receipt->sequence, 2);
    assert_int_equal(binome_unanswered(scene.connection), 0);
    binome_reply_free(&reply);
    end(&scene);
}

static void test_noise_and_repeated_answers_are_passed_over(void **state)
{
    (void)state;
    struct scene scene = begin(&(struct fake_rules){.noise = true, .twice = true});
    for (unsigned i = 1; i <= 20; i++) {
        struct binome_reply *reply = called(scene.connection, 5000, BINOME_OK);
        assert_int_equal(reply->reply->receipt->sequence, i);
        binome_reply_free(&reply);
    }
    end(&scene);
}

static void test_a_damaged_answer_is_data_loss(void **state)
{
    (void)state;
    struct scene scene = begin(&(struct fake_rules){.damaged = true});
    struct binome_reply *reply = called(scene.connection, 5000, BINOME_DATA_LOSS);
    assert_string_equal(rule_of(reply), "body.malformed");
    binome_reply_free(&reply);
    end(&scene);
}

/* The hub restarts while the answer is awaited: a new session, the same id, one effect. */
static void test_a_lost_session_is_opened_again_and_the_request_repeated(void **state)
{
    (void)state;
    struct scene scene = begin(&(struct fake_rules){.mute = true});
    uint8_t id[16];
    binome_id_make(id);
    assert_int_equal(binome_send(scene.connection, a_proposal("Forecast"), id, 20000, NULL, NULL), BINOME_OK);
    TEST_WAIT_FOR(fake_hub_seen(scene.hub).requests == 1, 5000);
    struct bn_digest digest = fake_hub_seen(scene.hub).digest;
    fake_hub_down(scene.hub);
    fake_hub_behave(scene.hub, &(struct fake_rules){.mute = false});
    fake_hub_up(scene.hub);
    struct binome_reply *reply = NULL;
    assert_int_equal(binome_next(scene.connection, 20000, &reply), BINOME_OK);
    assert_int_equal(reply->code, BINOME_OK);
    assert_int_equal(reply->attempts, 2);
    assert_memory_equal(reply->request_id, id, 16);
    struct fake_seen seen = fake_hub_seen(scene.hub);
    assert_int_equal(seen.hellos, 2);
    assert_memory_equal(seen.digest.bytes, digest.bytes, 32);
    assert_int_equal(seen.effects, 1);
    binome_reply_free(&reply);
    end(&scene);
}

static void test_a_hub_that_went_away_is_unreachable_at_the_limit(void **state)
{
    (void)state;
    struct scene scene = begin(NULL);
    fake_hub_down(scene.hub);
    struct binome_reply *reply = called(scene.connection, 800, BINOME_UNAVAILABLE);
    assert_string_equal(rule_of(reply), "hub.unreachable");
    binome_reply_free(&reply);
    fake_hub_up(scene.hub);
    reply = called(scene.connection, 20000, BINOME_OK);
    binome_reply_free(&reply);
    end(&scene);
}

static void test_a_hub_that_forgot_us_is_greeted_again(void **state)
{
    (void)state;
    struct scene scene = begin(NULL);
    fake_hub_forget(scene.hub);
    struct binome_reply *reply = called(scene.connection, 5000, BINOME_OK);
    assert_int_equal(reply->attempts, 2);
    assert_int_equal(fake_hub_seen(scene.hub).hellos, 2);
    binome_reply_free(&reply);
    end(&scene);
}

/* Welcome and at once no_hello, for ever: each return takes longer, so that a hub at fault is not overrun as well. */
static void test_a_hub_that_forgets_at_once_is_greeted_less_and_less_often(void **state)
{
    (void)state;
    struct scene scene = begin(
        &(struct fake_rules){.refusals = UINT_MAX, .code = BN_FAILED_PRECONDITION, .rule = BN_RULE_SESSION_NO_HELLO});
    struct binome_reply *reply = NULL;
    Binome__V1__Request *request = a_proposal("Forecast");
    assert_int_not_equal(binome_call(scene.connection, request, 3000, &reply), BINOME_OK);
    unsigned hellos = fake_hub_seen(scene.hub).hellos;
    assert_in_range(hellos, 2, 6); /* waits of at least 0.1, 0.2, 0.4, 0.8, 1.6 s */
    binome_reply_free(&reply);
    end(&scene);
}

static void test_a_hub_that_says_bye_is_greeted_again(void **state)
{
    (void)state;
    struct scene scene = begin(NULL);
    fake_hub_bye(scene.hub);
    struct binome_reply *reply = called(scene.connection, 5000, BINOME_OK);
    assert_int_equal(fake_hub_seen(scene.hub).hellos, 2);
    binome_reply_free(&reply);
    end(&scene);
}

static void test_a_waiting_caller_keeps_the_session_alive(void **state)
{
    (void)state;
    struct scene scene = begin(&(struct fake_rules){.slow_ms = 900, .heartbeat_ms = 100, .idle_ms = 300});
    struct binome_reply *reply = called(scene.connection, 5000, BINOME_OK);
    assert_int_equal(reply->attempts, 1);
    assert_int_equal(fake_hub_seen(scene.hub).hellos, 1);
    assert_true(fake_hub_seen(scene.hub).beats >= 3);
    binome_reply_free(&reply);
    end(&scene);
}

static void test_a_hub_that_fell_silent_is_left(void **state)
{
    (void)state;
    const struct fake_rules silent = {.mute = true, .beats_mute = true, .heartbeat_ms = 100, .idle_ms = 300};
    struct scene scene = begin(&silent);
    assert_int_equal(binome_send(scene.connection, a_proposal("Forecast"), NULL, 20000, NULL, NULL), BINOME_OK);
    struct binome_reply *reply = NULL;
    assert_int_equal(binome_next(scene.connection, 600, &reply), BINOME_DEADLINE_EXCEEDED);
    fake_hub_behave(scene.hub, &(struct fake_rules){.beats_mute = true, .heartbeat_ms = 100, .idle_ms = 300});
    assert_int_equal(binome_next(scene.connection, 15000, &reply), BINOME_OK);
    assert_int_equal(reply->code, BINOME_OK);
    assert_true(reply->attempts >= 2);
    assert_true(fake_hub_seen(scene.hub).hellos >= 2);
    assert_int_equal(fake_hub_seen(scene.hub).effects, 1);
    binome_reply_free(&reply);
    end(&scene);
}

static void test_a_caller_who_was_away_for_long_is_greeted_anew(void **state)
{
    (void)state;
    struct scene scene = begin(&(struct fake_rules){.heartbeat_ms = 50, .idle_ms = 100});
    uint64_t away_ms = test_now_ms() + 150;
    TEST_WAIT_FOR(test_now_ms() > away_ms, 1000);
    struct binome_reply *reply = called(scene.connection, 5000, BINOME_OK);
    assert_int_equal(fake_hub_seen(scene.hub).hellos, 2);
    assert_int_equal(fake_hub_seen(scene.hub).effects, 1);
    binome_reply_free(&reply);
    end(&scene);
}

/* Everything unanswered hears the reason, and so does whoever comes later. */
static void test_a_key_revoked_meanwhile_ends_the_connection_for_good(void **state)
{
    (void)state;
    struct scene scene = begin(&(struct fake_rules){.mute = true});
    struct binome_error error;
    struct binome_reply *reply = NULL;
    for (int i = 0; i < 3; i++)
        assert_int_equal(binome_send(scene.connection, a_proposal("Forecast"), NULL, 20000, NULL, NULL), BINOME_OK);
    TEST_WAIT_FOR(fake_hub_seen(scene.hub).requests == 3, 5000);
    fake_hub_behave(scene.hub,
                    &(struct fake_rules){.refusals = 1, .code = BN_UNAUTHENTICATED, .rule = BN_RULE_KEY_REVOKED});
    assert_int_equal(binome_send(scene.connection, a_proposal("Forecast"), NULL, 20000, NULL, NULL), BINOME_OK);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(binome_next(scene.connection, 5000, &reply), BINOME_OK);
        assert_int_equal(reply->code, BINOME_UNAUTHENTICATED);
        assert_string_equal(rule_of(reply), "key.revoked");
        binome_reply_free(&reply);
    }
    assert_int_equal(binome_next(scene.connection, 0, &reply), BINOME_OUT_OF_RANGE);
    assert_int_equal(binome_send(scene.connection, a_proposal("Forecast"), NULL, 0, NULL, &error),
                     BINOME_UNAUTHENTICATED);
    assert_string_equal(error.rule, "key.revoked");
    reply = called(scene.connection, 0, BINOME_UNAUTHENTICATED);
    binome_reply_free(&reply);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_gets_its_receipt),
        cmocka_unit_test(test_every_request_has_another_salt_and_another_id),
        cmocka_unit_test(test_an_unavailable_hub_is_asked_again_after_its_hint),
        cmocka_unit_test(test_which_codes_are_tried_again),
        cmocka_unit_test(test_a_fault_of_the_hub_is_not_tried_for_ever),
        cmocka_unit_test(test_at_the_limit_the_hubs_last_word_is_told),
        cmocka_unit_test(test_silence_ends_at_the_callers_limit),
        cmocka_unit_test(test_an_answer_that_comes_too_late_disturbs_nobody),
        cmocka_unit_test(test_noise_and_repeated_answers_are_passed_over),
        cmocka_unit_test(test_a_damaged_answer_is_data_loss),
        cmocka_unit_test(test_a_lost_session_is_opened_again_and_the_request_repeated),
        cmocka_unit_test(test_a_hub_that_went_away_is_unreachable_at_the_limit),
        cmocka_unit_test(test_a_hub_that_forgot_us_is_greeted_again),
        cmocka_unit_test(test_a_hub_that_forgets_at_once_is_greeted_less_and_less_often),
        cmocka_unit_test(test_a_hub_that_says_bye_is_greeted_again),
        cmocka_unit_test(test_a_waiting_caller_keeps_the_session_alive),
        cmocka_unit_test(test_a_hub_that_fell_silent_is_left),
        cmocka_unit_test(test_a_caller_who_was_away_for_long_is_greeted_anew),
        cmocka_unit_test(test_a_key_revoked_meanwhile_ends_the_connection_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

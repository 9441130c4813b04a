/* SPDX-License-Identifier: Apache-2.0 */
/* What happens at the hub's door, and how soon the caller knows. */
#include "support.h"

#include <arpa/inet.h>
#include <sys/socket.h>

enum { TWO_SECONDS = 2000, BUSY = 500 }; /* a machine that runs other tests beside this one is given a little more */

/* Opens and expects a refusal with that code and rule, no later than that. */
static void refused(const struct binome_options *options, enum binome_code code, const char *rule, uint64_t limit_ms)
{
    struct binome *connection = NULL;
    struct binome_error error = {"", "", ""};
    uint64_t begin_ms = test_now_ms();
    enum binome_code got = binome_open(options, &connection, &error);
    uint64_t took_ms = test_now_ms() - begin_ms;
    assert_string_equal(error.rule, rule);
    assert_int_equal(got, code);
    assert_null(connection);
    assert_true(error.detail[0] != '\0');
    if (took_ms > limit_ms + BUSY)
        fail_msg("known after %llu ms only", (unsigned long long)took_ms);
}

static void test_a_known_key_is_welcomed(void **state)
{
    (void)state;
    struct fake_hub *hub = fake_hub_start(NULL);
    struct binome *connection = connected_to(hub);
    assert_string_equal(binome_welcome(connection)->organisation, "acme");
    assert_int_equal(binome_unanswered(connection), 0);
    binome_close(&connection);
    assert_null(connection);
    TEST_WAIT_FOR(fake_hub_seen(hub).byes == 1, 5000);
    fake_hub_stop(&hub);
}

static void test_an_unknown_key_is_told_within_two_seconds(void **state)
{
    (void)state;
    struct fake_hub *hub = fake_hub_start(&(struct fake_rules){.key_refused = true});
    struct binome_options options = options_for(hub);
    refused(&options, BINOME_UNAUTHENTICATED, "key.unknown", TWO_SECONDS);
    fake_hub_stop(&hub);
}

static void test_each_refusal_of_hello_arrives_with_its_rule(void **state)
{
    (void)state;
    static const struct {
        enum bn_code code;
        enum bn_rule rule;
    } refusals[] = {
        {BN_UNAUTHENTICATED, BN_RULE_KEY_REVOKED},
        {BN_UNAUTHENTICATED, BN_RULE_KEY_EXPIRED},
        {BN_UNAUTHENTICATED, BN_RULE_ORGANISATION_SUSPENDED},
        {BN_UNAUTHENTICATED, BN_RULE_ORGANISATION_LEFT},
        {BN_FAILED_PRECONDITION, BN_RULE_SESSION_CLOCK},
        {BN_UNIMPLEMENTED, BN_RULE_HEADER_VERSION},
    };
    struct fake_hub *hub = fake_hub_start(NULL);
    struct binome_options options = options_for(hub);
    for (size_t i = 0; i < BN_COUNT(refusals); i++) {
        fake_hub_behave(hub, &(struct fake_rules){
                                 .hello_refusals = 1, .hello_code = refusals[i].code, .hello_rule = refusals[i].rule});
        refused(&options, (enum binome_code)refusals[i].code, bn_rule_name(refusals[i].rule), TWO_SECONDS);
    }
    fake_hub_stop(&hub);
}

static void test_a_hub_that_is_stopping_is_tried_again(void **state)
{
    (void)state;
    struct fake_hub *hub = fake_hub_start(&(struct fake_rules){
        .hello_refusals = 2, .hello_code = BN_UNAVAILABLE, .hello_rule = BN_RULE_HUB_DRAINING, .retry_after_ms = 50});
    struct binome *connection = connected_to(hub);
    assert_int_equal(fake_hub_seen(hub).hellos, 3);
    binome_close(&connection);
    fake_hub_stop(&hub);
}

static void test_a_wrong_hub_key_is_told_within_two_seconds(void **state)
{
    (void)state;
    struct fake_hub *hub = fake_hub_start(NULL), *other = fake_hub_start(NULL);
    struct binome_options options = options_for(hub);
    options.server_key = fake_hub_key(other);
    refused(&options, BINOME_UNAVAILABLE, "hub.wrong_key", TWO_SECONDS);
    fake_hub_stop(&hub);
    fake_hub_stop(&other);
}

/* Listens and never says a word: the kernel takes the connection, nobody the bytes. */
static int a_silent_listener(char endpoint[64])
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 16), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    snprintf(endpoint, 64, "tcp://127.0.0.1:%u", ntohs(address.sin_port));
    return listener;
}

static void test_who_does_not_answer_the_handshake_is_unreachable(void **state)
{
    (void)state;
    char endpoint[64];
    struct fake_hub *hub = fake_hub_start(NULL);
    struct binome_options options = options_for(hub);
    int listener = a_silent_listener(endpoint);
    options.endpoint = endpoint;
    options.connect_timeout_ms = 2500;
    refused(&options, BINOME_UNAVAILABLE, "hub.unreachable", 3000);
    close(listener);
    fake_hub_stop(&hub);
}

/* Silence at the door is not a refusal: the same call goes on until it is let in. */
static void test_a_key_that_is_slowed_down_gets_in_later(void **state)
{
    (void)state;
    struct fake_hub *hub = fake_hub_start(&(struct fake_rules){.keys_slowed = 1});
    struct binome_options options = options_for(hub);
    struct binome *connection = NULL;
    assert_int_equal(binome_open(&options, &connection, NULL), BINOME_OK);
    binome_close(&connection);
    fake_hub_stop(&hub);
}

static void test_an_address_where_nobody_listens_is_unreachable(void **state)
{
    (void)state;
    char endpoint[64];
    struct fake_hub *hub = fake_hub_start(NULL);
    struct binome_options options = options_for(hub);
    close(a_silent_listener(endpoint)); /* a port that was free a moment ago */
    options.endpoint = endpoint;
    options.connect_timeout_ms = 700;
    refused(&options, BINOME_UNAVAILABLE, "hub.unreachable", 1000);
    fake_hub_stop(&hub);
}

static void test_a_hub_that_does_not_answer_hello_is_unreachable(void **state)
{
    (void)state;
    struct fake_hub *hub = fake_hub_start(&(struct fake_rules){.hello_mute = true});
    struct binome_options options = options_for(hub);
    options.connect_timeout_ms = 500;
    refused(&options, BINOME_UNAVAILABLE, "hub.unreachable", 1000);
    fake_hub_stop(&hub);
}

static void test_a_hub_that_starts_late_is_found(void **state)
{
    (void)state;
    struct fake_hub *hub = fake_hub_start(NULL);
    struct binome_options options = options_for(hub);
    fake_hub_down(hub);
    options.connect_timeout_ms = 200;
    refused(&options, BINOME_UNAVAILABLE, "hub.unreachable", 1000);
    fake_hub_up(hub);
    struct binome *connection = connected_to(hub);
    binome_close(&connection);
    fake_hub_stop(&hub);
}

static void test_wrong_options_are_named(void **state)
{
    (void)state;
    struct fake_hub *hub = fake_hub_start(NULL);
    struct binome_options good = options_for(hub), options = good;
    refused(NULL, BINOME_INVALID_ARGUMENT, "field.required", 100);
    options.endpoint = NULL;
    refused(&options, BINOME_INVALID_ARGUMENT, "field.required", 100);
    options.endpoint = "udp://127.0.0.1:1";
    refused(&options, BINOME_INVALID_ARGUMENT, "endpoint.wrong_form", 100);
    options = good;
    options.server_key = "too short";
    refused(&options, BINOME_INVALID_ARGUMENT, "key.wrong_form", 100);
    options.server_key = NULL;
    refused(&options, BINOME_INVALID_ARGUMENT, "key.wrong_form", 100);
    options = good;
    options.secret_key_file = NULL;
    refused(&options, BINOME_INVALID_ARGUMENT, "field.required", 100);
    options.secret_key_file = "/nonexistent/key.secret";
    refused(&options, BINOME_NOT_FOUND, "file.absent", 100);
    fake_hub_stop(&hub);
}

static void test_nothing_is_freed_twice(void **state)
{
    (void)state;
    struct binome *none = NULL;
    struct binome_reply *no_reply = NULL;
    binome_close(NULL);
    binome_close(&none);
    binome_reply_free(NULL);
    binome_reply_free(&no_reply);
    binome_stats_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_known_key_is_welcomed),
        cmocka_unit_test(test_an_unknown_key_is_told_within_two_seconds),
        cmocka_unit_test(test_each_refusal_of_hello_arrives_with_its_rule),
        cmocka_unit_test(test_a_hub_that_is_stopping_is_tried_again),
        cmocka_unit_test(test_a_wrong_hub_key_is_told_within_two_seconds),
        cmocka_unit_test(test_who_does_not_answer_the_handshake_is_unreachable),
        cmocka_unit_test(test_a_key_that_is_slowed_down_gets_in_later),
        cmocka_unit_test(test_an_address_where_nobody_listens_is_unreachable),
        cmocka_unit_test(test_a_hub_that_does_not_answer_hello_is_unreachable),
        cmocka_unit_test(test_a_hub_that_starts_late_is_found),
        cmocka_unit_test(test_wrong_options_are_named),
        cmocka_unit_test(test_nothing_is_freed_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

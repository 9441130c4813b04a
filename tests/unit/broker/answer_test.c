/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "binome/v1/reply.pb-c.h"
#include "broker/answer.h"

#include <stdio.h>
#include <string.h>

static Binome__V1__Reply *refused(const struct bn_refusal *refusal)
{
    uint8_t body[BN_ANSWER_BYTES_MAX];
    size_t size = bn_answer_refusal(refusal, body);
    Binome__V1__Reply *reply = binome__v1__reply__unpack(NULL, size, body);
    assert_non_null(reply);
    assert_int_equal(reply->error->n_violations, 1);
    return reply;
}

static void test_a_refusal_names_field_rule_and_parameters_in_the_order_of_the_table(void **state)
{
    (void)state;
    const struct bn_refusal refusal = {.code = BN_UNIMPLEMENTED,
                                       .rule = BN_RULE_HEADER_VERSION,
                                       .field = "header.version",
                                       .params = {1, 2, 77},
                                       .detail = "so"};
    Binome__V1__Reply *reply = refused(&refusal);
    const Binome__V1__Violation *violation = reply->error->violations[0];
    assert_string_equal(violation->field, "header.version");
    assert_string_equal(violation->rule, "header.version_unsupported");
    assert_int_equal(violation->n_params, 3);
    assert_string_equal(violation->params[0]->name, "min");
    assert_string_equal(violation->params[1]->name, "max");
    assert_string_equal(violation->params[2]->name, "actual");
    assert_string_equal(violation->params[2]->value, "77");
    assert_string_equal(reply->error->detail, "so");
    binome__v1__reply__free_unpacked(reply, NULL);
}

/* Every rule of the table that the broker could use fits into the buffer, whatever its parameters are. */
static void test_the_longest_refusal_fits(void **state)
{
    (void)state;
    char text[400];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (unsigned rule = 0; rule < BN_RULE_COUNT; rule++) {
        const struct bn_refusal refusal = {.code = BN_INVALID_ARGUMENT,
                                           .rule = (enum bn_rule)rule,
                                           .field = "header.version",
                                           .params = {UINT64_MAX, UINT64_MAX, UINT64_MAX},
                                           .text = text,
                                           .detail = "this key may not speak for its organisation"};
        Binome__V1__Reply *reply = refused(&refusal);
        assert_string_equal(reply->error->violations[0]->rule, bn_rule_name((enum bn_rule)rule));
        binome__v1__reply__free_unpacked(reply, NULL);
    }
}

static void test_a_welcome_says_the_limits_in_force(void **state)
{
    (void)state;
    Binome__V1__Checkpoint checkpoint = BINOME__V1__CHECKPOINT__INIT;
    checkpoint.log_size = 12;
    const struct bn_welcome welcome = {.organisation = "acme",
                                       .body_bytes_max = 1 << 20,
                                       .unanswered_max = 128,
                                       .heartbeat_ms = 5000,
                                       .idle_ms = 15000,
                                       .timeout_ms_default = 30000,
                                       .timeout_ms_max = 300000,
                                       .registry_up = true,
                                       .checkpoint = &checkpoint};
    uint8_t body[BN_ANSWER_BYTES_MAX];
    size_t size = bn_answer_welcome(&welcome, body);
    Binome__V1__Reply *reply = binome__v1__reply__unpack(NULL, size, body);
    assert_non_null(reply);
    assert_null(reply->error);
    assert_int_equal(reply->body_case, BINOME__V1__REPLY__BODY_WELCOME);
    assert_string_equal(reply->welcome->organisation, "acme");
    assert_int_equal(reply->welcome->unanswered_max, 128);
    assert_int_equal(reply->welcome->idle_ms, 15000);
    assert_int_equal(reply->welcome->timeout_ms_max, 300000);
    assert_int_equal(reply->welcome->checkpoint->log_size, 12);
    assert_true(reply->welcome->registry_up);
    assert_string_equal(reply->welcome->hub_version, BN_VERSION);
    binome__v1__reply__free_unpacked(reply, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_refusal_names_field_rule_and_parameters_in_the_order_of_the_table),
        cmocka_unit_test(test_the_longest_refusal_fits),
        cmocka_unit_test(test_a_welcome_says_the_limits_in_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

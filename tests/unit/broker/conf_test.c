/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/conf.h"

#include <stdlib.h>
#include <string.h>

static void conf_make(struct bn_broker_conf *conf)
{
    memset(conf, 0, sizeof *conf);
    assert_int_equal(bn_conf_defaults(bn_broker_conf_keys, bn_broker_conf_count, conf), BN_OK);
    conf->registry_endpoint = strdup("ipc:///run/binome/registry.sock");
}

static void set(struct bn_broker_conf *conf, const char *name, const char *value)
{
    for (size_t i = 0; i < bn_broker_conf_count; i++)
        if (strcmp(bn_broker_conf_keys[i].name, name) == 0) {
            assert_int_equal(bn_conf_set(&bn_broker_conf_keys[i], conf, value, NULL), BN_OK);
            return;
        }
    fail_msg("no key %s", name);
}

static void test_the_defaults_are_those_of_the_documents(void **state)
{
    (void)state;
    struct bn_broker_conf conf;
    conf_make(&conf);
    assert_string_equal(conf.public_endpoint, "tcp://127.0.0.1:5555");
    assert_int_equal(conf.body_bytes_max, 1024 * 1024);
    assert_int_equal(conf.unanswered_max, 128);
    assert_int_equal(conf.queue_messages_max, 8192);
    assert_int_equal(conf.queue_bytes_max, 64 * 1024 * 1024);
    assert_int_equal(conf.timeout_ms_default, 30000);
    assert_int_equal(conf.timeout_ms_max, 300000);
    assert_int_equal(conf.heartbeat_ms, 5000);
    assert_int_equal(conf.idle_ms, 15000);
    assert_int_equal(conf.handshakes_per_minute, 60);
    assert_int_equal(conf.connections_per_key, 8);
    assert_int_equal(conf.backlog_bytes_max, 8 * 1024 * 1024);
    assert_int_equal(conf.stats_mode, 0660);
    assert_string_equal(conf.stats_group, "binome-stats");
    assert_int_equal(bn_broker_conf_check(&conf, NULL), BN_OK);
    bn_conf_finish(bn_broker_conf_keys, bn_broker_conf_count, &conf);
}

static void test_keys_that_do_not_fit_together_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value, *named, *rule;
    } cases[] = {
        {"public.endpoint", "ipc:///tmp/x", "public.endpoint", "config.value"},
        {"public.endpoint", "127.0.0.1:5555", "public.endpoint", "endpoint.wrong_form"},
        {"stats.endpoint", "tcp://0.0.0.0:1", "stats.endpoint", "config.value"},
        {"local.endpoint", "tcp://127.0.0.1:1", "local.endpoint", "config.value"},
        {"local.endpoint", "ipc:///tmp/local.sock", "local.organisation", "config.value"},
        {"registry.endpoint", "tcp://10.0.0.1:5556", "registry.server_key", "config.value"},
        {"registry.server_key", "short", "registry.server_key", "config.value"},
        {"limits.idle_ms", "6s", "limits.idle_ms", "config.value"},
        {"limits.timeout_ms_default", "301s", "limits.timeout_ms_default", "config.value"},
        {"log.level", "loud", "log.level", "config.value"},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        struct bn_broker_conf conf;
        struct bn_why why = {{0}, {0}, {0}};
        conf_make(&conf);
        set(&conf, cases[i].key, cases[i].value);
        assert_int_equal(bn_broker_conf_check(&conf, &why), BN_INVALID_ARGUMENT);
        assert_string_equal(why.field, cases[i].named);
        assert_string_equal(why.rule, cases[i].rule);
        bn_conf_finish(bn_broker_conf_keys, bn_broker_conf_count, &conf);
    }
}

static void test_tcp_to_the_registry_needs_both_keys(void **state)
{
    (void)state;
    struct bn_broker_conf conf;
    struct bn_why why = {{0}, {0}, {0}};
    conf_make(&conf);
    set(&conf, "registry.endpoint", "tcp://10.0.0.1:5556");
    set(&conf, "registry.server_key", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
    assert_int_equal(bn_broker_conf_check(&conf, &why), BN_INVALID_ARGUMENT);
    assert_string_equal(why.field, "registry.key_file");
    set(&conf, "registry.key_file", "/etc/binome/link.secret");
    assert_int_equal(bn_broker_conf_check(&conf, &why), BN_OK);
    bn_conf_finish(bn_broker_conf_keys, bn_broker_conf_count, &conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_defaults_are_those_of_the_documents),
        cmocka_unit_test(test_keys_that_do_not_fit_together_are_refused_by_name),
        cmocka_unit_test(test_tcp_to_the_registry_needs_both_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/conf.h"

#include "base/id.h"
#include "base/log.h"
#include "base/rule.h"
#include "link/socket.h"

#include <stdbool.h>
#include <string.h>

#define AT(member) offsetof(struct bn_broker_conf, member)

const struct bn_conf_key bn_broker_conf_keys[] = {
    {"public.endpoint", BN_CONF_TEXT, AT(public_endpoint), "tcp://127.0.0.1:5555", 0, 0, false, false,
     "where companies connect, with CURVE; tcp://ADDRESS:PORT, port * lets the system choose"},
    {"public.key_file", BN_CONF_PATH, AT(public_key_file), NULL, 0, 0, true, false,
     "file with the hub's secret key: one line of z85, mode 0600"},
    {"local.endpoint", BN_CONF_TEXT, AT(local_endpoint), NULL, 0, 0, false, false,
     "a second endpoint on ipc:// without CURVE: whoever may open its file speaks for local.organisation"},
    {"local.mode", BN_CONF_MODE, AT(local_mode), "0660", 0, 0777, false, false, "mode of the local endpoint's file"},
    {"local.organisation", BN_CONF_TEXT, AT(local_organisation), NULL, 0, 0, false, false,
     "slug of the organisation that the local endpoint speaks for, as a member"},
    {"registry.endpoint", BN_CONF_TEXT, AT(registry_endpoint), NULL, 0, 0, true, false,
     "the registry's link: ipc://PATH, or tcp://HOST:PORT with the two keys below"},
    {"registry.server_key", BN_CONF_TEXT, AT(registry_server_key), NULL, 0, 0, false, false,
     "the registry's public key in z85; for tcp"},
    {"registry.key_file", BN_CONF_PATH, AT(registry_key_file), NULL, 0, 0, false, false,
     "file with this broker's own secret key for the link; for tcp"},
    {"stats.endpoint", BN_CONF_TEXT, AT(stats_endpoint), NULL, 0, 0, false, false,
     "the stats socket, on ipc:// only; without it there is none"},
    {"stats.mode", BN_CONF_MODE, AT(stats_mode), "0660", 0, 0777, false, false, "mode of the stats socket's file"},
    {"stats.group", BN_CONF_TEXT, AT(stats_group), "binome-stats", 0, 0, false, false,
     "group that the stats socket's file is given to; a warning where there is no such group"},
    {"io_threads", BN_CONF_COUNT, AT(io_threads), "1", 1, 16, false, false,
     "threads that encrypt and decrypt; a second one helps on machines with four cores or more"},
    {"limits.body_bytes_max", BN_CONF_BYTES, AT(body_bytes_max), "1MiB", 1024, 64U << 20, false, false,
     "largest body; above it the answer is body.too_long, above 4 KiB more the connection is cut"},
    {"limits.unanswered_max", BN_CONF_COUNT, AT(unanswered_max), "128", 1, 65536, false, true,
     "requests of one connection that may wait for an answer; the next is refused with limit.unanswered"},
    {"limits.connections_max", BN_CONF_COUNT, AT(connections_max), "8000", 1, 100000, false, false,
     "connections to all endpoints; the next is closed at once. Lowered at start when descriptors do not suffice"},
    {"limits.connections_per_key", BN_CONF_COUNT, AT(connections_per_key), "8", 1, 100000, false, true,
     "sessions of one key; the hello of the next is refused with limit.connections and its connection closed"},
    {"limits.handshakes_per_minute", BN_CONF_COUNT, AT(handshakes_per_minute), "60", 1, 1000000, false, true,
     "handshakes of one key; the next is put off until the minute is over"},
    {"limits.queue_messages_max", BN_CONF_COUNT, AT(queue_messages_max), "8192", 1, 65536, false, false,
     "requests in the hub, waiting or with the registry; the next is refused with limit.queue"},
    {"limits.queue_bytes_max", BN_CONF_BYTES, AT(queue_bytes_max), "64MiB", 1 << 20, 4ULL << 30, false, true,
     "bytes of those requests; what does not fit is refused with limit.queue"},
    {"limits.timeout_ms_default", BN_CONF_MILLIS, AT(timeout_ms_default), "30s", 100, 3600000, false, true,
     "time for a request that names none; then the answer is DEADLINE_EXCEEDED, or UNAVAILABLE without a registry"},
    {"limits.timeout_ms_max", BN_CONF_MILLIS, AT(timeout_ms_max), "300s", 100, 3600000, false, true,
     "the longest time a request may ask for; more is taken as this"},
    {"limits.heartbeat_ms", BN_CONF_MILLIS, AT(heartbeat_ms), "5s", 100, 600000, false, true,
     "silence after which a client sends a heartbeat; told to it in the answer to its hello"},
    {"limits.idle_ms", BN_CONF_MILLIS, AT(idle_ms), "15s", 300, 3600000, false, true,
     "silence that ends a session, and time for a new connection to say hello"},
    {"limits.backlog_bytes_max", BN_CONF_BYTES, AT(backlog_bytes_max), "8MiB", 1 << 20, 4ULL << 30, false, true,
     "bytes of one message that is not all there yet; a connection that holds more is cut"},
    {"limits.backlog_total_bytes_max", BN_CONF_BYTES, AT(backlog_total_bytes_max), "256MiB", 1 << 20, 64ULL << 30,
     false, true, "bytes of all connections together that came in and were not read; the largest is cut first"},
    {"limits.drain_ms", BN_CONF_MILLIS, AT(drain_ms), "5s", 0, 600000, false, true,
     "how long SIGTERM waits for requests that are with the registry"},
    {"log.level", BN_CONF_TEXT, AT(log_level), "info", 0, 0, false, true, "error, warn, info or debug"},
};

const size_t bn_broker_conf_count = BN_COUNT(bn_broker_conf_keys);

enum transport { TCP = 1, IPC = 2 };

static enum bn_code wrong(struct bn_why *why, const char *key, const char *expected)
{
    return bn_why_set(why, BN_INVALID_ARGUMENT, key, bn_rule_name(BN_RULE_CONFIG_VALUE), "%s", expected);
}

static bool has_scheme(const char *endpoint, const char *scheme)
{
    return strncmp(endpoint, scheme, strlen(scheme)) == 0;
}

/* An endpoint whose key is absent (NULL) is fine; `required` keys have been asked for already. */
static enum bn_code endpoint_check(const char *endpoint, const char *key, unsigned allowed, struct bn_why *why)
{
    if (endpoint == NULL)
        return BN_OK;
    struct bn_why inner = {{0}, {0}, {0}};
    if (bn_endpoint_check(endpoint, &inner) != BN_OK)
        return bn_why_set(why, BN_INVALID_ARGUMENT, key, bn_rule_name(BN_RULE_ENDPOINT_FORM), "%s: %s", endpoint,
                          inner.detail);
    if ((allowed & TCP) == 0 && has_scheme(endpoint, "tcp://"))
        return wrong(why, key, "must be ipc://PATH: it is never on a network");
    if ((allowed & IPC) == 0 && has_scheme(endpoint, "ipc://"))
        return wrong(why, key, "must be tcp://ADDRESS:PORT");
    return BN_OK;
}

static enum bn_code registry_check(const struct bn_broker_conf *conf, struct bn_why *why)
{
    uint8_t key[BN_KEY_BYTES];
    if (conf->registry_server_key != NULL && !bn_z85_decode(conf->registry_server_key, key))
        return wrong(why, "registry.server_key", "must be a public key: 40 characters of z85");
    if (!has_scheme(conf->registry_endpoint, "tcp://"))
        return BN_OK;
    if (conf->registry_server_key == NULL)
        return wrong(why, "registry.server_key", "is needed when registry.endpoint is tcp://");
    if (conf->registry_key_file == NULL)
        return wrong(why, "registry.key_file", "is needed when registry.endpoint is tcp://");
    return BN_OK;
}

enum bn_code bn_broker_conf_check(const struct bn_broker_conf *conf, struct bn_why *why)
{
    const struct {
        const char *endpoint, *key;
        unsigned allowed;
    } endpoints[] = {
        {conf->public_endpoint, "public.endpoint", TCP},
        {conf->local_endpoint, "local.endpoint", IPC},
        {conf->registry_endpoint, "registry.endpoint", TCP | IPC},
        {conf->stats_endpoint, "stats.endpoint", IPC},
    };
    for (size_t i = 0; i < BN_COUNT(endpoints); i++) {
        enum bn_code code = endpoint_check(endpoints[i].endpoint, endpoints[i].key, endpoints[i].allowed, why);
        if (code != BN_OK)
            return code;
    }
    if (conf->local_endpoint != NULL && conf->local_organisation == NULL)
        return wrong(why, "local.organisation", "is needed when local.endpoint is set");
    if (conf->idle_ms < 2 * conf->heartbeat_ms)
        return wrong(why, "limits.idle_ms", "must be at least twice limits.heartbeat_ms");
    if (conf->timeout_ms_default > conf->timeout_ms_max)
        return wrong(why, "limits.timeout_ms_default", "must not be more than limits.timeout_ms_max");
    enum bn_log_level level;
    if (!bn_log_level_parse(conf->log_level, &level))
        return wrong(why, "log.level", "must be error, warn, info or debug");
    return registry_check(conf, why);
}

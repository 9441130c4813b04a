/* SPDX-License-Identifier: Apache-2.0 */
/* broker.c: from configuration to service and back: start, phases, signals, the end. */
#include "broker/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/rule.h"
#include "broker/zap.h"
#include "text/conf_file.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { DESCRIPTORS_SPARE = 1024, DESCRIPTORS_A_CONNECTION = 2, CONNECTIONS_MIN = 16 };

void bn_broker_now(struct bn_broker *broker)
{
    broker->now_ms = bn_clock_mono_ms();
    broker->wall_ms = bn_clock_wall_ms();
}

void bn_broker_fail(struct bn_broker *broker, enum bn_code code)
{
    assert(code != BN_OK);
    if (broker->result == BN_OK)
        broker->result = code;
    bn_loop_stop(broker->loop);
}

enum bn_code bn_broker_pack_stats(void *ctx, uint64_t number, uint8_t **data, size_t *size)
{
    struct bn_broker *broker = ctx;
    bn_broker_now(broker);
    uint64_t *counters = broker->figures->counters;
    counters[BN_C_CONNECTIONS] = bn_connections_count(broker->sessions);
    counters[BN_C_CONNECTIONS_MAX] = broker->connections_max;
    counters[BN_C_SESSIONS] = bn_sessions_count(broker->sessions);
    counters[BN_C_QUEUE_REQUESTS] = bn_inflight_count(broker->inflight);
    counters[BN_C_QUEUE_WAITING] = bn_inflight_waiting_count(broker->inflight);
    counters[BN_C_QUEUE_BYTES] = bn_inflight_bytes(broker->inflight);
    counters[BN_C_KEYS] = bn_keytable_count(broker->keytable);
    counters[BN_C_KEY_TABLE_VERSION] = bn_keytable_version(broker->keytable);
    counters[BN_C_STATS_SUBSCRIBERS] = bn_stats_server_subscribers(broker->stats);
    counters[BN_C_STATS_SENT] = bn_stats_server_sent(broker->stats);
    const struct bn_registry_link *link = &broker->link;
    const struct bn_figures_state state = {
        .number = number,
        .uptime_ms = broker->now_ms - broker->start_ms,
        .taken_ms = broker->wall_ms,
        .registry_up = link->up,
        .registry_seen_ms = link->pulse != NULL ? broker->now_ms - link->seen_ms : 0,
        .registry_restarts = link->restarts,
        .registry = link->pulse != NULL ? link->pulse->pulse->figures : NULL,
    };
    return bn_figures_pack(broker->figures, &state, data, size);
}

static void reload(struct bn_broker *broker)
{
    struct bn_why why = {{0}, {0}, {0}};
    struct bn_broker_conf trial = {0};
    enum bn_log_level level;
    size_t waiting = 0;
    /* What no single key can show is judged on a copy first, so that a wrong file changes nothing. */
    enum bn_code code = bn_conf_load(broker->conf_path, bn_broker_conf_keys, bn_broker_conf_count, &trial, &why);
    if (code == BN_OK) {
        code = bn_broker_conf_check(&trial, &why);
        bn_conf_finish(bn_broker_conf_keys, bn_broker_conf_count, &trial);
    }
    if (code == BN_OK)
        code =
            bn_conf_reload(broker->conf_path, bn_broker_conf_keys, bn_broker_conf_count, &broker->conf, &waiting, &why);
    if (code != BN_OK) {
        bn_broker_count(broker, BN_C_RELOADS_REFUSED);
        BN_LOG(ERROR, "config.refused", "where", why.field, "rule", why.rule, "detail", why.detail);
        return;
    }
    if (bn_log_level_parse(broker->conf.log_level, &level))
        bn_log_level_set(level);
    bn_broker_count(broker, BN_C_RELOADS);
    BN_LOG(INFO, "config.reloaded", "wait_for_restart", BN_NUM(waiting));
}

static void drain(struct bn_broker *broker)
{
    if (broker->phase == BN_PHASE_DRAINING)
        return;
    BN_LOG(INFO, "broker.draining", "requests", BN_NUM(bn_inflight_open_count(broker->inflight)));
    bn_notify("STOPPING=1");
    if (broker->phase != BN_PHASE_SERVING)
        bn_loop_stop(broker->loop);
    broker->phase = BN_PHASE_DRAINING;
    broker->drain_from_ms = broker->now_ms;
}

static void on_signal(void *ctx)
{
    struct bn_broker *broker = ctx;
    bn_broker_now(broker);
    for (int number; (number = bn_signal_next(broker->signals)) != 0;) {
        if (number == SIGHUP)
            reload(broker);
        else
            drain(broker);
    }
}

/* All that was asked has been answered, or the time for it is over. One tick is waited for at least, so that what lies
 * in the socket already is answered too. */
static void drain_watch(struct bn_broker *broker)
{
    uint64_t since_ms = broker->now_ms - broker->drain_from_ms;
    if (since_ms < BN_TICK_MS || (bn_inflight_open_count(broker->inflight) > 0 && since_ms < broker->conf.drain_ms))
        return;
    uint32_t from = 0;
    for (struct bn_session *session; (session = bn_session_next(broker->sessions, &from)) != NULL;)
        if (session->hello)
            bn_deliver_bye(broker, session);
    bn_loop_stop(broker->loop);
}

static void serve(struct bn_broker *broker)
{
    enum bn_code code = BN_OK;
    if (broker->conf.local_endpoint != NULL)
        code = bn_door_open(broker, BN_ENDPOINT_LOCAL, &broker->why);
    for (uint8_t i = 0; code == BN_OK && i < BN_ENDPOINTS; i++)
        if (broker->endpoints[i].socket != NULL)
            code = bn_door_listen(broker, i);
    if (code != BN_OK) {
        bn_broker_fail(broker, code);
        return;
    }
    broker->phase = BN_PHASE_SERVING;
    BN_LOG(INFO, "broker.serving", "keys", BN_NUM(bn_keytable_count(broker->keytable)), "start_ms",
           BN_NUM(broker->now_ms - broker->start_ms));
    bn_notify("READY=1\nSTATUS=serving");
}

static void probe_begin(struct bn_broker *broker)
{
    enum bn_code code = bn_door_open(broker, BN_ENDPOINT_PUBLIC, &broker->why);
    if (code == BN_OK)
        code = bn_door_probe_start(broker, &broker->why);
    bn_wipe(&broker->keys, sizeof broker->keys);
    broker->phase = BN_PHASE_PROBE;
    if (code != BN_OK)
        bn_broker_fail(broker, code);
}

static void probe_watch(struct bn_broker *broker)
{
    const struct bn_probe *probe = &broker->probe;
    bool late = broker->now_ms > probe->deadline_ms;
    if (!probe->refused && !probe->let_in && !late)
        return;
    bool good = probe->refused && !probe->let_in;
    if (!good)
        bn_why_set(&broker->why, BN_INTERNAL, "public.endpoint", bn_rule_name(BN_RULE_HUB_INTERNAL),
                   probe->let_in ? "lets in a key that nobody knows: not served"
                                 : "does not answer this broker's own knock: not served");
    bn_door_probe_end(broker);
    if (good)
        serve(broker);
    else
        bn_broker_fail(broker, BN_INTERNAL);
}

void bn_broker_after_turn(void *ctx)
{
    struct bn_broker *broker = ctx;
    if (broker->result != BN_OK)
        return;
    if (broker->link.hello_due)
        bn_link_hello(broker);
    bn_intake_flush(broker);
    switch (broker->phase) {
    case BN_PHASE_TABLE:
        if (broker->link.table_held)
            probe_begin(broker);
        break;
    case BN_PHASE_PROBE:
        probe_watch(broker);
        break;
    case BN_PHASE_SERVING:
        break;
    case BN_PHASE_DRAINING:
        drain_watch(broker);
        break;
    }
}

static void on_watchdog(void *ctx)
{
    (void)ctx;
    bn_notify("WATCHDOG=1");
}

/* Out of descriptors a listener would spin: all that the system allows, and fewer connections where that
 * is little. */
static void descriptors_take(struct bn_broker *broker)
{
    struct rlimit limit;
    broker->connections_max = broker->conf.connections_max;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    if (limit.rlim_cur < limit.rlim_max) {
        rlim_t before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            limit.rlim_cur = before;
    }
    broker->figures->counters[BN_C_DESCRIPTORS_MAX] = limit.rlim_cur;
    uint64_t needed = DESCRIPTORS_A_CONNECTION * broker->conf.connections_max + DESCRIPTORS_SPARE;
    if (limit.rlim_cur >= needed)
        return;
    uint64_t possible =
        limit.rlim_cur > DESCRIPTORS_SPARE ? (limit.rlim_cur - DESCRIPTORS_SPARE) / DESCRIPTORS_A_CONNECTION : 0;
    broker->connections_max = possible < CONNECTIONS_MIN ? CONNECTIONS_MIN : possible;
    BN_LOG(WARN, "connections.lowered", "descriptors", BN_NUM(limit.rlim_cur), "configured",
           BN_NUM(broker->conf.connections_max), "connections_max", BN_NUM(broker->connections_max));
}

enum bn_code bn_broker_keys_check(const struct bn_broker_conf *conf, struct bn_why *why)
{
    struct bn_keypair keys;
    enum bn_code code = bn_random_start();
    if (code != BN_OK)
        return bn_why_set(why, code, "", "", "the system gives no random numbers");
    code = bn_keyfile_read(conf->public_key_file, &keys, why);
    if (code == BN_OK && conf->registry_key_file != NULL)
        code = bn_keyfile_read(conf->registry_key_file, &keys, why);
    bn_wipe(&keys, sizeof keys);
    return code;
}

static enum bn_code parts_create(struct bn_broker *broker, struct bn_why *why)
{
    const struct bn_broker_conf *conf = &broker->conf;
    broker->figures = bn_figures_create();
    broker->keytable = bn_keytable_create();
    if (broker->figures == NULL || broker->keytable == NULL)
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "out of memory");
    descriptors_take(broker);
    /* Sessions that cannot be bound yet need room beside those of open connections. */
    broker->sessions = bn_sessions_create(2 * broker->connections_max);
    broker->inflight = bn_inflight_create(conf->queue_messages_max);
    broker->context = zmq_ctx_new();
    broker->loop = bn_loop_create();
    if (broker->sessions == NULL || broker->inflight == NULL || broker->context == NULL || broker->loop == NULL)
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "out of memory");
    if (zmq_ctx_set(broker->context, ZMQ_IO_THREADS, (int)conf->io_threads) != 0)
        return bn_why_set(why, BN_INTERNAL, "io_threads", "", "cannot be set");
    if (conf->local_endpoint != NULL)
        bn_token_make(broker->local_key.token);
    return BN_OK;
}

static enum bn_code loop_fill(struct bn_broker *broker, struct bn_why *why)
{
    unsigned watchdog_ms = bn_notify_watchdog_ms();
    enum bn_code code = bn_loop_descriptor(broker->loop, broker->signals, on_signal, broker);
    if (code == BN_OK)
        code = bn_loop_socket(broker->loop, broker->zap, bn_door_on_handshake, broker);
    if (code == BN_OK)
        code = bn_loop_timer(broker->loop, BN_TICK_MS, bn_sweep_tick, broker);
    if (code == BN_OK && watchdog_ms != 0)
        code = bn_loop_timer(broker->loop, watchdog_ms, on_watchdog, broker);
    bn_loop_after_turn(broker->loop, bn_broker_after_turn, broker);
    if (code != BN_OK)
        bn_why_set(why, code, "loop", "", "takes no more sockets or timers");
    return code;
}

struct bn_broker *bn_broker_create(const char *conf_path, struct bn_broker_conf *conf, struct bn_why *why)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    struct bn_broker *broker = calloc(1, sizeof *broker);
    if (broker == NULL) {
        bn_conf_finish(bn_broker_conf_keys, bn_broker_conf_count, conf);
        bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "out of memory");
        return NULL;
    }
    broker->conf_path = conf_path;
    broker->conf = *conf;
    memset(conf, 0, sizeof *conf);
    broker->signals = -1;
    bn_broker_now(broker);
    broker->start_ms = broker->now_ms;
    conf = &broker->conf;
    enum bn_code code = bn_random_start();
    if (code != BN_OK)
        bn_why_set(why, code, "", "", "the system gives no random numbers");
    if (code == BN_OK)
        code = bn_keyfile_read(conf->public_key_file, &broker->keys, why);
    if (code == BN_OK) {
        code = bn_signal_open(signals, BN_COUNT(signals), &broker->signals);
        if (code != BN_OK)
            bn_why_set(why, code, "", "", "cannot take signals");
    }
    if (code == BN_OK)
        code = parts_create(broker, why);
    if (code == BN_OK) {
        broker->zap = bn_zap_open(broker->context, why);
        code = broker->zap == NULL ? BN_INTERNAL : loop_fill(broker, why);
    }
    if (code == BN_OK && conf->stats_endpoint != NULL)
        code = bn_stats_server_create(broker->context, broker->loop, conf->stats_endpoint, (unsigned)conf->stats_mode,
                                      conf->stats_group, bn_broker_pack_stats, broker, &broker->stats, why);
    if (code == BN_OK)
        code = bn_link_open(broker, why);
    if (code != BN_OK)
        bn_broker_destroy(&broker);
    return broker;
}

enum bn_code bn_broker_run(struct bn_broker *broker, struct bn_why *why)
{
    BN_LOG(INFO, "broker.started", "version", BN_VERSION, "registry", broker->conf.registry_endpoint);
    bn_notify("STATUS=waiting for the registry");
    enum bn_code code = bn_loop_run(broker->loop);
    if (code != BN_OK)
        return bn_why_set(why, code, "loop", "", "cannot wait for sockets");
    if (broker->result != BN_OK) {
        if (why != NULL)
            *why = broker->why;
        return broker->result;
    }
    BN_LOG(INFO, "broker.stopped", "uptime_ms", BN_NUM(bn_clock_mono_ms() - broker->start_ms));
    return BN_OK;
}

/* The handler of handshakes goes last: a server socket without one would let everybody in. */
void bn_broker_destroy(struct bn_broker **result)
{
    struct bn_broker *broker = *result;
    if (broker == NULL)
        return;
    bn_door_probe_end(broker);
    for (uint8_t i = 0; i < BN_ENDPOINTS; i++)
        bn_door_close(broker, i);
    bn_link_close(broker);
    bn_stats_server_destroy(&broker->stats);
    if (broker->zap != NULL)
        bn_loop_remove(broker->loop, broker->zap, -1);
    bn_socket_close(&broker->zap);
    if (broker->loop != NULL)
        bn_loop_destroy(&broker->loop);
    bn_inflight_destroy(&broker->inflight);
    if (broker->context != NULL)
        zmq_ctx_term(broker->context);
    bn_sessions_destroy(&broker->sessions);
    bn_keytable_destroy(&broker->keytable);
    bn_figures_destroy(&broker->figures);
    if (broker->signals >= 0)
        close(broker->signals);
    bn_wipe(&broker->keys, sizeof broker->keys);
    bn_conf_finish(bn_broker_conf_keys, bn_broker_conf_count, &broker->conf);
    free(broker);
    *result = NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/intake_inside.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "link/socket.h"
#include "registry/rules/fields.h"
#include "text/conf_file.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PULSE_MS = 1000 };

/* ---- signals ---- */

static void reload(struct bn_intake *intake)
{
    struct bn_why why = {0};
    size_t waiting;
    enum bn_log_level level;
    if (bn_conf_reload(intake->config_path, bn_registry_keys, bn_registry_key_count, intake->config, &waiting, &why) !=
        BN_OK) {
        BN_LOG(ERROR, "registry.reload_failed", "place", why.field, "rule", why.rule, "detail", why.detail);
        return;
    }
    if (bn_log_level_parse(intake->config->log_level, &level))
        bn_log_level_set(level);
    else
        BN_LOG(ERROR, "registry.reload_failed", "place", "log.level", "rule", bn_rule_name(BN_RULE_CONFIG_VALUE));
    BN_LOG(INFO, "registry.reloaded", "waiting_for_restart", BN_NUM(waiting));
}

static void take_signals(void *ctx)
{
    struct bn_intake *intake = ctx;
    int signal;
    while ((signal = bn_signal_next(intake->signals)) != 0) {
        if (signal == SIGHUP) {
            reload(intake);
        } else if (!intake->stopping) {
            BN_LOG(INFO, "registry.stopping");
            bn_notify("STOPPING=1");
            intake->stopping = true;
            intake->stopping_since_ms = bn_clock_mono_ms();
            if (bn_intake_drained(intake))
                bn_loop_stop(intake->loop);
        }
    }
}

/* A link over TCP admits one key, the broker's. */
static void take_zap(void *ctx)
{
    struct bn_intake *intake = ctx;
    bn_brokers_admit(intake->zap, intake->broker_key);
}

/* ---- start and end ---- */

static enum bn_code open_link(struct bn_intake *intake, struct bn_why *why)
{
    const struct bn_registry_config *config = intake->config;
    struct bn_socket_limits limits = bn_socket_limits_internal;
    struct bn_keypair pair = {0};
    limits.body_bytes_max = config->body_bytes_max > UINT64_C(64) << 20 ? config->body_bytes_max : UINT64_C(64) << 20;
    bool tcp = strncmp(config->link_endpoint, "tcp://", 6) == 0;
    if (tcp) {
        if (!bn_z85_decode(config->link_broker_key, intake->broker_key))
            return bn_why_set(why, BN_INVALID_ARGUMENT, "link.broker_key", "config.value", "expected a key in z85");
        enum bn_code code = bn_keyfile_read(config->link_key_file, &pair, why);
        if (code != BN_OK)
            return code;
        intake->zap = zmq_socket(intake->context, ZMQ_REP);
        if (intake->zap == NULL || zmq_bind(intake->zap, "inproc://zeromq.zap.01") != 0)
            return bn_why_set(why, BN_INTERNAL, "link.endpoint", "", "cannot bind the ZAP handler");
    }
    intake->link = bn_socket_server(intake->context, &limits, tcp ? &pair : NULL, tcp ? "binome-link" : NULL, why);
    bn_wipe(&pair, sizeof pair);
    if (intake->link == NULL)
        return BN_INTERNAL;
    char bound[256];
    enum bn_code code = bn_socket_bind(intake->link, config->link_endpoint, (unsigned)config->link_mode, bound, why);
    if (code == BN_OK)
        BN_LOG(INFO, "registry.listening", "endpoint", bound);
    return code;
}

static enum bn_code start_threads(struct bn_intake *intake, struct bn_why *why)
{
    const struct bn_registry_config *config = intake->config;
    struct bn_store_options options = {
        .cache_bytes = config->cache_bytes,
        .reader_cache_bytes = config->reader_cache_bytes,
        .wal_checkpoint_bytes = config->wal_checkpoint_bytes,
        .read_ms_max = config->read_ms_max,
    };
    enum bn_code code = bn_writer_create(config->database, &options, &intake->writer, why);
    if (code != BN_OK)
        return code;
    intake->matcher_state = bn_matcher_create(config->database, &options);
    if (intake->matcher_state == NULL)
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "no memory");
    code = bn_worker_create(intake->context, &bn_matcher_kind, intake->matcher_state, &intake->matcher, why);
    for (size_t i = 0; code == BN_OK && i < config->readers && i < READERS_MAX; i++) {
        intake->reader_states[i] = bn_reader_create(config->database, &options);
        if (intake->reader_states[i] == NULL)
            return bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "no memory");
        code = bn_worker_create(intake->context, &bn_reader_kind, intake->reader_states[i], &intake->readers[i], why);
        if (code == BN_OK)
            intake->reader_count++;
    }
    return code;
}

static enum bn_code fill_loop(struct bn_intake *intake)
{
    struct bn_loop *loop = intake->loop;
    enum bn_code code = bn_loop_descriptor(loop, intake->signals, take_signals, intake);
    if (code == BN_OK)
        code = bn_loop_socket(loop, bn_worker_socket(intake->matcher), bn_intake_take_matches, intake);
    for (size_t i = 0; code == BN_OK && i < intake->reader_count; i++)
        code = bn_loop_socket(loop, bn_worker_socket(intake->readers[i]), bn_intake_take_reads, intake);
    if (code == BN_OK && intake->zap != NULL)
        code = bn_loop_socket(loop, intake->zap, take_zap, intake);
    if (code == BN_OK)
        code = bn_loop_socket(loop, intake->link, bn_intake_take_requests, intake);
    bn_loop_after_turn(loop, bn_intake_write_waiting, intake);
    return code == BN_OK ? bn_loop_timer(loop, PULSE_MS, bn_intake_pulse, intake) : code;
}

enum bn_code bn_intake_create(const char *config_path, struct bn_registry_config *config, struct bn_intake **intake,
                              struct bn_why *why)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    struct bn_intake *made = calloc(1, sizeof *made);
    if (made == NULL)
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "no memory");
    made->config_path = config_path;
    made->config = config;
    made->signals = -1;
    enum bn_code code = bn_fields_start(why);
    if (code == BN_OK)
        code = bn_signal_open(signals, BN_COUNT(signals), &made->signals);
    if (code == BN_OK) {
        made->context = zmq_ctx_new();
        made->loop = bn_loop_create();
        made->jobs = bn_jobs_create(JOBS_MAX);
        made->figures = bn_figures_create();
        if (made->context == NULL || made->loop == NULL || made->jobs == NULL || made->figures == NULL)
            code = bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "no memory");
    }
    if (code == BN_OK)
        code = start_threads(made, why);
    if (code == BN_OK)
        code = open_link(made, why);
    if (code == BN_OK) {
        made->brokers = bn_brokers_create(made->link);
        if (made->brokers == NULL)
            code = bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "no memory");
    }
    if (code == BN_OK)
        code = fill_loop(made);
    if (code != BN_OK) {
        bn_intake_destroy(&made);
        return code;
    }
    *intake = made;
    return BN_OK;
}

void bn_intake_destroy(struct bn_intake **intake)
{
    struct bn_intake *made = *intake;
    if (made == NULL)
        return;
    bn_worker_destroy(&made->matcher);
    for (size_t i = 0; i < made->reader_count; i++)
        bn_worker_destroy(&made->readers[i]);
    bn_writer_destroy(&made->writer);
    for (size_t i = 0; i < READERS_MAX; i++)
        bn_reader_destroy(&made->reader_states[i]);
    bn_matcher_destroy(&made->matcher_state);
    bn_brokers_destroy(&made->brokers);
    bn_jobs_destroy(&made->jobs);
    bn_figures_destroy(&made->figures);
    bn_loop_destroy(&made->loop);
    bn_socket_close(&made->link);
    bn_socket_close(&made->zap);
    if (made->context != NULL)
        zmq_ctx_term(made->context);
    if (made->signals >= 0)
        close(made->signals);
    free(made);
    *intake = NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* conf.h: the broker's configuration. One table (conf.c) drives the parser, reload, the example and the manual. */
#ifndef BINOME_BROKER_CONF_H
#define BINOME_BROKER_CONF_H

#include "base/conf.h"

struct bn_broker_conf {
    char *public_endpoint;
    char *public_key_file;
    char *local_endpoint; /* NULL = none */
    uint64_t local_mode;
    char *local_organisation;
    char *registry_endpoint;
    char *registry_server_key; /* tcp only */
    char *registry_key_file;   /* tcp only */
    char *stats_endpoint;      /* NULL = none */
    uint64_t stats_mode;
    char *stats_group;
    uint64_t io_threads;
    uint64_t body_bytes_max;
    uint64_t unanswered_max;
    uint64_t connections_max;
    uint64_t connections_per_key;
    uint64_t handshakes_per_minute;
    uint64_t queue_messages_max;
    uint64_t queue_bytes_max;
    uint64_t timeout_ms_default;
    uint64_t timeout_ms_max;
    uint64_t heartbeat_ms;
    uint64_t idle_ms;
    uint64_t backlog_bytes_max;
    uint64_t backlog_total_bytes_max;
    uint64_t drain_ms;
    char *log_level;
};

extern const struct bn_conf_key bn_broker_conf_keys[];
extern const size_t bn_broker_conf_count;

/* Judges what no single key can: endpoints that fit their use, keys that need one another. BN_INVALID_ARGUMENT with
 * *why naming the key. */
BN_CHECK enum bn_code bn_broker_conf_check(const struct bn_broker_conf *conf, struct bn_why *why);

#endif

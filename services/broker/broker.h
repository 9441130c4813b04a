/* SPDX-License-Identifier: Apache-2.0 */
/* broker.h: the hub's door. It knows who is connected, passes requests to the registry and answers back, and measures.
 *
 * One thread, one loop. It keeps nothing on disk, and never looks into a body. docs/protocol.md says what clients and
 * the registry see of it. */
#ifndef BINOME_BROKER_BROKER_H
#define BINOME_BROKER_BROKER_H

#include "base/code.h"
#include "broker/conf.h"

struct bn_broker;

/* Reads the key files that the configuration names and forgets them again: --check-config. */
BN_CHECK enum bn_code bn_broker_keys_check(const struct bn_broker_conf *conf, struct bn_why *why);

/* Gives a broker that has its key, its sockets to the registry and for statistics, and its signals. Takes what *conf
 * holds (also on failure) and leaves it empty. conf_path is lent for the broker's life: SIGHUP reads it again. NULL
 * with *why: BN_FAILED_PRECONDITION endpoint.in_use for an endpoint that another process serves; every other code is a
 * fault in the configuration or in what it names. Call it before the process has other threads. */
struct bn_broker *bn_broker_create(const char *conf_path, struct bn_broker_conf *conf, struct bn_why *why);

/* Serves until SIGTERM or SIGINT, drains, and gives BN_OK. Anything else comes with *why, as above. */
BN_CHECK enum bn_code bn_broker_run(struct bn_broker *broker, struct bn_why *why);

void bn_broker_destroy(struct bn_broker **broker);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* brokers.h: the brokers that hang on the link, and what they are told. Owned by intake's thread. */
#ifndef BINOME_REGISTRY_BROKERS_H
#define BINOME_REGISTRY_BROKERS_H

#include "base/id.h"
#include "binome/v1/link.pb-c.h"
#include "registry/store/store.h"

#include <zmq.h>

struct bn_brokers;

/* link is lent until destroy. A random instance number is drawn: brokers see by it that the registry has restarted. */
struct bn_brokers *bn_brokers_create(void *link);
void bn_brokers_destroy(struct bn_brokers **brokers);

/* A broker says hello: it is remembered by its route (copied). True: it waits for the key table, which
 * bn_brokers_answer will give it. At most 16 brokers; one that cannot be reached is forgotten. */
bool bn_brokers_hello(struct bn_brokers *brokers, zmq_msg_t *route, const char *version);

/* Sends a packed Link to those who wait for the table. Takes the frame. */
void bn_brokers_answer(struct bn_brokers *brokers, zmq_msg_t *frame);
/* Sends a packed Link to all. Takes the frame. */
void bn_brokers_tell(struct bn_brokers *brokers, zmq_msg_t *frame);

/* What the next pulse says of the log and the key table. */
void bn_brokers_state(struct bn_brokers *brokers, const struct bn_log_head *head, uint64_t key_version);
void bn_brokers_pulse(struct bn_brokers *brokers, Binome__V1__RegistryFigures *figures);

/* Answers one ZAP request on the handler's socket: 200 for this key, 400 for any other. */
void bn_brokers_admit(void *zap, const uint8_t key[BN_KEY_BYTES]);

#endif

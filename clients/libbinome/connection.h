/* SPDX-License-Identifier: Apache-2.0 */
/* connection.h: what a user's connection is made of, and the work that all its calls share.
 *
 * One thread at a time; no locks, no globals. */
#ifndef BINOME_LIBBINOME_CONNECTION_H
#define BINOME_LIBBINOME_CONNECTION_H

#include "libbinome/flight.h"
#include "libbinome/session.h"
#include "libbinome/watch.h"

struct binome {
    void *context;
    struct bn_target target;
    struct bn_session session;
    struct bn_flights flights;
    unsigned losses_seen; /* of the session, so that what was sent lands once for each */
    struct bn_watch watch;
};

/* One turn: session, messages, time limits, sending. Never blocks. */
void bn_connection_work(struct binome *connection, uint64_t now_ms);

/* Sends what is due, as far as session and window allow. */
void bn_connection_flush(struct binome *connection, uint64_t now_ms);

/* Sleeps until something can be read, a moment of the connection's own has come, or until_ms. */
void bn_connection_wait(struct binome *connection, uint64_t now_ms, uint64_t until_ms);

/* The next moment of the connection's own. */
uint64_t bn_connection_due_ms(const struct binome *connection);

#endif

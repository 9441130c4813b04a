/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h: one descriptor for a user's event loop that stands for everything a connection waits for.
 *
 * An epoll descriptor over the ZMQ_FD of both sockets and a timer. A ZMQ_FD is edge-triggered: any call on its socket
 * may swallow the edge and leave a message behind. So after each public call the sockets are asked, and as long as
 * something is left the timer is made due at once, which keeps the descriptor readable. The timer is also the
 * connection's next moment: a retry, a heartbeat. */
#ifndef BINOME_LIBBINOME_WATCH_H
#define BINOME_LIBBINOME_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct binome;

struct bn_watch {
    int epoll, timer; /* -1 until somebody asks for the descriptor */
    unsigned sockets; /* of the session, when their descriptors were last added */
    int descriptors[2];
    uint64_t due_ms; /* what the timer is set to */
};

void bn_watch_start(struct bn_watch *watch);
void bn_watch_finish(struct bn_watch *watch);

/* Brings the descriptor in line with the connection; nothing when nobody has asked for it. */
void bn_watch_update(struct binome *connection);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* monitor.h: what happens to a socket's connections, and the way to end one (pitfalls Z9, Z10).
 *
 * A thread that only drains the monitor's pipe and passes small notes on to the owner's loop over an inproc PAIR; it
 * can never block the I/O thread. For servers it keeps a duplicate of each accepted descriptor, checked by getsockname
 * to be ours; bn_monitor_kick shuts that duplicate down. */
#ifndef BINOME_LINK_MONITOR_H
#define BINOME_LINK_MONITOR_H

#include "base/code.h"

#include <stdbool.h>

enum bn_monitor_what {
    BN_MONITOR_CONNECTED, /* client: TCP is up, the handshake begins */
    BN_MONITOR_ACCEPTED,  /* server */
    BN_MONITOR_HANDSHAKE_DONE,
    BN_MONITOR_HANDSHAKE_FAILED_AUTH, /* value: ZAP status code */
    BN_MONITOR_HANDSHAKE_FAILED_PROTOCOL,
    BN_MONITOR_HANDSHAKE_FAILED_OTHER,
    BN_MONITOR_DISCONNECTED,
    BN_MONITOR_RETRIED,
    BN_MONITOR_BIND_FAILED,
};

struct bn_monitor_note {
    enum bn_monitor_what what;
    int descriptor; /* the number libzmq uses; the key for bn_monitor_kick; may be -1 */
    int value;
};

struct bn_monitor;

/* Starts watching. Must be called before bind or connect, so that nothing is missed. */
BN_CHECK enum bn_code bn_monitor_create(void *context, void *socket, bool server, struct bn_monitor **monitor,
                                        struct bn_why *why);

/* Ends it; call before closing the watched socket. */
void bn_monitor_destroy(struct bn_monitor **monitor);

/* Lends the inproc socket on which notes arrive, for a loop. */
void *bn_monitor_socket(struct bn_monitor *monitor);

/* Takes one note; false when none waits. */
bool bn_monitor_next(struct bn_monitor *monitor, struct bn_monitor_note *note);

/* Server: shuts the connection down that libzmq knows under this descriptor. False when it is not (or no longer) ours.
 * The connection's DISCONNECTED note follows. */
bool bn_monitor_kick(struct bn_monitor *monitor, int descriptor);

/* Server: bytes that the kernel has received for that connection (TCP_INFO), 0 when unknown. */
uint64_t bn_monitor_bytes_received(struct bn_monitor *monitor, int descriptor);

#endif

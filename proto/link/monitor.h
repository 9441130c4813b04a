/* SPDX-License-Identifier: Apache-2.0 */
/* monitor.h: what happens to a socket's connections, and the way to end one.
 *
 * A thread that only drains the monitor's pipe and passes small notes on to the owner's loop over an inproc PAIR; it
 * can never block the I/O thread. For servers each accepted descriptor is duplicated there and checked by getsockname
 * to be ours; the duplicate travels in the note, and the table of duplicates belongs to the thread that takes the
 * notes. So nothing is shared, and a descriptor costs two. A duplicate keeps the connection open until its DISCONNECTED
 * note has been taken: take notes promptly, also when nothing is to be done about them. */
#ifndef BINOME_LINK_MONITOR_H
#define BINOME_LINK_MONITOR_H

#include "base/code.h"

#include <stdbool.h>

enum bn_monitor_what {
    BN_MONITOR_CONNECTED, /* client: TCP is up, the handshake begins */
    BN_MONITOR_ACCEPTED,  /* server */
    BN_MONITOR_HANDSHAKE_DONE,
    BN_MONITOR_HANDSHAKE_FAILED_AUTH,     /* value: ZAP status code */
    BN_MONITOR_HANDSHAKE_FAILED_PROTOCOL, /* value: ZMQ_PROTOCOL_ERROR_... */
    BN_MONITOR_HANDSHAKE_FAILED_OTHER,    /* value: errno */
    BN_MONITOR_DISCONNECTED,
    BN_MONITOR_RETRIED, /* client; value: milliseconds until the next try */
};

struct bn_monitor_note {
    enum bn_monitor_what what;
    int descriptor; /* CONNECTED, ACCEPTED, DISCONNECTED: the number libzmq uses (ZMQ_SRCFD of a message, the key for
                       bn_monitor_kick); -1 for the others, of which libzmq does not say it */
    int value;
};

struct bn_monitor;

/* Starts watching. Must be called before bind or connect, so that nothing is missed. */
BN_CHECK enum bn_code bn_monitor_create(void *context, void *socket, bool server, struct bn_monitor **monitor,
                                        struct bn_why *why);

/* Ends it; call before closing the watched socket. NULL in, nothing done. */
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

/* Server: how many duplicates are held. */
size_t bn_monitor_held(const struct bn_monitor *monitor);

#endif

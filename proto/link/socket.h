/* SPDX-License-Identifier: Apache-2.0 */
/* socket.h: every ZeroMQ socket of Binome is made here, so that none misses a setting.
 *
 * CURVE always on TCP; NULL only on ipc, where the file's permissions decide. A socket belongs to the thread that made
 * it. Sizes are bytes, times milliseconds. */
#ifndef BINOME_LINK_SOCKET_H
#define BINOME_LINK_SOCKET_H

#include "base/code.h"
#include "base/file.h"

/* Bounds of one socket. The first two below have the table's values for a body limit of 1 MiB; the third is for sockets
 * between processes of the hub, whose queues the processes count themselves. */
struct bn_socket_limits {
    uint64_t body_bytes_max;  /* MAXMSGSIZE is this + 4 KiB */
    int receive_messages_max; /* RCVHWM */
    int send_messages_max;    /* SNDHWM */
    int backlog;
    int handshake_ms;
    int linger_ms;
    int reconnect_ms_min, reconnect_ms_max; /* clients; min is drawn anew by +-50 % at each call */
};

extern const struct bn_socket_limits bn_socket_limits_server, bn_socket_limits_client, bn_socket_limits_internal;

enum { BN_ENDPOINT_SIZE = 256, BN_IPC_PATH_MAX = 107, BN_FRAME_SLACK = 4096 };

/* A server's ROUTER: MANDATORY, no HANDOVER, ZAP domain enforced. curve NULL = NULL mechanism (ipc only: binding it to
 * TCP is refused by bn_socket_bind). zap_domain NULL = no ZAP asked (ipc only as well: without ZAP, CURVE lets
 * everybody in). Gives NULL with *why. */
void *bn_socket_server(void *context, const struct bn_socket_limits *limits, const struct bn_keypair *curve,
                       const char *zap_domain, struct bn_why *why);

/* A client's DEALER: IMMEDIATE, heartbeats, keepalive. own and server_key both NULL = NULL mechanism (ipc only). */
void *bn_socket_client(void *context, const struct bn_socket_limits *limits, const struct bn_keypair *own,
                       const uint8_t *server_key, struct bn_why *why);

/* Binds. ipc: the file gets `mode` (the socket is bound under umask 0177 first, so that it is never wider; the umask is
 * the process's, so bind before other threads make files), a stale file of a dead server is taken over, one of a living
 * server is BN_FAILED_PRECONDITION endpoint.in_use. "tcp://host:*" lets the kernel pick. bound (may be NULL) gets the
 * endpoint as it is. Other faults: endpoint.wrong_form, file.exists (no socket), file.cannot_write, or no rule and
 * the system's word in *why. */
BN_CHECK enum bn_code bn_socket_bind(void *socket, const char *endpoint, unsigned mode, char bound[BN_ENDPOINT_SIZE],
                                     struct bn_why *why);

BN_CHECK enum bn_code bn_socket_connect(void *socket, const char *endpoint, struct bn_why *why);

/* zmq_close with the socket's linger; *socket becomes NULL. NULL in, nothing done. */
void bn_socket_close(void **socket);

/* Is the text tcp://HOST:PORT (PORT may be * for binding) or ipc://PATH (not an abstract socket, at most
 * BN_IPC_PATH_MAX bytes of path)? */
BN_CHECK enum bn_code bn_endpoint_check(const char *endpoint, struct bn_why *why);

#endif

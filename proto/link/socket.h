/* SPDX-License-Identifier: Apache-2.0 */
/* socket.h: every ZeroMQ socket of Binome is made here, so that none misses a setting (pitfalls, table of settings).
 *
 * CURVE always on TCP; NULL only on ipc, where the file's permissions decide. A socket belongs to the thread that made
 * it. Sizes are bytes, times milliseconds. */
#ifndef BINOME_LINK_SOCKET_H
#define BINOME_LINK_SOCKET_H

#include "base/code.h"
#include "base/file.h"

/* Bounds of one socket. bn_socket_limits_default has the table's values for a body limit of 1 MiB. */
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

/* A server's ROUTER: MANDATORY, no HANDOVER, ZAP domain enforced. curve NULL = NULL mechanism (ipc only: binding it to
 * TCP is refused by bn_socket_bind). zap_domain NULL = no ZAP asked (internal sockets on ipc only). Gives NULL with
 * *why. */
void *bn_socket_server(void *context, const struct bn_socket_limits *limits, const struct bn_keypair *curve,
                       const char *zap_domain, struct bn_why *why);

/* A client's DEALER: IMMEDIATE, heartbeats, keepalive. own and server_key NULL = NULL mechanism (ipc only). */
void *bn_socket_client(void *context, const struct bn_socket_limits *limits, const struct bn_keypair *own,
                       const uint8_t *server_key, struct bn_why *why);

/* Binds. ipc: the file gets `mode` (the socket is bound under umask 0177 first, so that it is never wider), a stale
 * file of a dead server is taken over, one of a living server is BN_FAILED_PRECONDITION endpoint.in_use. "tcp://host:*"
 * lets the kernel pick. bound (may be NULL, 256 bytes) gets the endpoint as it is. */
BN_CHECK enum bn_code bn_socket_bind(void *socket, const char *endpoint, unsigned mode, char bound[256],
                                     struct bn_why *why);

BN_CHECK enum bn_code bn_socket_connect(void *socket, const char *endpoint, struct bn_why *why);

/* zmq_close with the socket's linger; *socket becomes NULL. NULL in, nothing done. */
void bn_socket_close(void **socket);

/* Is the text tcp://HOST:PORT or ipc://PATH (not an abstract socket, at most 107 bytes of path)? */
BN_CHECK enum bn_code bn_endpoint_check(const char *endpoint, struct bn_why *why);

#endif

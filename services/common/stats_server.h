/* SPDX-License-Identifier: Apache-2.0 */
/* stats_server.h: the stats socket of a daemon: numbered snapshots of cumulative counters, on ipc only.
 *
 * A client sends one frame, a StatsRequest, and gets one frame, a Stats; a subscriber gets another each second until 30
 * seconds pass without a request of its own. Nothing here waits: a client that does not read loses snapshots, and as
 * every number is cumulative, that costs it nothing. Bounds: BN_STATS_SUBSCRIBERS_MAX subscribers, one snapshot each
 * BN_STATS_FRESH_MS (requests in between get the same one), and the socket's own small queues. Lives on the loop's
 * thread. */
#ifndef BINOME_COMMON_STATS_SERVER_H
#define BINOME_COMMON_STATS_SERVER_H

#include "base/code.h"
#include "link/loop.h"

enum { BN_STATS_SUBSCRIBERS_MAX = 64, BN_STATS_SUBSCRIPTION_MS = 30000, BN_STATS_FRESH_MS = 100 };

/* Gives a packed Stats that carries this number; *data is from malloc() and becomes the server's. */
typedef enum bn_code bn_stats_pack_fn(void *ctx, uint64_t number, uint8_t **data, size_t *size);

struct bn_stats_server;

/* Binds endpoint (ipc) with mode, gives its file to the group (NULL or "": leave it; a group that is absent or that
 * this user may not give files to is a warning in the log), and adds itself to the loop. */
BN_CHECK enum bn_code bn_stats_server_create(void *context, struct bn_loop *loop, const char *endpoint, unsigned mode,
                                             const char *group, bn_stats_pack_fn *pack, void *ctx,
                                             struct bn_stats_server **server, struct bn_why *why);

/* After the loop has ended, or at least never from within one of its callbacks: the loop's timer stays. */
void bn_stats_server_destroy(struct bn_stats_server **server);

size_t bn_stats_server_subscribers(const struct bn_stats_server *server);

/* Snapshots sent since the start. */
uint64_t bn_stats_server_sent(const struct bn_stats_server *server);

#endif

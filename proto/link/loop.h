/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h: one thread, its sockets, descriptors and timers.
 *
 * A turn: due timers, then readable sockets and descriptors in the order they were added, then the idle function.
 * ZMQ_EVENTS of every socket is read at least once a second, so that dead pipes are freed. A callback
 * takes what is there up to a bound of its own and returns; the loop comes back. Single thread, no locks. */
#ifndef BINOME_LINK_LOOP_H
#define BINOME_LINK_LOOP_H

#include "base/code.h"

#include <stdbool.h>

struct bn_loop;
typedef void bn_loop_fn(void *ctx);

struct bn_loop *bn_loop_create(void);
void bn_loop_destroy(struct bn_loop **loop);

/* Calls fn whenever the socket can be read. At most 64 sockets and descriptors. */
BN_CHECK enum bn_code bn_loop_socket(struct bn_loop *loop, void *socket, bn_loop_fn *fn, void *ctx);
BN_CHECK enum bn_code bn_loop_descriptor(struct bn_loop *loop, int descriptor, bn_loop_fn *fn, void *ctx);
void bn_loop_remove(struct bn_loop *loop, void *socket, int descriptor);

/* Stops or resumes listening to a socket (back-pressure): what waits stays in libzmq's bounded queue. */
void bn_loop_pause(struct bn_loop *loop, void *socket, bool pause);

/* Calls fn every period_ms, first after period_ms. Missed turns are not made up for. At most 32. */
BN_CHECK enum bn_code bn_loop_timer(struct bn_loop *loop, unsigned period_ms, bn_loop_fn *fn, void *ctx);

/* Makes the loop do a turn after in_ms milliseconds at the latest, although nothing came; once. */
void bn_loop_wake(struct bn_loop *loop, unsigned in_ms);

/* Called at the end of every turn (burst work: send what the turn has gathered). */
void bn_loop_after_turn(struct bn_loop *loop, bn_loop_fn *fn, void *ctx);

/* Runs until bn_loop_stop. BN_OK then; BN_INTERNAL when polling is broken. */
BN_CHECK enum bn_code bn_loop_run(struct bn_loop *loop);
void bn_loop_stop(struct bn_loop *loop);

/* Signals as loop callbacks, by signalfd: blocks them for the process (call before any thread is started) and gives a
 * descriptor for bn_loop_descriptor; read it with bn_signal_next, which gives 0 when none waits. Daemons only. */
BN_CHECK enum bn_code bn_signal_open(const int *signals, size_t count, int *descriptor);
int bn_signal_next(int descriptor);

/* systemd: READY=1, STOPPING=1, WATCHDOG=1, STATUS=...; nothing without NOTIFY_SOCKET. */
void bn_notify(const char *state);
/* Half of the watchdog's interval in milliseconds, 0 when there is none. */
unsigned bn_notify_watchdog_ms(void);

#endif

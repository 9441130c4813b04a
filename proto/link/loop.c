/* SPDX-License-Identifier: Apache-2.0 */
#include "link/loop.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <zmq.h>

/* How a turn finds out what can be read. libzmq's descriptor of a socket is a doorbell, not a state: it rings once for
 * what came since it was last looked at, and any call on the socket answers it, also a send made by another callback.
 * So ZMQ_EVENTS is the only truth. It is asked of every socket before the loop sleeps; while any of them has work, the
 * loop does not sleep and does not poll. zmq_poll would poll twice and ask every socket twice in each turn. */

enum { WATCHES_MAX = 64, TIMERS_MAX = 32, SLEEP_MS_MAX = 1000 };

struct watch {
    void *socket;   /* NULL for a plain descriptor */
    int descriptor; /* of a socket: its doorbell */
    bn_loop_fn *fn; /* NULL = removed during this turn */
    void *ctx;
    bool paused, ready;
};

struct timer {
    uint64_t due_ms;
    unsigned period_ms;
    bn_loop_fn *fn;
    void *ctx;
};

struct bn_loop {
    struct watch watches[WATCHES_MAX];
    size_t watch_count;
    struct timer timers[TIMERS_MAX];
    size_t timer_count;
    bn_loop_fn *after_turn;
    void *after_ctx;
    uint64_t wake_ms;          /* a turn is wanted then; 0 = none */
    uint64_t paused_looked_ms; /* when the paused sockets were last looked at */
    bool stopping, removed;
};

struct bn_loop *bn_loop_create(void)
{
    return calloc(1, sizeof(struct bn_loop));
}

void bn_loop_destroy(struct bn_loop **loop)
{
    free(*loop);
    *loop = NULL;
}

static enum bn_code add(struct bn_loop *loop, struct watch watch)
{
    if (loop->watch_count == WATCHES_MAX)
        return BN_RESOURCE_EXHAUSTED;
    loop->watches[loop->watch_count++] = watch;
    return BN_OK;
}

enum bn_code bn_loop_socket(struct bn_loop *loop, void *socket, bn_loop_fn *fn, void *ctx)
{
    int doorbell;
    size_t size = sizeof doorbell;
    if (zmq_getsockopt(socket, ZMQ_FD, &doorbell, &size) != 0)
        return BN_INTERNAL;
    return add(loop, (struct watch){.socket = socket, .descriptor = doorbell, .fn = fn, .ctx = ctx});
}

enum bn_code bn_loop_descriptor(struct bn_loop *loop, int descriptor, bn_loop_fn *fn, void *ctx)
{
    return add(loop, (struct watch){.descriptor = descriptor, .fn = fn, .ctx = ctx});
}

void bn_loop_remove(struct bn_loop *loop, void *socket, int descriptor)
{
    for (size_t i = 0; i < loop->watch_count; i++) {
        struct watch *watch = &loop->watches[i];
        bool same = socket != NULL ? watch->socket == socket : watch->socket == NULL && watch->descriptor == descriptor;
        if (same && watch->fn != NULL) {
            watch->fn = NULL;
            loop->removed = true;
        }
    }
}

/* Removed ones stay in their place until the turn is over, so that a callback may remove any. */
static void sweep(struct bn_loop *loop)
{
    size_t kept = 0;
    if (!loop->removed)
        return;
    for (size_t i = 0; i < loop->watch_count; i++)
        if (loop->watches[i].fn != NULL)
            loop->watches[kept++] = loop->watches[i];
    loop->watch_count = kept;
    loop->removed = false;
}

void bn_loop_pause(struct bn_loop *loop, void *socket, bool pause)
{
    for (size_t i = 0; i < loop->watch_count; i++)
        if (loop->watches[i].socket == socket && loop->watches[i].fn != NULL)
            loop->watches[i].paused = pause;
}

enum bn_code bn_loop_timer(struct bn_loop *loop, unsigned period_ms, bn_loop_fn *fn, void *ctx)
{
    assert(period_ms > 0);
    if (loop->timer_count == TIMERS_MAX)
        return BN_RESOURCE_EXHAUSTED;
    loop->timers[loop->timer_count++] =
        (struct timer){.due_ms = bn_clock_mono_ms() + period_ms, .period_ms = period_ms, .fn = fn, .ctx = ctx};
    return BN_OK;
}

void bn_loop_after_turn(struct bn_loop *loop, bn_loop_fn *fn, void *ctx)
{
    loop->after_turn = fn;
    loop->after_ctx = ctx;
}

void bn_loop_wake(struct bn_loop *loop, unsigned in_ms)
{
    uint64_t wake_ms = bn_clock_mono_ms() + in_ms;
    if (loop->wake_ms == 0 || wake_ms < loop->wake_ms)
        loop->wake_ms = wake_ms;
}

void bn_loop_stop(struct bn_loop *loop)
{
    loop->stopping = true;
}

/* ---- a turn ---- */

static void run_timers(struct bn_loop *loop, uint64_t now_ms)
{
    size_t count = loop->timer_count; /* one that is made here is due later */
    for (size_t i = 0; i < count; i++) {
        struct timer *timer = &loop->timers[i];
        if (now_ms < timer->due_ms)
            continue;
        timer->due_ms += timer->period_ms;
        if (timer->due_ms <= now_ms)
            timer->due_ms = now_ms + timer->period_ms;
        timer->fn(timer->ctx);
    }
}

/* Answers the doorbell. False when the socket is broken. */
static bool can_read(const struct watch *watch, bool *readable)
{
    int events;
    size_t size = sizeof events;
    int rc;
    do {
        rc = zmq_getsockopt(watch->socket, ZMQ_EVENTS, &events, &size);
    } while (rc != 0 && zmq_errno() == EINTR);
    *readable = rc == 0 && (events & ZMQ_POLLIN) != 0;
    return rc == 0;
}

/* Asks every socket. Paused ones once a second: it frees the pipes of peers that are gone. */
static bool ask_sockets(struct bn_loop *loop, uint64_t now_ms, bool *any)
{
    bool with_paused = now_ms - loop->paused_looked_ms >= SLEEP_MS_MAX;
    if (with_paused)
        loop->paused_looked_ms = now_ms;
    *any = false;
    for (size_t i = 0; i < loop->watch_count; i++) {
        struct watch *watch = &loop->watches[i];
        watch->ready = false;
        if (watch->socket == NULL || watch->fn == NULL || (watch->paused && !with_paused))
            continue;
        bool readable;
        if (!can_read(watch, &readable))
            return false;
        watch->ready = readable && !watch->paused;
        *any = *any || watch->ready;
    }
    return true;
}

static int sleep_ms(const struct bn_loop *loop, uint64_t now_ms)
{
    uint64_t sleep = SLEEP_MS_MAX;
    if (loop->wake_ms != 0) {
        uint64_t left = loop->wake_ms > now_ms ? loop->wake_ms - now_ms : 0;
        sleep = left < sleep ? left : sleep;
    }
    for (size_t i = 0; i < loop->timer_count; i++) {
        uint64_t due_ms = loop->timers[i].due_ms;
        uint64_t left = due_ms > now_ms ? due_ms - now_ms : 0;
        sleep = left < sleep ? left : sleep;
    }
    return (int)sleep;
}

/* Waits for doorbells and descriptors; with timeout 0 only the descriptors are looked at, since sockets were asked. */
static bool wait_for(struct bn_loop *loop, int timeout_ms)
{
    struct pollfd fds[WATCHES_MAX];
    struct watch *of[WATCHES_MAX];
    nfds_t count = 0;
    for (size_t i = 0; i < loop->watch_count; i++) {
        struct watch *watch = &loop->watches[i];
        if (watch->fn == NULL || (watch->socket != NULL && (watch->paused || timeout_ms == 0)))
            continue;
        of[count] = watch;
        fds[count++] = (struct pollfd){.fd = watch->descriptor, .events = POLLIN};
    }
    if (count == 0 && timeout_ms == 0)
        return true;
    int rung = poll(fds, count, timeout_ms);
    if (rung < 0)
        return errno == EINTR;
    for (nfds_t i = 0; rung > 0 && i < count; i++) {
        if (fds[i].revents == 0)
            continue;
        if (of[i]->socket == NULL)
            of[i]->ready = true;
        else if (!can_read(of[i], &of[i]->ready))
            return false;
    }
    return true;
}

static void call_ready(struct bn_loop *loop)
{
    size_t count = loop->watch_count; /* one that is added here is looked at in the next turn */
    for (size_t i = 0; i < count; i++) {
        struct watch *watch = &loop->watches[i];
        if (watch->ready && watch->fn != NULL && !watch->paused)
            watch->fn(watch->ctx);
    }
}

/* False when a socket is broken. */
static bool turn(struct bn_loop *loop)
{
    bool any;
    run_timers(loop, bn_clock_mono_ms());
    sweep(loop);
    if (loop->stopping)
        return true;
    uint64_t now_ms = bn_clock_mono_ms();
    if (!ask_sockets(loop, now_ms, &any) || !wait_for(loop, any ? 0 : sleep_ms(loop, now_ms)))
        return false;
    if (loop->wake_ms != 0 && loop->wake_ms <= bn_clock_mono_ms())
        loop->wake_ms = 0;
    call_ready(loop);
    if (loop->after_turn != NULL)
        loop->after_turn(loop->after_ctx);
    sweep(loop);
    return true;
}

enum bn_code bn_loop_run(struct bn_loop *loop)
{
    bool good = true;
    while (good && !loop->stopping)
        good = turn(loop);
    loop->stopping = false;
    return good ? BN_OK : BN_INTERNAL;
}

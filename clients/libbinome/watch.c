/* SPDX-License-Identifier: Apache-2.0 */
#include "libbinome/watch.h"

#include "base/clock.h"
#include "libbinome/connection.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* Due at once. */
enum { NOW_MS = 0 };

void bn_watch_start(struct bn_watch *watch)
{
    *watch = (struct bn_watch){.epoll = -1, .timer = -1, .descriptors = {-1, -1}, .due_ms = BN_NEVER_MS};
}

void bn_watch_finish(struct bn_watch *watch)
{
    if (watch->epoll >= 0)
        close(watch->epoll);
    if (watch->timer >= 0)
        close(watch->timer);
    bn_watch_start(watch);
}

static bool add(const struct bn_watch *watch, int descriptor)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    return epoll_ctl(watch->epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

static int descriptor_of(void *socket)
{
    int descriptor = -1;
    size_t size = sizeof descriptor;
    return zmq_getsockopt(socket, ZMQ_FD, &descriptor, &size) == 0 ? descriptor : -1;
}

/* Those of closed sockets have left the set by themselves; the kernel may have given their numbers away since, so a
 * removal that fails, or removes what the new sockets have not added yet, does no harm. */
static void sockets_follow(struct binome *connection)
{
    struct bn_watch *watch = &connection->watch;
    const struct bn_session *session = &connection->session;
    unsigned sockets = session->socket != NULL ? session->sockets : 0;
    if (watch->sockets == sockets)
        return;
    watch->sockets = sockets;
    void *each[2] = {session->socket, session->monitor != NULL ? bn_monitor_socket(session->monitor) : NULL};
    for (int i = 0; i < 2; i++) {
        if (watch->descriptors[i] >= 0)
            (void)epoll_ctl(watch->epoll, EPOLL_CTL_DEL, watch->descriptors[i], NULL);
        watch->descriptors[i] = each[i] != NULL ? descriptor_of(each[i]) : -1;
    }
    for (int i = 0; i < 2; i++)
        if (watch->descriptors[i] >= 0)
            (void)add(watch, watch->descriptors[i]);
}

static bool has(void *socket, int events)
{
    int now = 0;
    size_t size = sizeof now;
    return zmq_getsockopt(socket, ZMQ_EVENTS, &now, &size) == 0 && (now & events) != 0;
}

static bool busy(const struct binome *connection)
{
    const struct bn_session *session = &connection->session;
    if (connection->flights.answered.count > 0)
        return true;
    if (session->socket == NULL)
        return false;
    return has(session->socket, ZMQ_POLLIN | (session->stuck ? ZMQ_POLLOUT : 0)) ||
           has(bn_monitor_socket(session->monitor), ZMQ_POLLIN);
}

static void timer_set(struct bn_watch *watch, uint64_t due_ms)
{
    if (watch->due_ms == due_ms)
        return;
    watch->due_ms = due_ms;
    struct itimerspec at = {.it_value = {0}};
    if (due_ms != BN_NEVER_MS) {
        at.it_value.tv_sec = (time_t)(due_ms / 1000);
        at.it_value.tv_nsec = (long)(due_ms % 1000) * 1000000;
        if (due_ms == NOW_MS)
            at.it_value.tv_nsec = 1;
    }
    (void)timerfd_settime(watch->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

void bn_watch_update(struct binome *connection)
{
    if (connection->watch.epoll < 0)
        return;
    sockets_follow(connection);
    timer_set(&connection->watch, busy(connection) ? NOW_MS : bn_connection_due_ms(connection));
}

int binome_fd(struct binome *connection)
{
    struct bn_watch *watch = &connection->watch;
    if (watch->epoll >= 0)
        return watch->epoll;
    watch->epoll = epoll_create1(EPOLL_CLOEXEC);
    watch->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (watch->epoll < 0 || watch->timer < 0 || !add(watch, watch->timer)) {
        bn_watch_finish(watch);
        return -1;
    }
    bn_watch_update(connection);
    return watch->epoll;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "link/monitor.h"

#include "link/endpoint.h"
#include "link/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

/* What the thread sends. Small enough to lie in the frame itself. */
struct slip {
    struct bn_monitor_note note;
    int copy; /* ACCEPTED: our duplicate of the descriptor, or -1 */
};

/* What the thread owns. */
struct drain {
    void *events; /* the monitor's pipe */
    void *notes;  /* to the owner */
    bool server;
};

struct bn_monitor {
    void *watched, *notes;
    pthread_t thread;
    struct drain drain;
    int *copies; /* by libzmq's number; -1 = none. Only the owner's thread looks at it. */
    size_t copies_size, held;
};

/* BIND_FAILED is not asked for: telling a monitor of it spoils the errno that zmq_bind leaves (measured: EAGAIN for a
 * port in use), and whoever binds has that error anyway. */
static const struct {
    uint16_t event;
    enum bn_monitor_what what;
    bool has_descriptor, has_value;
} meanings[] = {
    {ZMQ_EVENT_CONNECTED, BN_MONITOR_CONNECTED, true, false},
    {ZMQ_EVENT_ACCEPTED, BN_MONITOR_ACCEPTED, true, false},
    {ZMQ_EVENT_HANDSHAKE_SUCCEEDED, BN_MONITOR_HANDSHAKE_DONE, false, false},
    {ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, BN_MONITOR_HANDSHAKE_FAILED_AUTH, false, true},
    {ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, BN_MONITOR_HANDSHAKE_FAILED_PROTOCOL, false, true},
    {ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, BN_MONITOR_HANDSHAKE_FAILED_OTHER, false, true},
    {ZMQ_EVENT_DISCONNECTED, BN_MONITOR_DISCONNECTED, true, false},
    {ZMQ_EVENT_CONNECT_RETRIED, BN_MONITOR_RETRIED, false, true},
};

/* ---- the thread ---- */

/* Is this the connection that the event was about? The number may have been closed and used again since; then it is
 * another connection of the same listener (whose own ACCEPTED follows and puts things right), or nothing of ours. */
static bool is_at(int descriptor, const char *endpoint)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
    } address;
    memset(&address, 0, sizeof address);
    socklen_t size = sizeof address - 1; /* a NUL stays behind the longest path */
    if (getsockname(descriptor, &address.any, &size) != 0)
        return false;
    const char *path = bn_endpoint_path(endpoint), *colon = strrchr(endpoint, ':');
    long port = path == NULL && colon != NULL ? strtol(colon + 1, NULL, 10) : -1;
    switch (address.any.sa_family) {
    case AF_UNIX:
        return path != NULL && strcmp(address.un.sun_path, path) == 0;
    case AF_INET:
        return ntohs(address.in.sin_port) == port;
    case AF_INET6:
        return ntohs(address.in6.sin6_port) == port;
    default:
        return false;
    }
}

static int duplicate(int descriptor, const char *endpoint)
{
    int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy >= 0 && !is_at(copy, endpoint)) {
        close(copy);
        copy = -1;
    }
    return copy;
}

static void pass_on(const struct drain *drain, uint16_t event, int value, const char *endpoint)
{
    for (size_t i = 0; i < BN_COUNT(meanings); i++) {
        if (meanings[i].event != event)
            continue;
        struct slip slip = {.note = {.what = meanings[i].what,
                                     .descriptor = meanings[i].has_descriptor ? value : -1,
                                     .value = meanings[i].has_value ? value : 0},
                            .copy = -1};
        if (event == ZMQ_EVENT_ACCEPTED && drain->server)
            slip.copy = duplicate(value, endpoint);
        if (zmq_send(drain->notes, &slip, sizeof slip, ZMQ_DONTWAIT) < 0 && slip.copy >= 0)
            close(slip.copy);
        return;
    }
}

static int receive(void *socket, void *out, size_t size)
{
    int got;
    do {
        got = zmq_recv(socket, out, size, 0);
    } while (got < 0 && zmq_errno() == EINTR);
    return got;
}

/* An event is two frames: number (16 bits) and value (32 bits), and the endpoint. Ends with the monitor or the context.
 */
static void *drain_run(void *ctx)
{
    struct drain *drain = ctx;
    for (;;) {
        uint8_t frame[6];
        char endpoint[BN_ENDPOINT_SIZE];
        if (receive(drain->events, frame, sizeof frame) != (int)sizeof frame)
            break;
        int size = receive(drain->events, endpoint, sizeof endpoint - 1);
        if (size < 0)
            break;
        endpoint[size < (int)sizeof endpoint ? size : (int)sizeof endpoint - 1] = '\0';
        uint16_t event;
        int32_t value;
        memcpy(&event, frame, sizeof event);
        memcpy(&value, frame + sizeof event, sizeof value);
        if (event == ZMQ_EVENT_MONITOR_STOPPED)
            break;
        pass_on(drain, event, value, endpoint);
    }
    zmq_close(drain->events);
    zmq_close(drain->notes);
    return NULL;
}

/* ---- the owner ---- */

/* A PAIR without bounds: the I/O thread waits for whoever does not read a monitor, so that neither of the two steps may
 * ever be full. What can pile up while the loop stands still is a note of 16 bytes for each new connection. */
static void *pair_make(void *context)
{
    void *pair = zmq_socket(context, ZMQ_PAIR);
    if (pair == NULL)
        return NULL;
    if (zmq_setsockopt(pair, ZMQ_SNDHWM, &(int){0}, sizeof(int)) == 0 &&
        zmq_setsockopt(pair, ZMQ_RCVHWM, &(int){0}, sizeof(int)) == 0 &&
        zmq_setsockopt(pair, ZMQ_LINGER, &(int){0}, sizeof(int)) == 0)
        return pair;
    zmq_close(pair);
    return NULL;
}

/* A name is not free again when its socket is closed, only when libzmq has buried it: no name is used twice. */
static bool wire_up(struct bn_monitor *monitor, void *context)
{
    static atomic_uint last;
    unsigned number = atomic_fetch_add(&last, 1);
    char name[64];
    int events = ZMQ_EVENT_MONITOR_STOPPED;
    for (size_t i = 0; i < BN_COUNT(meanings); i++)
        events |= meanings[i].event;
    monitor->notes = pair_make(context);
    monitor->drain.notes = pair_make(context);
    monitor->drain.events = pair_make(context);
    if (monitor->notes == NULL || monitor->drain.notes == NULL || monitor->drain.events == NULL)
        return false;
    snprintf(name, sizeof name, "inproc://binome.notes.%u", number);
    if (zmq_bind(monitor->notes, name) != 0 || zmq_connect(monitor->drain.notes, name) != 0)
        return false;
    snprintf(name, sizeof name, "inproc://binome.monitor.%u", number);
    return zmq_socket_monitor(monitor->watched, name, events) == 0 && zmq_connect(monitor->drain.events, name) == 0;
}

/* No signal of the process may land in a thread that a company's program knows nothing of. */
static int thread_start(struct bn_monitor *monitor)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&monitor->thread, NULL, drain_run, &monitor->drain);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static void unwire(struct bn_monitor *monitor)
{
    bn_socket_close(&monitor->drain.events);
    bn_socket_close(&monitor->drain.notes);
    bn_socket_close(&monitor->notes);
    free(monitor);
}

enum bn_code bn_monitor_create(void *context, void *socket, bool server, struct bn_monitor **monitor,
                               struct bn_why *why)
{
    struct bn_monitor *made = calloc(1, sizeof *made);
    if (made == NULL)
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "no memory for a monitor");
    made->watched = socket;
    made->drain.server = server;
    if (!wire_up(made, context)) {
        bn_why_set(why, BN_INTERNAL, "", "", "no monitor: %s", zmq_strerror(zmq_errno()));
        zmq_socket_monitor(socket, NULL, 0);
        unwire(made);
        return BN_INTERNAL;
    }
    int error = thread_start(made);
    if (error != 0) {
        zmq_socket_monitor(socket, NULL, 0);
        unwire(made);
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "no thread for a monitor: %s", strerror(error));
    }
    *monitor = made;
    return BN_OK;
}

void bn_monitor_destroy(struct bn_monitor **monitor)
{
    struct bn_monitor *ending = *monitor;
    if (ending == NULL)
        return;
    *monitor = NULL;
    zmq_socket_monitor(ending->watched, NULL, 0);
    pthread_join(ending->thread, NULL);
    struct bn_monitor_note note;
    while (bn_monitor_next(ending, &note)) /* duplicates may be on their way */
        ;
    for (size_t i = 0; i < ending->copies_size; i++)
        if (ending->copies[i] >= 0)
            close(ending->copies[i]);
    free(ending->copies);
    bn_socket_close(&ending->notes);
    free(ending);
}

void *bn_monitor_socket(struct bn_monitor *monitor)
{
    return monitor->notes;
}

static int copy_of(const struct bn_monitor *monitor, int descriptor)
{
    return descriptor >= 0 && (size_t)descriptor < monitor->copies_size ? monitor->copies[descriptor] : -1;
}

/* Closed, never shut down: libzmq has closed (or closes) its own descriptor of that connection, and ours is then the
 * last. Should the number have been used again before it was duplicated, the copy is of another connection, which lives
 * on. */
static void copy_drop(struct bn_monitor *monitor, int descriptor)
{
    int copy = copy_of(monitor, descriptor);
    if (copy < 0)
        return;
    close(copy);
    monitor->copies[descriptor] = -1;
    monitor->held--;
}

static bool copies_reach(struct bn_monitor *monitor, int descriptor)
{
    size_t size = monitor->copies_size == 0 ? 64 : monitor->copies_size;
    while (size <= (size_t)descriptor)
        size *= 2;
    if (size == monitor->copies_size)
        return true;
    int *grown = realloc(monitor->copies, size * sizeof *grown);
    if (grown == NULL)
        return false;
    for (size_t i = monitor->copies_size; i < size; i++)
        grown[i] = -1;
    monitor->copies = grown;
    monitor->copies_size = size;
    return true;
}

/* A second ACCEPTED under one number, without a DISCONNECTED between: libzmq does not tell of connections that it cuts
 * itself, as when a listener is unbound. The older duplicate is of one that is gone. */
static void copy_keep(struct bn_monitor *monitor, int descriptor, int copy)
{
    copy_drop(monitor, descriptor);
    if (copy < 0)
        return;
    if (descriptor < 0 || !copies_reach(monitor, descriptor)) {
        close(copy);
        return;
    }
    monitor->copies[descriptor] = copy;
    monitor->held++;
}

bool bn_monitor_next(struct bn_monitor *monitor, struct bn_monitor_note *note)
{
    struct slip slip;
    int got;
    do {
        got = zmq_recv(monitor->notes, &slip, sizeof slip, ZMQ_DONTWAIT);
    } while (got < 0 && zmq_errno() == EINTR);
    if (got != (int)sizeof slip)
        return false;
    if (slip.note.what == BN_MONITOR_ACCEPTED)
        copy_keep(monitor, slip.note.descriptor, slip.copy);
    else if (slip.note.what == BN_MONITOR_DISCONNECTED)
        copy_drop(monitor, slip.note.descriptor);
    *note = slip.note;
    return true;
}

bool bn_monitor_kick(struct bn_monitor *monitor, int descriptor)
{
    int copy = copy_of(monitor, descriptor);
    return copy >= 0 && shutdown(copy, SHUT_RDWR) == 0;
}

uint64_t bn_monitor_bytes_received(struct bn_monitor *monitor, int descriptor)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    memset(&info, 0, sizeof info);
    int copy = copy_of(monitor, descriptor);
    if (copy < 0 || getsockopt(copy, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return 0;
    return info.tcpi_bytes_received;
}

size_t bn_monitor_held(const struct bn_monitor *monitor)
{
    return monitor->held;
}

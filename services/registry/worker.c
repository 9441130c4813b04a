/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/worker.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

/* ThreadSanitizer does not see that a pointer which went through libzmq was written before it was read: say so, for
 * what is passed and nothing else. */
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#define HANDS_OVER(item) __tsan_release(item)
#define TAKES_OVER(item) __tsan_acquire(item)
#else
#define HANDS_OVER(item) ((void)(item))
#define TAKES_OVER(item) ((void)(item))
#endif

struct bn_worker {
    const struct bn_worker_kind *kind;
    void *state;
    void *near, *far; /* the owner's end and the thread's */
    pthread_t thread;
    struct bn_why why; /* of the start */
};

static void send_pointer(void *socket, void *item)
{
    int rc;
    do
        rc = zmq_send(socket, &item, sizeof item, 0);
    while (rc < 0 && errno == EINTR);
    assert(rc == sizeof item); /* no high-water mark: a pipe in memory takes it or memory is gone */
}

/* False when nothing waits (flags DONTWAIT) or the other end is closed. */
static bool receive_pointer(void *socket, void **item, int flags)
{
    int rc;
    do
        rc = zmq_recv(socket, item, sizeof *item, flags);
    while (rc < 0 && errno == EINTR);
    return rc == sizeof *item;
}

/* NULL is the word for "stop". */
static void serve(struct bn_worker *worker)
{
    const struct bn_worker_kind *kind = worker->kind;
    void *item;
    while (receive_pointer(worker->far, &item, 0) && item != NULL) {
        TAKES_OVER(item);
        void *back = kind->work(worker->state, item);
        if (back == NULL)
            continue;
        HANDS_OVER(back);
        send_pointer(worker->far, back);
    }
}

static void *run(void *arg)
{
    struct bn_worker *worker = arg;
    enum bn_code code = worker->kind->start(worker->state, &worker->why);
    send_pointer(worker->far, (void *)(intptr_t)(code + 1));
    if (code == BN_OK)
        serve(worker);
    worker->kind->stop(worker->state);
    return NULL;
}

static void *pair(void *context, const char *endpoint, bool bind)
{
    void *socket = zmq_socket(context, ZMQ_PAIR);
    int none = 0;
    if (socket == NULL)
        return NULL;
    zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(socket, ZMQ_SNDHWM, &none, sizeof none);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &none, sizeof none);
    if ((bind ? zmq_bind(socket, endpoint) : zmq_connect(socket, endpoint)) == 0)
        return socket;
    zmq_close(socket);
    return NULL;
}

static void release(struct bn_worker *worker)
{
    if (worker->near != NULL)
        zmq_close(worker->near);
    if (worker->far != NULL)
        zmq_close(worker->far);
    free(worker);
}

enum bn_code bn_worker_create(void *context, const struct bn_worker_kind *kind, void *state, struct bn_worker **worker,
                              struct bn_why *why)
{
    struct bn_worker *made = calloc(1, sizeof *made);
    if (made == NULL)
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, kind->name, "", "no memory for a thread");
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "inproc://%s-%p", kind->name, (void *)made);
    made->kind = kind;
    made->state = state;
    made->near = pair(context, endpoint, true);
    made->far = pair(context, endpoint, false);
    int error = made->near == NULL || made->far == NULL ? errno : pthread_create(&made->thread, NULL, run, made);
    if (error != 0) {
        release(made);
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, kind->name, "", "cannot start a thread: %s", zmq_strerror(error));
    }
    pthread_setname_np(made->thread, kind->name);
    void *started;
    bool heard = receive_pointer(made->near, &started, 0);
    enum bn_code code = heard ? (enum bn_code)((intptr_t)started - 1) : BN_INTERNAL;
    if (code != BN_OK) {
        pthread_join(made->thread, NULL);
        if (why != NULL)
            *why = made->why;
        release(made);
        return code;
    }
    *worker = made;
    return BN_OK;
}

void bn_worker_destroy(struct bn_worker **worker)
{
    if (*worker == NULL)
        return;
    send_pointer((*worker)->near, NULL);
    pthread_join((*worker)->thread, NULL);
    release(*worker);
    *worker = NULL;
}

void bn_worker_pass(struct bn_worker *worker, void *item)
{
    assert(item != NULL);
    HANDS_OVER(item);
    send_pointer(worker->near, item);
}

void *bn_worker_take(struct bn_worker *worker)
{
    void *item;
    if (!receive_pointer(worker->near, &item, ZMQ_DONTWAIT))
        return NULL;
    TAKES_OVER(item);
    return item;
}

void *bn_worker_socket(struct bn_worker *worker)
{
    return worker->near;
}

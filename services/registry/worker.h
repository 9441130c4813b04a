/* SPDX-License-Identifier: Apache-2.0 */
/* worker.h: a thread and the pair of sockets by which it is spoken to.
 *
 * Nothing is shared: what is passed is a pointer, and with it the ownership of what it points to. bn_worker_create
 * gives a worker that is ready (or says why not), bn_worker_destroy returns when the thread is gone. */
#ifndef BINOME_REGISTRY_WORKER_H
#define BINOME_REGISTRY_WORKER_H

#include "base/code.h"

#include <stdbool.h>

struct bn_worker;

struct bn_worker_kind {
    const char *name; /* at most 15 bytes: shown by ps and top */
    /* Called first in the thread; anything but BN_OK ends it and is what bn_worker_create gives. */
    enum bn_code (*start)(void *state, struct bn_why *why);
    /* Called for each pointer passed. Gives the pointer to pass back, or NULL for none. */
    void *(*work)(void *state, void *item);
    /* Called last, also after a start that failed. */
    void (*stop)(void *state);
};

BN_CHECK enum bn_code bn_worker_create(void *context, const struct bn_worker_kind *kind, void *state,
                                       struct bn_worker **worker, struct bn_why *why);
void bn_worker_destroy(struct bn_worker **worker);

/* Passes a pointer on; never blocks, never fails: callers bound what they pass. */
void bn_worker_pass(struct bn_worker *worker, void *item);
/* Takes a pointer back; NULL when none waits. */
void *bn_worker_take(struct bn_worker *worker);
/* Lends the socket for a loop: readable when bn_worker_take has something. */
void *bn_worker_socket(struct bn_worker *worker);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* doorman.h: a ZAP handler for tests that lets in who knows the word, and the two key pairs of a connection. */
#ifndef BINOME_TESTS_UNIT_LINK_DOORMAN_H
#define BINOME_TESTS_UNIT_LINK_DOORMAN_H

#include "test.h"

#include "base/file.h"
#include "base/id.h"
#include "link/socket.h"

#include <pthread.h>
#include <zmq.h>

struct doorman {
    void *context, *socket;
    pthread_t thread;
    struct bn_keypair server, client, stranger;
};

/* Answers until the context ends. Strangers hear 400. */
static inline void *doorman_run(void *ctx)
{
    struct doorman *doorman = ctx;
    for (;;) {
        char frames[8][256];
        int sizes[8] = {0};
        size_t count = 0;
        for (int more = 1; more && count < 8; count++) {
            size_t size = sizeof more;
            sizes[count] = zmq_recv(doorman->socket, frames[count], sizeof frames[count], 0);
            if (sizes[count] < 0) {
                zmq_close(doorman->socket);
                return NULL;
            }
            zmq_getsockopt(doorman->socket, ZMQ_RCVMORE, &more, &size);
        }
        bool known =
            count == 7 && sizes[6] == BN_KEY_BYTES && memcmp(frames[6], doorman->client.public_key, BN_KEY_BYTES) == 0;
        zmq_send(doorman->socket, "1.0", 3, ZMQ_SNDMORE);
        zmq_send(doorman->socket, frames[1], (size_t)sizes[1], ZMQ_SNDMORE);
        zmq_send(doorman->socket, known ? "200" : "400", 3, ZMQ_SNDMORE);
        zmq_send(doorman->socket, "", 0, ZMQ_SNDMORE);
        zmq_send(doorman->socket, known ? "token" : "", known ? 5 : 0, ZMQ_SNDMORE);
        zmq_send(doorman->socket, "", 0, 0);
    }
}

static inline void doorman_start(struct doorman *doorman, void *context)
{
    assert_int_equal(bn_random_start(), BN_OK);
    bn_keypair_make(&doorman->server);
    bn_keypair_make(&doorman->client);
    bn_keypair_make(&doorman->stranger);
    doorman->context = context;
    doorman->socket = zmq_socket(context, ZMQ_REP);
    assert_int_equal(zmq_bind(doorman->socket, "inproc://zeromq.zap.01"), 0);
    assert_int_equal(pthread_create(&doorman->thread, NULL, doorman_run, doorman), 0);
}

/* Ends the context with it; all other sockets must be closed. */
static inline void doorman_end(struct doorman *doorman)
{
    zmq_ctx_term(doorman->context);
    pthread_join(doorman->thread, NULL);
}

/* Waits until the socket can be read. */
static inline void wait_readable(void *socket, long limit_ms)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, limit_ms), 1);
}

#endif

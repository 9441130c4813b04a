/* SPDX-License-Identifier: Apache-2.0 */
/* What the library costs on top of libzmq: the same frames through binome_send and binome_next, and through a bare
 * DEALER, against an echo on ipc. Prints processor time of the sending thread for each request. Not a test.
 * usage: speed [REQUESTS [WINDOW [BYTES]]] */
#include "fake_hub.h"
#include "wire/header.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

struct echo {
    void *context;
    char endpoint[64];
    uint8_t welcome[128], receipt[256];
    size_t welcome_size, receipt_size;
};

static void replies_make(struct echo *echo)
{
    uint8_t bytes[32] = {7};
    Binome__V1__Welcome welcome = BINOME__V1__WELCOME__INIT;
    welcome.organisation = "acme";
    Binome__V1__Reply reply = BINOME__V1__REPLY__INIT;
    reply.body_case = BINOME__V1__REPLY__BODY_WELCOME;
    reply.welcome = &welcome;
    echo->welcome_size = binome__v1__reply__pack(&reply, echo->welcome);
    Google__Protobuf__Timestamp at = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    at.seconds = 1795593600;
    Binome__V1__Receipt receipt = BINOME__V1__RECEIPT__INIT;
    receipt.sequence = 123456;
    receipt.request_id = receipt.object = "01a211b7-fc00-7000-8000-000000000001";
    receipt.organisation = (ProtobufCBinaryData){16, bytes};
    receipt.recorded_at = &at;
    receipt.digest = receipt.log_root = (ProtobufCBinaryData){32, bytes};
    Binome__V1__Reply receipted = BINOME__V1__REPLY__INIT;
    receipted.receipt = &receipt;
    echo->receipt_size = binome__v1__reply__pack(&receipted, echo->receipt);
}

static void *echo_run(void *ctx)
{
    const struct echo *echo = ctx;
    void *router = zmq_socket(echo->context, ZMQ_ROUTER);
    int result = zmq_bind(router, echo->endpoint);
    assert(result == 0);
    for (;;) {
        uint8_t id[32], header_bytes[BN_HEADER_BYTES_MAX];
        zmq_msg_t body;
        struct bn_header header;
        int id_size = zmq_recv(router, id, sizeof id, 0);
        if (id_size < 0)
            break;
        int size = zmq_recv(router, header_bytes, sizeof header_bytes, 0);
        zmq_msg_init(&body);
        zmq_msg_recv(&body, router, 0);
        zmq_msg_close(&body);
        enum bn_code code = bn_header_read(header_bytes, (size_t)size, &header);
        if (code != BN_OK || (header.kind != BN_KIND_HELLO && header.kind != BN_KIND_REQUEST))
            continue;
        bool hello = header.kind == BN_KIND_HELLO;
        const struct bn_header answer = {.version = 1, .kind = BN_KIND_REPLY, .in_reply_to = header.request_id};
        zmq_send(router, id, (size_t)id_size, ZMQ_SNDMORE);
        zmq_send(router, header_bytes, bn_header_write(&answer, header_bytes), ZMQ_SNDMORE);
        zmq_send(router, hello ? echo->welcome : echo->receipt, hello ? echo->welcome_size : echo->receipt_size, 0);
    }
    zmq_close(router);
    return NULL;
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static char *title;

static void with_library(const struct echo *echo, unsigned requests, unsigned window)
{
    struct binome_options options = BINOME_OPTIONS_INIT;
    options.endpoint = echo->endpoint;
    struct binome *connection = NULL;
    enum binome_code code = binome_open(&options, &connection, NULL);
    assert(code == BINOME_OK);
    Binome__V1__Proposal proposal = BINOME__V1__PROPOSAL__INIT;
    proposal.title = title;
    Binome__V1__ProposalSubmit submit = BINOME__V1__PROPOSAL_SUBMIT__INIT;
    submit.proposal = &proposal;
    Binome__V1__Request request = BINOME__V1__REQUEST__INIT;
    request.body_case = BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT;
    request.proposal_submit = &submit;
    double cpu = seconds(CLOCK_THREAD_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
    for (unsigned sent = 0, answered = 0; answered < requests; answered++) {
        for (; sent < requests && sent - answered < window; sent++) {
            code = binome_send(connection, &request, NULL, 0, NULL, NULL);
            assert(code == BINOME_OK);
        }
        struct binome_reply *reply = NULL;
        code = binome_next(connection, 10000, &reply);
        assert(code == BINOME_OK && reply->reply->receipt->sequence == 123456);
        binome_reply_free(&reply);
    }
    cpu = seconds(CLOCK_THREAD_CPUTIME_ID) - cpu, wall = seconds(CLOCK_MONOTONIC) - wall;
    printf("library  %7.2f us processor, %7.2f us elapsed a request\n", cpu * 1e6 / requests, wall * 1e6 / requests);
    binome_close(&connection);
}

static void bare_send(void *dealer, const void *body, size_t size)
{
    uint8_t bytes[BN_HEADER_BYTES_MAX];
    const struct bn_header header = {
        .version = 1, .kind = BN_KIND_REQUEST, .request_id = {{1}}, .body_type = 60, .timeout_ms = 30000};
    zmq_send(dealer, bytes, bn_header_write(&header, bytes), ZMQ_SNDMORE);
    zmq_send(dealer, body, size, 0);
}

static void bare(const struct echo *echo, unsigned requests, unsigned window, size_t size)
{
    void *context = zmq_ctx_new(), *dealer = zmq_socket(context, ZMQ_DEALER);
    int result = zmq_connect(dealer, echo->endpoint);
    assert(result == 0);
    double cpu = seconds(CLOCK_THREAD_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
    for (unsigned sent = 0, answered = 0; answered < requests; answered++) {
        for (; sent < requests && sent - answered < window; sent++)
            bare_send(dealer, title, size);
        for (int i = 0; i < 2; i++) {
            zmq_msg_t frame;
            zmq_msg_init(&frame);
            zmq_msg_recv(&frame, dealer, 0);
            zmq_msg_close(&frame);
        }
    }
    cpu = seconds(CLOCK_THREAD_CPUTIME_ID) - cpu, wall = seconds(CLOCK_MONOTONIC) - wall;
    printf("libzmq   %7.2f us processor, %7.2f us elapsed a request\n", cpu * 1e6 / requests, wall * 1e6 / requests);
    zmq_close(dealer);
    zmq_ctx_term(context);
}

int main(int argc, char **argv)
{
    unsigned requests = argc > 1 ? (unsigned)atoi(argv[1]) : 200000, window = argc > 2 ? (unsigned)atoi(argv[2]) : 64;
    size_t size = argc > 3 ? (size_t)atoi(argv[3]) : 1024;
    static struct echo echo;
    pthread_t thread;
    title = malloc(size + 1);
    memset(title, 'x', size);
    title[size] = '\0';
    replies_make(&echo);
    echo.context = zmq_ctx_new();
    snprintf(echo.endpoint, sizeof echo.endpoint, "ipc:///tmp/binome-speed-%d", (int)getpid());
    int result = pthread_create(&thread, NULL, echo_run, &echo);
    assert(result == 0);
    for (int round = 0; round < 3; round++) {
        bare(&echo, requests, window, size);
        with_library(&echo, requests, window);
    }
    zmq_ctx_shutdown(echo.context);
    pthread_join(thread, NULL);
    zmq_ctx_term(echo.context);
    unlink(echo.endpoint + strlen("ipc://"));
    free(title);
    return 0;
}

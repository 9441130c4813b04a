/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/zap.h"

#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum { HANDSHAKES_A_TURN = 64 };

/* Frames of a request, in order. A CURVE request has one credential, NULL has none. */
enum { VERSION, REQUEST_ID, DOMAIN, ADDRESS, ROUTING_ID, MECHANISM, CREDENTIAL, FRAMES_MAX };

void *bn_zap_open(void *context, struct bn_why *why)
{
    int no_linger = 0;
    void *socket = zmq_socket(context, ZMQ_REP);
    if (socket == NULL || zmq_setsockopt(socket, ZMQ_LINGER, &no_linger, sizeof no_linger) != 0 ||
        zmq_bind(socket, "inproc://zeromq.zap.01") != 0) {
        bn_why_set(why, BN_INTERNAL, "zap", "", "cannot answer handshakes: %s", zmq_strerror(zmq_errno()));
        if (socket != NULL)
            zmq_close(socket);
        return NULL;
    }
    return socket;
}

/* Receives one request into frames; surplus frames are dropped. Gives the number of frames, 0 when nothing waits. */
static int receive(void *socket, zmq_msg_t *frames)
{
    int count = 0;
    for (;;) {
        zmq_msg_t surplus;
        zmq_msg_t *frame = count < FRAMES_MAX ? &frames[count] : &surplus;
        zmq_msg_init(frame);
        if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(frame);
            break;
        }
        bool more = zmq_msg_more(frame) != 0;
        if (frame == &surplus)
            zmq_msg_close(&surplus);
        else
            count++;
        if (!more)
            break;
    }
    return count;
}

static void text_of(zmq_msg_t *frame, char *out, size_t size)
{
    size_t length = zmq_msg_size(frame);
    if (length >= size)
        length = 0;
    memcpy(out, zmq_msg_data(frame), length);
    out[length] = '\0';
}

static bool request_read(zmq_msg_t *frames, int count, struct bn_zap_request *request)
{
    memset(request, 0, sizeof *request);
    if (count <= MECHANISM || zmq_msg_size(&frames[VERSION]) != 3 ||
        memcmp(zmq_msg_data(&frames[VERSION]), "1.0", 3) != 0)
        return false;
    text_of(&frames[DOMAIN], request->domain, sizeof request->domain);
    text_of(&frames[MECHANISM], request->mechanism, sizeof request->mechanism);
    if (count > CREDENTIAL && zmq_msg_size(&frames[CREDENTIAL]) == BN_KEY_BYTES) {
        memcpy(request->public_key, zmq_msg_data(&frames[CREDENTIAL]), BN_KEY_BYTES);
        request->has_key = true;
    }
    return true;
}

/* [version][request id][status code][status text][user id][metadata] */
static void reply(void *socket, zmq_msg_t *request_id, const struct bn_zap_verdict *verdict)
{
    char status[16];
    snprintf(status, sizeof status, "%d", (int)verdict->status);
    const char *user_id = verdict->status == BN_ZAP_WELCOME ? verdict->user_id : "";
    zmq_send(socket, "1.0", 3, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(socket, zmq_msg_data(request_id), zmq_msg_size(request_id), ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(socket, status, strlen(status), ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(socket, "", 0, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(socket, user_id, strlen(user_id), ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(socket, "", 0, ZMQ_DONTWAIT);
}

void bn_zap_serve(void *socket, bn_zap_judge_fn *judge, void *ctx)
{
    for (int i = 0; i < HANDSHAKES_A_TURN; i++) {
        zmq_msg_t frames[FRAMES_MAX];
        int count = receive(socket, frames);
        if (count == 0)
            return;
        struct bn_zap_request request;
        struct bn_zap_verdict verdict = {BN_ZAP_REFUSED, NULL};
        if (request_read(frames, count, &request))
            verdict = judge(ctx, &request);
        if (count > REQUEST_ID)
            reply(socket, &frames[REQUEST_ID], &verdict);
        for (int j = 0; j < count; j++)
            zmq_msg_close(&frames[j]);
    }
}

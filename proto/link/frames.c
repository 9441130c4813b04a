/* SPDX-License-Identifier: Apache-2.0 */
#include "link/frames.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

static int receive_one(void *socket, zmq_msg_t *frame)
{
    int rc;
    do {
        rc = zmq_msg_recv(frame, socket, ZMQ_DONTWAIT);
    } while (rc < 0 && zmq_errno() == EINTR);
    return rc;
}

static int send_one(void *socket, zmq_msg_t *frame, int flags)
{
    int rc;
    do {
        rc = zmq_msg_send(frame, socket, flags | ZMQ_DONTWAIT);
    } while (rc < 0 && zmq_errno() == EINTR);
    return rc;
}

/* Receives what is left of a message and forgets it; gives the number of frames. libzmq hands out a message only when
 * all of it is there, so this ends. */
static size_t drop_rest(void *socket)
{
    size_t dropped = 0;
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    for (int more = 1; more; dropped++) {
        if (receive_one(socket, &frame) < 0)
            break;
        more = zmq_msg_more(&frame);
    }
    zmq_msg_close(&frame);
    return dropped;
}

enum bn_code bn_frames_receive(void *socket, zmq_msg_t *frames, size_t count, size_t *seen)
{
    assert(count > 0);
    for (size_t i = 0; i < count; i++)
        zmq_msg_init(&frames[i]);
    if (receive_one(socket, &frames[0]) < 0)
        return zmq_errno() == EAGAIN ? BN_UNAVAILABLE : BN_INTERNAL;
    size_t got = 1;
    while (got < count && zmq_msg_more(&frames[got - 1])) {
        if (receive_one(socket, &frames[got]) < 0) {
            bn_frames_close(frames, got);
            return BN_INTERNAL;
        }
        got++;
    }
    bool more = zmq_msg_more(&frames[got - 1]) != 0;
    if (got == count && !more)
        return BN_OK;
    bn_frames_close(frames + 1, got - 1);
    if (more)
        got += drop_rest(socket);
    if (seen != NULL)
        *seen = got < BN_FRAMES_SEEN_MAX ? got : BN_FRAMES_SEEN_MAX;
    return BN_INVALID_ARGUMENT;
}

static enum bn_code code_of_send(int error)
{
    switch (error) {
    case EAGAIN:
        return BN_RESOURCE_EXHAUSTED;
    case EHOSTUNREACH:
        return BN_NOT_FOUND;
    default:
        return BN_INTERNAL;
    }
}

/* A connection that is lost between two frames of a message makes the second fail, and libzmq has taken the first.
 * It then swallows frames until one that ends a message: give it these, or it would swallow our next message.
 * (What it had taken by then, 4.3.4 never frees: some hundred bytes, once in a lost connection at most.) */
static void end_broken(void *socket, size_t frames)
{
    for (; frames > 0; frames--) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        send_one(socket, &frame, frames > 1 ? ZMQ_SNDMORE : 0);
        zmq_msg_close(&frame);
    }
}

/* libzmq looks at its mail at most once a millisecond while it sends, so a queue may be full only because nobody has
 * read that the peer made room. Asking for the events reads the mail. */
static int send_first(void *socket, zmq_msg_t *frame, int flags)
{
    int rc = send_one(socket, frame, flags);
    if (rc >= 0 || zmq_errno() != EAGAIN)
        return rc;
    int events;
    size_t size = sizeof events;
    if (zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) != 0)
        return -1;
    return send_one(socket, frame, flags);
}

/* All but the last frame are small (route, origin, header): they are sent as copies, so that they are still there
 * should a later one fail. A copy shares what is too large to stand in the frame itself; the body, which is last, is
 * moved. */
enum bn_code bn_frames_send(void *socket, zmq_msg_t *frames, size_t count)
{
    assert(count > 0 && count <= BN_FRAMES_MAX);
    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count;
        int flags = last ? 0 : ZMQ_SNDMORE;
        zmq_msg_t copy, *frame = last ? &frames[i] : &copy;
        if (!last) {
            zmq_msg_init(&copy);
            int rc = zmq_msg_copy(&copy, &frames[i]);
            assert(rc == 0); /* fails only for what is no frame */
        }
        if ((i == 0 ? send_first(socket, frame, flags) : send_one(socket, frame, flags)) >= 0)
            continue;
        int error = zmq_errno();
        if (!last)
            zmq_msg_close(&copy);
        if (i > 0)
            end_broken(socket, count - 1 - i);
        return code_of_send(error);
    }
    bn_frames_close(frames, count - 1);
    return BN_OK;
}

void bn_frames_close(zmq_msg_t *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        zmq_msg_close(&frames[i]);
        zmq_msg_init(&frames[i]);
    }
}

enum bn_code bn_frame_copy(zmq_msg_t *frame, const void *data, size_t size)
{
    if (zmq_msg_init_size(frame, size) != 0) {
        zmq_msg_init(frame);
        return BN_RESOURCE_EXHAUSTED;
    }
    if (size > 0)
        memcpy(zmq_msg_data(frame), data, size);
    return BN_OK;
}

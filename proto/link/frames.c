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
 * It then swallows frames until one that ends a message: give it these, or it would swallow our next message. */
static void end_broken(void *socket, size_t frames)
{
    for (; frames > 0; frames--) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        send_one(socket, &frame, frames > 1 ? ZMQ_SNDMORE : 0);
        zmq_msg_close(&frame);
    }
}

/* All but the last frame are small (route, origin, header): they are sent as copies, so that they are still there
 * should a later one fail. A copy shares what is too large to stand in the frame itself; the body, which is last, is
 * moved. */
enum bn_code bn_frames_send(void *socket, zmq_msg_t *frames, size_t count)
{
    assert(count > 0 && count <= BN_FRAMES_MAX);
    for (size_t i = 0; i + 1 < count; i++) {
        zmq_msg_t copy;
        zmq_msg_init(&copy);
        int error = zmq_msg_copy(&copy, &frames[i]) == 0 && send_one(socket, &copy, ZMQ_SNDMORE) >= 0 ? 0 : zmq_errno();
        if (error != 0) {
            zmq_msg_close(&copy);
            if (i > 0)
                end_broken(socket, count - 1 - i);
            return code_of_send(error);
        }
    }
    if (send_one(socket, &frames[count - 1], 0) < 0)
        return code_of_send(zmq_errno());
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

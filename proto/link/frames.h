/* SPDX-License-Identifier: Apache-2.0 */
/* frames.h: whole messages on sockets: all frames or none, never a copy of a body, never a block. */
#ifndef BINOME_LINK_FRAMES_H
#define BINOME_LINK_FRAMES_H

#include "base/code.h"

#include <zmq.h>

/* More frames than that are in no message of ours. */
enum { BN_FRAMES_MAX = 8, BN_FRAMES_SEEN_MAX = 1000 };

/* Receives one message of exactly `count` frames into frames[], without waiting. On BN_OK the caller closes each.
 * BN_UNAVAILABLE: nothing waits. BN_INVALID_ARGUMENT: the message had another number of frames; the surplus is received
 * and dropped, *seen (may be NULL) is how many there were (counted up to 1,000), frames[0] stays open (the caller
 * closes it: on a ROUTER it says who sent it), the others are empty. Other codes: the socket is broken. What frames[]
 * held before is overwritten, and whatever the result, bn_frames_close on all of them is safe. */
BN_CHECK enum bn_code bn_frames_receive(void *socket, zmq_msg_t *frames, size_t count, size_t *seen);

/* Sends frames[0..count) as one message, DONTWAIT. BN_OK takes them all (they are empty afterwards). Otherwise nothing
 * was sent and all are still the caller's: BN_RESOURCE_EXHAUSTED queue full or nobody connected, BN_NOT_FOUND no such
 * peer (ROUTER), others: the socket is broken. */
BN_CHECK enum bn_code bn_frames_send(void *socket, zmq_msg_t *frames, size_t count);

/* Closes each frame and leaves it empty; safe on empty ones. */
void bn_frames_close(zmq_msg_t *frames, size_t count);

/* Makes a frame of size bytes copied from data. BN_RESOURCE_EXHAUSTED when out of memory. */
BN_CHECK enum bn_code bn_frame_copy(zmq_msg_t *frame, const void *data, size_t size);

#endif

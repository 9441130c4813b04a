/* SPDX-License-Identifier: Apache-2.0 */
/* inflight.h: the requests that are in the hub, from the moment they are let in until the registry has answered.
 *
 * Bounded by count and bytes; all memory is taken at the start. A request keeps its place, and its bytes stay counted,
 * even when its time is over and its client has been told so (LATE): what was given to the socket may still lie in a
 * queue there, so giving the place away would let a client with short times fill the memory. Owned by the loop's
 * thread. */
#ifndef BINOME_BROKER_INFLIGHT_H
#define BINOME_BROKER_INFLIGHT_H

#include "base/id.h"

#include <stdbool.h>
#include <zmq.h>

enum bn_flight_state {
    BN_FLIGHT_FREE,
    BN_FLIGHT_WAITING, /* holds its frames; is in the list of those that wait for the registry */
    BN_FLIGHT_SENT,    /* with the registry */
    BN_FLIGHT_LATE,    /* with the registry, but its client has been answered */
};

struct bn_flight {
    enum bn_flight_state state;
    uint32_t index, generation;
    uint32_t session; /* place and number of the session that asked */
    uint64_t session_number;
    struct bn_id request_id;
    uint32_t body_type;
    uint32_t timeout_ms;
    uint64_t arrived_us; /* monotonic */
    int64_t received_ms; /* wall clock */
    size_t bytes;
    uint32_t next, previous; /* among the waiting, or the free */
    zmq_msg_t frames[2];     /* header and body, while waiting */
};

struct bn_inflight;

/* NULL when out of memory. count_max is at most 2^20 - 1. */
struct bn_inflight *bn_inflight_create(size_t count_max);

/* Closes frames that still wait. */
void bn_inflight_destroy(struct bn_inflight **inflight);

/* Lends a free place, NULL when there is none or bytes do not fit below bytes_max. It is SENT until
 * bn_inflight_wait says otherwise; the caller fills what it holds. */
struct bn_flight *bn_inflight_add(struct bn_inflight *inflight, size_t bytes, size_t bytes_max, uint64_t deadline_ms);

/* The mark by which the answer finds it, never 0, and back: NULL when that request is no longer there. */
uint64_t bn_flight_ticket(const struct bn_flight *flight);
struct bn_flight *bn_inflight_find(const struct bn_inflight *inflight, uint64_t ticket);

/* Takes frames[0..2) and puts the request at the end of those that wait. */
void bn_inflight_wait(struct bn_inflight *inflight, struct bn_flight *flight, zmq_msg_t frames[2]);

/* Lends the oldest that waits, NULL when none does. */
struct bn_flight *bn_inflight_waiting(const struct bn_inflight *inflight);

/* The frames have been sent (or moved away): the request no longer waits. */
void bn_inflight_sent(struct bn_inflight *inflight, struct bn_flight *flight);

/* Its client has been answered; the place is kept until keep_until_ms at most. */
void bn_inflight_late(struct bn_inflight *inflight, struct bn_flight *flight, uint64_t keep_until_ms);

/* Gives the place back; frames that wait are closed. */
void bn_inflight_remove(struct bn_inflight *inflight, struct bn_flight *flight);

/* Milliseconds of the monotonic clock at which its time is over. */
uint64_t bn_inflight_deadline(const struct bn_inflight *inflight, const struct bn_flight *flight);

/* Lends the first whose time is over, from place *from on, and sets *from behind it; NULL at the end. */
struct bn_flight *bn_inflight_expired(const struct bn_inflight *inflight, uint64_t now_ms, uint32_t *from);

/* Lends each that is not free, in the manner of bn_inflight_expired. */
struct bn_flight *bn_inflight_next(const struct bn_inflight *inflight, uint32_t *from);

size_t bn_inflight_count(const struct bn_inflight *inflight);         /* places taken */
size_t bn_inflight_waiting_count(const struct bn_inflight *inflight); /* of these: not yet sent */
size_t bn_inflight_open_count(const struct bn_inflight *inflight);    /* of these: client not yet answered */
size_t bn_inflight_bytes(const struct bn_inflight *inflight);

#endif

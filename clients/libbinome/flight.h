/* SPDX-License-Identifier: Apache-2.0 */
/* flight.h: the requests of one connection between binome_send and their answer.
 *
 * Each is in one of three lists: waiting (to be sent at due_ms or once there is a session), sent (its answer is
 * awaited; sent again at due_ms), answered (to be given to the user). Waiting and sent ones are found by their id.
 * Bounded by whoever adds: BN_FLIGHTS_MAX at most. The packed body is kept until the answer, as a message whose bytes
 * libzmq shares with every copy that is sent. */
#ifndef BINOME_LIBBINOME_FLIGHT_H
#define BINOME_LIBBINOME_FLIGHT_H

#include "base/id.h"
#include "binome/binome.h"

#include <zmq.h>

enum { BN_FLIGHTS_MAX = 8192, BN_FLIGHT_BUCKETS = 1024 };

/* A moment that never comes. */
#define BN_NEVER_MS UINT64_MAX

struct bn_flight_list;

struct bn_flight {
    struct bn_flight_list *list;
    struct bn_flight *previous, *next; /* in its list */
    struct bn_flight *chain;           /* in its bucket, while waiting or sent */
    struct bn_id id;
    uint32_t type;
    unsigned attempts;
    unsigned timeout_ms; /* as the user asked */
    uint64_t due_ms;     /* 0 = at once */
    uint64_t limit_ms;   /* the user's limit as a moment */
    void *tag;
    zmq_msg_t body;
    struct binome_reply *answer; /* what was heard last; once answered, never NULL unless memory ran out */
};

struct bn_flight_list {
    struct bn_flight *first, *last;
    size_t count;
};

struct bn_flights {
    struct bn_flight_list waiting, sent, answered;
    struct bn_flight *buckets[BN_FLIGHT_BUCKETS];
    uint64_t due_ms; /* no flight has a moment before this one; it may be earlier than needed */
};

void bn_flights_start(struct bn_flights *flights);

/* Frees every flight. */
void bn_flights_finish(struct bn_flights *flights);

/* Gives a new flight, not yet in a list, with an empty body; NULL when out of memory. */
struct bn_flight *bn_flight_create(const struct bn_id *id, uint32_t type, void *tag);

/* Frees it; it must not be in a list any more. */
void bn_flight_destroy(struct bn_flight **flight);

/* Lends the waiting or sent one of that id; NULL when there is none. */
struct bn_flight *bn_flights_find(const struct bn_flights *flights, const struct bn_id *id);

/* Takes a new one as the last of those waiting. */
void bn_flights_add(struct bn_flights *flights, struct bn_flight *flight);

/* Moves a waiting one to those sent, or a sent one to the end of those waiting; due_ms is set. */
void bn_flights_sent(struct bn_flights *flights, struct bn_flight *flight, uint64_t due_ms);
void bn_flights_wait(struct bn_flights *flights, struct bn_flight *flight, uint64_t due_ms);

/* The session is lost: everything sent waits again, in the order in which it was sent and before what waited. */
void bn_flights_land(struct bn_flights *flights);

/* Moves a waiting or sent one to those answered and takes the answer; one that it had is freed. */
void bn_flights_answer(struct bn_flights *flights, struct bn_flight *flight, struct binome_reply *answer);

/* Takes the flight out of those answered; the caller destroys it. */
void bn_flights_remove(struct bn_flights *flights, struct bn_flight *flight);

/* Finds the earliest moment after now_ms anew; a limit counts also when it is over. */
void bn_flights_due(struct bn_flights *flights, uint64_t now_ms);

/* Waiting and sent ones. */
static inline size_t bn_flights_unanswered(const struct bn_flights *flights)
{
    return flights->waiting.count + flights->sent.count;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "libbinome/flight.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((BN_FLIGHT_BUCKETS & (BN_FLIGHT_BUCKETS - 1)) == 0, "a power of two");

static void list_append(struct bn_flight_list *list, struct bn_flight *flight)
{
    flight->list = list;
    flight->previous = list->last;
    flight->next = NULL;
    *(list->last != NULL ? &list->last->next : &list->first) = flight;
    list->last = flight;
    list->count++;
}

static void list_remove(struct bn_flight_list *list, struct bn_flight *flight)
{
    assert(flight->list == list && list->count > 0);
    *(flight->previous != NULL ? &flight->previous->next : &list->first) = flight->next;
    *(flight->next != NULL ? &flight->next->previous : &list->last) = flight->previous;
    flight->list = NULL;
    list->count--;
}

/* Ids are random for the most part; whoever makes colliding ones slows down only itself. */
static size_t bucket_of(const struct bn_id *id)
{
    uint64_t high, low;
    memcpy(&high, id->bytes, sizeof high);
    memcpy(&low, id->bytes + sizeof high, sizeof low);
    return (size_t)(((high ^ low) * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (BN_FLIGHT_BUCKETS - 1);
}

static void forget_id(struct bn_flights *flights, struct bn_flight *flight)
{
    struct bn_flight **link = &flights->buckets[bucket_of(&flight->id)];
    while (*link != flight) {
        assert(*link != NULL);
        link = &(*link)->chain;
    }
    *link = flight->chain;
}

/* A moment that is over wakes nobody: what is due already is sent as soon as there is a session and room. */
static uint64_t moment_of(const struct bn_flight *flight, uint64_t now_ms)
{
    bool due_counts = flight->due_ms > now_ms && flight->due_ms < flight->limit_ms;
    return due_counts ? flight->due_ms : flight->limit_ms;
}

static void sooner(struct bn_flights *flights, const struct bn_flight *flight)
{
    uint64_t moment = moment_of(flight, 0);
    if (moment < flights->due_ms)
        flights->due_ms = moment;
}

void bn_flights_start(struct bn_flights *flights)
{
    memset(flights, 0, sizeof *flights);
    flights->due_ms = BN_NEVER_MS;
}

static void list_finish(struct bn_flight_list *list)
{
    while (list->first != NULL) {
        struct bn_flight *flight = list->first;
        list_remove(list, flight);
        bn_flight_destroy(&flight);
    }
}

void bn_flights_finish(struct bn_flights *flights)
{
    list_finish(&flights->waiting);
    list_finish(&flights->sent);
    list_finish(&flights->answered);
    memset(flights->buckets, 0, sizeof flights->buckets);
}

struct bn_flight *bn_flight_create(const struct bn_id *id, uint32_t type, void *tag)
{
    struct bn_flight *flight = calloc(1, sizeof *flight);
    if (flight == NULL)
        return NULL;
    flight->id = *id;
    flight->type = type;
    flight->tag = tag;
    zmq_msg_init(&flight->body);
    return flight;
}

void bn_flight_destroy(struct bn_flight **flight)
{
    if (*flight == NULL)
        return;
    assert((*flight)->list == NULL);
    zmq_msg_close(&(*flight)->body);
    binome_reply_free(&(*flight)->answer);
    free(*flight);
    *flight = NULL;
}

struct bn_flight *bn_flights_find(const struct bn_flights *flights, const struct bn_id *id)
{
    struct bn_flight *flight = flights->buckets[bucket_of(id)];
    while (flight != NULL && !bn_id_equal(&flight->id, id))
        flight = flight->chain;
    return flight;
}

void bn_flights_add(struct bn_flights *flights, struct bn_flight *flight)
{
    struct bn_flight **bucket = &flights->buckets[bucket_of(&flight->id)];
    flight->chain = *bucket;
    *bucket = flight;
    list_append(&flights->waiting, flight);
    sooner(flights, flight);
}

static void move(struct bn_flights *flights, struct bn_flight *flight, struct bn_flight_list *to, uint64_t due_ms)
{
    list_remove(flight->list, flight);
    flight->due_ms = due_ms;
    list_append(to, flight);
    sooner(flights, flight);
}

void bn_flights_sent(struct bn_flights *flights, struct bn_flight *flight, uint64_t due_ms)
{
    assert(flight->list == &flights->waiting);
    move(flights, flight, &flights->sent, due_ms);
}

void bn_flights_wait(struct bn_flights *flights, struct bn_flight *flight, uint64_t due_ms)
{
    assert(flight->list == &flights->sent);
    move(flights, flight, &flights->waiting, due_ms);
}

void bn_flights_land(struct bn_flights *flights)
{
    struct bn_flight_list before = flights->waiting;
    memset(&flights->waiting, 0, sizeof flights->waiting);
    while (flights->sent.first != NULL)
        bn_flights_wait(flights, flights->sent.first, 0);
    for (struct bn_flight *flight = before.first, *next; flight != NULL; flight = next) {
        next = flight->next;
        list_append(&flights->waiting, flight);
    }
}

void bn_flights_answer(struct bn_flights *flights, struct bn_flight *flight, struct binome_reply *answer)
{
    assert(flight->list == &flights->waiting || flight->list == &flights->sent);
    forget_id(flights, flight);
    list_remove(flight->list, flight);
    list_append(&flights->answered, flight);
    zmq_msg_close(&flight->body); /* leaves an empty one; the bytes are no longer needed */
    zmq_msg_init(&flight->body);
    if (answer != flight->answer)
        binome_reply_free(&flight->answer);
    flight->answer = answer;
}

void bn_flights_remove(struct bn_flights *flights, struct bn_flight *flight)
{
    list_remove(&flights->answered, flight);
}

void bn_flights_due(struct bn_flights *flights, uint64_t now_ms)
{
    const struct bn_flight_list *lists[] = {&flights->waiting, &flights->sent};
    flights->due_ms = BN_NEVER_MS;
    for (size_t i = 0; i < BN_COUNT(lists); i++) {
        for (const struct bn_flight *flight = lists[i]->first; flight != NULL; flight = flight->next) {
            uint64_t moment = moment_of(flight, now_ms);
            flights->due_ms = moment < flights->due_ms ? moment : flights->due_ms;
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/inflight.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { INDEX_BITS = 20 };

static const uint32_t NONE = UINT32_MAX;
static const uint64_t NEVER = UINT64_MAX;

struct bn_inflight {
    struct bn_flight *flights;
    uint64_t *deadlines; /* beside the flights, so that looking through all of them is cheap; NEVER when free */
    uint32_t room, used; /* places ever used are [0, used) */
    uint32_t free_first;
    uint32_t waiting_first, waiting_last;
    size_t count, waiting, late, bytes;
};

struct bn_inflight *bn_inflight_create(size_t count_max)
{
    assert(count_max > 0 && count_max < (1U << INDEX_BITS));
    struct bn_inflight *inflight = calloc(1, sizeof *inflight);
    if (inflight == NULL)
        return NULL;
    inflight->room = (uint32_t)count_max;
    inflight->free_first = inflight->waiting_first = inflight->waiting_last = NONE;
    inflight->flights = calloc(count_max, sizeof *inflight->flights);
    inflight->deadlines = malloc(count_max * sizeof *inflight->deadlines);
    if (inflight->flights == NULL || inflight->deadlines == NULL) {
        free(inflight->flights);
        free(inflight->deadlines);
        free(inflight);
        return NULL;
    }
    return inflight;
}

void bn_inflight_destroy(struct bn_inflight **result)
{
    struct bn_inflight *inflight = *result;
    if (inflight == NULL)
        return;
    while (inflight->waiting_first != NONE)
        bn_inflight_remove(inflight, &inflight->flights[inflight->waiting_first]);
    free(inflight->flights);
    free(inflight->deadlines);
    free(inflight);
    *result = NULL;
}

struct bn_flight *bn_inflight_add(struct bn_inflight *inflight, size_t bytes, size_t bytes_max, uint64_t deadline_ms)
{
    if (inflight->bytes + bytes > bytes_max)
        return NULL;
    uint32_t index = inflight->free_first;
    if (index != NONE)
        inflight->free_first = inflight->flights[index].next;
    else if (inflight->used < inflight->room)
        index = inflight->used++;
    else
        return NULL;
    struct bn_flight *flight = &inflight->flights[index];
    assert(flight->state == BN_FLIGHT_FREE);
    flight->state = BN_FLIGHT_SENT;
    flight->index = index;
    flight->generation++;
    flight->bytes = bytes;
    inflight->deadlines[index] = deadline_ms;
    inflight->count++;
    inflight->bytes += bytes;
    return flight;
}

uint64_t bn_flight_ticket(const struct bn_flight *flight)
{
    return (uint64_t)flight->generation << INDEX_BITS | flight->index;
}

struct bn_flight *bn_inflight_find(const struct bn_inflight *inflight, uint64_t ticket)
{
    uint32_t index = (uint32_t)(ticket & ((1U << INDEX_BITS) - 1));
    if (index >= inflight->used)
        return NULL;
    struct bn_flight *flight = &inflight->flights[index];
    if (flight->state == BN_FLIGHT_FREE || bn_flight_ticket(flight) != ticket)
        return NULL;
    return flight;
}

void bn_inflight_wait(struct bn_inflight *inflight, struct bn_flight *flight, zmq_msg_t frames[2])
{
    assert(flight->state == BN_FLIGHT_SENT);
    for (int i = 0; i < 2; i++) {
        zmq_msg_init(&flight->frames[i]);
        zmq_msg_move(&flight->frames[i], &frames[i]);
    }
    flight->state = BN_FLIGHT_WAITING;
    flight->next = NONE;
    flight->previous = inflight->waiting_last;
    if (inflight->waiting_last == NONE)
        inflight->waiting_first = flight->index;
    else
        inflight->flights[inflight->waiting_last].next = flight->index;
    inflight->waiting_last = flight->index;
    inflight->waiting++;
}

struct bn_flight *bn_inflight_waiting(const struct bn_inflight *inflight)
{
    return inflight->waiting_first == NONE ? NULL : &inflight->flights[inflight->waiting_first];
}

void bn_inflight_sent(struct bn_inflight *inflight, struct bn_flight *flight)
{
    assert(flight->state == BN_FLIGHT_WAITING);
    for (int i = 0; i < 2; i++)
        zmq_msg_close(&flight->frames[i]);
    if (flight->previous == NONE)
        inflight->waiting_first = flight->next;
    else
        inflight->flights[flight->previous].next = flight->next;
    if (flight->next == NONE)
        inflight->waiting_last = flight->previous;
    else
        inflight->flights[flight->next].previous = flight->previous;
    inflight->waiting--;
    flight->state = BN_FLIGHT_SENT;
}

void bn_inflight_late(struct bn_inflight *inflight, struct bn_flight *flight, uint64_t keep_until_ms)
{
    assert(flight->state == BN_FLIGHT_SENT);
    flight->state = BN_FLIGHT_LATE;
    inflight->deadlines[flight->index] = keep_until_ms;
    inflight->late++;
}

void bn_inflight_remove(struct bn_inflight *inflight, struct bn_flight *flight)
{
    assert(flight->state != BN_FLIGHT_FREE);
    if (flight->state == BN_FLIGHT_WAITING)
        bn_inflight_sent(inflight, flight);
    if (flight->state == BN_FLIGHT_LATE)
        inflight->late--;
    inflight->bytes -= flight->bytes;
    inflight->count--;
    inflight->deadlines[flight->index] = NEVER;
    flight->state = BN_FLIGHT_FREE;
    flight->next = inflight->free_first;
    inflight->free_first = flight->index;
}

uint64_t bn_inflight_deadline(const struct bn_inflight *inflight, const struct bn_flight *flight)
{
    return inflight->deadlines[flight->index];
}

struct bn_flight *bn_inflight_expired(const struct bn_inflight *inflight, uint64_t now_ms, uint32_t *from)
{
    while (*from < inflight->used) {
        uint32_t index = (*from)++;
        if (inflight->deadlines[index] <= now_ms)
            return &inflight->flights[index];
    }
    return NULL;
}

struct bn_flight *bn_inflight_next(const struct bn_inflight *inflight, uint32_t *from)
{
    while (*from < inflight->used) {
        uint32_t index = (*from)++;
        if (inflight->flights[index].state != BN_FLIGHT_FREE)
            return &inflight->flights[index];
    }
    return NULL;
}

size_t bn_inflight_count(const struct bn_inflight *inflight)
{
    return inflight->count;
}

size_t bn_inflight_waiting_count(const struct bn_inflight *inflight)
{
    return inflight->waiting;
}

size_t bn_inflight_open_count(const struct bn_inflight *inflight)
{
    return inflight->count - inflight->late;
}

size_t bn_inflight_bytes(const struct bn_inflight *inflight)
{
    return inflight->bytes;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "libbinome/connection.h"

#include "base/clock.h"
#include "libbinome/answer.h"
#include "link/frames.h"

#include <limits.h>
#include <stdio.h>

enum {
    MESSAGES_A_TURN = 256,
    INTERNAL_ATTEMPTS = 3,  /* a fault of the hub is tried again a few times, not for ever */
    LOST_AFTER_MS = 2000,   /* an answer that is so late will not come any more */
    HUB_FIRST_PART = 16,    /* the hub's limit is shorter than ours by this part, so that its reason arrives in time, */
    HUB_FIRST_MS_MAX = 500, /* but by no more than this */
};

/* What to tell a request whose time is over while there is no session, or for which there will be none. */
static struct binome_reply *word_of(const struct binome *connection)
{
    if (connection->session.word != NULL)
        return bn_answer_copy(connection->session.word);
    return bn_answer_make(BN_UNAVAILABLE, BN_RULE_HUB_UNREACHABLE, connection->target.endpoint,
                          "there is no session with the hub");
}

static struct binome_reply *timeout_of(const struct bn_flight *flight)
{
    char text[16];
    snprintf(text, sizeof text, "%u", flight->timeout_ms);
    return bn_answer_make(BN_DEADLINE_EXCEEDED, BN_RULE_HUB_TIMEOUT, text, "the hub did not answer in time");
}

/* The last word counts: no session says more than the hub's last refusal, and this more than silence. */
static void give_up(struct binome *connection, struct bn_flight *flight)
{
    struct binome_reply *answer = flight->answer;
    if (connection->session.state != BN_SESSION_OPEN)
        answer = word_of(connection);
    else if (answer == NULL)
        answer = timeout_of(flight);
    bn_flights_answer(&connection->flights, flight, answer);
}

static bool hub_says_again(const struct bn_header *header, const struct bn_flight *flight)
{
    switch (header->code) {
    case BN_UNAVAILABLE:
    case BN_DEADLINE_EXCEEDED:
        return true;
    case BN_RESOURCE_EXHAUSTED:
        return header->retry_after_ms > 0;
    case BN_INTERNAL:
        return flight->attempts < INTERNAL_ATTEMPTS;
    default:
        return false;
    }
}

/* Keeps what the hub said and sends again later; false when there is no time left for it. */
static bool retry(struct binome *connection, uint64_t now_ms, const struct bn_header *header, struct bn_flight *flight,
                  struct binome_reply *answer)
{
    uint64_t due_ms = now_ms + bn_backoff_ms(flight->attempts, header->retry_after_ms);
    if (due_ms >= flight->limit_ms)
        return false;
    binome_reply_free(&flight->answer);
    flight->answer = answer;
    if (flight->list == &connection->flights.sent) /* else an earlier attempt was answered late: one is due already */
        bn_flights_wait(&connection->flights, flight, due_ms);
    return true;
}

/* An answer to a request. One that was answered already, or given up, is met by nobody any more. */
static void settle(struct binome *connection, uint64_t now_ms, const struct bn_header *header, const void *body,
                   size_t size)
{
    struct bn_flight *flight = bn_flights_find(&connection->flights, &header->in_reply_to);
    if (flight == NULL)
        return;
    struct binome_reply *answer = bn_answer_read(header, body, size);
    if (answer != NULL && !bn_answer_fits(answer, flight->type)) {
        binome_reply_free(&answer);
        answer = bn_answer_make(BN_DATA_LOSS, BN_RULE_BODY_MALFORMED, NULL, "the reply is not to what was asked");
    }
    if (answer != NULL && header->code == BN_FAILED_PRECONDITION &&
        bn_answer_has_rule(answer, BN_RULE_SESSION_NO_HELLO)) {
        binome_reply_free(&answer);
        bn_session_lose(&connection->session, now_ms, NULL, 0); /* the hub has forgotten us */
        return;
    }
    if (answer != NULL && hub_says_again(header, flight) && retry(connection, now_ms, header, flight, answer))
        return;
    if (answer != NULL && header->code == BN_UNAUTHENTICATED)
        bn_session_refuse(&connection->session, bn_answer_copy(answer));
    bn_flights_answer(&connection->flights, flight, answer);
}

static void message_take(struct binome *connection, uint64_t now_ms, zmq_msg_t frames[2])
{
    struct bn_header header;
    if (bn_header_read(zmq_msg_data(&frames[0]), zmq_msg_size(&frames[0]), &header) != BN_OK)
        return;
    const void *body = zmq_msg_data(&frames[1]);
    size_t size = zmq_msg_size(&frames[1]);
    if (!bn_session_hear(&connection->session, now_ms, &header, body, size))
        settle(connection, now_ms, &header, body, size);
}

static void receive(struct binome *connection, uint64_t now_ms)
{
    struct bn_session *session = &connection->session;
    zmq_msg_t frames[2];
    for (int i = 0; i < MESSAGES_A_TURN && session->socket != NULL; i++) {
        enum bn_code code = bn_frames_receive(session->socket, frames, 2, NULL);
        if (code == BN_OK) {
            message_take(connection, now_ms, frames);
            bn_frames_close(frames, 2);
        } else if (code == BN_INVALID_ARGUMENT) {
            zmq_msg_close(&frames[0]); /* a message of another number of frames says nothing to us */
        } else {
            return;
        }
    }
}

static uint32_t attempt_ms(const struct binome *connection, const struct bn_flight *flight, uint64_t now_ms)
{
    uint64_t left_ms = flight->limit_ms > now_ms ? flight->limit_ms - now_ms : 1;
    uint64_t most_ms = connection->session.timeout_ms_default;
    return (uint32_t)(left_ms < most_ms ? left_ms : most_ms);
}

static enum bn_code send_one(struct binome *connection, struct bn_flight *flight, uint64_t now_ms)
{
    uint32_t wait_ms = attempt_ms(connection, flight, now_ms);
    uint32_t early_ms = wait_ms / HUB_FIRST_PART;
    const struct bn_header header = {.version = BN_PROTOCOL_VERSION,
                                     .kind = BN_KIND_REQUEST,
                                     .request_id = flight->id,
                                     .request_id_size = BN_ID_BYTES,
                                     .body_type = flight->type,
                                     .timeout_ms =
                                         wait_ms - (early_ms < HUB_FIRST_MS_MAX ? early_ms : HUB_FIRST_MS_MAX)};
    zmq_msg_t body;
    zmq_msg_init(&body);
    zmq_msg_copy(&body, &flight->body); /* shares the bytes */
    enum bn_code code = bn_session_send(&connection->session, now_ms, &header, &body);
    zmq_msg_close(&body);
    if (code != BN_OK)
        return code;
    flight->attempts++;
    bn_flights_sent(&connection->flights, flight, now_ms + wait_ms + LOST_AFTER_MS);
    return BN_OK;
}

void bn_connection_flush(struct binome *connection, uint64_t now_ms)
{
    struct bn_flights *flights = &connection->flights;
    if (connection->session.state != BN_SESSION_OPEN)
        return;
    for (struct bn_flight *flight = flights->waiting.first, *next; flight != NULL; flight = next) {
        next = flight->next;
        if (flights->sent.count >= connection->session.unanswered_max)
            return;
        if (flight->due_ms <= now_ms && send_one(connection, flight, now_ms) != BN_OK)
            return;
    }
}

static void expire(struct binome *connection, uint64_t now_ms)
{
    struct bn_flights *flights = &connection->flights;
    if (now_ms < flights->due_ms)
        return;
    for (struct bn_flight *flight = flights->waiting.first, *next; flight != NULL; flight = next) {
        next = flight->next;
        if (now_ms >= flight->limit_ms)
            give_up(connection, flight);
    }
    for (struct bn_flight *flight = flights->sent.first, *next; flight != NULL; flight = next) {
        next = flight->next;
        if (now_ms >= flight->limit_ms)
            give_up(connection, flight);
        else if (now_ms >= flight->due_ms)
            bn_flights_wait(flights, flight, 0);
    }
    bn_flights_due(flights, now_ms);
}

static void refuse_all(struct binome *connection)
{
    struct bn_flights *flights = &connection->flights;
    bn_flights_land(flights);
    while (flights->waiting.first != NULL)
        bn_flights_answer(flights, flights->waiting.first, word_of(connection));
}

void bn_connection_work(struct binome *connection, uint64_t now_ms)
{
    struct bn_session *session = &connection->session;
    bn_session_step(session, now_ms);
    receive(connection, now_ms);
    bn_session_beat(session, now_ms);
    if (connection->losses_seen != session->losses) {
        connection->losses_seen = session->losses;
        bn_flights_land(&connection->flights);
    }
    if (session->state == BN_SESSION_REFUSED)
        refuse_all(connection);
    expire(connection, now_ms);
    bn_connection_flush(connection, now_ms);
}

uint64_t bn_connection_due_ms(const struct binome *connection)
{
    uint64_t due_ms = bn_session_due_ms(&connection->session);
    return connection->flights.due_ms < due_ms ? connection->flights.due_ms : due_ms;
}

void bn_connection_wait(struct binome *connection, uint64_t now_ms, uint64_t until_ms)
{
    struct bn_session *session = &connection->session;
    zmq_pollitem_t items[2] = {{.events = ZMQ_POLLIN}, {.events = ZMQ_POLLIN}};
    int count = 0;
    if (session->socket != NULL) {
        items[0].socket = session->socket;
        items[0].events = (short)(ZMQ_POLLIN | (session->stuck ? ZMQ_POLLOUT : 0));
        items[1].socket = bn_monitor_socket(session->monitor);
        count = 2;
    }
    uint64_t due_ms = bn_connection_due_ms(connection);
    until_ms = due_ms < until_ms ? due_ms : until_ms;
    uint64_t wait_ms = until_ms > now_ms ? until_ms - now_ms : 0;
    /* An interrupted wait is a short one: the caller looks at the clock again. */
    (void)zmq_poll(items, count, wait_ms < INT_MAX ? (long)wait_ms : INT_MAX);
}

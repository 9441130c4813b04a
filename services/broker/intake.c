/* SPDX-License-Identifier: Apache-2.0 */
/* intake.c: what comes in from clients. Who sent a message is read from the proof that the connection gave at its
 * handshake, found in the metadata of the header frame; what it is from the header; the body is only
 * passed on. A message costs no allocation of ours: its frames are moved, its request has a place taken at the start.
 */
#include "broker/internal.h"

#include "base/clock.h"

#include <assert.h>
#include <string.h>

enum { MESSAGES_A_TURN = 256, OFFENCES_MAX = 3, CLOCK_OFF_MS_MAX = 5 * 60 * 1000 };

/* A message on its way through this file. frames: routing id, header, body. */
struct message {
    struct bn_session *session;
    struct bn_header header;
    zmq_msg_t *frames;
};

static void refuse(struct bn_broker *broker, struct message *message, struct bn_refusal refusal)
{
    bool is_request = message->header.kind == BN_KIND_REQUEST;
    if (message->header.kind == BN_KIND_HELLO)
        bn_broker_count(broker, BN_C_HELLOS_REFUSED);
    bn_deliver_refusal(broker, message->session, &message->header.request_id, message->header.body_type, is_request,
                       &refusal);
}

static bool kick(struct bn_broker *broker, const struct bn_session *session, unsigned delay_ms)
{
    struct bn_connection *connection = bn_connection_of(broker->sessions, session);
    if (connection != NULL)
        bn_door_kick(broker, connection, delay_ms);
    return connection != NULL;
}

/* A connection whose session the hub has ended, and which is about to be cut. */
static bool is_ending(const struct bn_broker *broker, int descriptor)
{
    const struct bn_connection *connection = bn_connection_on(broker->sessions, descriptor);
    return connection != NULL && connection->session == UINT32_MAX && connection->kick_ms != 0;
}

static struct bn_session *session_new(struct bn_broker *broker, const struct bn_endpoint *endpoint, zmq_msg_t *routing,
                                      int descriptor, const char *token)
{
    bool local = endpoint->number == BN_ENDPOINT_LOCAL;
    if (is_ending(broker, descriptor)) {
        bn_broker_count(broker, BN_C_DROPPED_ENDING);
        return NULL;
    }
    struct bn_key *key = bn_keytable_by_token(broker->keytable, token);
    if (local)
        key = strcmp(token, broker->local_key.token) == 0 ? &broker->local_key : NULL;
    if (key == NULL) {
        bn_broker_count(broker, BN_C_DROPPED_UNKNOWN);
        return NULL;
    }
    struct bn_session *session =
        bn_session_add(broker->sessions, endpoint->number, zmq_msg_data(routing), zmq_msg_size(routing));
    if (session == NULL) {
        bn_broker_count(broker, BN_C_DROPPED_SESSIONS);
        return NULL;
    }
    memcpy(session->token, token, BN_TOKEN_SIZE);
    session->key = key;
    session->key_epoch = bn_keytable_epoch(broker->keytable);
    session->descriptor = descriptor;
    session->figures = UINT32_MAX;
    if (key->standing != BN_STANDING_UNKNOWN)
        session->figures = bn_figures_organisation(broker->figures, &key->organisation, key->slug);
    return session;
}

/* The session that a message belongs to. A routing id may come back on another connection: the token and the descriptor
 * must be the session's own, else it is a new one. */
static struct bn_session *session_of(struct bn_broker *broker, const struct bn_endpoint *endpoint, zmq_msg_t *frames)
{
    const char *token = zmq_msg_gets(&frames[1], "User-Id");
    if (token == NULL || strnlen(token, BN_TOKEN_SIZE) != BN_TOKEN_SIZE - 1) {
        bn_broker_count(broker, BN_C_DROPPED_UNKNOWN);
        return NULL;
    }
    int descriptor = zmq_msg_get(&frames[1], ZMQ_SRCFD);
    struct bn_session *session =
        bn_session_find(broker->sessions, endpoint->number, zmq_msg_data(&frames[0]), zmq_msg_size(&frames[0]));
    if (session != NULL && (session->descriptor != descriptor || memcmp(session->token, token, BN_TOKEN_SIZE) != 0)) {
        bn_door_session_end(broker, session);
        session = NULL;
    }
    if (session == NULL) {
        session = session_new(broker, endpoint, &frames[0], descriptor, token);
        if (session == NULL)
            return NULL;
    }
    if (session->connection == 0)
        (void)bn_session_bind(broker->sessions, session);
    session->heard_ms = broker->now_ms;
    return session;
}

/* What a frame is on the wire, with CURVE: 33 bytes around it, and a short or a long length. */
static uint64_t wire_bytes(size_t size)
{
    uint64_t boxed = size + 33;
    return boxed + (boxed > 255 ? 9 : 2);
}

static void count_in(struct bn_broker *broker, struct bn_session *session, zmq_msg_t *frames)
{
    size_t header_size = zmq_msg_size(&frames[1]), body_size = zmq_msg_size(&frames[2]);
    session->bytes_handed += wire_bytes(header_size) + wire_bytes(body_size);
    bn_broker_count(broker, BN_C_MESSAGES_IN);
    broker->figures->counters[BN_C_BYTES_IN] += header_size + body_size;
    if (session->figures != UINT32_MAX)
        broker->figures->organisations[session->figures].bytes_in += header_size + body_size;
}

/* Fills a frame with the Origin of this request as it leaves now. */
static enum bn_code origin_make(struct bn_broker *broker, const struct bn_session *session,
                                const struct bn_flight *flight, zmq_msg_t *frame)
{
    const struct bn_key *key = session->key;
    uint64_t deadline_ms = bn_inflight_deadline(broker->inflight, flight);
    const struct bn_origin origin = {
        .connection = session->number,
        .organisation = key->organisation,
        .key = key->id,
        .role = key->role,
        .key_table_version = bn_keytable_version(broker->keytable),
        .received_ms = flight->received_ms,
        .timeout_ms = deadline_ms > broker->now_ms ? (uint32_t)(deadline_ms - broker->now_ms) : 1,
        .ticket = bn_flight_ticket(flight),
    };
    uint8_t packed[BN_ORIGIN_BYTES_MAX];
    return bn_frame_copy(frame, packed, bn_origin_write(&origin, packed));
}

/* Hands header and body (frames[1..3)) to the registry. On anything but BN_OK they are still there. */
static enum bn_code hand_over(struct bn_broker *broker, const struct bn_session *session,
                              const struct bn_flight *flight, zmq_msg_t frames[3])
{
    enum bn_code code = origin_make(broker, session, flight, &frames[0]);
    if (code != BN_OK) {
        zmq_msg_init(&frames[0]);
        return code;
    }
    code = bn_frames_send(broker->link.socket, frames, 3);
    if (code == BN_OK)
        bn_broker_count(broker, BN_C_FORWARDED);
    else
        zmq_msg_close(&frames[0]);
    return code;
}

static void take_in(struct bn_broker *broker, struct message *message, size_t bytes)
{
    const struct bn_broker_conf *conf = &broker->conf;
    struct bn_session *session = message->session;
    uint64_t timeout_ms = message->header.timeout_ms == 0 ? conf->timeout_ms_default : message->header.timeout_ms;
    if (timeout_ms > conf->timeout_ms_max)
        timeout_ms = conf->timeout_ms_max;
    struct bn_flight *flight =
        bn_inflight_add(broker->inflight, bytes, conf->queue_bytes_max, broker->now_ms + timeout_ms);
    if (flight == NULL) {
        struct bn_refusal full = {BN_RESOURCE_EXHAUSTED,
                                  BN_RULE_LIMIT_QUEUE,
                                  "hub",
                                  {conf->queue_messages_max},
                                  NULL,
                                  BN_RETRY_BUSY_MS,
                                  "the hub has as many requests as it may hold"};
        struct bn_refusal away = {BN_UNAVAILABLE,
                                  BN_RULE_HUB_REGISTRY_AWAY,
                                  "hub",
                                  {0},
                                  NULL,
                                  BN_RETRY_AWAY_MS,
                                  "the registry is away and the queue for it is full"};
        refuse(broker, message, broker->link.up ? full : away);
        return;
    }
    flight->session = session->index;
    flight->session_number = session->number;
    flight->request_id = message->header.request_id;
    flight->body_type = message->header.body_type;
    flight->timeout_ms = (uint32_t)timeout_ms;
    flight->arrived_us = bn_clock_mono_us();
    flight->received_ms = broker->wall_ms;
    session->unanswered++;
    uint64_t *peak = &broker->figures->counters[BN_C_QUEUE_PEAK];
    if (bn_inflight_count(broker->inflight) > *peak)
        *peak = bn_inflight_count(broker->inflight);

    zmq_msg_close(&message->frames[0]);
    bool at_once = broker->link.up && bn_inflight_waiting(broker->inflight) == NULL;
    if (at_once && hand_over(broker, session, flight, message->frames) == BN_OK)
        return;
    bn_inflight_wait(broker->inflight, flight, &message->frames[1]);
    zmq_msg_init(&message->frames[0]); /* all three are the caller's to close */
}

static void take_request(struct bn_broker *broker, struct message *message)
{
    const struct bn_broker_conf *conf = &broker->conf;
    struct bn_session *session = message->session;
    bn_broker_count(broker, BN_C_REQUESTS);
    if (session->figures != UINT32_MAX)
        broker->figures->organisations[session->figures].requests++;
    size_t body_size = zmq_msg_size(&message->frames[2]);
    if (!session->hello)
        refuse(broker, message,
               (struct bn_refusal){.code = BN_FAILED_PRECONDITION,
                                   .rule = BN_RULE_SESSION_NO_HELLO,
                                   .field = "session",
                                   .detail = "a session begins with hello"});
    else if (broker->phase == BN_PHASE_DRAINING)
        refuse(broker, message,
               (struct bn_refusal){.code = BN_UNAVAILABLE,
                                   .rule = BN_RULE_HUB_DRAINING,
                                   .field = "hub",
                                   .retry_after_ms = BN_RETRY_AWAY_MS,
                                   .detail = "this broker is going down"});
    else if (body_size > conf->body_bytes_max)
        refuse(broker, message,
               (struct bn_refusal){.code = BN_INVALID_ARGUMENT,
                                   .rule = BN_RULE_BODY_TOO_LONG,
                                   .field = "body",
                                   .params = {conf->body_bytes_max, body_size},
                                   .detail = "the body is too long"});
    else if (session->unanswered >= conf->unanswered_max)
        refuse(broker, message,
               (struct bn_refusal){.code = BN_RESOURCE_EXHAUSTED,
                                   .rule = BN_RULE_LIMIT_UNANSWERED,
                                   .field = "session",
                                   .params = {conf->unanswered_max},
                                   .retry_after_ms = BN_RETRY_BUSY_MS,
                                   .detail = "wait for answers before asking more"});
    else
        take_in(broker, message, zmq_msg_size(&message->frames[1]) + body_size);
}

static void take_hello(struct bn_broker *broker, struct message *message)
{
    struct bn_session *session = message->session;
    int64_t said_ms = message->header.clock_ms;
    /* Any 64 bits may come: as numbers without sign they can be taken from each other. */
    uint64_t off_ms = said_ms > broker->wall_ms ? (uint64_t)said_ms - (uint64_t)broker->wall_ms
                                                : (uint64_t)broker->wall_ms - (uint64_t)said_ms;
    if (broker->phase == BN_PHASE_DRAINING) {
        refuse(broker, message,
               (struct bn_refusal){.code = BN_UNAVAILABLE,
                                   .rule = BN_RULE_HUB_DRAINING,
                                   .field = "hub",
                                   .retry_after_ms = BN_RETRY_AWAY_MS,
                                   .detail = "this broker is going down"});
        return;
    }
    if (off_ms > CLOCK_OFF_MS_MAX) {
        refuse(broker, message,
               (struct bn_refusal){.code = BN_FAILED_PRECONDITION,
                                   .rule = BN_RULE_SESSION_CLOCK,
                                   .field = "session",
                                   .params = {off_ms / 1000, CLOCK_OFF_MS_MAX / 1000},
                                   .detail = "the clocks of client and hub are too far apart"});
        return;
    }
    bool local = session->endpoint == BN_ENDPOINT_LOCAL;
    if (!session->hello && !local && session->key->sessions >= broker->conf.connections_per_key) {
        (void)kick(broker, session, BN_KICK_AFTER_ANSWER_MS);
        refuse(broker, message,
               (struct bn_refusal){.code = BN_RESOURCE_EXHAUSTED,
                                   .rule = BN_RULE_LIMIT_CONNECTIONS,
                                   .field = "session",
                                   .params = {broker->conf.connections_per_key},
                                   .retry_after_ms = BN_RETRY_AWAY_MS,
                                   .detail = "this key has as many sessions as it may have"});
        return;
    }
    if (!session->hello) {
        session->hello = true;
        session->key->sessions++;
        if (session->figures != UINT32_MAX)
            broker->figures->organisations[session->figures].connections++;
    }
    bn_broker_count(broker, BN_C_HELLOS);
    bn_deliver_welcome(broker, session, &message->header);
}

static void take_heartbeat(struct bn_broker *broker, struct message *message)
{
    if (message->session->hello)
        bn_deliver_heartbeat(broker, message->session, &message->header);
    else
        refuse(broker, message,
               (struct bn_refusal){.code = BN_FAILED_PRECONDITION,
                                   .rule = BN_RULE_SESSION_NO_HELLO,
                                   .field = "session",
                                   .detail = "a session begins with hello"});
}

static void take_bye(struct bn_broker *broker, struct message *message)
{
    bn_door_session_end(broker, message->session);
}

/* What a client may send; every other kind is refused. With `identified`, a message without an id of 16 bytes cannot be
 * answered and is dropped. */
static const struct kind {
    enum bn_kind kind;
    bool identified;
    void (*take)(struct bn_broker *, struct message *);
} kinds[] = {
    {BN_KIND_REQUEST, true, take_request},
    {BN_KIND_HELLO, true, take_hello},
    {BN_KIND_HEARTBEAT, false, take_heartbeat},
    {BN_KIND_BYE, false, take_bye},
};

static const struct kind *kind_find(enum bn_kind kind)
{
    for (size_t i = 0; i < BN_COUNT(kinds); i++)
        if (kinds[i].kind == kind)
            return &kinds[i];
    return NULL;
}

static void drop_malformed(struct bn_broker *broker)
{
    bn_broker_count(broker, BN_C_DROPPED_MALFORMED);
}

static void refuse_header(struct bn_broker *broker, struct message *message)
{
    size_t size = zmq_msg_size(&message->frames[1]);
    /* One that is only too long may still say at its begin whose it is; what follows is of no interest. */
    enum bn_code code = BN_INVALID_ARGUMENT;
    if (size > BN_HEADER_BYTES_MAX)
        code = bn_header_read(zmq_msg_data(&message->frames[1]), BN_HEADER_BYTES_MAX, &message->header);
    if (code != BN_OK && message->header.request_id_size != BN_ID_BYTES)
        drop_malformed(broker);
    else if (size > BN_HEADER_BYTES_MAX)
        refuse(broker, message,
               (struct bn_refusal){.code = BN_INVALID_ARGUMENT,
                                   .rule = BN_RULE_HEADER_TOO_LONG,
                                   .field = "header",
                                   .params = {BN_HEADER_BYTES_MAX, size},
                                   .detail = "the header is too long"});
    else
        refuse(broker, message,
               (struct bn_refusal){.code = BN_INVALID_ARGUMENT,
                                   .rule = BN_RULE_HEADER_MALFORMED,
                                   .field = "header",
                                   .detail = "the header is no message of this protocol"});
}

static void take(struct bn_broker *broker, struct message *message)
{
    struct bn_session *session = message->session;
    enum bn_standing standing = bn_door_standing(broker, session);
    if (standing != BN_STANDING_GOOD) {
        /* Each message is answered, so that whoever comes back with a key that is no longer good hears why. */
        (void)kick(broker, session, BN_KICK_AFTER_ANSWER_MS);
        refuse(broker, message, bn_deliver_standing(standing));
        return;
    }
    const struct kind *kind = kind_find(message->header.kind);
    if (message->header.request_id_size != BN_ID_BYTES && (kind == NULL || kind->identified))
        drop_malformed(broker);
    else if (message->header.version != BN_PROTOCOL_VERSION)
        refuse(broker, message,
               (struct bn_refusal){.code = BN_UNIMPLEMENTED,
                                   .rule = BN_RULE_HEADER_VERSION,
                                   .field = "header.version",
                                   .params = {BN_PROTOCOL_VERSION, BN_PROTOCOL_VERSION, message->header.version},
                                   .detail = "this hub speaks another version of the protocol"});
    else if (kind == NULL)
        refuse(broker, message,
               (struct bn_refusal){.code = BN_INVALID_ARGUMENT,
                                   .rule = BN_RULE_HEADER_KIND,
                                   .field = "header.kind",
                                   .params = {(uint64_t)message->header.kind},
                                   .detail = "a client sends no messages of this kind"});
    else
        kind->take(broker, message);
}

/* A message that was not two frames. libzmq has buffered it whole before we could see that, so whoever goes on with it
 * is cut off. */
static void offence(struct bn_broker *broker, const struct bn_endpoint *endpoint, zmq_msg_t *routing, size_t seen)
{
    bn_broker_count(broker, BN_C_DROPPED_FRAMES);
    struct bn_session *session =
        bn_session_find(broker->sessions, endpoint->number, zmq_msg_data(routing), zmq_msg_size(routing));
    if (session == NULL)
        return;
    session->heard_ms = broker->now_ms;
    if (++session->offences >= OFFENCES_MAX) {
        (void)kick(broker, session, 0);
        bn_door_session_end(broker, session);
        return;
    }
    const struct bn_refusal refusal = {.code = BN_INVALID_ARGUMENT,
                                       .rule = BN_RULE_FRAME_COUNT,
                                       .field = "frames",
                                       .params = {2, seen == 0 ? 0 : seen - 1},
                                       .detail = "a message is two frames: header and body"};
    const struct bn_id none = {{0}};
    bn_deliver_refusal(broker, session, &none, 0, false, &refusal);
}

void bn_intake_on_readable(void *ctx)
{
    struct bn_endpoint *endpoint = ctx;
    struct bn_broker *broker = endpoint->broker;
    bn_broker_now(broker);
    for (int i = 0; i < MESSAGES_A_TURN; i++) {
        zmq_msg_t frames[3];
        size_t seen = 0;
        enum bn_code code = bn_frames_receive(endpoint->socket, frames, 3, &seen);
        if (code == BN_INVALID_ARGUMENT) {
            offence(broker, endpoint, &frames[0], seen);
            zmq_msg_close(&frames[0]);
            continue;
        }
        if (code == BN_UNAVAILABLE)
            return;
        if (code != BN_OK) {
            bn_why_set(&broker->why, code, "endpoint", "", "cannot receive from clients");
            bn_broker_fail(broker, code);
            return;
        }
        struct message message = {.session = session_of(broker, endpoint, frames), .frames = frames};
        if (message.session != NULL) {
            count_in(broker, message.session, frames);
            if (bn_header_read(zmq_msg_data(&frames[1]), zmq_msg_size(&frames[1]), &message.header) == BN_OK)
                take(broker, &message);
            else
                refuse_header(broker, &message);
        }
        bn_frames_close(frames, 3);
    }
}

void bn_intake_flush(struct bn_broker *broker)
{
    while (broker->link.up) {
        struct bn_flight *flight = bn_inflight_waiting(broker->inflight);
        if (flight == NULL)
            return;
        struct bn_session *session = bn_deliver_session(broker, flight);
        /* Nobody waits for it any more, or the key has been revoked while it waited: it must not reach the registry. */
        enum bn_standing standing = session == NULL ? BN_STANDING_GOOD : bn_door_standing(broker, session);
        if (session == NULL || standing != BN_STANDING_GOOD) {
            if (session != NULL) {
                struct bn_refusal refusal = bn_deliver_standing(standing);
                bn_deliver_flight_refusal(broker, flight, &refusal);
            }
            bn_inflight_remove(broker->inflight, flight);
            continue;
        }
        zmq_msg_t frames[3];
        for (int i = 0; i < 2; i++) {
            zmq_msg_init(&frames[i + 1]);
            zmq_msg_move(&frames[i + 1], &flight->frames[i]);
        }
        if (hand_over(broker, session, flight, frames) != BN_OK) {
            for (int i = 0; i < 2; i++)
                zmq_msg_move(&flight->frames[i], &frames[i + 1]);
            bn_frames_close(&frames[1], 2);
            return;
        }
        bn_inflight_sent(broker->inflight, flight);
        bn_frames_close(frames, 3);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* deliver.c: what goes out to clients. Never waits: whoever does not read loses the session, not the hub its time. */
#include "broker/internal.h"

#include "base/clock.h"
#include "binome/v1/reply.pb-c.h"

#include <assert.h>
#include <string.h>

bool bn_deliver(struct bn_broker *broker, struct bn_session *session, zmq_msg_t frames[3])
{
    size_t bytes = zmq_msg_size(&frames[1]) + zmq_msg_size(&frames[2]);
    enum bn_code code = bn_frame_copy(&frames[0], session->routing, session->routing_size);
    if (code == BN_OK)
        code = bn_frames_send(broker->endpoints[session->endpoint].socket, frames, 3);
    else
        zmq_msg_init(&frames[0]);
    if (code == BN_OK) {
        bn_broker_count(broker, BN_C_MESSAGES_OUT);
        broker->figures->counters[BN_C_BYTES_OUT] += bytes;
        if (session->figures != UINT32_MAX)
            broker->figures->organisations[session->figures].bytes_out += bytes;
        return true;
    }
    bn_frames_close(frames, 3);
    /* A client that does not read its answers: its retry gets the receipt, on a connection that works. */
    if (code == BN_RESOURCE_EXHAUSTED) {
        bn_broker_count(broker, BN_C_REPLIES_STUCK);
        struct bn_connection *connection = bn_connection_of(broker->sessions, session);
        if (connection != NULL)
            bn_door_kick(broker, connection, 0);
    }
    bn_door_session_end(broker, session);
    return false;
}

bool bn_deliver_own(struct bn_broker *broker, struct bn_session *session, const struct bn_header *header,
                    const void *body, size_t body_size)
{
    uint8_t packed[BN_HEADER_BYTES_MAX];
    size_t packed_size = bn_header_write(header, packed);
    zmq_msg_t frames[3];
    if (bn_frame_copy(&frames[1], packed, packed_size) != BN_OK)
        return false;
    if (bn_frame_copy(&frames[2], body, body_size) != BN_OK) {
        zmq_msg_close(&frames[1]);
        return false;
    }
    return bn_deliver(broker, session, frames);
}

void bn_deliver_refusal(struct bn_broker *broker, struct bn_session *session, const struct bn_id *request_id,
                        uint32_t body_type, bool is_request, const struct bn_refusal *refusal)
{
    struct bn_header header = {
        .version = BN_PROTOCOL_VERSION,
        .kind = BN_KIND_REPLY,
        .code = refusal->code,
        .in_reply_to = *request_id,
        .clock_ms = broker->wall_ms,
        .retry_after_ms = refusal->retry_after_ms,
    };
    uint8_t body[BN_ANSWER_BYTES_MAX];
    size_t size = bn_answer_refusal(refusal, body);
    bn_broker_count(broker, BN_C_REFUSED);
    if (is_request)
        bn_figures_answered(broker->figures, body_type, refusal->code);
    if (session->figures != UINT32_MAX)
        broker->figures->organisations[session->figures].refused++;
    (void)bn_deliver_own(broker, session, &header, body, size);
}

static size_t welcome_pack(struct bn_broker *broker, const char *organisation, uint8_t *out)
{
    const struct bn_broker_conf *conf = &broker->conf;
    Binome__V1__Link *pulse = broker->link.pulse;
    const struct bn_welcome welcome = {
        .organisation = organisation,
        .body_bytes_max = (uint32_t)conf->body_bytes_max,
        .unanswered_max = (uint32_t)conf->unanswered_max,
        .heartbeat_ms = (uint32_t)conf->heartbeat_ms,
        .idle_ms = (uint32_t)conf->idle_ms,
        .timeout_ms_default = (uint32_t)conf->timeout_ms_default,
        .timeout_ms_max = (uint32_t)conf->timeout_ms_max,
        .registry_up = broker->link.up,
        .checkpoint = pulse != NULL ? pulse->pulse->checkpoint : NULL,
    };
    return bn_answer_welcome(&welcome, out);
}

void bn_deliver_welcome(struct bn_broker *broker, struct bn_session *session, const struct bn_header *hello)
{
    uint8_t body[BN_ANSWER_BYTES_MAX];
    size_t size = welcome_pack(broker, session->key->slug, body);
    struct bn_header header = {
        .version = BN_PROTOCOL_VERSION,
        .kind = BN_KIND_REPLY,
        .body_type = BINOME__V1__REPLY__BODY_WELCOME,
        .in_reply_to = hello->request_id,
        .clock_ms = broker->wall_ms,
    };
    (void)bn_deliver_own(broker, session, &header, body, size);
}

/* The answer carries the newest checkpoint, so that a client that is only listening keeps up with the log. */
void bn_deliver_heartbeat(struct bn_broker *broker, struct bn_session *session, const struct bn_header *heartbeat)
{
    uint8_t body[BN_ANSWER_BYTES_MAX];
    size_t size = welcome_pack(broker, "", body);
    struct bn_header header = {
        .version = BN_PROTOCOL_VERSION,
        .kind = BN_KIND_HEARTBEAT,
        .body_type = BINOME__V1__REPLY__BODY_WELCOME,
        .in_reply_to = heartbeat->request_id,
        .clock_ms = broker->wall_ms,
    };
    bn_broker_count(broker, BN_C_HEARTBEATS);
    (void)bn_deliver_own(broker, session, &header, body, size);
}

void bn_deliver_bye(struct bn_broker *broker, struct bn_session *session)
{
    struct bn_header header = {.version = BN_PROTOCOL_VERSION, .kind = BN_KIND_BYE, .clock_ms = broker->wall_ms};
    (void)bn_deliver_own(broker, session, &header, "", 0);
}

bool bn_deliver_probe(struct bn_broker *broker, struct bn_session *session)
{
    struct bn_header header = {.version = BN_PROTOCOL_VERSION, .kind = BN_KIND_HEARTBEAT, .clock_ms = broker->wall_ms};
    return bn_deliver_own(broker, session, &header, "", 0);
}

struct bn_refusal bn_deliver_standing(enum bn_standing standing)
{
    assert(standing != BN_STANDING_GOOD);
    return (struct bn_refusal){.code = BN_UNAUTHENTICATED,
                               .rule = bn_standing_rule(standing),
                               .field = "session",
                               .detail = "this key may not speak for its organisation"};
}

struct bn_session *bn_deliver_session(struct bn_broker *broker, const struct bn_flight *flight)
{
    return bn_session_at(broker->sessions, flight->session, flight->session_number);
}

void bn_deliver_flight_refusal(struct bn_broker *broker, struct bn_flight *flight, const struct bn_refusal *refusal)
{
    struct bn_session *session = bn_deliver_session(broker, flight);
    if (session == NULL)
        return;
    assert(session->unanswered > 0);
    session->unanswered--;
    bn_histogram_add(&broker->figures->latency, bn_clock_mono_us() - flight->arrived_us);
    bn_deliver_refusal(broker, session, &flight->request_id, flight->body_type, true, refusal);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* link.c: the registry's side. It tells who may speak (key table) and that it lives (pulses); all else that comes from
 * it are answers, found by the ticket that the broker wrote into the request's origin. */
#include "broker/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/rule.h"

#include <assert.h>
#include <string.h>

enum {
    MESSAGES_A_TURN = 512,
    AWAY_AFTER_MS = 3000,   /* without a pulse */
    HELLO_AGAIN_MS = 200,   /* at least that long between two LinkHellos */
    HELLO_REPEAT_MS = 1000, /* while no table or no pulse has come */
    TABLE_BYTES_MAX = 64 << 20,
    LINK_SPARE = 64,
};

static void on_readable(void *ctx);
static void on_note(void *ctx);

enum bn_code bn_link_open(struct bn_broker *broker, struct bn_why *why)
{
    struct bn_registry_link *link = &broker->link;
    const struct bn_broker_conf *conf = &broker->conf;
    struct bn_keypair own;
    uint8_t server_key[BN_KEY_BYTES];
    bool curve = strncmp(conf->registry_endpoint, "tcp://", 6) == 0;
    if (curve) {
        if (!bn_z85_decode(conf->registry_server_key, server_key))
            return bn_why_set(why, BN_INVALID_ARGUMENT, "registry.server_key", bn_rule_name(BN_RULE_KEY_FORM),
                              "no public key");
        enum bn_code code = bn_keyfile_read(conf->registry_key_file, &own, why);
        if (code != BN_OK)
            return code;
    }
    /* The broker counts what it gives to the registry, so the socket's own bound must never be the first. */
    struct bn_socket_limits limits = bn_socket_limits_internal;
    limits.body_bytes_max = TABLE_BYTES_MAX;
    limits.send_messages_max = limits.receive_messages_max = (int)conf->queue_messages_max + LINK_SPARE;
    limits.reconnect_ms_min = 50;
    limits.reconnect_ms_max = 500;
    limits.linger_ms = 0;
    link->socket = bn_socket_client(broker->context, &limits, curve ? &own : NULL, curve ? server_key : NULL, why);
    if (curve)
        bn_wipe(&own, sizeof own);
    if (link->socket == NULL)
        return BN_INTERNAL;
    enum bn_code code = bn_monitor_create(broker->context, link->socket, false, &link->monitor, why);
    if (code != BN_OK)
        return code;
    code = bn_loop_socket(broker->loop, bn_monitor_socket(link->monitor), on_note, broker);
    if (code == BN_OK)
        code = bn_loop_socket(broker->loop, link->socket, on_readable, broker);
    if (code != BN_OK)
        return bn_why_set(why, code, "loop", "", "takes no more sockets");
    return bn_socket_connect(link->socket, conf->registry_endpoint, why);
}

void bn_link_close(struct bn_broker *broker)
{
    struct bn_registry_link *link = &broker->link;
    if (link->socket != NULL)
        bn_loop_remove(broker->loop, link->socket, -1);
    if (link->monitor != NULL)
        bn_loop_remove(broker->loop, bn_monitor_socket(link->monitor), -1);
    bn_monitor_destroy(&link->monitor);
    bn_socket_close(&link->socket);
    if (link->pulse != NULL)
        binome__v1__link__free_unpacked(link->pulse, NULL);
    link->pulse = NULL;
}

void bn_link_hello(struct bn_broker *broker)
{
    struct bn_registry_link *link = &broker->link;
    static char version[] = BN_VERSION;
    if (!link->connected || (link->hello_ms != 0 && broker->now_ms - link->hello_ms < HELLO_AGAIN_MS))
        return;
    Binome__V1__LinkHello hello = BINOME__V1__LINK_HELLO__INIT;
    hello.broker_version = version;
    hello.key_table_version = bn_keytable_version(broker->keytable);
    Binome__V1__Link message = BINOME__V1__LINK__INIT;
    message.body_case = BINOME__V1__LINK__BODY_HELLO;
    message.hello = &hello;
    uint8_t body[128], header[BN_HEADER_BYTES_MAX];
    size_t size = binome__v1__link__get_packed_size(&message);
    assert(size <= sizeof body);
    binome__v1__link__pack(&message, body);
    const struct bn_header fields = {.version = BN_PROTOCOL_VERSION, .kind = BN_KIND_LINK};
    size_t header_size = bn_header_write(&fields, header);
    zmq_msg_t frames[3];
    for (int i = 0; i < 3; i++)
        zmq_msg_init(&frames[i]); /* the origin of the broker itself is an empty message */
    if (bn_frame_copy(&frames[1], header, header_size) == BN_OK && bn_frame_copy(&frames[2], body, size) == BN_OK &&
        bn_frames_send(link->socket, frames, 3) == BN_OK) {
        link->hello_due = false;
        link->hello_ms = broker->now_ms;
    }
    bn_frames_close(frames, 3);
}

/* What was with the registry will not be answered any more: the connection or the process that had it is gone. A retry
 * under the same id is safe whether it was accepted or not. What still waits here stays. */
static void requests_lost(struct bn_broker *broker)
{
    const struct bn_refusal lost = {.code = BN_UNAVAILABLE,
                                    .rule = BN_RULE_HUB_REGISTRY_AWAY,
                                    .field = "hub",
                                    .retry_after_ms = BN_RETRY_RESTART_MS,
                                    .detail = "the registry went away before it answered"};
    uint32_t from = 0;
    for (struct bn_flight *flight; (flight = bn_inflight_next(broker->inflight, &from)) != NULL;) {
        if (flight->state == BN_FLIGHT_WAITING)
            continue;
        if (flight->state == BN_FLIGHT_SENT)
            bn_deliver_flight_refusal(broker, flight, &lost);
        bn_inflight_remove(broker->inflight, flight);
    }
}

static void went_away(struct bn_broker *broker, const char *reason)
{
    if (!broker->link.up)
        return;
    broker->link.up = false;
    bn_broker_count(broker, BN_C_REGISTRY_LOST);
    BN_LOG(WARN, "registry.away", "reason", reason, "requests", BN_NUM(bn_inflight_count(broker->inflight)));
}

void bn_link_watch(struct bn_broker *broker)
{
    struct bn_registry_link *link = &broker->link;
    if (link->up && broker->now_ms - link->seen_ms > AWAY_AFTER_MS)
        went_away(broker, "no pulse");
    if (link->connected && (!link->up || !link->table_held) && broker->now_ms - link->hello_ms >= HELLO_REPEAT_MS)
        link->hello_due = true;
}

static void on_note(void *ctx)
{
    struct bn_broker *broker = ctx;
    struct bn_registry_link *link = &broker->link;
    struct bn_monitor_note note;
    bn_broker_now(broker);
    while (bn_monitor_next(link->monitor, &note)) {
        switch (note.what) {
        case BN_MONITOR_HANDSHAKE_DONE:
            BN_LOG(INFO, "registry.connected", "endpoint", broker->conf.registry_endpoint);
            link->connected = true;
            link->hello_due = true;
            link->hello_ms = 0;
            break;
        case BN_MONITOR_DISCONNECTED:
            link->connected = false;
            went_away(broker, "disconnected");
            requests_lost(broker);
            break;
        case BN_MONITOR_HANDSHAKE_FAILED_AUTH:
        case BN_MONITOR_HANDSHAKE_FAILED_PROTOCOL:
            BN_LOG(ERROR, "registry.refuses", "endpoint", broker->conf.registry_endpoint);
            break;
        default:
            break;
        }
    }
}

/* A table that is wrong changes nothing: the old one stays in force, and the next one is asked for. */
static void table_taken(struct bn_broker *broker, enum bn_code code, bool whole)
{
    struct bn_registry_link *link = &broker->link;
    if (code != BN_OK) {
        if (code != BN_FAILED_PRECONDITION) {
            bn_broker_count(broker, BN_C_KEY_REFUSED);
            BN_LOG(ERROR, "keys.refused", "code", bn_code_name(code), "whole", whole ? "yes" : "no");
        }
        link->hello_due = true;
        return;
    }
    bn_broker_count(broker, whole ? BN_C_KEY_SNAPSHOTS : BN_C_KEY_CHANGES);
    link->table_held = link->table_held || whole;
    if (broker->conf.local_endpoint != NULL)
        bn_keytable_speak_for(broker->keytable, broker->conf.local_organisation, &broker->local_key);
    if (whole)
        BN_LOG(INFO, "keys.taken", "keys", BN_NUM(bn_keytable_count(broker->keytable)), "version",
               BN_NUM(bn_keytable_version(broker->keytable)));
}

static void take_snapshot(struct bn_broker *broker, const Binome__V1__KeySnapshot *snapshot)
{
    enum bn_code code = bn_keytable_replace(broker->keytable, snapshot);
    table_taken(broker, code, true);
    if (code == BN_OK)
        bn_door_table_changed(broker);
}

static void take_change(struct bn_broker *broker, const Binome__V1__KeyChange *change)
{
    enum bn_code code = bn_keytable_change(broker->keytable, change);
    table_taken(broker, code, false);
    bool all_good = true; /* thousands are enrolled one by one: that needs no look at each session */
    for (size_t i = 0; i < change->n_keys; i++)
        all_good = all_good && change->keys[i]->standing == BINOME__V1__KEY_STANDING__KEY_STANDING_GOOD;
    if (code == BN_OK && !all_good)
        bn_door_table_changed(broker);
}

static void take_pulse(struct bn_broker *broker, Binome__V1__Link *message)
{
    struct bn_registry_link *link = &broker->link;
    const Binome__V1__Pulse *pulse = message->pulse;
    bn_broker_count(broker, BN_C_PULSES);
    if (link->instance != 0 && link->instance != pulse->instance) {
        link->restarts++;
        link->hello_due = true;
        BN_LOG(WARN, "registry.restarted", "restarts", BN_NUM(link->restarts));
        requests_lost(broker);
    }
    if (!link->up)
        BN_LOG(INFO, "registry.up", "key_table_version", BN_NUM(pulse->key_table_version));
    link->instance = pulse->instance;
    link->seen_ms = broker->now_ms;
    link->up = true;
    if (pulse->key_table_version != bn_keytable_version(broker->keytable) || !link->table_held)
        link->hello_due = true;
    if (link->pulse != NULL)
        binome__v1__link__free_unpacked(link->pulse, NULL);
    link->pulse = message;
}

static void take_link(struct bn_broker *broker, zmq_msg_t *body)
{
    Binome__V1__Link *message = binome__v1__link__unpack(NULL, zmq_msg_size(body), zmq_msg_data(body));
    if (message == NULL) {
        bn_broker_count(broker, BN_C_LINK_DROPPED);
        return;
    }
    switch (message->body_case) {
    case BINOME__V1__LINK__BODY_KEY_SNAPSHOT:
        take_snapshot(broker, message->key_snapshot);
        break;
    case BINOME__V1__LINK__BODY_KEY_CHANGE:
        take_change(broker, message->key_change);
        break;
    case BINOME__V1__LINK__BODY_PULSE:
        take_pulse(broker, message);
        return; /* kept until the next */
    default:
        bn_broker_count(broker, BN_C_LINK_DROPPED);
        break;
    }
    binome__v1__link__free_unpacked(message, NULL);
}

/* frames: origin, header, body. Takes what it sends; the caller closes the rest. */
static void take_reply(struct bn_broker *broker, uint64_t ticket, const struct bn_header *header, zmq_msg_t *frames)
{
    struct bn_flight *flight = bn_inflight_find(broker->inflight, ticket);
    /* One that waits has not been sent in this life of the registry: an answer to it is an old one. */
    if (flight == NULL || flight->state == BN_FLIGHT_WAITING) {
        bn_broker_count(broker, BN_C_REPLIES_LATE);
        return;
    }
    struct bn_session *session = bn_deliver_session(broker, flight);
    if (flight->state == BN_FLIGHT_LATE) {
        bn_broker_count(broker, BN_C_REPLIES_LATE);
    } else {
        bn_figures_answered(broker->figures, flight->body_type, header->code);
        if (session == NULL) {
            bn_broker_count(broker, BN_C_REPLIES_GONE);
        } else {
            assert(session->unanswered > 0);
            session->unanswered--;
            if (header->code != BN_OK && session->figures != UINT32_MAX)
                broker->figures->organisations[session->figures].refused++;
            zmq_msg_close(&frames[0]);
            if (bn_deliver(broker, session, frames))
                bn_broker_count(broker, BN_C_REPLIES);
            bn_histogram_add(&broker->figures->latency, bn_clock_mono_us() - flight->arrived_us);
        }
    }
    bn_inflight_remove(broker->inflight, flight);
}

static void take(struct bn_broker *broker, zmq_msg_t *frames)
{
    struct bn_origin origin;
    struct bn_header header;
    enum bn_code code = bn_header_read(zmq_msg_data(&frames[1]), zmq_msg_size(&frames[1]), &header);
    if (code == BN_OK)
        code = bn_origin_read(zmq_msg_data(&frames[0]), zmq_msg_size(&frames[0]), &origin);
    if (code == BN_OK && header.kind == BN_KIND_REPLY)
        take_reply(broker, origin.ticket, &header, frames);
    else if (code == BN_OK && header.kind == BN_KIND_LINK && origin.connection == 0)
        take_link(broker, &frames[2]);
    else
        bn_broker_count(broker, BN_C_LINK_DROPPED);
}

static void on_readable(void *ctx)
{
    struct bn_broker *broker = ctx;
    bn_broker_now(broker);
    for (int i = 0; i < MESSAGES_A_TURN; i++) {
        zmq_msg_t frames[3];
        enum bn_code code = bn_frames_receive(broker->link.socket, frames, 3, NULL);
        if (code == BN_INVALID_ARGUMENT) {
            bn_broker_count(broker, BN_C_LINK_DROPPED);
            zmq_msg_close(&frames[0]);
            continue;
        }
        if (code == BN_UNAVAILABLE)
            return;
        if (code != BN_OK) {
            bn_why_set(&broker->why, code, "registry.endpoint", "", "cannot receive from the registry");
            bn_broker_fail(broker, code);
            return;
        }
        take(broker, frames);
        bn_frames_close(frames, 3);
    }
}

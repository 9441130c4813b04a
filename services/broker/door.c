/* SPDX-License-Identifier: Apache-2.0 */
/* door.c: handshakes, connections that come and go, and the way out. A handshake only decides whether a key was ever
 * known; whether it is good is judged on every message, so that a change of the key table works at once.
 */
#include "broker/internal.h"

#include "base/log.h"
#include "broker/zap.h"

#include <assert.h>
#include <string.h>

enum { NOTES_A_TURN = 1024, PROBE_MS_MAX = 5000, KICK_AGAIN_MS = 5000, KICK_REVOKED_MS = 500 };

static const char domain_public[] = "binome", domain_local[] = "binome-local";

static struct bn_zap_verdict judge_key(struct bn_broker *broker, const uint8_t *public_key)
{
    struct bn_key *key = bn_keytable_by_public_key(broker->keytable, public_key);
    if (key == NULL) {
        if (broker->phase != BN_PHASE_PROBE)
            bn_broker_count(broker, BN_C_HANDSHAKES_UNKNOWN);
        return (struct bn_zap_verdict){BN_ZAP_REFUSED, NULL};
    }
    if (!bn_key_handshake(key, broker->now_ms, broker->conf.handshakes_per_minute)) {
        bn_broker_count(broker, BN_C_HANDSHAKES_SLOWED);
        return (struct bn_zap_verdict){BN_ZAP_LATER, NULL};
    }
    bn_broker_count(broker, BN_C_HANDSHAKES);
    return (struct bn_zap_verdict){BN_ZAP_WELCOME, key->token};
}

static struct bn_zap_verdict judge(void *ctx, const struct bn_zap_request *request)
{
    struct bn_broker *broker = ctx;
    if (strcmp(request->domain, domain_public) == 0 && strcmp(request->mechanism, "CURVE") == 0 && request->has_key)
        return judge_key(broker, request->public_key);
    if (strcmp(request->domain, domain_local) == 0 && strcmp(request->mechanism, "NULL") == 0) {
        bn_broker_count(broker, BN_C_HANDSHAKES);
        return (struct bn_zap_verdict){BN_ZAP_WELCOME, broker->local_key.token};
    }
    bn_broker_count(broker, BN_C_HANDSHAKES_UNKNOWN);
    return (struct bn_zap_verdict){BN_ZAP_REFUSED, NULL};
}

void bn_door_on_handshake(void *ctx)
{
    struct bn_broker *broker = ctx;
    bn_broker_now(broker);
    bn_zap_serve(broker->zap, judge, broker);
}

static void connection_opened(struct bn_endpoint *endpoint, int descriptor)
{
    struct bn_broker *broker = endpoint->broker;
    bn_broker_count(broker, BN_C_CONNECTIONS_OPENED);
    bool watched = bn_connection_opened(broker->sessions, endpoint->number, descriptor, broker->now_ms);
    if (watched && bn_connections_count(broker->sessions) <= broker->connections_max)
        return;
    bn_broker_count(broker, BN_C_CONNECTIONS_REFUSED);
    bn_monitor_kick(endpoint->monitor, descriptor);
}

/* The system gives the descriptor of a closed connection to the next one at once, and notes come later than messages
 * when the monitor's thread has to wait for a processor: the session may be one that was bound to the old connection
 * and lives on the new. Ending it would lose its answers and make its hello forgotten. The socket knows better: who is
 * gone cannot be sent to. It may not have buried the peer yet, so the sweep asks once more. */
static void connection_closed(struct bn_endpoint *endpoint, int descriptor)
{
    struct bn_broker *broker = endpoint->broker;
    struct bn_session *session = bn_connection_closed(broker->sessions, endpoint->number, descriptor);
    if (session == NULL || !bn_deliver_probe(broker, session))
        return;
    bn_door_doubt(broker, session);
}

static void on_notes(void *ctx)
{
    struct bn_endpoint *endpoint = ctx;
    struct bn_monitor_note note;
    bn_broker_now(endpoint->broker);
    for (int i = 0; i < NOTES_A_TURN && bn_monitor_next(endpoint->monitor, &note); i++) {
        switch (note.what) {
        case BN_MONITOR_ACCEPTED:
            connection_opened(endpoint, note.descriptor);
            break;
        case BN_MONITOR_DISCONNECTED:
            connection_closed(endpoint, note.descriptor);
            break;
        case BN_MONITOR_HANDSHAKE_FAILED_PROTOCOL:
        case BN_MONITOR_HANDSHAKE_FAILED_OTHER:
            bn_broker_count(endpoint->broker, BN_C_HANDSHAKES_FAILED);
            break;
        default:
            break;
        }
    }
}

enum bn_code bn_door_open(struct bn_broker *broker, uint8_t number, struct bn_why *why)
{
    const struct bn_broker_conf *conf = &broker->conf;
    bool local = number == BN_ENDPOINT_LOCAL;
    struct bn_endpoint *endpoint = &broker->endpoints[number];
    endpoint->broker = broker;
    endpoint->number = number;
    struct bn_socket_limits limits = bn_socket_limits_server;
    limits.body_bytes_max = conf->body_bytes_max;
    if ((uint64_t)limits.send_messages_max < 2 * conf->unanswered_max)
        limits.send_messages_max = (int)(2 * conf->unanswered_max);
    endpoint->socket = bn_socket_server(broker->context, &limits, local ? NULL : &broker->keys,
                                        local ? domain_local : domain_public, why);
    if (endpoint->socket == NULL)
        return BN_INTERNAL;
    enum bn_code code = bn_monitor_create(broker->context, endpoint->socket, true, &endpoint->monitor, why);
    if (code != BN_OK)
        return code;
    code = bn_loop_socket(broker->loop, bn_monitor_socket(endpoint->monitor), on_notes, endpoint);
    if (code != BN_OK)
        return bn_why_set(why, code, "loop", "", "takes no more sockets");
    char bound[256] = "";
    code = bn_socket_bind(endpoint->socket, local ? conf->local_endpoint : conf->public_endpoint,
                          (unsigned)conf->local_mode, bound, why);
    if (code == BN_OK)
        BN_LOG(INFO, "endpoint.bound", "name", local ? "local" : "public", "endpoint", bound);
    return code;
}

enum bn_code bn_door_listen(struct bn_broker *broker, uint8_t number)
{
    struct bn_endpoint *endpoint = &broker->endpoints[number];
    return bn_loop_socket(broker->loop, endpoint->socket, bn_intake_on_readable, endpoint);
}

void bn_door_close(struct bn_broker *broker, uint8_t number)
{
    struct bn_endpoint *endpoint = &broker->endpoints[number];
    if (endpoint->socket == NULL)
        return;
    bn_loop_remove(broker->loop, endpoint->socket, -1);
    if (endpoint->monitor != NULL)
        bn_loop_remove(broker->loop, bn_monitor_socket(endpoint->monitor), -1);
    bn_monitor_destroy(&endpoint->monitor);
    bn_socket_close(&endpoint->socket);
}

static void on_probe_note(void *ctx)
{
    struct bn_broker *broker = ctx;
    struct bn_monitor_note note;
    while (bn_monitor_next(broker->probe.monitor, &note)) {
        if (note.what == BN_MONITOR_HANDSHAKE_FAILED_AUTH)
            broker->probe.refused = true;
        if (note.what == BN_MONITOR_HANDSHAKE_DONE)
            broker->probe.let_in = true;
    }
}

enum bn_code bn_door_probe_start(struct bn_broker *broker, struct bn_why *why)
{
    struct bn_probe *probe = &broker->probe;
    char bound[256];
    size_t size = sizeof bound;
    if (zmq_getsockopt(broker->endpoints[BN_ENDPOINT_PUBLIC].socket, ZMQ_LAST_ENDPOINT, bound, &size) != 0)
        return bn_why_set(why, BN_INTERNAL, "public.endpoint", "", "cannot tell where it is bound");
    struct bn_keypair stranger;
    bn_keypair_make(&stranger);
    probe->socket =
        bn_socket_client(broker->context, &bn_socket_limits_client, &stranger, broker->keys.public_key, why);
    if (probe->socket == NULL)
        return BN_INTERNAL;
    enum bn_code code = bn_monitor_create(broker->context, probe->socket, false, &probe->monitor, why);
    if (code == BN_OK)
        code = bn_loop_socket(broker->loop, bn_monitor_socket(probe->monitor), on_probe_note, broker);
    if (code == BN_OK)
        code = bn_socket_connect(probe->socket, bound, why);
    probe->deadline_ms = broker->now_ms + PROBE_MS_MAX;
    return code;
}

void bn_door_probe_end(struct bn_broker *broker)
{
    struct bn_probe *probe = &broker->probe;
    if (probe->monitor != NULL)
        bn_loop_remove(broker->loop, bn_monitor_socket(probe->monitor), -1);
    bn_monitor_destroy(&probe->monitor);
    bn_socket_close(&probe->socket);
}

void bn_door_kick(struct bn_broker *broker, struct bn_connection *connection, unsigned delay_ms)
{
    uint64_t when_ms = broker->now_ms + delay_ms;
    if (connection->kick_ms == 0 || connection->kick_ms > when_ms)
        connection->kick_ms = when_ms;
}

void bn_door_cut(struct bn_broker *broker, int descriptor)
{
    struct bn_connection *connection = bn_connection_on(broker->sessions, descriptor);
    struct bn_endpoint *endpoint = &broker->endpoints[connection->endpoint];
    if (bn_monitor_kick(endpoint->monitor, descriptor)) {
        bn_broker_count(broker, BN_C_CONNECTIONS_KICKED);
        connection->kick_ms = broker->now_ms + KICK_AGAIN_MS; /* unless its end is reported before that */
    } else {
        connection_closed(endpoint, descriptor);
    }
}

struct bn_key *bn_door_key(struct bn_broker *broker, struct bn_session *session)
{
    uint64_t epoch = bn_keytable_epoch(broker->keytable);
    if (session->key_epoch != epoch && session->endpoint != BN_ENDPOINT_LOCAL)
        session->key = bn_keytable_by_token(broker->keytable, session->token);
    session->key_epoch = epoch;
    return session->key;
}

enum bn_standing bn_door_standing(struct bn_broker *broker, struct bn_session *session)
{
    const struct bn_key *key = bn_door_key(broker, session);
    return key == NULL ? BN_STANDING_UNKNOWN : bn_key_standing(key, broker->wall_ms);
}

void bn_door_session_end(struct bn_broker *broker, struct bn_session *session)
{
    (void)bn_door_key(broker, session);
    if (session->hello && session->figures != UINT32_MAX)
        broker->figures->organisations[session->figures].connections--;
    struct bn_connection *connection = bn_connection_of(broker->sessions, session);
    if (connection != NULL)
        connection->since_ms = broker->now_ms;
    bn_session_remove(broker->sessions, session);
}

void bn_door_doubt(struct bn_broker *broker, struct bn_session *session)
{
    if (session->doubt_ms == 0)
        session->doubt_ms = broker->now_ms;
    broker->doubtful = true;
}

/* A session whose connection has not been reported yet, and that says nothing more, would outlive its key. */
void bn_door_send_away(struct bn_broker *broker, struct bn_session *session, unsigned delay_ms)
{
    struct bn_connection *connection = bn_connection_of(broker->sessions, session);
    if (connection != NULL)
        bn_door_kick(broker, connection, delay_ms);
    else
        bn_door_doubt(broker, session);
}

void bn_door_table_changed(struct bn_broker *broker)
{
    uint32_t from = 0;
    for (struct bn_session *session; (session = bn_session_next(broker->sessions, &from)) != NULL;)
        if (bn_door_standing(broker, session) != BN_STANDING_GOOD)
            bn_door_send_away(broker, session, KICK_REVOKED_MS);
}

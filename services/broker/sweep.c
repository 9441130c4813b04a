/* SPDX-License-Identifier: Apache-2.0 */
/* sweep.c: what the clock brings. Ten times a second it looks through what is open, coarsely and cheaply: requests
 * whose time is over, memory, connections to cut; once a second, silence. */
#include "broker/internal.h"

#include "base/log.h"
#include "base/rule.h"

#include <string.h>

enum {
    LATE_KEEP_MS = 60000, /* how long the place of an answered but unfinished request is kept for it */
    BACKLOGS_A_TICK = 1000,
    SILENCE_TICKS = 10,
    HANDSHAKE_BYTES = 4096,     /* what a connection has sent before its first message, at most */
    HEARTBEAT_BYTES_SECOND = 64 /* and what ZMTP itself sends later */
};

static void requests_expire(struct bn_broker *broker)
{
    uint32_t from = 0;
    for (struct bn_flight *flight; (flight = bn_inflight_expired(broker->inflight, broker->now_ms, &from)) != NULL;) {
        if (flight->state == BN_FLIGHT_LATE) {
            bn_inflight_remove(broker->inflight, flight);
            continue;
        }
        struct bn_refusal over = {.code = BN_DEADLINE_EXCEEDED,
                                  .rule = BN_RULE_HUB_TIMEOUT,
                                  .field = "hub",
                                  .params = {flight->timeout_ms},
                                  .detail = "the registry did not answer in time"};
        const struct bn_refusal away = {.code = BN_UNAVAILABLE,
                                        .rule = BN_RULE_HUB_REGISTRY_AWAY,
                                        .field = "hub",
                                        .retry_after_ms = BN_RETRY_AWAY_MS,
                                        .detail = "the registry is away"};
        bn_broker_count(broker, BN_C_TIMEOUTS);
        bn_deliver_flight_refusal(broker, flight, broker->link.up ? &over : &away);
        if (flight->state == BN_FLIGHT_WAITING)
            bn_inflight_remove(broker->inflight, flight);
        else
            bn_inflight_late(broker->inflight, flight, broker->now_ms + LATE_KEEP_MS);
    }
}

/* Bytes that came in on a connection and that nobody has taken yet: they lie in the kernel, in a decoder, or in a queue
 * of libzmq's, which counts messages only. 0 where the kernel does not say. */
static uint64_t backlog_of(struct bn_broker *broker, const struct bn_connection *connection, int descriptor)
{
    struct bn_monitor *monitor = broker->endpoints[connection->endpoint].monitor;
    uint64_t received = bn_monitor_bytes_received(monitor, descriptor);
    uint64_t age_s = (broker->now_ms - connection->since_ms) / 1000;
    uint64_t explained =
        bn_connection_handed(broker->sessions, connection) + HANDSHAKE_BYTES + age_s * HEARTBEAT_BYTES_SECOND;
    return received > explained ? received - explained : 0;
}

static void backlog_log(struct bn_broker *broker, const struct bn_connection *connection)
{
    struct bn_session *session = bn_connection_session(broker->sessions, connection);
    bool known = session != NULL && bn_door_key(broker, session) != NULL;
    BN_LOG(WARN, "connection.backlog", "org", known ? session->key->slug : NULL, "bytes", BN_NUM(connection->backlog));
}

/* Asks the kernel about some connections, the next ones in turn: all of them ten times a second up to a thousand, in a
 * full house once a second. */
static void backlogs_look(struct bn_broker *broker)
{
    int top = bn_connections_top(broker->sessions);
    for (int asked = 0, looked = 0; asked < BACKLOGS_A_TICK && looked < top; looked++) {
        broker->backlog_next = broker->backlog_next + 1 < top ? broker->backlog_next + 1 : 0;
        struct bn_connection *connection = bn_connection_on(broker->sessions, broker->backlog_next);
        if (connection == NULL)
            continue;
        uint64_t handed = bn_connection_handed(broker->sessions, connection);
        connection->stuck = handed == connection->handed_before;
        connection->handed_before = handed;
        connection->backlog = backlog_of(broker, connection, broker->backlog_next);
        asked++;
    }
}

static void backlog_cut(struct bn_broker *broker, struct bn_connection *connection)
{
    bn_broker_count(broker, BN_C_BACKLOG_KICKED);
    backlog_log(broker, connection);
    bn_door_kick(broker, connection, 0);
}

static void connections_look(struct bn_broker *broker)
{
    uint64_t total = 0;
    struct bn_connection *largest = NULL;
    for (int i = 0; i < bn_connections_top(broker->sessions); i++) {
        struct bn_connection *connection = bn_connection_on(broker->sessions, i);
        if (connection == NULL)
            continue;
        total += connection->backlog;
        bool mute = connection->session == UINT32_MAX && broker->now_ms - connection->since_ms > broker->conf.idle_ms;
        /* Many messages that come faster than they are read are no harm, the socket's own bound holds them back. One
         * that grows without end is: nothing is handed over while it does. */
        if (connection->kick_ms == 0 && connection->stuck && connection->backlog > broker->conf.backlog_bytes_max)
            backlog_cut(broker, connection);
        else if (connection->kick_ms == 0 && mute)
            bn_door_kick(broker, connection, 0);
        if (connection->kick_ms == 0 && (largest == NULL || connection->backlog > largest->backlog))
            largest = connection;
    }
    broker->figures->counters[BN_C_BACKLOG_BYTES] = total;
    if (total > broker->conf.backlog_total_bytes_max && largest != NULL)
        backlog_cut(broker, largest);
}

static void connections_cut(struct bn_broker *broker)
{
    for (int i = 0; i < bn_connections_top(broker->sessions); i++) {
        const struct bn_connection *connection = bn_connection_on(broker->sessions, i);
        if (connection != NULL && connection->kick_ms != 0 && connection->kick_ms <= broker->now_ms)
            bn_door_cut(broker, i);
    }
}

/* A session of which nothing was heard has ended on both sides; one whose key ran out is treated as a revoked one. */
static void sessions_silent(struct bn_broker *broker)
{
    uint32_t from = 0;
    for (struct bn_session *session; (session = bn_session_next(broker->sessions, &from)) != NULL;) {
        struct bn_connection *connection = bn_connection_of(broker->sessions, session);
        if (broker->now_ms - session->heard_ms > broker->conf.idle_ms) {
            bn_broker_count(broker, BN_C_SESSIONS_IDLE);
            if (connection != NULL)
                bn_door_kick(broker, connection, 0);
            bn_door_session_end(broker, session);
        } else if (bn_door_standing(broker, session) != BN_STANDING_GOOD) {
            bn_door_send_away(broker, session, BN_KICK_AFTER_ANSWER_MS);
        }
    }
}

/* Sessions whose connection was said to be closed (connection_closed in door.c), or was never reported: those that are
 * still there are tied to the connection that they really have. */
static void sessions_doubted(struct bn_broker *broker)
{
    if (!broker->doubtful)
        return;
    broker->doubtful = false;
    uint32_t from = 0;
    for (struct bn_session *session; (session = bn_session_next(broker->sessions, &from)) != NULL;) {
        if (session->doubt_ms == 0)
            continue;
        if (broker->now_ms - session->doubt_ms < BN_TICK_MS) {
            broker->doubtful = true;
            continue;
        }
        session->doubt_ms = 0;
        if (!bn_deliver_probe(broker, session) || !bn_session_bind(broker->sessions, session))
            continue;
        if (bn_door_standing(broker, session) != BN_STANDING_GOOD)
            bn_door_send_away(broker, session, 0);
    }
}

/* Said once when four fifths of the connections are taken, and again only after it has been less. */
static void crowd_watch(struct bn_broker *broker)
{
    size_t count = bn_connections_count(broker->sessions), limit = broker->connections_max;
    if (!broker->crowded && count * 5 > limit * 4) {
        broker->crowded = true;
        BN_LOG(WARN, "connections.high", "connections", BN_NUM(count), "max", BN_NUM(limit));
    } else if (broker->crowded && count * 10 < limit * 7) {
        broker->crowded = false;
    }
}

void bn_sweep_tick(void *ctx)
{
    struct bn_broker *broker = ctx;
    bn_broker_now(broker);
    broker->ticks++;
    bn_link_watch(broker);
    requests_expire(broker);
    backlogs_look(broker);
    connections_look(broker);
    connections_cut(broker);
    sessions_doubted(broker);
    if (broker->ticks % SILENCE_TICKS == 0) {
        sessions_silent(broker);
        crowd_watch(broker);
    }
}

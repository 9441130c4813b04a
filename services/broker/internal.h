/* SPDX-License-Identifier: Apache-2.0 */
/* internal.h: the broker's one struct, and what its files do with it. Not for others.
 *
 *   broker.c  start, phases, signals, drain, stop          door.c    handshakes, connections come and go, kicks
 *   intake.c  messages of clients                          deliver.c answers to clients
 *   link.c    messages of the registry                     sweep.c   what is done by the clock
 */
#ifndef BINOME_BROKER_INTERNAL_H
#define BINOME_BROKER_INTERNAL_H

#include "base/file.h"
#include "binome/v1/link.pb-c.h"
#include "broker/answer.h"
#include "broker/broker.h"
#include "broker/figures.h"
#include "broker/inflight.h"
#include "broker/keytable.h"
#include "broker/session.h"
#include "common/stats_server.h"
#include "link/frames.h"
#include "link/loop.h"
#include "link/monitor.h"
#include "link/socket.h"

enum bn_phase {
    BN_PHASE_TABLE,   /* no key table yet: nobody can be let in, so nothing is bound */
    BN_PHASE_PROBE,   /* the public endpoint is bound; its messages wait until an unknown key has been refused */
    BN_PHASE_SERVING, /* clients are served */
    BN_PHASE_DRAINING /* no new requests; those with the registry are waited for */
};

enum { BN_ENDPOINT_PUBLIC, BN_ENDPOINT_LOCAL, BN_ENDPOINTS };

enum {
    BN_TICK_MS = 100,
    BN_RETRY_RESTART_MS = 200,     /* hints for clients: after the registry was lost in the middle of a request, ... */
    BN_RETRY_AWAY_MS = 1000,       /* ... while it is away, and while this broker drains, ... */
    BN_RETRY_BUSY_MS = 100,        /* ... when a queue is full */
    BN_KICK_AFTER_ANSWER_MS = 300, /* time for a last answer to leave before its connection is cut */
};

struct bn_endpoint {
    struct bn_broker *broker;
    void *socket; /* NULL = not there (yet) */
    struct bn_monitor *monitor;
    uint8_t number;
};

struct bn_registry_link {
    void *socket;
    struct bn_monitor *monitor;
    bool connected;  /* handshake done */
    bool up;         /* a pulse came within the last three seconds, on this connection */
    bool hello_due;  /* a LinkHello is to be sent */
    bool table_held; /* a key table was taken */
    uint64_t instance, seen_ms, hello_ms, restarts;
    Binome__V1__Link *pulse; /* the last; NULL = none yet */
};

/* At the start the broker knocks at its own door with a key that nobody knows. */
struct bn_probe {
    void *socket;
    struct bn_monitor *monitor;
    uint64_t deadline_ms;
    bool refused, let_in;
};

struct bn_broker {
    const char *conf_path;
    struct bn_broker_conf conf;
    struct bn_keypair keys; /* wiped when the public endpoint is made */
    void *context;
    struct bn_loop *loop;
    int signals;
    enum bn_phase phase;
    void *zap;
    struct bn_endpoint endpoints[BN_ENDPOINTS];
    struct bn_registry_link link;
    struct bn_probe probe;
    struct bn_keytable *keytable;
    struct bn_key local_key;
    struct bn_sessions *sessions;
    struct bn_inflight *inflight;
    struct bn_figures *figures;
    struct bn_stats_server *stats;
    size_t connections_max; /* what descriptors allow of the limit */
    bool crowded;           /* warned of */
    bool doubtful;          /* there may be sessions in doubt */
    /* taken anew by bn_broker_now at the begin of each callback */
    uint64_t now_ms;
    int64_t wall_ms;
    uint64_t start_ms, drain_from_ms;
    unsigned ticks;
    int backlog_next;    /* the descriptor that was asked last */
    enum bn_code result; /* what bn_broker_run gives */
    struct bn_why why;
};

static inline void bn_broker_count(struct bn_broker *broker, enum bn_broker_counter counter)
{
    broker->figures->counters[counter]++;
}

/* broker.c */
void bn_broker_now(struct bn_broker *broker);
/* Ends the loop with this result; *why is the broker's. */
void bn_broker_fail(struct bn_broker *broker, enum bn_code code);
enum bn_code bn_broker_pack_stats(void *broker, uint64_t number, uint8_t **data, size_t *size);
/* At the end of each turn: phases move, a due LinkHello leaves, waiting requests go on. */
void bn_broker_after_turn(void *broker);

/* door.c */
BN_CHECK enum bn_code bn_door_open(struct bn_broker *broker, uint8_t number, struct bn_why *why);
BN_CHECK enum bn_code bn_door_listen(struct bn_broker *broker, uint8_t number);
void bn_door_close(struct bn_broker *broker, uint8_t number);
BN_CHECK enum bn_code bn_door_probe_start(struct bn_broker *broker, struct bn_why *why);
void bn_door_probe_end(struct bn_broker *broker);
void bn_door_on_handshake(void *broker);
/* Cuts a connection in delay_ms (0: with the next sweep). An earlier time stays. */
void bn_door_kick(struct bn_broker *broker, struct bn_connection *connection, unsigned delay_ms);
/* The session's connection is not known for certain: the sweep finds out. */
void bn_door_doubt(struct bn_broker *broker, struct bn_session *session);
/* Has the connection of a session whose key is not good cut, in delay_ms, or as soon as it is known which one it is. */
void bn_door_send_away(struct bn_broker *broker, struct bn_session *session, unsigned delay_ms);
/* Cuts the connection on a descriptor now. */
void bn_door_cut(struct bn_broker *broker, int descriptor);
/* Looks the session's key up again if the table has changed; NULL when its token is no longer known. */
struct bn_key *bn_door_key(struct bn_broker *broker, struct bn_session *session);
enum bn_standing bn_door_standing(struct bn_broker *broker, struct bn_session *session);
/* Ends a session; what it asked for is dropped when it comes. Its connection stays, unless it is kicked. */
void bn_door_session_end(struct bn_broker *broker, struct bn_session *session);
/* After the table has changed: sessions whose key is no longer good have their connection cut within a second. */
void bn_door_table_changed(struct bn_broker *broker);

/* intake.c */
void bn_intake_on_readable(void *endpoint);
/* Sends those that wait, as long as the registry takes them. */
void bn_intake_flush(struct bn_broker *broker);

/* deliver.c */
/* Sends frames[1..3) to the session, frames[0] is filled here; takes all three. False when the session is over. */
bool bn_deliver(struct bn_broker *broker, struct bn_session *session, zmq_msg_t frames[3]);
/* Sends a message of the broker's own. */
bool bn_deliver_own(struct bn_broker *broker, struct bn_session *session, const struct bn_header *header,
                    const void *body, size_t body_size);
/* Refuses one message. request_id all zero when it had none; is_request: counted by type. */
void bn_deliver_refusal(struct bn_broker *broker, struct bn_session *session, const struct bn_id *request_id,
                        uint32_t body_type, bool is_request, const struct bn_refusal *refusal);
void bn_deliver_welcome(struct bn_broker *broker, struct bn_session *session, const struct bn_header *hello);
void bn_deliver_heartbeat(struct bn_broker *broker, struct bn_session *session, const struct bn_header *heartbeat);
void bn_deliver_bye(struct bn_broker *broker, struct bn_session *session);
/* Sends a sign of life nobody asked for, to learn whether the peer is there. False when the session is over. */
bool bn_deliver_probe(struct bn_broker *broker, struct bn_session *session);
/* The refusal for a key that is not good. */
struct bn_refusal bn_deliver_standing(enum bn_standing standing);
/* Answers a request that is in the hub with an error, if its client is there; the caller removes it or keeps it. */
void bn_deliver_flight_refusal(struct bn_broker *broker, struct bn_flight *flight, const struct bn_refusal *refusal);
/* The session that waits for this request's answer; NULL when it has gone. */
struct bn_session *bn_deliver_session(struct bn_broker *broker, const struct bn_flight *flight);

/* link.c */
BN_CHECK enum bn_code bn_link_open(struct bn_broker *broker, struct bn_why *why);
void bn_link_close(struct bn_broker *broker);
void bn_link_hello(struct bn_broker *broker);
/* No sign of life for too long. */
void bn_link_watch(struct bn_broker *broker);

/* sweep.c */
void bn_sweep_tick(void *broker);

#endif

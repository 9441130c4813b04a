/* SPDX-License-Identifier: Apache-2.0 */
/* session.h: one connection's sessions with the hub, one after the other: the client's state machine of
 * docs/protocol.md, section 8.1.
 *
 * A lost session is followed by a new one on a new socket, after a random wait that grows. Only a refusal is final.
 * Nothing here blocks; the owner calls bn_session_step whenever a socket can be read or due_ms is over. Owned by the
 * connection's thread. */
#ifndef BINOME_LIBBINOME_SESSION_H
#define BINOME_LIBBINOME_SESSION_H

#include "base/file.h"
#include "binome/binome.h"
#include "link/monitor.h"
#include "wire/header.h"

#include <zmq.h>

/* Where to, and as whom. */
struct bn_target {
    char *endpoint;
    bool curve; /* the keys count */
    uint8_t server_key[BN_KEY_BYTES];
    struct bn_keypair own;
    unsigned connect_timeout_ms;
    unsigned request_timeout_ms;
};

enum bn_session_state {
    BN_SESSION_BACKOFF,    /* no socket; the next is made at retry_ms */
    BN_SESSION_CONNECTING, /* there is a socket; the handshake has not ended */
    BN_SESSION_GREETING,   /* hello is on its way */
    BN_SESSION_OPEN,       /* the hub has said welcome: requests may be sent */
    BN_SESSION_REFUSED,    /* for good; why is in `word` */
    BN_SESSION_STATES
};

struct bn_session {
    void *context;                  /* lent */
    const struct bn_target *target; /* lent */
    enum bn_session_state state;
    void *socket;               /* NULL without one */
    struct bn_monitor *monitor; /* exists as long as the socket */
    bool stuck;                 /* the socket took no message: wait until it can be written */
    unsigned sockets;           /* made so far: another number means other descriptors */
    unsigned losses;   /* open sessions lost so far: another number means that what was sent is to be sent again */
    unsigned failures; /* in a row, without a steady session between */
    struct bn_id hello;

    uint64_t tcp_ms;    /* CONNECTING: when TCP was first up; 0 = it is not */
    unsigned refusals;  /* CONNECTING: attempts since then that did not get that far */
    bool cut;           /* CONNECTING: a connection was cut in the handshake */
    uint64_t retry_ms;  /* BACKOFF: when to go on */
    uint64_t hello_ms;  /* GREETING: when hello was sent */
    uint64_t opened_ms; /* OPEN: when the welcome came */
    uint64_t spoken_ms; /* OPEN: when a message was last sent */
    uint64_t beat_ms;   /* OPEN: when the next heartbeat is due */
    uint64_t heard_ms;  /* OPEN: when a message last came */

    /* From the welcome, kept in sensible bounds. */
    uint32_t body_bytes_max, unanswered_max, heartbeat_ms, idle_ms, timeout_ms_default, timeout_ms_max;

    struct binome_reply *welcome; /* the newest; NULL before the first */
    struct binome_reply *word;    /* why there is no session; NULL when nothing is known yet */
};

/* Begins in BACKOFF, due at once. */
void bn_session_start(struct bn_session *session, void *context, const struct bn_target *target);

/* Says bye when the session is open and waits for it as long as the socket lingers; frees everything. */
void bn_session_finish(struct bn_session *session, uint64_t now_ms);

/* Takes the monitor's notes and does what is due up to now: makes a socket, says hello, judges the door. */
void bn_session_step(struct bn_session *session, uint64_t now_ms);

/* Heartbeats and silence; call after everything that waited has been received. */
void bn_session_beat(struct bn_session *session, uint64_t now_ms);

/* A message has come. True when it was the session's own (hello's answer, heartbeat, bye, or of an unknown kind); false
 * for a reply to a request. */
bool bn_session_hear(struct bn_session *session, uint64_t now_ms, const struct bn_header *header, const void *body,
                     size_t size);

/* Sends header and body (taken on BN_OK). BN_RESOURCE_EXHAUSTED: not now, the session is stuck. */
BN_CHECK enum bn_code bn_session_send(struct bn_session *session, uint64_t now_ms, const struct bn_header *header,
                                      zmq_msg_t *body);

/* Ends the session: takes word (may be NULL) as the reason. retry_after_ms may lengthen the wait. */
void bn_session_lose(struct bn_session *session, uint64_t now_ms, struct binome_reply *word, uint32_t retry_after_ms);

/* Ends it for good: takes word, the reason. */
void bn_session_refuse(struct bn_session *session, struct binome_reply *word);

/* The next moment at which bn_session_step or bn_session_beat has something to do. */
uint64_t bn_session_due_ms(const struct bn_session *session);

/* How long to wait after the nth failure in a row: evenly from [w/2, 3w/2], w = min(200 ms x 2^(n-1), 30 s), and at
 * least retry_after_ms (docs/protocol.md, 8.4). */
uint64_t bn_backoff_ms(unsigned failures, uint32_t retry_after_ms);

#endif

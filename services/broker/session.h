/* SPDX-License-Identifier: Apache-2.0 */
/* session.h: who is connected: connections as the kernel has them, sessions as ZeroMQ shows them, and what ties them.
 *
 * A connection is a descriptor that a monitor reported; its number tells it from an earlier one on the
 * same descriptor. A session is a routing id from which messages came. The descriptor in a message's metadata binds the
 * two. A monitor's notes travel on another way than messages do, so a session may be unbound for a moment, and a
 * message may outlive its connection: a session that cannot be bound is never used to cut a connection.
 * All memory is taken at the start, but for the array of connections, which grows with the highest descriptor. Owned by
 * the loop's thread. */
#ifndef BINOME_BROKER_SESSION_H
#define BINOME_BROKER_SESSION_H

#include "broker/keytable.h"

enum { BN_ROUTING_BYTES_MAX = 255 };

struct bn_session {
    uint64_t number;  /* never used again; 0 = this place is free */
    uint8_t endpoint; /* on which of the broker's endpoints */
    bool hello;       /* hello was answered with OK */
    uint8_t offences; /* messages with a wrong number of frames */
    uint8_t routing_size;
    uint32_t index;      /* of this place */
    uint32_t unanswered; /* requests let through and not answered yet */
    uint32_t figures;    /* place of its organisation among the figures; UINT32_MAX = none */
    int descriptor;
    uint64_t connection; /* number of the connection it is bound to; 0 = unbound */
    uint64_t heard_ms;   /* monotonic, of its last message */
    uint64_t doubt_ms; /* its connection was said to be closed then, or looked for; it may have another; 0 = no doubt */
    uint64_t bytes_handed;
    uint64_t key_epoch; /* of the table when key was looked up */
    struct bn_key *key; /* NULL = its token is (no longer) known */
    char token[BN_TOKEN_SIZE];
    uint32_t next; /* in its hash chain or in the list of free places */
    uint8_t routing[BN_ROUTING_BYTES_MAX];
};

struct bn_connection {
    uint64_t number; /* 0 = none on this descriptor */
    uint64_t since_ms;
    uint64_t kick_ms;      /* when to cut it; 0 = not at all */
    uint64_t bytes_handed; /* by sessions that it had before */
    /* when last looked at: bytes received and not handed, bytes handed, and whether these were as many as before */
    uint64_t backlog, handed_before;
    bool stuck;
    uint32_t session; /* index, UINT32_MAX = none */
    uint8_t endpoint;
};

struct bn_sessions;

/* Gives room for count_max sessions, or NULL when out of memory. */
struct bn_sessions *bn_sessions_create(size_t count_max);
void bn_sessions_destroy(struct bn_sessions **sessions);

/* Lends the session of a routing id, NULL when there is none. */
struct bn_session *bn_session_find(const struct bn_sessions *sessions, uint8_t endpoint, const void *routing,
                                   size_t size);

/* Lends the session in a place if it still is the one of that number, else NULL. */
struct bn_session *bn_session_at(const struct bn_sessions *sessions, uint32_t index, uint64_t number);

/* Lends a new session, NULL when all places are taken. It must not be there yet. */
struct bn_session *bn_session_add(struct bn_sessions *sessions, uint8_t endpoint, const void *routing, size_t size);

/* Ends it: its connection, if bound, has none from now on; its key, if set, counts one session less when it had said
 * hello (the caller sees to it that the pointer is of the table's present epoch). */
void bn_session_remove(struct bn_sessions *sessions, struct bn_session *session);

/* Lends the first session with an index of at least *from and sets *from behind it; NULL at the end. */
struct bn_session *bn_session_next(const struct bn_sessions *sessions, uint32_t *from);

size_t bn_sessions_count(const struct bn_sessions *sessions);

/* A monitor's notes. Opened: false when out of memory (the connection is then not watched). Closed: ends the
 * connection and gives the session bound to it, which the caller removes, or NULL. */
bool bn_connection_opened(struct bn_sessions *sessions, uint8_t endpoint, int descriptor, uint64_t now_ms);
struct bn_session *bn_connection_closed(struct bn_sessions *sessions, uint8_t endpoint, int descriptor);

/* Ties session and the connection on its descriptor together if that one is open and has no session. True when the
 * session is bound afterwards. */
bool bn_session_bind(struct bn_sessions *sessions, struct bn_session *session);

/* Lends the connection on a descriptor, NULL when none is open. */
struct bn_connection *bn_connection_on(const struct bn_sessions *sessions, int descriptor);

/* Lends the connection of a session, NULL when it is not bound. */
struct bn_connection *bn_connection_of(const struct bn_sessions *sessions, const struct bn_session *session);

/* Lends the session of a connection, NULL when it has none. */
struct bn_session *bn_connection_session(const struct bn_sessions *sessions, const struct bn_connection *connection);

/* Bytes taken from a connection so far, by the session it has and by those it had. */
uint64_t bn_connection_handed(const struct bn_sessions *sessions, const struct bn_connection *connection);

/* One more than the highest descriptor ever seen. */
int bn_connections_top(const struct bn_sessions *sessions);
size_t bn_connections_count(const struct bn_sessions *sessions);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/session.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t NONE = UINT32_MAX;

struct bn_sessions {
    struct bn_session *places;
    uint32_t *heads; /* hash chains */
    size_t room, mask, count;
    uint32_t free_first; /* places given back */
    uint32_t used;       /* places ever used are [0, used) */
    uint64_t session_last, connection_last;
    struct bn_connection *connections; /* by descriptor */
    size_t connections_room, connections_count;
    int descriptor_top;
    uint8_t hash_key[crypto_shorthash_KEYBYTES];
};

struct bn_sessions *bn_sessions_create(size_t count_max)
{
    assert(count_max > 0 && count_max < NONE);
    struct bn_sessions *sessions = calloc(1, sizeof *sessions);
    if (sessions == NULL)
        return NULL;
    size_t heads = 64;
    while (heads < count_max)
        heads *= 2;
    sessions->room = count_max;
    sessions->mask = heads - 1;
    sessions->free_first = NONE;
    sessions->places = calloc(count_max, sizeof *sessions->places); /* untouched pages cost nothing */
    sessions->heads = malloc(heads * sizeof *sessions->heads);
    if (sessions->places == NULL || sessions->heads == NULL) {
        bn_sessions_destroy(&sessions);
        return NULL;
    }
    memset(sessions->heads, 0xFF, heads * sizeof *sessions->heads);
    bn_random_bytes(sessions->hash_key, sizeof sessions->hash_key);
    return sessions;
}

void bn_sessions_destroy(struct bn_sessions **sessions)
{
    if (*sessions == NULL)
        return;
    free((*sessions)->places);
    free((*sessions)->heads);
    free((*sessions)->connections);
    free(*sessions);
    *sessions = NULL;
}

/* The peer chooses its routing id, so the hash is keyed. */
static uint32_t *chain_of(const struct bn_sessions *sessions, uint8_t endpoint, const void *routing, size_t size)
{
    uint64_t hash;
    crypto_shorthash((uint8_t *)&hash, routing, size, sessions->hash_key);
    return &sessions->heads[(size_t)(hash + endpoint) & sessions->mask];
}

struct bn_session *bn_session_find(const struct bn_sessions *sessions, uint8_t endpoint, const void *routing,
                                   size_t size)
{
    for (uint32_t i = *chain_of(sessions, endpoint, routing, size); i != NONE; i = sessions->places[i].next) {
        struct bn_session *session = &sessions->places[i];
        if (session->endpoint == endpoint && session->routing_size == size &&
            memcmp(session->routing, routing, size) == 0)
            return session;
    }
    return NULL;
}

struct bn_session *bn_session_at(const struct bn_sessions *sessions, uint32_t index, uint64_t number)
{
    assert(index < sessions->room);
    struct bn_session *session = &sessions->places[index];
    return session->number == number ? session : NULL;
}

struct bn_session *bn_session_add(struct bn_sessions *sessions, uint8_t endpoint, const void *routing, size_t size)
{
    if (size > BN_ROUTING_BYTES_MAX)
        return NULL;
    uint32_t index = sessions->free_first;
    if (index != NONE)
        sessions->free_first = sessions->places[index].next;
    else if (sessions->used < sessions->room)
        index = sessions->used++;
    else
        return NULL;
    struct bn_session *session = &sessions->places[index];
    memset(session, 0, sizeof *session);
    session->number = ++sessions->session_last;
    session->index = index;
    session->endpoint = endpoint;
    session->descriptor = -1;
    session->routing_size = (uint8_t)size;
    memcpy(session->routing, routing, size);
    uint32_t *head = chain_of(sessions, endpoint, routing, size);
    session->next = *head;
    *head = index;
    sessions->count++;
    return session;
}

void bn_session_remove(struct bn_sessions *sessions, struct bn_session *session)
{
    assert(session->number != 0);
    struct bn_connection *connection = bn_connection_of(sessions, session);
    if (connection != NULL) {
        connection->bytes_handed += session->bytes_handed;
        connection->session = NONE;
    }
    if (session->hello && session->key != NULL) {
        assert(session->key->sessions > 0);
        session->key->sessions--;
    }
    uint32_t *link = chain_of(sessions, session->endpoint, session->routing, session->routing_size);
    while (*link != session->index)
        link = &sessions->places[*link].next;
    *link = session->next;
    session->number = 0;
    session->next = sessions->free_first;
    sessions->free_first = session->index;
    sessions->count--;
}

struct bn_session *bn_session_next(const struct bn_sessions *sessions, uint32_t *from)
{
    while (*from < sessions->used) {
        struct bn_session *session = &sessions->places[(*from)++];
        if (session->number != 0)
            return session;
    }
    return NULL;
}

size_t bn_sessions_count(const struct bn_sessions *sessions)
{
    return sessions->count;
}

static bool connections_grow(struct bn_sessions *sessions, size_t wanted)
{
    if (wanted <= sessions->connections_room)
        return true;
    size_t room = sessions->connections_room == 0 ? 256 : sessions->connections_room;
    while (room < wanted)
        room *= 2;
    struct bn_connection *grown = realloc(sessions->connections, room * sizeof *grown);
    if (grown == NULL)
        return false;
    memset(grown + sessions->connections_room, 0, (room - sessions->connections_room) * sizeof *grown);
    sessions->connections = grown;
    sessions->connections_room = room;
    return true;
}

bool bn_connection_opened(struct bn_sessions *sessions, uint8_t endpoint, int descriptor, uint64_t now_ms)
{
    if (descriptor < 0 || !connections_grow(sessions, (size_t)descriptor + 1))
        return false;
    struct bn_connection *connection = &sessions->connections[descriptor];
    /* The other endpoint's monitor may be behind with its note that this descriptor was closed. */
    if (connection->number == 0)
        sessions->connections_count++;
    else if (connection->session != NONE)
        sessions->places[connection->session].connection = 0;
    *connection = (struct bn_connection){
        .number = ++sessions->connection_last, .since_ms = now_ms, .session = NONE, .endpoint = endpoint};
    if (descriptor >= sessions->descriptor_top)
        sessions->descriptor_top = descriptor + 1;
    return true;
}

struct bn_session *bn_connection_closed(struct bn_sessions *sessions, uint8_t endpoint, int descriptor)
{
    struct bn_connection *connection = bn_connection_on(sessions, descriptor);
    if (connection == NULL || connection->endpoint != endpoint)
        return NULL;
    struct bn_session *session = bn_connection_session(sessions, connection);
    if (session != NULL)
        session->connection = 0;
    *connection = (struct bn_connection){0};
    sessions->connections_count--;
    return session;
}

bool bn_session_bind(struct bn_sessions *sessions, struct bn_session *session)
{
    if (session->connection != 0)
        return true;
    struct bn_connection *connection = bn_connection_on(sessions, session->descriptor);
    if (connection == NULL || connection->session != NONE || connection->endpoint != session->endpoint)
        return false;
    connection->session = session->index;
    session->connection = connection->number;
    return true;
}

struct bn_connection *bn_connection_on(const struct bn_sessions *sessions, int descriptor)
{
    if (descriptor < 0 || (size_t)descriptor >= sessions->connections_room ||
        sessions->connections[descriptor].number == 0)
        return NULL;
    return &sessions->connections[descriptor];
}

struct bn_connection *bn_connection_of(const struct bn_sessions *sessions, const struct bn_session *session)
{
    if (session->connection == 0)
        return NULL;
    struct bn_connection *connection = bn_connection_on(sessions, session->descriptor);
    return connection != NULL && connection->number == session->connection ? connection : NULL;
}

struct bn_session *bn_connection_session(const struct bn_sessions *sessions, const struct bn_connection *connection)
{
    return connection->session == NONE ? NULL : &sessions->places[connection->session];
}

uint64_t bn_connection_handed(const struct bn_sessions *sessions, const struct bn_connection *connection)
{
    uint64_t handed = connection->bytes_handed;
    if (connection->session != NONE)
        handed += sessions->places[connection->session].bytes_handed;
    return handed;
}

int bn_connections_top(const struct bn_sessions *sessions)
{
    return sessions->descriptor_top;
}

size_t bn_connections_count(const struct bn_sessions *sessions)
{
    return sessions->connections_count;
}

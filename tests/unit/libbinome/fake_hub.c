/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_hub.h"

#include "base/clock.h"
#include "wire/header.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { PEERS_MAX = 64, IDS_MAX = 8192, LATE_MAX = 1024, ROUTING_MAX = 32 };

struct peer {
    uint8_t id[ROUTING_MAX];
    size_t size;
    bool greeted;
};

struct late {
    struct peer *peer;
    struct bn_header header;
    struct bn_digest digest;
    uint64_t due_ms;
};

struct fake_hub {
    pthread_t thread;
    pthread_mutex_t lock;
    void *context, *router, *zap, *command, *commander;
    struct bn_keypair keys;
    char key[BN_Z85_SIZE], endpoint[64];
    struct fake_rules rules;
    struct fake_seen seen;
    struct peer peers[PEERS_MAX];
    size_t peer_count;
    struct bn_id ids[IDS_MAX];
    struct late late[LATE_MAX];
    size_t late_count;
};

/* The thread's own part */

static void set_int(void *socket, int option, int value)
{
    int result = zmq_setsockopt(socket, option, &value, sizeof value);
    assert(result == 0);
}

static void listen_at(struct fake_hub *hub, const char *endpoint)
{
    hub->router = zmq_socket(hub->context, ZMQ_ROUTER);
    set_int(hub->router, ZMQ_LINGER, 0);
    set_int(hub->router, ZMQ_CURVE_SERVER, 1);
    set_int(hub->router, ZMQ_HANDSHAKE_IVL, 5000);
    zmq_setsockopt(hub->router, ZMQ_CURVE_SECRETKEY, hub->keys.secret_key, BN_KEY_BYTES);
    zmq_setsockopt(hub->router, ZMQ_ZAP_DOMAIN, "binome", 6);
    /* The port of the listener before is free once libzmq's own thread has closed it. */
    uint64_t limit_ms = bn_clock_mono_ms() + 5000;
    int result;
    do
        result = zmq_bind(hub->router, endpoint);
    while (result != 0 && zmq_errno() == EADDRINUSE && bn_clock_mono_ms() < limit_ms);
    assert(result == 0);
    size_t size = sizeof hub->endpoint;
    zmq_getsockopt(hub->router, ZMQ_LAST_ENDPOINT, hub->endpoint, &size);
}

static void listen_no_more(struct fake_hub *hub)
{
    if (hub->router != NULL)
        zmq_close(hub->router);
    hub->router = NULL;
    hub->peer_count = hub->late_count = 0;
}

static void zap_answer(struct fake_hub *hub)
{
    char frames[16][256];
    int sizes[16], count = 0, more;
    size_t size = sizeof more;
    do {
        assert(count < 16);
        sizes[count] = zmq_recv(hub->zap, frames[count], sizeof frames[count], 0);
        count++;
        zmq_getsockopt(hub->zap, ZMQ_RCVMORE, &more, &size);
    } while (more);
    assert(count >= 7 && sizes[1] >= 0);
    const char *status = hub->rules.key_refused ? "400" : "200";
    if (hub->rules.keys_slowed > 0) {
        hub->rules.keys_slowed--;
        status = "300";
    }
    zmq_send(hub->zap, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(hub->zap, frames[1], (size_t)sizes[1], ZMQ_SNDMORE);
    zmq_send(hub->zap, status, 3, ZMQ_SNDMORE);
    zmq_send(hub->zap, "", 0, ZMQ_SNDMORE);
    zmq_send(hub->zap, "somebody", 8, ZMQ_SNDMORE);
    zmq_send(hub->zap, "", 0, 0);
}

static struct peer *peer_of(struct fake_hub *hub, const uint8_t *id, size_t size)
{
    for (size_t i = 0; i < hub->peer_count; i++)
        if (hub->peers[i].size == size && memcmp(hub->peers[i].id, id, size) == 0)
            return &hub->peers[i];
    assert(hub->peer_count < PEERS_MAX);
    struct peer *peer = &hub->peers[hub->peer_count++];
    *peer = (struct peer){.size = size};
    memcpy(peer->id, id, size);
    return peer;
}

static void send_to(struct fake_hub *hub, const struct peer *peer, const struct bn_header *header, const void *body,
                    size_t size)
{
    uint8_t bytes[BN_HEADER_BYTES_MAX];
    size_t header_size = bn_header_write(header, bytes);
    zmq_send(hub->router, peer->id, peer->size, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(hub->router, bytes, header_size, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(hub->router, body, size, ZMQ_DONTWAIT);
}

static void send_reply(struct fake_hub *hub, const struct peer *peer, struct bn_header *header,
                       const Binome__V1__Reply *reply)
{
    uint8_t packed[1024];
    assert(protobuf_c_message_get_packed_size(&reply->base) <= sizeof packed);
    size_t size = protobuf_c_message_pack(&reply->base, packed);
    header->version = BN_PROTOCOL_VERSION;
    header->kind = BN_KIND_REPLY;
    if (hub->rules.damaged && reply->body_case != BINOME__V1__REPLY__BODY_WELCOME)
        send_to(hub, peer, header, "\xFF\xFF\xFF", 3);
    else
        send_to(hub, peer, header, packed, size);
}

static void refuse(struct fake_hub *hub, const struct peer *peer, const struct bn_id *id, enum bn_code code,
                   enum bn_rule rule)
{
    Binome__V1__Violation violation = BINOME__V1__VIOLATION__INIT, *violations[] = {&violation};
    violation.rule = (char *)(uintptr_t)bn_rule_name(rule);
    Binome__V1__Error error = BINOME__V1__ERROR__INIT;
    error.n_violations = 1;
    error.violations = violations;
    error.detail = "said the fake hub";
    Binome__V1__Reply reply = BINOME__V1__REPLY__INIT;
    reply.error = &error;
    struct bn_header header = {.code = code, .in_reply_to = *id, .retry_after_ms = hub->rules.retry_after_ms};
    send_reply(hub, peer, &header, &reply);
}

static void hello(struct fake_hub *hub, struct peer *peer, const struct bn_header *asked)
{
    hub->seen.hellos++;
    assert(asked->request_id_size == BN_ID_BYTES && asked->clock_ms > 0);
    if (hub->rules.hello_mute)
        return;
    if (hub->rules.hello_refusals > 0) {
        hub->rules.hello_refusals--;
        refuse(hub, peer, &asked->request_id, hub->rules.hello_code, hub->rules.hello_rule);
        return;
    }
    peer->greeted = true;
    Binome__V1__Welcome welcome = BINOME__V1__WELCOME__INIT;
    welcome.organisation = "acme";
    welcome.hub_version = "fake";
    welcome.body_bytes_max = hub->rules.body_bytes_max;
    welcome.unanswered_max = hub->rules.unanswered_max;
    welcome.heartbeat_ms = hub->rules.heartbeat_ms;
    welcome.idle_ms = hub->rules.idle_ms;
    welcome.registry_up = 1;
    Binome__V1__Reply reply = BINOME__V1__REPLY__INIT;
    reply.body_case = BINOME__V1__REPLY__BODY_WELCOME;
    reply.welcome = &welcome;
    struct bn_header header = {.in_reply_to = asked->request_id, .body_type = 10, .clock_ms = bn_clock_wall_ms()};
    send_reply(hub, peer, &header, &reply);
}

/* The number of the request in the "ledger", and whether it stood there before. */
static unsigned ledger(struct fake_hub *hub, const struct bn_id *id, bool *replayed)
{
    for (unsigned i = 0; i < hub->seen.effects; i++) {
        if (bn_id_equal(&hub->ids[i], id)) {
            *replayed = true;
            return i + 1;
        }
    }
    assert(hub->seen.effects < IDS_MAX);
    hub->ids[hub->seen.effects++] = *id;
    *replayed = false;
    return hub->seen.effects;
}

static void make_noise(struct fake_hub *hub, const struct peer *peer)
{
    const struct bn_header event = {.version = 1, .kind = BN_KIND_EVENT};
    const struct bn_header future = {.version = 1, .kind = (enum bn_kind)99};
    const struct bn_header nobody = {.version = 1, .kind = BN_KIND_REPLY, .in_reply_to = {{1, 2, 3}}};
    send_to(hub, peer, &event, "x", 1);
    send_to(hub, peer, &future, "", 0);
    send_to(hub, peer, &nobody, "", 0);
    zmq_send(hub->router, peer->id, peer->size, ZMQ_SNDMORE);
    zmq_send(hub->router, "alone", 5, 0);
    zmq_send(hub->router, peer->id, peer->size, ZMQ_SNDMORE);
    for (int i = 0; i < 5; i++)
        zmq_send(hub->router, "\xFF many", 6, i < 4 ? ZMQ_SNDMORE : 0);
}

static void accept_one(struct fake_hub *hub, const struct late *late)
{
    char text[BN_ID_TEXT_SIZE];
    bn_id_format(&late->header.request_id, text);
    bool replayed;
    Google__Protobuf__Timestamp at = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    Binome__V1__Receipt receipt = BINOME__V1__RECEIPT__INIT;
    receipt.sequence = ledger(hub, &late->header.request_id, &replayed);
    receipt.request_id = receipt.object = text;
    receipt.recorded_at = &at;
    receipt.type = late->header.body_type;
    receipt.digest.data = (uint8_t *)(uintptr_t)late->digest.bytes;
    receipt.digest.len = BN_DIGEST_BYTES;
    receipt.version = 1;
    receipt.log_size = hub->seen.effects;
    Binome__V1__Reply reply = BINOME__V1__REPLY__INIT;
    reply.receipt = &receipt;
    reply.replayed = replayed;
    struct bn_header header = {.in_reply_to = late->header.request_id};
    if (hub->rules.noise)
        make_noise(hub, late->peer);
    send_reply(hub, late->peer, &header, &reply);
    if (hub->rules.twice)
        send_reply(hub, late->peer, &header, &reply);
}

static void request(struct fake_hub *hub, struct peer *peer, const struct bn_header *asked, const void *body,
                    size_t size)
{
    struct late late = {.peer = peer, .header = *asked, .due_ms = bn_clock_mono_ms() + hub->rules.slow_ms};
    bn_digest_of(body, size, &late.digest);
    hub->seen.requests++;
    hub->seen.timeout_ms = asked->timeout_ms;
    hub->seen.type = asked->body_type;
    hub->seen.digest = late.digest;
    hub->seen.id = asked->request_id;
    hub->seen.last_ms = bn_clock_mono_ms();
    if (hub->seen.requests == 1)
        hub->seen.first_ms = hub->seen.last_ms;
    if (!peer->greeted)
        refuse(hub, peer, &asked->request_id, BN_FAILED_PRECONDITION, BN_RULE_SESSION_NO_HELLO);
    else if (hub->rules.refusals > 0) {
        hub->rules.refusals--;
        refuse(hub, peer, &asked->request_id, hub->rules.code, hub->rules.rule);
    } else if (!hub->rules.mute) {
        assert(hub->late_count < LATE_MAX);
        hub->late[hub->late_count++] = late;
        if (hub->late_count > hub->seen.unanswered_most)
            hub->seen.unanswered_most = (unsigned)hub->late_count;
    }
}

static bool receive(struct fake_hub *hub)
{
    uint8_t id[ROUTING_MAX], header_bytes[BN_HEADER_BYTES_MAX];
    int id_size = zmq_recv(hub->router, id, sizeof id, ZMQ_DONTWAIT);
    if (id_size < 0)
        return false;
    int header_size = zmq_recv(hub->router, header_bytes, sizeof header_bytes, 0);
    zmq_msg_t body;
    zmq_msg_init(&body);
    zmq_msg_recv(&body, hub->router, 0);
    assert(!zmq_msg_more(&body)); /* a client of ours sends two frames */
    struct bn_header header;
    enum bn_code code = bn_header_read(header_bytes, (size_t)header_size, &header);
    assert(code == BN_OK && header.version == 1);
    struct peer *peer = peer_of(hub, id, (size_t)id_size);
    if (header.kind == BN_KIND_HELLO)
        hello(hub, peer, &header);
    else if (header.kind == BN_KIND_REQUEST)
        request(hub, peer, &header, zmq_msg_data(&body), zmq_msg_size(&body));
    else if (header.kind == BN_KIND_BYE)
        hub->seen.byes++;
    else {
        assert(header.kind == BN_KIND_HEARTBEAT);
        hub->seen.beats++;
        const struct bn_header beat = {.version = 1, .kind = BN_KIND_HEARTBEAT};
        if (!hub->rules.beats_mute)
            send_to(hub, peer, &beat, "", 0);
    }
    zmq_msg_close(&body);
    return true;
}

static void answer_late(struct fake_hub *hub)
{
    uint64_t now_ms = bn_clock_mono_ms();
    size_t kept = 0;
    for (size_t i = 0; i < hub->late_count; i++) {
        if (hub->late[i].due_ms <= now_ms)
            accept_one(hub, &hub->late[i]);
        else
            hub->late[kept++] = hub->late[i];
    }
    hub->late_count = kept;
}

static void bye(struct fake_hub *hub)
{
    const struct bn_header header = {.version = 1, .kind = BN_KIND_BYE};
    for (size_t i = 0; i < hub->peer_count; i++)
        if (hub->peers[i].greeted)
            send_to(hub, &hub->peers[i], &header, "", 0);
    for (size_t i = 0; i < hub->peer_count; i++)
        hub->peers[i].greeted = false;
}

static bool obey(struct fake_hub *hub, char order)
{
    char endpoint[sizeof hub->endpoint];
    memcpy(endpoint, hub->endpoint, sizeof endpoint);
    if (order == 'd')
        listen_no_more(hub);
    else if (order == 'u')
        listen_at(hub, endpoint);
    else if (order == 'b')
        bye(hub);
    else if (order == 'f')
        for (size_t i = 0; i < hub->peer_count; i++)
            hub->peers[i].greeted = false;
    return order != 'q';
}

static void *run(void *ctx)
{
    struct fake_hub *hub = ctx;
    bool goes_on = true;
    while (goes_on) {
        zmq_pollitem_t items[] = {{.socket = hub->command, .events = ZMQ_POLLIN},
                                  {.socket = hub->zap, .events = ZMQ_POLLIN},
                                  {.socket = hub->router, .events = ZMQ_POLLIN}};
        pthread_mutex_lock(&hub->lock);
        bool waits = hub->late_count > 0;
        pthread_mutex_unlock(&hub->lock);
        zmq_poll(items, hub->router != NULL ? 3 : 2, waits ? 2 : 100);
        pthread_mutex_lock(&hub->lock);
        if (items[1].revents != 0)
            zap_answer(hub);
        if (hub->router != NULL) {
            while (receive(hub))
                continue;
            answer_late(hub);
        }
        char order;
        if (zmq_recv(hub->command, &order, 1, ZMQ_DONTWAIT) == 1) {
            goes_on = obey(hub, order);
            zmq_send(hub->command, &order, 1, 0);
        }
        pthread_mutex_unlock(&hub->lock);
    }
    return NULL;
}

/* The test's part */

static void *socket_of(struct fake_hub *hub, int type, const char *endpoint, bool bind)
{
    void *socket = zmq_socket(hub->context, type);
    set_int(socket, ZMQ_LINGER, 0);
    int result = bind ? zmq_bind(socket, endpoint) : zmq_connect(socket, endpoint);
    assert(result == 0);
    return socket;
}

struct fake_hub *fake_hub_start(const struct fake_rules *rules)
{
    enum bn_code code = bn_random_start();
    assert(code == BN_OK);
    struct fake_hub *hub = calloc(1, sizeof *hub);
    assert(hub != NULL);
    pthread_mutex_init(&hub->lock, NULL);
    if (rules != NULL)
        hub->rules = *rules;
    hub->context = zmq_ctx_new();
    hub->zap = socket_of(hub, ZMQ_REP, "inproc://zeromq.zap.01", true);
    hub->command = socket_of(hub, ZMQ_PAIR, "inproc://command", true);
    hub->commander = socket_of(hub, ZMQ_PAIR, "inproc://command", false);
    bn_keypair_make(&hub->keys);
    bn_z85_encode(hub->keys.public_key, hub->key);
    listen_at(hub, "tcp://127.0.0.1:*");
    int result = pthread_create(&hub->thread, NULL, run, hub);
    assert(result == 0);
    return hub;
}

static void order(struct fake_hub *hub, char what)
{
    zmq_send(hub->commander, &what, 1, 0);
    zmq_recv(hub->commander, &what, 1, 0);
}

void fake_hub_stop(struct fake_hub **hub)
{
    struct fake_hub *stopping = *hub;
    order(stopping, 'q');
    pthread_join(stopping->thread, NULL);
    listen_no_more(stopping);
    zmq_close(stopping->zap);
    zmq_close(stopping->command);
    zmq_close(stopping->commander);
    zmq_ctx_term(stopping->context);
    pthread_mutex_destroy(&stopping->lock);
    free(stopping);
    *hub = NULL;
}

void fake_hub_behave(struct fake_hub *hub, const struct fake_rules *rules)
{
    pthread_mutex_lock(&hub->lock);
    hub->rules = *rules;
    pthread_mutex_unlock(&hub->lock);
}

struct fake_seen fake_hub_seen(struct fake_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    struct fake_seen seen = hub->seen;
    pthread_mutex_unlock(&hub->lock);
    return seen;
}

void fake_hub_down(struct fake_hub *hub)
{
    order(hub, 'd');
}

void fake_hub_up(struct fake_hub *hub)
{
    order(hub, 'u');
}

void fake_hub_forget(struct fake_hub *hub)
{
    order(hub, 'f');
}

void fake_hub_bye(struct fake_hub *hub)
{
    order(hub, 'b');
}

const char *fake_hub_endpoint(const struct fake_hub *hub)
{
    return hub->endpoint;
}

const char *fake_hub_key(const struct fake_hub *hub)
{
    return hub->key;
}

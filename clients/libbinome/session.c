/* SPDX-License-Identifier: Apache-2.0 */
#include "libbinome/session.h"

#include "base/clock.h"
#include "libbinome/answer.h"
#include "libbinome/flight.h"
#include "link/frames.h"
#include "link/socket.h"

#include <assert.h>
#include <string.h>

enum {
    DOOR_MS = 1800,      /* TCP is up and the handshake does not end. A refusal is known within 2 s */
    BEAT_AGAIN_MS = 500, /* a heartbeat that could not be sent */
    BACKOFF_MS_MIN = 200,
    BACKOFF_MS_MAX = 30000,
    STEADY_MS = 5000, /* a session of that age was no failure */
};

uint64_t bn_backoff_ms(unsigned failures, uint32_t retry_after_ms)
{
    uint64_t width = BACKOFF_MS_MIN;
    for (unsigned i = 1; i < failures && width < BACKOFF_MS_MAX; i++)
        width *= 2;
    width = width < BACKOFF_MS_MAX ? width : BACKOFF_MS_MAX;
    uint32_t random;
    bn_random_bytes(&random, sizeof random);
    uint64_t wait = width / 2 + random % (width + 1);
    return wait > retry_after_ms ? wait : retry_after_ms;
}

void bn_session_start(struct bn_session *session, void *context, const struct bn_target *target)
{
    memset(session, 0, sizeof *session);
    session->context = context;
    session->target = target;
    session->state = BN_SESSION_BACKOFF;
}

/* The monitor goes first. Whatever still waits in a lost socket is of no use to the hub: it is sent again
 * on the next one. */
static void socket_drop(struct bn_session *session, bool linger)
{
    if (session->socket != NULL && !linger)
        (void)zmq_setsockopt(session->socket, ZMQ_LINGER, &(int){0}, sizeof(int));
    bn_monitor_destroy(&session->monitor);
    bn_socket_close(&session->socket);
    session->stuck = false;
    session->tcp_ms = 0;
}

static void word_take(struct bn_session *session, struct binome_reply *word)
{
    if (word == NULL)
        return;
    binome_reply_free(&session->word);
    session->word = word;
}

void bn_session_lose(struct bn_session *session, uint64_t now_ms, struct binome_reply *word, uint32_t retry_after_ms)
{
    if (session->state == BN_SESSION_OPEN) {
        session->losses++;
        /* Not at the welcome: who is let in and cut off again would come back five times a second for ever. */
        if (now_ms >= session->opened_ms + STEADY_MS)
            session->failures = 0;
    }
    socket_drop(session, false);
    word_take(session, word);
    session->failures++;
    session->retry_ms = now_ms + bn_backoff_ms(session->failures, retry_after_ms);
    session->state = BN_SESSION_BACKOFF;
}

void bn_session_refuse(struct bn_session *session, struct binome_reply *word)
{
    socket_drop(session, false);
    word_take(session, word);
    session->state = BN_SESSION_REFUSED;
}

static struct binome_reply *unreachable(const struct bn_session *session, const char *detail)
{
    return bn_answer_make(BN_UNAVAILABLE, BN_RULE_HUB_UNREACHABLE, session->target->endpoint, detail);
}

static void connect_now(struct bn_session *session, uint64_t now_ms)
{
    const struct bn_target *target = session->target;
    struct bn_why why = {.detail = ""};
    session->sockets++;
    session->refusals = 0;
    session->cut = false;
    session->socket = bn_socket_client(session->context, &bn_socket_limits_client, target->curve ? &target->own : NULL,
                                       target->curve ? target->server_key : NULL, &why);
    if (session->socket == NULL ||
        bn_monitor_create(session->context, session->socket, false, &session->monitor, &why) != BN_OK ||
        bn_socket_connect(session->socket, target->endpoint, &why) != BN_OK) {
        bn_session_lose(session, now_ms, unreachable(session, why.detail), 0);
        return;
    }
    session->state = BN_SESSION_CONNECTING;
}

static void on_connected(struct bn_session *session, uint64_t now_ms, int value)
{
    (void)value;
    session->refusals = 0;
    if (session->tcp_ms == 0)
        session->tcp_ms = now_ms;
}

/* libzmq tries again by itself. After a cut the first attempt is that of the cut connection itself; a second one that
 * did not get as far as TCP says that nobody listens there now. */
static void on_retried(struct bn_session *session, uint64_t now_ms, int value)
{
    (void)now_ms, (void)value;
    if (++session->refusals < 2 && session->tcp_ms != 0)
        return;
    session->tcp_ms = 0;
    word_take(session, unreachable(session, "nobody answers at this address"));
}

static void on_refused(struct bn_session *session, uint64_t now_ms, int value)
{
    if (value == 400)
        bn_session_refuse(
            session, bn_answer_make(BN_UNAUTHENTICATED, BN_RULE_KEY_UNKNOWN, NULL, "the hub does not know this key"));
    else
        bn_session_lose(session, now_ms, unreachable(session, "the hub cannot check keys at present"), 0);
}

/* Who cannot read our first word cuts the connection: the key it was written for is not his. */
static void on_handshake_cut(struct bn_session *session, uint64_t now_ms, int value)
{
    (void)now_ms, (void)value;
    session->cut = true;
}

static void on_cut(struct bn_session *session, uint64_t now_ms, int value)
{
    (void)value;
    bn_session_lose(session, now_ms, unreachable(session, "the connection was cut"), 0);
}

/* What a note means depends on the state; what is not here means nothing. That the handshake is done shows in that
 * hello can be sent, so its note is not needed. */
static const struct {
    enum bn_session_state state;
    enum bn_monitor_what what;
    void (*act)(struct bn_session *session, uint64_t now_ms, int value);
} note_acts[] = {
    {BN_SESSION_CONNECTING, BN_MONITOR_CONNECTED, on_connected},
    {BN_SESSION_CONNECTING, BN_MONITOR_RETRIED, on_retried},
    {BN_SESSION_CONNECTING, BN_MONITOR_HANDSHAKE_FAILED_AUTH, on_refused},
    {BN_SESSION_CONNECTING, BN_MONITOR_HANDSHAKE_FAILED_PROTOCOL, on_handshake_cut},
    {BN_SESSION_CONNECTING, BN_MONITOR_HANDSHAKE_FAILED_OTHER, on_handshake_cut},
    {BN_SESSION_GREETING, BN_MONITOR_DISCONNECTED, on_cut},
    {BN_SESSION_OPEN, BN_MONITOR_DISCONNECTED, on_cut},
};

static void note_take(struct bn_session *session, uint64_t now_ms, const struct bn_monitor_note *note)
{
    for (size_t i = 0; i < BN_COUNT(note_acts); i++) {
        if (note_acts[i].state == session->state && note_acts[i].what == note->what) {
            note_acts[i].act(session, now_ms, note->value);
            return;
        }
    }
}

static enum bn_code send_empty(struct bn_session *session, uint64_t now_ms, const struct bn_header *header)
{
    zmq_msg_t body;
    zmq_msg_init(&body);
    enum bn_code code = bn_session_send(session, now_ms, header, &body);
    zmq_msg_close(&body);
    return code;
}

/* libzmq takes a message only once the handshake has ended (IMMEDIATE), so this may be tried at any time. */
static void hello_try(struct bn_session *session, uint64_t now_ms)
{
    session->hello = bn_id_make();
    const struct bn_header header = {.version = BN_PROTOCOL_VERSION,
                                     .kind = BN_KIND_HELLO,
                                     .request_id = session->hello,
                                     .request_id_size = BN_ID_BYTES,
                                     .clock_ms = bn_clock_wall_ms()};
    if (send_empty(session, now_ms, &header) != BN_OK)
        return;
    session->hello_ms = now_ms;
    session->state = BN_SESSION_GREETING;
}

/* A hub that slows a key down (ZAP 300) stays silent, as one does that is too busy: worth trying again, while a wrong
 * key is not. */
static struct binome_reply *door_word(const struct bn_session *session)
{
    if (session->cut)
        return bn_answer_make(BN_UNAVAILABLE, BN_RULE_HUB_WRONG_KEY, session->target->endpoint,
                              "TCP opens but is cut in the handshake: the hub's key is another, or this is no hub");
    return unreachable(session,
                       "TCP opens but nobody answers the handshake: the hub is slowing this key down (too many "
                       "connections a minute) or very busy, or this is no hub");
}

static void door_judge(struct bn_session *session, uint64_t now_ms)
{
    if (session->state == BN_SESSION_CONNECTING && session->tcp_ms != 0 && now_ms >= session->tcp_ms + DOOR_MS)
        bn_session_lose(session, now_ms, door_word(session), 0);
    else if (session->state == BN_SESSION_GREETING && now_ms >= session->hello_ms + session->target->connect_timeout_ms)
        bn_session_lose(session, now_ms, unreachable(session, "the hub did not answer hello"), 0);
}

void bn_session_step(struct bn_session *session, uint64_t now_ms)
{
    if (session->state == BN_SESSION_BACKOFF && now_ms >= session->retry_ms)
        connect_now(session, now_ms);
    struct bn_monitor_note note;
    while (session->monitor != NULL && bn_monitor_next(session->monitor, &note))
        note_take(session, now_ms, &note);
    if (session->state == BN_SESSION_CONNECTING)
        hello_try(session, now_ms);
    door_judge(session, now_ms);
}

static uint32_t within(uint32_t value, uint32_t absent, uint32_t min, uint32_t max)
{
    value = value == 0 ? absent : value;
    return value < min ? min : value > max ? max : value;
}

/* A hub that says nonsense may slow us down, but neither take all memory nor make us spin. */
static void limits_take(struct bn_session *session, const Binome__V1__Welcome *welcome)
{
    session->body_bytes_max = within(welcome->body_bytes_max, 1U << 20, 1024, 1U << 28);
    session->unanswered_max = within(welcome->unanswered_max, 128, 1, BN_FLIGHTS_MAX);
    session->heartbeat_ms = within(welcome->heartbeat_ms, 5000, 50, 3600000);
    session->idle_ms = within(welcome->idle_ms, 15000, 100, 3 * 3600000);
    session->timeout_ms_max = within(welcome->timeout_ms_max, 300000, 1000, UINT32_MAX);
    session->timeout_ms_default = within(welcome->timeout_ms_default, 30000, 1000, session->timeout_ms_max);
}

static void welcome_take(struct bn_session *session, uint64_t now_ms, struct binome_reply *answer)
{
    limits_take(session, answer->reply->welcome);
    binome_reply_free(&session->welcome);
    binome_reply_free(&session->word);
    session->welcome = answer;
    session->opened_ms = now_ms;
    session->heard_ms = now_ms;
    session->spoken_ms = now_ms;
    session->beat_ms = now_ms + session->heartbeat_ms;
    session->state = BN_SESSION_OPEN;
}

static void hello_answered(struct bn_session *session, uint64_t now_ms, const struct bn_header *header,
                           struct binome_reply *answer)
{
    if (answer == NULL)
        bn_session_lose(session, now_ms, NULL, 0);
    else if (answer->code == BINOME_OK && answer->reply->body_case == BINOME__V1__REPLY__BODY_WELCOME)
        welcome_take(session, now_ms, answer);
    else if (answer->code == BINOME_OK || answer->code == BINOME_DATA_LOSS) {
        binome_reply_free(&answer);
        bn_session_lose(session, now_ms, unreachable(session, "the hub's answer to hello is damaged"), 0);
    } else if (answer->code == BINOME_UNAVAILABLE || answer->code == BINOME_RESOURCE_EXHAUSTED)
        bn_session_lose(session, now_ms, answer, header->retry_after_ms);
    else
        bn_session_refuse(session, answer);
}

bool bn_session_hear(struct bn_session *session, uint64_t now_ms, const struct bn_header *header, const void *body,
                     size_t size)
{
    session->heard_ms = now_ms;
    if (header->kind == BN_KIND_BYE) {
        bn_session_lose(session, now_ms, unreachable(session, "the hub said bye"), 0);
        return true;
    }
    if (header->kind != BN_KIND_REPLY)
        return true;
    if (!bn_id_equal(&header->in_reply_to, &session->hello))
        return false;
    if (session->state == BN_SESSION_GREETING)
        hello_answered(session, now_ms, header, bn_answer_read(header, body, size));
    return true;
}

enum bn_code bn_session_send(struct bn_session *session, uint64_t now_ms, const struct bn_header *header,
                             zmq_msg_t *body)
{
    uint8_t bytes[BN_HEADER_BYTES_MAX];
    zmq_msg_t frames[2];
    enum bn_code code = bn_frame_copy(&frames[0], bytes, bn_header_write(header, bytes));
    if (code != BN_OK)
        return code;
    zmq_msg_init(&frames[1]);
    zmq_msg_move(&frames[1], body);
    code = bn_frames_send(session->socket, frames, 2);
    session->stuck = code != BN_OK;
    if (code == BN_OK) {
        session->spoken_ms = now_ms;
        session->beat_ms = now_ms + session->heartbeat_ms;
    } else {
        zmq_msg_move(body, &frames[1]);
    }
    bn_frames_close(frames, 2);
    return code;
}

void bn_session_beat(struct bn_session *session, uint64_t now_ms)
{
    if (session->state != BN_SESSION_OPEN)
        return;
    if (now_ms >= session->heard_ms + session->idle_ms) {
        bn_session_lose(session, now_ms, unreachable(session, "the hub fell silent"), 0);
        return;
    }
    /* The user was away for so long that the hub has ended the session: nobody's failure, so nothing to wait for. */
    if (now_ms >= session->spoken_ms + session->idle_ms) {
        bn_session_lose(session, now_ms, NULL, 0);
        session->failures = 0;
        session->retry_ms = now_ms;
        return;
    }
    if (now_ms < session->beat_ms)
        return;
    const struct bn_header header = {.version = BN_PROTOCOL_VERSION, .kind = BN_KIND_HEARTBEAT};
    if (send_empty(session, now_ms, &header) != BN_OK)
        session->beat_ms = now_ms + BEAT_AGAIN_MS;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t bn_session_due_ms(const struct bn_session *session)
{
    switch (session->state) {
    case BN_SESSION_BACKOFF:
        return session->retry_ms;
    case BN_SESSION_CONNECTING:
        return session->tcp_ms != 0 ? session->tcp_ms + DOOR_MS : BN_NEVER_MS;
    case BN_SESSION_GREETING:
        return session->hello_ms + session->target->connect_timeout_ms;
    case BN_SESSION_OPEN:
        return earlier(session->beat_ms, earlier(session->heard_ms, session->spoken_ms) + session->idle_ms);
    case BN_SESSION_REFUSED:
    case BN_SESSION_STATES:
        break;
    }
    return BN_NEVER_MS;
}

void bn_session_finish(struct bn_session *session, uint64_t now_ms)
{
    const struct bn_header header = {.version = BN_PROTOCOL_VERSION, .kind = BN_KIND_BYE};
    bool said = session->state == BN_SESSION_OPEN && send_empty(session, now_ms, &header) == BN_OK;
    socket_drop(session, said);
    binome_reply_free(&session->welcome);
    binome_reply_free(&session->word);
}

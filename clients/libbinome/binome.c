/* SPDX-License-Identifier: Apache-2.0 */
/* The public calls on a connection. */
#include "binome/binome.h"

#include "base/clock.h"
#include "libbinome/answer.h"
#include "libbinome/connection.h"
#include "libbinome/pack.h"
#include "libbinome/profile.h"
#include "link/frames.h"
#include "link/socket.h"

#include <stdlib.h>
#include <string.h>

enum { CONNECT_MS_DEFAULT = 10000, REQUEST_MS_DEFAULT = 30000 };

static enum bn_code keys_take(const struct binome_options *options, struct bn_target *target, struct bn_why *why)
{
    bool tcp = strncmp(options->endpoint, "tcp:", 4) == 0;
    if (options->server_key == NULL && options->secret_key_file == NULL && !tcp)
        return BN_OK;
    if (options->server_key == NULL || !bn_z85_decode(options->server_key, target->server_key))
        return bn_why_set(why, BN_INVALID_ARGUMENT, "server_key", bn_rule_name(BN_RULE_KEY_FORM),
                          "the hub's public key must be 40 characters of z85");
    if (options->secret_key_file == NULL)
        return bn_why_set(why, BN_INVALID_ARGUMENT, "secret_key_file", bn_rule_name(BN_RULE_FIELD_REQUIRED),
                          "a key file is needed with the hub's key");
    target->curve = true;
    return bn_keyfile_read(options->secret_key_file, &target->own, why);
}

static enum bn_code target_take(const struct binome_options *options, struct bn_target *target, struct bn_why *why)
{
    if (options == NULL || options->endpoint == NULL)
        return bn_why_set(why, BN_INVALID_ARGUMENT, "endpoint", bn_rule_name(BN_RULE_FIELD_REQUIRED),
                          "an endpoint is needed");
    enum bn_code code = bn_endpoint_check(options->endpoint, why);
    if (code == BN_OK)
        code = keys_take(options, target, why);
    if (code != BN_OK)
        return code;
    target->connect_timeout_ms = options->connect_timeout_ms != 0 ? options->connect_timeout_ms : CONNECT_MS_DEFAULT;
    target->request_timeout_ms = options->request_timeout_ms != 0 ? options->request_timeout_ms : REQUEST_MS_DEFAULT;
    target->endpoint = strdup(options->endpoint);
    return target->endpoint != NULL ? BN_OK : bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "out of memory");
}

static enum bn_code connection_make(const struct binome_options *options, struct binome *connection, struct bn_why *why)
{
    enum bn_code code = bn_random_start();
    if (code != BN_OK)
        return bn_why_set(why, code, "", "", "the system has no randomness");
    code = target_take(options, &connection->target, why);
    if (code != BN_OK)
        return code;
    connection->context = zmq_ctx_new();
    if (connection->context == NULL)
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "no ZeroMQ context could be made");
    (void)zmq_ctx_set(connection->context, ZMQ_BLOCKY, 0);
    bn_session_start(&connection->session, connection->context, &connection->target);
    return BN_OK;
}

/* A wrong key is told at once, since only a person can help; an address where nobody answers is tried until the time
 * is over, since a hub may be starting. */
static enum bn_code open_wait(struct binome *connection, struct bn_why *why)
{
    const struct bn_session *session = &connection->session;
    uint64_t now_ms = bn_clock_mono_ms();
    uint64_t limit_ms = now_ms + connection->target.connect_timeout_ms;
    for (;;) {
        bn_connection_work(connection, now_ms);
        if (session->state == BN_SESSION_OPEN)
            return BN_OK;
        bool hopeless = session->state == BN_SESSION_REFUSED ||
                        (session->word != NULL && bn_answer_has_rule(session->word, BN_RULE_HUB_WRONG_KEY));
        if (hopeless || now_ms >= limit_ms)
            break;
        bn_connection_wait(connection, now_ms, limit_ms);
        now_ms = bn_clock_mono_ms();
    }
    if (session->word != NULL)
        return bn_answer_why(session->word, why);
    return bn_why_set(why, BN_UNAVAILABLE, "", bn_rule_name(BN_RULE_HUB_UNREACHABLE), "no answer from %s",
                      connection->target.endpoint);
}

enum binome_code binome_open(const struct binome_options *options, struct binome **connection,
                             struct binome_error *error)
{
    struct bn_why why = {.field = ""};
    struct binome *made = calloc(1, sizeof *made);
    if (made == NULL)
        return bn_error_fill(error, bn_why_set(&why, BN_RESOURCE_EXHAUSTED, "", "", "out of memory"), &why);
    bn_flights_start(&made->flights);
    bn_watch_start(&made->watch);
    enum bn_code code = connection_make(options, made, &why);
    if (code == BN_OK)
        code = open_wait(made, &why);
    if (code != BN_OK) {
        binome_close(&made);
        return bn_error_fill(error, code, &why);
    }
    *connection = made;
    return BINOME_OK;
}

enum binome_code binome_open_profile(const char *folder, struct binome **connection, struct binome_error *error)
{
    struct bn_why why = {.field = ""};
    struct bn_profile profile;
    enum bn_code code = bn_profile_load(folder, &profile, &why);
    if (code != BN_OK)
        return bn_error_fill(error, code, &why);
    struct binome_options options = BINOME_OPTIONS_INIT;
    options.endpoint = profile.hub;
    options.server_key = profile.hub_key;
    options.secret_key_file = profile.hub_key != NULL ? profile.key_file : NULL;
    enum binome_code opened = binome_open(&options, connection, error);
    bn_profile_finish(&profile);
    return opened;
}

void binome_close(struct binome **connection)
{
    if (connection == NULL || *connection == NULL)
        return;
    struct binome *closing = *connection;
    if (closing->context != NULL) {
        bn_session_finish(&closing->session, bn_clock_mono_ms());
        while (zmq_ctx_term(closing->context) != 0 && zmq_errno() == EINTR)
            continue;
    }
    bn_flights_finish(&closing->flights);
    bn_watch_finish(&closing->watch);
    free(closing->target.endpoint);
    bn_wipe(&closing->target.own, sizeof closing->target.own);
    free(closing);
    *connection = NULL;
}

const Binome__V1__Welcome *binome_welcome(const struct binome *connection)
{
    return connection->session.welcome->reply->welcome;
}

/* What is sent: its body is filled once it is known to be welcome. */
struct parcel {
    const uint8_t *id;
    uint32_t type;
    size_t size;
    unsigned timeout_ms;
    void *tag;
};

static enum bn_code parcel_check(const struct binome *connection, const struct parcel *parcel, struct bn_id *id,
                                 struct bn_why *why)
{
    if (connection->session.state == BN_SESSION_REFUSED)
        return connection->session.word != NULL
                   ? bn_answer_why(connection->session.word, why)
                   : bn_why_set(why, BN_UNAUTHENTICATED, "", "", "the hub has refused this connection");
    if (parcel->size > connection->session.body_bytes_max)
        return bn_why_set(why, BN_INVALID_ARGUMENT, "", bn_rule_name(BN_RULE_BODY_TOO_LONG),
                          "the body has %zu bytes, the hub takes %u", parcel->size, connection->session.body_bytes_max);
    *id = (struct bn_id){{0}};
    if (parcel->id != NULL)
        memcpy(id->bytes, parcel->id, sizeof id->bytes);
    else
        *id = bn_id_make();
    if (bn_id_is_zero(id))
        return bn_why_set(why, BN_INVALID_ARGUMENT, "header.request_id", bn_rule_name(BN_RULE_HEADER_REQUEST_ID),
                          "the request id is all zero");
    if (bn_flights_find(&connection->flights, id) != NULL)
        return bn_why_set(why, BN_ALREADY_EXISTS, "header.request_id", bn_rule_name(BN_RULE_REQUEST_ID_REUSED),
                          "a request with this id is not answered yet");
    return BN_OK;
}

static enum bn_code window_check(const struct binome *connection, struct bn_why *why)
{
    size_t taken = binome_unanswered(connection);
    if (taken < connection->session.unanswered_max)
        return BN_OK;
    return bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", bn_rule_name(BN_RULE_LIMIT_UNANSWERED),
                      "%zu requests are not answered: take an answer first", taken);
}

/* Gives a flight with an empty body of the parcel's size, not yet on its way. */
static enum bn_code flight_make(const struct binome *connection, const struct parcel *parcel, uint64_t now_ms,
                                struct bn_flight **flight, struct bn_why *why)
{
    struct bn_id id;
    enum bn_code code = parcel_check(connection, parcel, &id, why);
    if (code != BN_OK)
        return code;
    struct bn_flight *made = bn_flight_create(&id, parcel->type, parcel->tag);
    if (made == NULL || zmq_msg_init_size(&made->body, parcel->size) != 0) {
        if (made != NULL)
            zmq_msg_init(&made->body);
        bn_flight_destroy(&made);
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "out of memory");
    }
    made->timeout_ms = parcel->timeout_ms != 0 ? parcel->timeout_ms : connection->target.request_timeout_ms;
    made->limit_ms = now_ms + made->timeout_ms;
    *flight = made;
    return BN_OK;
}

static void take_off(struct binome *connection, struct bn_flight *flight, uint64_t now_ms)
{
    bn_flights_add(&connection->flights, flight);
    bn_connection_flush(connection, now_ms);
    bn_watch_update(connection);
}

static enum bn_code request_send(struct binome *connection, const Binome__V1__Request *request, struct parcel *parcel,
                                 struct bn_flight **flight, struct bn_why *why)
{
    struct bn_salted salted;
    enum bn_code code = bn_salted_make(request, &salted, why);
    if (code != BN_OK)
        return code;
    uint64_t now_ms = bn_clock_mono_ms();
    parcel->type = (uint32_t)request->body_case;
    parcel->size = protobuf_c_message_get_packed_size(&salted.request.base);
    code = flight_make(connection, parcel, now_ms, flight, why);
    if (code != BN_OK)
        return code;
    protobuf_c_message_pack(&salted.request.base, zmq_msg_data(&(*flight)->body));
    take_off(connection, *flight, now_ms);
    return BN_OK;
}

enum binome_code binome_send(struct binome *connection, const Binome__V1__Request *request, const uint8_t *request_id,
                             unsigned timeout_ms, void *tag, struct binome_error *error)
{
    struct bn_why why;
    why.field[0] = why.rule[0] = why.detail[0] = '\0';
    struct parcel parcel = {.id = request_id, .timeout_ms = timeout_ms, .tag = tag};
    struct bn_flight *flight;
    enum bn_code code = window_check(connection, &why);
    if (code == BN_OK)
        code = request_send(connection, request, &parcel, &flight, &why);
    return code == BN_OK ? BINOME_OK : bn_error_fill(error, code, &why);
}

enum binome_code binome_send_packed(struct binome *connection, const void *body, size_t size, uint32_t type,
                                    const uint8_t request_id[16], unsigned timeout_ms, void *tag,
                                    struct binome_error *error)
{
    struct bn_why why;
    why.field[0] = why.rule[0] = why.detail[0] = '\0';
    const struct parcel parcel = {.id = request_id, .type = type, .size = size, .timeout_ms = timeout_ms, .tag = tag};
    struct bn_flight *flight;
    uint64_t now_ms = bn_clock_mono_ms();
    enum bn_code code = window_check(connection, &why);
    if (code == BN_OK && (body == NULL || size == 0))
        code = bn_why_set(&why, BN_INVALID_ARGUMENT, "", bn_rule_name(BN_RULE_BODY_EMPTY), "there is no body");
    if (code == BN_OK)
        code = flight_make(connection, &parcel, now_ms, &flight, &why);
    if (code != BN_OK)
        return bn_error_fill(error, code, &why);
    memcpy(zmq_msg_data(&flight->body), body, size);
    take_off(connection, flight, now_ms);
    return BINOME_OK;
}

/* Takes the flight out and gives its answer; NULL when memory ran out. */
static struct binome_reply *answer_take(struct binome *connection, struct bn_flight *flight)
{
    struct binome_reply *answer = flight->answer;
    flight->answer = NULL;
    if (answer != NULL) {
        memcpy(answer->request_id, flight->id.bytes, sizeof answer->request_id);
        answer->tag = flight->tag;
        answer->attempts = flight->attempts;
    }
    bn_flights_remove(&connection->flights, flight);
    bn_flight_destroy(&flight);
    return answer;
}

static enum binome_code next(struct binome *connection, unsigned timeout_ms, struct binome_reply **reply)
{
    const struct bn_flights *flights = &connection->flights;
    uint64_t limit_ms = 0;
    while (flights->answered.first == NULL) {
        uint64_t now_ms = bn_clock_mono_ms();
        if (limit_ms == 0)
            limit_ms = now_ms + timeout_ms;
        bn_connection_work(connection, now_ms);
        if (flights->answered.first != NULL)
            break;
        if (bn_flights_unanswered(flights) == 0)
            return BINOME_OUT_OF_RANGE;
        if (now_ms >= limit_ms)
            return BINOME_DEADLINE_EXCEEDED;
        bn_connection_wait(connection, now_ms, limit_ms);
    }
    struct binome_reply *answer = answer_take(connection, flights->answered.first);
    if (answer == NULL)
        return BINOME_RESOURCE_EXHAUSTED;
    *reply = answer;
    return BINOME_OK;
}

enum binome_code binome_next(struct binome *connection, unsigned timeout_ms, struct binome_reply **reply)
{
    enum binome_code code = next(connection, timeout_ms, reply);
    bn_watch_update(connection);
    return code;
}

size_t binome_unanswered(const struct binome *connection)
{
    return bn_flights_unanswered(&connection->flights) + connection->flights.answered.count;
}

/* Its own flight may be one more than the window: it waits for its turn instead of refusing the user. */
enum binome_code binome_call(struct binome *connection, const Binome__V1__Request *request, unsigned timeout_ms,
                             struct binome_reply **reply)
{
    struct bn_why why;
    why.field[0] = why.rule[0] = why.detail[0] = '\0';
    struct parcel parcel = {.timeout_ms = timeout_ms};
    struct bn_flight *flight;
    enum bn_code code = request_send(connection, request, &parcel, &flight, &why);
    if (code != BN_OK) {
        *reply = bn_answer_of_why(code, &why);
        return (enum binome_code)code;
    }
    while (flight->list != &connection->flights.answered) {
        uint64_t now_ms = bn_clock_mono_ms();
        bn_connection_work(connection, now_ms);
        if (flight->list == &connection->flights.answered)
            break;
        bn_connection_wait(connection, now_ms, BN_NEVER_MS);
    }
    *reply = answer_take(connection, flight);
    bn_watch_update(connection);
    return *reply != NULL ? (*reply)->code : BINOME_RESOURCE_EXHAUSTED;
}

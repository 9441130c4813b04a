/* SPDX-License-Identifier: Apache-2.0 */
#include "link/socket.h"

#include "base/id.h"
#include "base/rule.h"
#include "link/endpoint.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <zmq.h>

/* The binary has it, the header calls it draft. */
#define ZAP_ENFORCE_DOMAIN 93

const struct bn_socket_limits bn_socket_limits_server = {.body_bytes_max = 1024 * 1024,
                                                         .receive_messages_max = 64,
                                                         .send_messages_max = 256,
                                                         .backlog = 1024,
                                                         .handshake_ms = 5000,
                                                         .linger_ms = 2000,
                                                         .reconnect_ms_min = 200,
                                                         .reconnect_ms_max = 30000};

const struct bn_socket_limits bn_socket_limits_client = {.body_bytes_max = 1024 * 1024,
                                                         .receive_messages_max = 256,
                                                         .send_messages_max = 128,
                                                         .backlog = 1024,
                                                         .handshake_ms = 5000,
                                                         .linger_ms = 2000,
                                                         .reconnect_ms_min = 200,
                                                         .reconnect_ms_max = 30000};

/* A key table of 100,000 keys is one message. A broker is back within a second of its registry, whatever came before.
 */
const struct bn_socket_limits bn_socket_limits_internal = {.body_bytes_max = 64 * 1024 * 1024,
                                                           .receive_messages_max = 8192,
                                                           .send_messages_max = 8192,
                                                           .backlog = 1024,
                                                           .handshake_ms = 5000,
                                                           .linger_ms = 2000,
                                                           .reconnect_ms_min = 100,
                                                           .reconnect_ms_max = 500};

struct setting {
    int option, value;
};

/* The same at both ends. ZMTP's heartbeats only find half-open TCP; sessions have their own. */
static const struct setting common_settings[] = {
    {ZMQ_HEARTBEAT_IVL, 15000},   {ZMQ_HEARTBEAT_TIMEOUT, 30000}, {ZMQ_HEARTBEAT_TTL, 45000},    {ZMQ_TCP_KEEPALIVE, 1},
    {ZMQ_TCP_KEEPALIVE_IDLE, 60}, {ZMQ_TCP_KEEPALIVE_CNT, 3},     {ZMQ_TCP_KEEPALIVE_INTVL, 10}, {ZMQ_TCP_MAXRT, 30000},
};

static const struct setting server_settings[] = {{ZMQ_ROUTER_MANDATORY, 1}, {ZMQ_ROUTER_HANDOVER, 0}};

static const struct setting client_settings[] = {{ZMQ_IMMEDIATE, 1}, {ZMQ_CONNECT_TIMEOUT, 5000}};

/* Sets one option and remembers in *good whether all went well. */
static void set(void *socket, int option, const void *value, size_t size, bool *good)
{
    if (*good && zmq_setsockopt(socket, option, value, size) != 0)
        *good = false;
}

static void set_all(void *socket, const struct setting *settings, size_t count, bool *good)
{
    for (size_t i = 0; i < count; i++)
        set(socket, settings[i].option, &settings[i].value, sizeof settings[i].value, good);
}

static void set_limits(void *socket, const struct bn_socket_limits *limits, bool *good)
{
    const struct setting settings[] = {{ZMQ_RCVHWM, limits->receive_messages_max},
                                       {ZMQ_SNDHWM, limits->send_messages_max},
                                       {ZMQ_BACKLOG, limits->backlog},
                                       {ZMQ_HANDSHAKE_IVL, limits->handshake_ms},
                                       {ZMQ_LINGER, limits->linger_ms}};
    assert(limits->body_bytes_max <= INT64_MAX - BN_FRAME_SLACK);
    int64_t frame_max = (int64_t)limits->body_bytes_max + BN_FRAME_SLACK;
    set_all(socket, settings, BN_COUNT(settings), good);
    set(socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max, good);
    set_all(socket, common_settings, BN_COUNT(common_settings), good);
}

/* Evenly from half to one and a half of min: libzmq's own jitter is the same in every process, and a
 * thousand clients must not come back in step. */
static int reconnect_ms(int min)
{
    uint32_t random;
    bn_random_bytes(&random, sizeof random);
    return min / 2 + (min > 0 ? (int)(random % (uint32_t)min) : 0);
}

static void *socket_make(void *context, int type, const struct bn_socket_limits *limits, struct bn_why *why)
{
    bool good = true;
    void *socket = zmq_socket(context, type);
    if (socket != NULL) {
        set_limits(socket, limits, &good);
        if (good)
            return socket;
    }
    bn_why_set(why, BN_INTERNAL, "", "", "no socket: %s", zmq_strerror(zmq_errno()));
    bn_socket_close(&socket);
    return NULL;
}

static void *checked(void *socket, bool good, struct bn_why *why)
{
    if (!good) {
        bn_why_set(why, BN_INTERNAL, "", "", "a socket option was refused: %s", zmq_strerror(zmq_errno()));
        bn_socket_close(&socket);
    }
    return socket;
}

void *bn_socket_server(void *context, const struct bn_socket_limits *limits, const struct bn_keypair *curve,
                       const char *zap_domain, struct bn_why *why)
{
    void *socket = socket_make(context, ZMQ_ROUTER, limits, why);
    if (socket == NULL)
        return NULL;
    bool good = true;
    set_all(socket, server_settings, BN_COUNT(server_settings), &good);
    if (curve != NULL) {
        set(socket, ZMQ_CURVE_SERVER, &(int){1}, sizeof(int), &good);
        set(socket, ZMQ_CURVE_SECRETKEY, curve->secret_key, sizeof curve->secret_key, &good);
    }
    if (zap_domain != NULL) {
        set(socket, ZMQ_ZAP_DOMAIN, zap_domain, strlen(zap_domain), &good);
        set(socket, ZAP_ENFORCE_DOMAIN, &(int){1}, sizeof(int), &good);
    }
    return checked(socket, good, why);
}

void *bn_socket_client(void *context, const struct bn_socket_limits *limits, const struct bn_keypair *own,
                       const uint8_t *server_key, struct bn_why *why)
{
    assert((own == NULL) == (server_key == NULL));
    void *socket = socket_make(context, ZMQ_DEALER, limits, why);
    if (socket == NULL)
        return NULL;
    const struct setting reconnect[] = {{ZMQ_RECONNECT_IVL, reconnect_ms(limits->reconnect_ms_min)},
                                        {ZMQ_RECONNECT_IVL_MAX, limits->reconnect_ms_max}};
    bool good = true;
    set_all(socket, client_settings, BN_COUNT(client_settings), &good);
    set_all(socket, reconnect, BN_COUNT(reconnect), &good);
    if (own != NULL) {
        set(socket, ZMQ_CURVE_SERVERKEY, server_key, BN_KEY_BYTES, &good);
        set(socket, ZMQ_CURVE_PUBLICKEY, own->public_key, sizeof own->public_key, &good);
        set(socket, ZMQ_CURVE_SECRETKEY, own->secret_key, sizeof own->secret_key, &good);
    }
    return checked(socket, good, why);
}

void bn_socket_close(void **socket)
{
    if (*socket != NULL)
        zmq_close(*socket);
    *socket = NULL;
}

/* ---- bind and connect ---- */

static int option_of(void *socket, int option)
{
    int value = -1;
    size_t size = sizeof value;
    return zmq_getsockopt(socket, option, &value, &size) == 0 ? value : -1;
}

static enum bn_code unsafe(const char *endpoint, const char *what, struct bn_why *why)
{
    return bn_why_set(why, BN_INVALID_ARGUMENT, endpoint, bn_rule_name(BN_RULE_ENDPOINT_FORM), "%s: %s", endpoint,
                      what);
}

/* What protects an ipc socket is its file; over TCP it has to be CURVE, and for a server also somebody who knows the
 * keys. Asked of the socket itself, so that no caller can get it wrong. */
static enum bn_code tcp_is_safe(void *socket, const char *endpoint, bool server, struct bn_why *why)
{
    char domain[BN_ENDPOINT_SIZE];
    size_t size = sizeof domain;
    if (option_of(socket, ZMQ_MECHANISM) != ZMQ_CURVE)
        return unsafe(endpoint, "TCP needs keys on both sides", why);
    if (!server)
        return BN_OK;
    if (option_of(socket, ZMQ_CURVE_SERVER) != 1 || option_of(socket, ZAP_ENFORCE_DOMAIN) != 1 ||
        zmq_getsockopt(socket, ZMQ_ZAP_DOMAIN, domain, &size) != 0 || size <= 1)
        return unsafe(endpoint, "TCP needs a handler that knows the keys", why);
    return BN_OK;
}

static enum bn_code allow_ipv6(void *socket, const char *endpoint, struct bn_why *why)
{
    if (strchr(endpoint, '[') == NULL || zmq_setsockopt(socket, ZMQ_IPV6, &(int){1}, sizeof(int)) == 0)
        return BN_OK;
    return bn_why_set(why, BN_INTERNAL, endpoint, "", "%s: no IPv6: %s", endpoint, zmq_strerror(zmq_errno()));
}

static enum bn_code bind_failed(const char *endpoint, const char *path, int error, struct bn_why *why)
{
    if (error == EADDRINUSE)
        return bn_why_set(why, BN_FAILED_PRECONDITION, endpoint, bn_rule_name(BN_RULE_ENDPOINT_IN_USE),
                          "%s: another server listens there", endpoint);
    if (error == ENODEV || error == EINVAL || error == EADDRNOTAVAIL)
        return unsafe(endpoint, "no such address on this machine", why);
    return bn_why_set(why, bn_code_of_errno(error), path != NULL ? path : endpoint,
                      path != NULL ? bn_rule_name(BN_RULE_FILE_WRITE) : "", "%s: %s", endpoint, zmq_strerror(error));
}

static enum bn_code bind_file(void *socket, const char *endpoint, const char *path, unsigned mode, struct bn_why *why)
{
    enum bn_code code = bn_endpoint_clear(endpoint, path, why);
    if (code != BN_OK)
        return code;
    mode_t before = umask(0177);
    int error = zmq_bind(socket, endpoint) == 0 ? 0 : zmq_errno();
    umask(before);
    if (error == 0 && chmod(path, mode) != 0) {
        error = errno;
        zmq_unbind(socket, endpoint);
    }
    return error == 0 ? BN_OK : bind_failed(endpoint, path, error, why);
}

enum bn_code bn_socket_bind(void *socket, const char *endpoint, unsigned mode, char bound[BN_ENDPOINT_SIZE],
                            struct bn_why *why)
{
    enum bn_code code = bn_endpoint_check(endpoint, why);
    if (code != BN_OK)
        return code;
    const char *path = bn_endpoint_path(endpoint);
    if (path != NULL) {
        code = bind_file(socket, endpoint, path, mode, why);
    } else if ((code = tcp_is_safe(socket, endpoint, true, why)) == BN_OK &&
               (code = allow_ipv6(socket, endpoint, why)) == BN_OK && zmq_bind(socket, endpoint) != 0) {
        code = bind_failed(endpoint, NULL, zmq_errno(), why);
    }
    size_t size = BN_ENDPOINT_SIZE;
    if (code == BN_OK && bound != NULL && zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, bound, &size) != 0)
        return bn_why_set(why, BN_INTERNAL, endpoint, "", "%s: %s", endpoint, zmq_strerror(zmq_errno()));
    return code;
}

enum bn_code bn_socket_connect(void *socket, const char *endpoint, struct bn_why *why)
{
    enum bn_code code = bn_endpoint_check(endpoint, why);
    if (code != BN_OK)
        return code;
    if (bn_endpoint_path(endpoint) == NULL) {
        if (strchr(endpoint, '*') != NULL)
            return unsafe(endpoint, "* is no place to connect to", why);
        if ((code = tcp_is_safe(socket, endpoint, false, why)) != BN_OK ||
            (code = allow_ipv6(socket, endpoint, why)) != BN_OK)
            return code;
    }
    if (zmq_connect(socket, endpoint) == 0)
        return BN_OK;
    if (zmq_errno() == EINVAL)
        return unsafe(endpoint, "not an address", why);
    return bn_why_set(why, bn_code_of_errno(zmq_errno()), endpoint, "", "%s: %s", endpoint, zmq_strerror(zmq_errno()));
}

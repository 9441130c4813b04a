/* SPDX-License-Identifier: Apache-2.0 */
/* The client of the broker's stats socket (docs/protocol.md, section 14). Figures are cumulative, so that a lost
 * snapshot costs nothing: whatever goes wrong, the socket is asked again. */
#include "base/clock.h"
#include "base/rule.h"
#include "binome/binome.h"
#include "libbinome/pack.h"
#include "link/frames.h"
#include "link/socket.h"
#include "wire/scan.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ASK_AGAIN_MS = 10000, /* a subscription ends 30 s after the last request */
    SILENCE_MS = 2500,    /* no answer to a request: the broker may be a new one */
    UNSENT_MS = 100,      /* the request could not be sent */
    OLD_MAX = 256,        /* answers that may have come too late; more is a broker gone mad */
};

static const struct bn_scan_limits stats_limits = {
    .nodes_max = 65536, .depth_max = 8, .unknown_bytes_max = 1U << 20, .items_max = 8192};

struct binome_stats {
    void *context, *socket;
    bool subscribe;
    char *endpoint;
    uint64_t asked_ms, ask_ms; /* when it was asked last, and when to ask next */
};

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* ZeroMQ would wait in silence for a file that nobody has made or may open. */
static enum bn_code socket_there(const char *endpoint, struct bn_why *why)
{
    static const char scheme[] = "ipc://";
    if (strncmp(endpoint, scheme, sizeof scheme - 1) != 0)
        return bn_why_set(why, BN_INVALID_ARGUMENT, "endpoint", bn_rule_name(BN_RULE_ENDPOINT_FORM),
                          "a stats socket is always ipc://PATH");
    const char *path = endpoint + sizeof scheme - 1;
    if (access(path, R_OK | W_OK) == 0)
        return BN_OK;
    if (errno == EACCES)
        return bn_why_set(why, BN_PERMISSION_DENIED, path, bn_rule_name(BN_RULE_FILE_MODE),
                          "this user may not open %s: it is for the owner and the group of the socket", path);
    return bn_why_set(why, BN_UNAVAILABLE, path, bn_rule_name(BN_RULE_HUB_UNREACHABLE),
                      "there is no stats socket at %s: the broker does not run, or has none", path);
}

static enum bn_code stats_make(const char *endpoint, struct binome_stats *stats, struct bn_why *why)
{
    enum bn_code code = bn_random_start();
    if (code != BN_OK)
        return bn_why_set(why, code, "", "", "the system has no randomness");
    stats->endpoint = strdup(endpoint);
    stats->context = zmq_ctx_new();
    if (stats->endpoint == NULL || stats->context == NULL)
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "out of memory");
    (void)zmq_ctx_set(stats->context, ZMQ_BLOCKY, 0);
    struct bn_socket_limits limits = bn_socket_limits_client;
    limits.linger_ms = 0;
    stats->socket = bn_socket_client(stats->context, &limits, NULL, NULL, why);
    if (stats->socket == NULL)
        return BN_RESOURCE_EXHAUSTED;
    return bn_socket_connect(stats->socket, endpoint, why);
}

enum binome_code binome_stats_open(const char *endpoint, bool subscribe, struct binome_stats **stats,
                                   struct binome_error *error)
{
    struct bn_why why = {.field = ""};
    enum bn_code code = bn_endpoint_check(endpoint, &why);
    if (code == BN_OK)
        code = socket_there(endpoint, &why);
    if (code != BN_OK)
        return bn_error_fill(error, code, &why);
    struct binome_stats *made = calloc(1, sizeof *made);
    if (made == NULL)
        return bn_error_fill(error, bn_why_set(&why, BN_RESOURCE_EXHAUSTED, "", "", "out of memory"), &why);
    made->subscribe = subscribe;
    code = stats_make(endpoint, made, &why);
    if (code != BN_OK) {
        binome_stats_close(&made);
        return bn_error_fill(error, code, &why);
    }
    *stats = made;
    return BINOME_OK;
}

static void ask(struct binome_stats *stats, uint64_t now_ms)
{
    Binome__V1__StatsRequest request = BINOME__V1__STATS_REQUEST__INIT;
    request.subscribe = stats->subscribe;
    uint8_t packed[16];
    zmq_msg_t frame;
    size_t size = protobuf_c_message_pack(&request.base, packed);
    if (bn_frame_copy(&frame, packed, size) != BN_OK)
        return;
    bool sent = bn_frames_send(stats->socket, &frame, 1) == BN_OK;
    stats->asked_ms = now_ms;
    stats->ask_ms = now_ms + (sent ? SILENCE_MS : UNSENT_MS);
    zmq_msg_close(&frame);
}

/* BN_UNAVAILABLE when none waits. */
static enum bn_code take(struct binome_stats *stats, Binome__V1__Stats **snapshot, struct bn_why *why)
{
    zmq_msg_t frame;
    struct bn_scan scan;
    enum bn_code code = bn_frames_receive(stats->socket, &frame, 1, NULL);
    if (code == BN_INVALID_ARGUMENT)
        zmq_msg_close(&frame);
    if (code != BN_OK)
        return code;
    const void *data = zmq_msg_data(&frame);
    size_t size = zmq_msg_size(&frame);
    Binome__V1__Stats *taken = NULL;
    if (bn_wire_scan(&binome__v1__stats__descriptor, NULL, data, size, &stats_limits, &scan) == BN_OK)
        taken = binome__v1__stats__unpack(NULL, size, data);
    zmq_msg_close(&frame);
    if (taken == NULL)
        return bn_why_set(why, BN_DATA_LOSS, "", bn_rule_name(BN_RULE_BODY_MALFORMED), "the snapshot is damaged");
    *snapshot = taken;
    return BN_OK;
}

/* Answers to earlier questions that came too late would pass for news. */
static void forget_old(struct binome_stats *stats)
{
    Binome__V1__Stats *old;
    for (int i = 0; i < OLD_MAX && take(stats, &old, NULL) == BN_OK; i++)
        binome__v1__stats__free_unpacked(old, NULL);
    stats->ask_ms = 0;
}

static void wait_until(struct binome_stats *stats, uint64_t now_ms, uint64_t until_ms)
{
    zmq_pollitem_t item = {.socket = stats->socket, .events = ZMQ_POLLIN};
    until_ms = earlier(stats->ask_ms, until_ms);
    uint64_t wait_ms = until_ms > now_ms ? until_ms - now_ms : 0;
    (void)zmq_poll(&item, 1, wait_ms < INT_MAX ? (long)wait_ms : INT_MAX);
}

enum binome_code binome_stats_next(struct binome_stats *stats, unsigned timeout_ms, Binome__V1__Stats **snapshot,
                                   struct binome_error *error)
{
    struct bn_why why = {.field = ""};
    uint64_t now_ms = bn_clock_mono_ms();
    uint64_t limit_ms = now_ms + timeout_ms;
    if (!stats->subscribe)
        forget_old(stats);
    for (;;) {
        if (now_ms >= stats->ask_ms)
            ask(stats, now_ms);
        enum bn_code code = take(stats, snapshot, &why);
        if (code == BN_OK) {
            stats->ask_ms = earlier(now_ms + SILENCE_MS, stats->asked_ms + ASK_AGAIN_MS);
            return BINOME_OK;
        }
        if (code == BN_DATA_LOSS)
            return bn_error_fill(error, code, &why);
        if (now_ms >= limit_ms)
            break;
        wait_until(stats, now_ms, limit_ms);
        now_ms = bn_clock_mono_ms();
    }
    bn_why_set(&why, BN_UNAVAILABLE, "", bn_rule_name(BN_RULE_HUB_UNREACHABLE), "no snapshot from %s within %u ms",
               stats->endpoint, timeout_ms);
    return bn_error_fill(error, BN_UNAVAILABLE, &why);
}

void binome_stats_close(struct binome_stats **stats)
{
    if (stats == NULL || *stats == NULL)
        return;
    bn_socket_close(&(*stats)->socket);
    if ((*stats)->context != NULL)
        while (zmq_ctx_term((*stats)->context) != 0 && zmq_errno() == EINTR)
            continue;
    free((*stats)->endpoint);
    free(*stats);
    *stats = NULL;
}

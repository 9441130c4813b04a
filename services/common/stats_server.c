/* SPDX-License-Identifier: Apache-2.0 */
#include "common/stats_server.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/rule.h"
#include "binome/v1/stats.pb-c.h"
#include "link/frames.h"
#include "link/socket.h"

#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REQUESTS_A_TURN = 64, REQUEST_BYTES_MAX = 256, ROUTING_BYTES_MAX = 255, PERIOD_MS = 1000, QUEUE_MAX = 16 };

struct subscriber {
    uint64_t until_ms; /* 0 = free */
    size_t routing_size;
    uint8_t routing[ROUTING_BYTES_MAX];
};

struct bn_stats_server {
    void *socket;
    struct bn_loop *loop;
    bn_stats_pack_fn *pack;
    void *ctx;
    zmq_msg_t snapshot; /* the newest; sent by reference, never copied */
    uint64_t number, taken_ms;
    uint64_t sent;
    struct subscriber subscribers[BN_STATS_SUBSCRIBERS_MAX];
};

static void free_packed(void *data, void *hint)
{
    (void)hint;
    free(data);
}

/* Makes a new snapshot unless the newest is fresh. False when there is none to send. */
static bool snapshot_take(struct bn_stats_server *server, uint64_t now_ms, uint64_t age_ms_max)
{
    if (server->number != 0 && now_ms - server->taken_ms < age_ms_max)
        return true;
    uint8_t *data = NULL;
    size_t size = 0;
    if (server->pack(server->ctx, server->number + 1, &data, &size) != BN_OK)
        return false;
    zmq_msg_t fresh;
    if (zmq_msg_init_data(&fresh, data, size, free_packed, NULL) != 0) {
        free(data);
        return false;
    }
    zmq_msg_move(&server->snapshot, &fresh);
    server->number++;
    server->taken_ms = now_ms;
    return true;
}

/* BN_RESOURCE_EXHAUSTED when the client does not read: it gets a later one. BN_NOT_FOUND when it has gone. */
static enum bn_code snapshot_send(struct bn_stats_server *server, const void *routing, size_t routing_size)
{
    zmq_msg_t frames[2];
    enum bn_code code = bn_frame_copy(&frames[0], routing, routing_size);
    if (code != BN_OK)
        return code;
    zmq_msg_init(&frames[1]);
    if (zmq_msg_copy(&frames[1], &server->snapshot) != 0)
        code = BN_RESOURCE_EXHAUSTED;
    else
        code = bn_frames_send(server->socket, frames, 2);
    if (code == BN_OK)
        server->sent++;
    bn_frames_close(frames, 2);
    return code;
}

/* A known subscriber's time begins anew; a new one takes a free place. When there is none it had its one answer. */
static void subscribe(struct bn_stats_server *server, const void *routing, size_t size, uint64_t now_ms)
{
    struct subscriber *place = NULL;
    for (size_t i = 0; i < BN_STATS_SUBSCRIBERS_MAX; i++) {
        struct subscriber *each = &server->subscribers[i];
        bool taken = each->until_ms > now_ms;
        if (taken && each->routing_size == size && memcmp(each->routing, routing, size) == 0) {
            place = each;
            break;
        }
        if (!taken && place == NULL)
            place = each;
    }
    if (place == NULL || size > ROUTING_BYTES_MAX)
        return;
    place->until_ms = now_ms + BN_STATS_SUBSCRIPTION_MS;
    place->routing_size = size;
    memcpy(place->routing, routing, size);
}

static bool request_read(zmq_msg_t *frame, bool *wants_more)
{
    size_t size = zmq_msg_size(frame);
    if (size > REQUEST_BYTES_MAX)
        return false;
    Binome__V1__StatsRequest *request = binome__v1__stats_request__unpack(NULL, size, zmq_msg_data(frame));
    if (request == NULL)
        return false;
    *wants_more = request->subscribe;
    binome__v1__stats_request__free_unpacked(request, NULL);
    return true;
}

static void on_readable(void *ctx)
{
    struct bn_stats_server *server = ctx;
    for (int i = 0; i < REQUESTS_A_TURN; i++) {
        zmq_msg_t frames[2];
        enum bn_code code = bn_frames_receive(server->socket, frames, 2, NULL);
        if (code == BN_INVALID_ARGUMENT) {
            zmq_msg_close(&frames[0]);
            continue;
        }
        if (code != BN_OK)
            return;
        bool wants_more = false;
        uint64_t now_ms = bn_clock_mono_ms();
        if (request_read(&frames[1], &wants_more) && snapshot_take(server, now_ms, BN_STATS_FRESH_MS)) {
            code = snapshot_send(server, zmq_msg_data(&frames[0]), zmq_msg_size(&frames[0]));
            if (code == BN_OK && wants_more)
                subscribe(server, zmq_msg_data(&frames[0]), zmq_msg_size(&frames[0]), now_ms);
        }
        bn_frames_close(frames, 2);
    }
}

static void on_second(void *ctx)
{
    struct bn_stats_server *server = ctx;
    uint64_t now_ms = bn_clock_mono_ms();
    for (size_t i = 0; i < BN_STATS_SUBSCRIBERS_MAX; i++) {
        struct subscriber *each = &server->subscribers[i];
        if (each->until_ms <= now_ms)
            continue;
        if (!snapshot_take(server, now_ms, PERIOD_MS / 2))
            return;
        if (snapshot_send(server, each->routing, each->routing_size) == BN_NOT_FOUND)
            each->until_ms = 0;
    }
}

static void give_to_group(const char *endpoint, const char *group)
{
    if (group == NULL || group[0] == '\0')
        return;
    const char *path = endpoint + strlen("ipc://");
    char buffer[4096];
    struct group entry, *found = NULL;
    if (getgrnam_r(group, &entry, buffer, sizeof buffer, &found) != 0 || found == NULL) {
        BN_LOG(WARN, "stats.group_absent", "group", group, "endpoint", endpoint);
        return;
    }
    if (chown(path, (uid_t)-1, found->gr_gid) != 0)
        BN_LOG(WARN, "stats.group_refused", "group", group, "endpoint", endpoint);
}

enum bn_code bn_stats_server_create(void *context, struct bn_loop *loop, const char *endpoint, unsigned mode,
                                    const char *group, bn_stats_pack_fn *pack, void *ctx,
                                    struct bn_stats_server **result, struct bn_why *why)
{
    if (strncmp(endpoint, "ipc://", 6) != 0)
        return bn_why_set(why, BN_INVALID_ARGUMENT, endpoint, bn_rule_name(BN_RULE_ENDPOINT_FORM),
                          "the stats socket is on ipc:// only");
    struct bn_stats_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "out of memory");
    server->loop = loop;
    server->pack = pack;
    server->ctx = ctx;
    zmq_msg_init(&server->snapshot);

    struct bn_socket_limits limits = bn_socket_limits_internal;
    limits.body_bytes_max = 0; /* a StatsRequest fits into what a socket allows beyond its bodies */
    limits.receive_messages_max = QUEUE_MAX;
    limits.send_messages_max = QUEUE_MAX;
    limits.linger_ms = 0;
    enum bn_code code = BN_INTERNAL;
    server->socket = bn_socket_server(context, &limits, NULL, NULL, why);
    if (server->socket == NULL)
        goto failed;
    code = bn_socket_bind(server->socket, endpoint, mode, NULL, why);
    if (code != BN_OK)
        goto failed;
    give_to_group(endpoint, group);
    code = bn_loop_socket(loop, server->socket, on_readable, server);
    if (code == BN_OK)
        code = bn_loop_timer(loop, PERIOD_MS, on_second, server);
    if (code != BN_OK) {
        bn_why_set(why, code, endpoint, "", "the loop takes no more sockets or timers");
        goto failed;
    }
    *result = server;
    return BN_OK;
failed:
    bn_stats_server_destroy(&server);
    return code;
}

void bn_stats_server_destroy(struct bn_stats_server **result)
{
    struct bn_stats_server *server = *result;
    if (server == NULL)
        return;
    if (server->socket != NULL)
        bn_loop_remove(server->loop, server->socket, -1);
    bn_socket_close(&server->socket);
    zmq_msg_close(&server->snapshot);
    free(server);
    *result = NULL;
}

size_t bn_stats_server_subscribers(const struct bn_stats_server *server)
{
    uint64_t now_ms = bn_clock_mono_ms();
    size_t count = 0;
    for (size_t i = 0; i < BN_STATS_SUBSCRIBERS_MAX; i++)
        count += server->subscribers[i].until_ms > now_ms;
    return count;
}

uint64_t bn_stats_server_sent(const struct bn_stats_server *server)
{
    return server->sent;
}

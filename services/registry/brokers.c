/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/brokers.h"

#include "base/log.h"
#include "link/frames.h"
#include "wire/header.h"

#include <stdlib.h>
#include <string.h>

enum { BROKERS_MAX = 16, ROUTE_MAX = 255 };

struct broker {
    uint8_t route[ROUTE_MAX];
    size_t route_size;
    bool wants_keys;
};

struct bn_brokers {
    void *link;
    uint64_t instance;
    struct bn_log_head head;
    uint64_t key_version;
    struct broker list[BROKERS_MAX];
    size_t count;
};

struct bn_brokers *bn_brokers_create(void *link)
{
    struct bn_brokers *brokers = calloc(1, sizeof *brokers);
    if (brokers == NULL)
        return NULL;
    brokers->link = link;
    do
        bn_random_bytes(&brokers->instance, sizeof brokers->instance);
    while (brokers->instance == 0);
    return brokers;
}

void bn_brokers_destroy(struct bn_brokers **brokers)
{
    free(*brokers);
    *brokers = NULL;
}

static struct broker *find(struct bn_brokers *brokers, const void *route, size_t size)
{
    for (size_t i = 0; i < brokers->count; i++)
        if (brokers->list[i].route_size == size && memcmp(brokers->list[i].route, route, size) == 0)
            return &brokers->list[i];
    return NULL;
}

bool bn_brokers_hello(struct bn_brokers *brokers, zmq_msg_t *route, const char *version)
{
    size_t size = zmq_msg_size(route);
    struct broker *broker = find(brokers, zmq_msg_data(route), size);
    if (broker == NULL) {
        if (brokers->count == BROKERS_MAX || size > ROUTE_MAX) {
            BN_LOG(WARN, "registry.broker_refused", "brokers", BN_NUM(brokers->count));
            return false;
        }
        broker = &brokers->list[brokers->count++];
        memcpy(broker->route, zmq_msg_data(route), size);
        broker->route_size = size;
        BN_LOG(INFO, "registry.broker_joined", "version", version, "brokers", BN_NUM(brokers->count));
    }
    broker->wants_keys = true;
    return true;
}

/* False when the broker is gone. */
static bool send_link(struct bn_brokers *brokers, const struct broker *broker, zmq_msg_t *body)
{
    uint8_t origin[BN_ORIGIN_BYTES_MAX], header[BN_HEADER_BYTES_MAX];
    size_t origin_size = bn_origin_write(&(struct bn_origin){0}, origin);
    size_t header_size =
        bn_header_write(&(struct bn_header){.version = BN_PROTOCOL_VERSION, .kind = BN_KIND_LINK}, header);
    zmq_msg_t frames[4];
    for (size_t i = 0; i < BN_COUNT(frames); i++)
        zmq_msg_init(&frames[i]);
    enum bn_code code = bn_frame_copy(&frames[0], broker->route, broker->route_size);
    if (code == BN_OK)
        code = bn_frame_copy(&frames[1], origin, origin_size);
    if (code == BN_OK)
        code = bn_frame_copy(&frames[2], header, header_size);
    if (code == BN_OK && zmq_msg_copy(&frames[3], body) != 0)
        code = BN_RESOURCE_EXHAUSTED;
    if (code == BN_OK)
        code = bn_frames_send(brokers->link, frames, 4);
    if (code != BN_OK)
        bn_frames_close(frames, 4);
    /* A broker whose queue is full hears the next pulse; its key table version then tells it what it missed. */
    return code != BN_NOT_FOUND;
}

static void send_each(struct bn_brokers *brokers, zmq_msg_t *frame, bool waiting_only)
{
    for (size_t i = 0; i < brokers->count;) {
        struct broker *broker = &brokers->list[i];
        if (waiting_only && !broker->wants_keys) {
            i++;
            continue;
        }
        if (waiting_only)
            broker->wants_keys = false;
        if (send_link(brokers, broker, frame)) {
            i++;
            continue;
        }
        BN_LOG(INFO, "registry.broker_left", "brokers", BN_NUM(brokers->count - 1));
        *broker = brokers->list[--brokers->count];
    }
}

void bn_brokers_answer(struct bn_brokers *brokers, zmq_msg_t *frame)
{
    send_each(brokers, frame, true);
    zmq_msg_close(frame);
}

void bn_brokers_tell(struct bn_brokers *brokers, zmq_msg_t *frame)
{
    send_each(brokers, frame, false);
    zmq_msg_close(frame);
}

void bn_brokers_state(struct bn_brokers *brokers, const struct bn_log_head *head, uint64_t key_version)
{
    brokers->head = *head;
    brokers->key_version = key_version;
}

void bn_brokers_pulse(struct bn_brokers *brokers, Binome__V1__RegistryFigures *figures)
{
    Binome__V1__Link link = BINOME__V1__LINK__INIT;
    Binome__V1__Pulse pulse = BINOME__V1__PULSE__INIT;
    Binome__V1__Checkpoint checkpoint = BINOME__V1__CHECKPOINT__INIT;
    checkpoint.log_size = brokers->head.size;
    checkpoint.log_root = (ProtobufCBinaryData){BN_DIGEST_BYTES, brokers->head.root.bytes};
    pulse.instance = brokers->instance;
    pulse.checkpoint = &checkpoint;
    pulse.figures = figures;
    pulse.key_table_version = brokers->key_version;
    link.body_case = BINOME__V1__LINK__BODY_PULSE;
    link.pulse = &pulse;
    zmq_msg_t frame;
    if (zmq_msg_init_size(&frame, binome__v1__link__get_packed_size(&link)) != 0)
        return;
    binome__v1__link__pack(&link, zmq_msg_data(&frame));
    bn_brokers_tell(brokers, &frame);
}

/* ---- ZAP for a link over TCP (RFC 27): seven frames and the credentials ---- */

enum { ZAP_FRAMES = 7, ZAP_REQUEST_ID = 1, ZAP_DOMAIN = 2, ZAP_MECHANISM = 5, ZAP_KEY = 6 };

static bool frame_is(zmq_msg_t *frame, const char *text)
{
    return zmq_msg_size(frame) == strlen(text) && memcmp(zmq_msg_data(frame), text, strlen(text)) == 0;
}

static void zap_reply(void *zap, zmq_msg_t *request_id, bool admitted)
{
    const char *status = admitted ? "200" : "400", *user = admitted ? "broker" : "";
    zmq_send(zap, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(zap, zmq_msg_data(request_id), zmq_msg_size(request_id), ZMQ_SNDMORE);
    zmq_send(zap, status, 3, ZMQ_SNDMORE);
    zmq_send(zap, "", 0, ZMQ_SNDMORE);
    zmq_send(zap, user, strlen(user), ZMQ_SNDMORE);
    zmq_send(zap, "", 0, 0);
}

void bn_brokers_admit(void *zap, const uint8_t key[BN_KEY_BYTES])
{
    zmq_msg_t frames[ZAP_FRAMES];
    size_t seen = 0;
    enum bn_code code = bn_frames_receive(zap, frames, ZAP_FRAMES, &seen);
    if (code == BN_UNAVAILABLE)
        return;
    if (code != BN_OK) {
        zmq_msg_t none;
        zmq_msg_init(&none);
        zap_reply(zap, &none, false); /* a REP socket must answer before it hears again */
        if (code == BN_INVALID_ARGUMENT)
            zmq_msg_close(&frames[0]);
        return;
    }
    bool admitted = frame_is(&frames[ZAP_DOMAIN], "binome-link") && frame_is(&frames[ZAP_MECHANISM], "CURVE") &&
                    zmq_msg_size(&frames[ZAP_KEY]) == BN_KEY_BYTES &&
                    memcmp(zmq_msg_data(&frames[ZAP_KEY]), key, BN_KEY_BYTES) == 0;
    if (!admitted)
        BN_LOG(WARN, "registry.link_refused");
    zap_reply(zap, &frames[ZAP_REQUEST_ID], admitted);
    bn_frames_close(frames, ZAP_FRAMES);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* load: keeps a window of 1 KiB proposals unanswered on each of many connections, and measures.
 *
 * usage: load --endpoint E --clients N --window W --seconds S [--warmup S] [--server-key Z85 --keys FILE]
 *
 * Speaks the hub's protocol (docs/protocol.md) without the client library, so that what is measured is the other side.
 * FILE holds one secret key a line, one for each connection. The same program loads the bare pipeline (bare.c), which
 * takes the same bytes. Prints one JSON line. */
#include "base/clock.h"
#include "base/file.h"
#include "base/id.h"
#include "binome/v1/request.pb-c.h"
#include "link/frames.h"
#include "link/socket.h"
#include "wire/header.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLIENTS_MAX = 1024,
    WINDOW_MAX = 128,
    BODY_BYTES = 1024,
    SALT_BYTES = 16,
    HELLO_MS_MAX = 20000,
    STALL_MS = 10000
};

struct client {
    void *socket;
    uint64_t sent_ns[WINDOW_MAX];
    uint64_t sent, answered;
    bool greeted;
};

struct load {
    const char *endpoint, *server_key, *keys;
    int clients, window;
    double seconds, warmup;
    void *context;
    struct client *all;
    zmq_pollitem_t *items;
    uint8_t body[2 * BODY_BYTES];
    size_t body_size, salt_offset;
    uint64_t *samples;
    size_t count, room;
    uint64_t refused;
};

static _Noreturn void die(const char *what, const char *detail)
{
    fprintf(stderr, "load: %s: %s\n", what, detail);
    exit(1);
}

/* ---- the message: a proposal whose whole body has 1,024 bytes ---- */

static size_t pack_proposal(uint8_t *out, char *description, size_t length)
{
    static uint8_t salt[SALT_BYTES] = "SALTSALTSALTSAL";
    static char *sectors[] = {"energy", "industry"}, *regions[] = {"Bretagne"}, *tags[] = {"heat", "sensors", "pilot"};
    Binome__V1__Request request = BINOME__V1__REQUEST__INIT;
    Binome__V1__ProposalSubmit submit = BINOME__V1__PROPOSAL_SUBMIT__INIT;
    Binome__V1__Proposal proposal = BINOME__V1__PROPOSAL__INIT;
    Binome__V1__Money min = BINOME__V1__MONEY__INIT, max = BINOME__V1__MONEY__INIT;
    Binome__V1__MoneyRange budget = BINOME__V1__MONEY_RANGE__INIT;
    memset(description, 'a', length);
    for (size_t i = 6; i < length; i += 7)
        description[i] = ' ';
    description[length] = '\0';
    min.minor_units = 2000000;
    max.minor_units = 9000000;
    min.currency = max.currency = "EUR";
    budget.min = &min;
    budget.max = &max;
    proposal.workstream = "startups";
    proposal.sectors = sectors, proposal.n_sectors = BN_COUNT(sectors);
    proposal.regions = regions, proposal.n_regions = BN_COUNT(regions);
    proposal.tags = tags, proposal.n_tags = BN_COUNT(tags);
    proposal.title = "Waste heat of a foundry, measured and sold";
    proposal.summary = "A foundry looks for a startup that measures and resells the heat of its furnaces.";
    proposal.seeks = "Sensors that bear 400 degrees, and a model of the heat network.";
    proposal.description = description;
    proposal.budget = &budget;
    proposal.trl_now = 5;
    proposal.trl_target = 8;
    proposal.start_on = "2026-09-01";
    proposal.end_on = "2027-09-01";
    proposal.visibility = BINOME__V1__VISIBILITY__VISIBILITY_PROGRAMME;
    proposal.language = "en";
    submit.proposal = &proposal;
    request.salt = (ProtobufCBinaryData){SALT_BYTES, salt};
    request.body_case = BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT;
    request.proposal_submit = &submit;
    return binome__v1__request__pack(&request, out);
}

static void make_body(struct load *load)
{
    static char description[2 * BODY_BYTES];
    size_t size = pack_proposal(load->body, description, 400);
    load->body_size = pack_proposal(load->body, description, 400 + BODY_BYTES - size);
    if (load->body_size != BODY_BYTES)
        die("body", "is not of 1,024 bytes");
    const uint8_t *salt = memmem(load->body, load->body_size, "SALTSALT", 8);
    load->salt_offset = (size_t)(salt - load->body);
}

/* ---- sending and hearing ---- */

static void send_message(struct load *load, struct client *client, const struct bn_header *header, bool with_body)
{
    uint8_t bytes[BN_HEADER_BYTES_MAX];
    zmq_msg_t frames[2];
    size_t size = bn_header_write(header, bytes);
    size_t body_size = with_body ? load->body_size : 0;
    if (zmq_msg_init_size(&frames[0], size) != 0 || zmq_msg_init_size(&frames[1], body_size) != 0)
        die("memory", "none left");
    memcpy(zmq_msg_data(&frames[0]), bytes, size);
    memcpy(zmq_msg_data(&frames[1]), load->body, body_size);
    if (bn_frames_send(client->socket, frames, 2) != BN_OK)
        die("send", "queue full or connection lost");
}

static void send_request(struct load *load, struct client *client)
{
    const struct bn_header header = {.version = BN_PROTOCOL_VERSION,
                                     .kind = BN_KIND_REQUEST,
                                     .request_id = bn_id_make(),
                                     .body_type = BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT,
                                     .timeout_ms = 60000};
    memcpy(load->body + load->salt_offset, header.request_id.bytes, SALT_BYTES);
    client->sent_ns[client->sent % (uint64_t)load->window] = bn_clock_mono_ns();
    client->sent++;
    send_message(load, client, &header, true);
}

/* One reply, if there is one. Answers of one connection come in the order of its requests. */
static bool hear(struct load *load, struct client *client, bool measuring)
{
    zmq_msg_t frames[2];
    struct bn_header header;
    if (bn_frames_receive(client->socket, frames, 2, NULL) != BN_OK)
        return false;
    if (bn_header_read(zmq_msg_data(&frames[0]), zmq_msg_size(&frames[0]), &header) != BN_OK)
        die("reply", "header unreadable");
    bn_frames_close(frames, 2);
    if (header.kind != BN_KIND_REPLY)
        return true;
    if (!client->greeted) {
        if (header.code != BN_OK)
            die("hello", bn_code_name(header.code));
        client->greeted = true;
        return true;
    }
    if (header.code != BN_OK)
        load->refused++;
    else if (measuring && load->count < load->room)
        load->samples[load->count++] = bn_clock_mono_ns() - client->sent_ns[client->answered % (uint64_t)load->window];
    client->answered++;
    return true;
}

static void connect_all(struct load *load)
{
    FILE *keys = load->keys != NULL ? fopen(load->keys, "re") : NULL;
    uint8_t server_key[BN_KEY_BYTES];
    if (load->server_key != NULL && (keys == NULL || !bn_z85_decode(load->server_key, server_key)))
        die("keys", "--server-key goes with --keys FILE");
    for (int i = 0; i < load->clients; i++) {
        struct client *client = &load->all[i];
        struct bn_why why = {0};
        struct bn_keypair pair;
        char line[128];
        if (load->server_key != NULL) {
            if (fgets(line, sizeof line, keys) == NULL)
                die("keys", "too few");
            line[strcspn(line, "\n")] = '\0';
            if (!bn_z85_decode(line, pair.secret_key))
                die("keys", "not z85");
            char public_text[BN_Z85_SIZE];
            if (zmq_curve_public(public_text, line) != 0 || !bn_z85_decode(public_text, pair.public_key))
                die("keys", "not a secret key");
        }
        client->socket =
            bn_socket_client(load->context, &bn_socket_limits_client, load->server_key != NULL ? &pair : NULL,
                             load->server_key != NULL ? server_key : NULL, &why);
        if (client->socket == NULL || bn_socket_connect(client->socket, load->endpoint, &why) != BN_OK)
            die(load->endpoint, why.detail);
        load->items[i] = (zmq_pollitem_t){.socket = client->socket, .events = ZMQ_POLLIN};
    }
    if (keys != NULL)
        fclose(keys);
}

static void greet_all(struct load *load)
{
    uint64_t until = bn_clock_mono_ms() + HELLO_MS_MAX;
    for (int i = 0; i < load->clients; i++) {
        zmq_pollitem_t writable = {.socket = load->all[i].socket, .events = ZMQ_POLLOUT};
        if (zmq_poll(&writable, 1, HELLO_MS_MAX) <= 0)
            die("connect", "nobody answers");
        const struct bn_header hello = {.version = BN_PROTOCOL_VERSION,
                                        .kind = BN_KIND_HELLO,
                                        .request_id = bn_id_make(),
                                        .clock_ms = bn_clock_wall_ms()};
        send_message(load, &load->all[i], &hello, false);
    }
    for (int i = 0; i < load->clients; i++)
        while (!load->all[i].greeted) {
            zmq_poll(&load->items[i], 1, 100);
            hear(load, &load->all[i], false);
            if (bn_clock_mono_ms() > until)
                die("hello", "no answer");
        }
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static double at_us(const struct load *load, double share)
{
    return load->count == 0 ? 0 : (double)load->samples[(size_t)((double)(load->count - 1) * share)] / 1000.0;
}

static void run(struct load *load)
{
    uint64_t start = bn_clock_mono_ns(), warm = start + (uint64_t)(load->warmup * 1e9);
    uint64_t end = warm + (uint64_t)(load->seconds * 1e9), now = start, first = 0;
    for (int i = 0; i < load->clients; i++)
        for (int w = 0; w < load->window; w++)
            send_request(load, &load->all[i]);
    while (now < end) {
        if (zmq_poll(load->items, load->clients, STALL_MS) <= 0)
            die("stalled", "no answer for 10 s");
        now = bn_clock_mono_ns();
        bool measuring = now >= warm;
        if (measuring && first == 0)
            first = now;
        for (int i = 0; i < load->clients; i++) {
            struct client *client = &load->all[i];
            if ((load->items[i].revents & ZMQ_POLLIN) == 0)
                continue;
            while (hear(load, client, measuring))
                ;
            while (client->sent - client->answered < (uint64_t)load->window)
                send_request(load, client);
        }
    }
    double seconds = (double)(bn_clock_mono_ns() - first) / 1e9;
    qsort(load->samples, load->count, sizeof *load->samples, by_value);
    printf("{\"clients\":%d,\"window\":%d,\"per_second\":%.0f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,"
           "\"refused\":%llu}\n",
           load->clients, load->window, (double)load->count / seconds, at_us(load, 0.5), at_us(load, 0.99),
           at_us(load, 1.0), (unsigned long long)load->refused);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"endpoint", 1, NULL, 'e'}, {"clients", 1, NULL, 'c'},    {"window", 1, NULL, 'w'}, {"seconds", 1, NULL, 's'},
        {"warmup", 1, NULL, 'u'},   {"server-key", 1, NULL, 'k'}, {"keys", 1, NULL, 'f'},   {NULL, 0, NULL, 0},
    };
    static struct load load = {.clients = 1, .window = 1, .seconds = 2, .warmup = 0.5};
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (o) {
        case 'e':
            load.endpoint = optarg;
            break;
        case 'c':
            load.clients = atoi(optarg);
            break;
        case 'w':
            load.window = atoi(optarg);
            break;
        case 's':
            load.seconds = atof(optarg);
            break;
        case 'u':
            load.warmup = atof(optarg);
            break;
        case 'k':
            load.server_key = optarg;
            break;
        case 'f':
            load.keys = optarg;
            break;
        default:
            return 64;
        }
    }
    if (load.endpoint == NULL || load.clients < 1 || load.clients > CLIENTS_MAX || load.window < 1 ||
        load.window > WINDOW_MAX)
        die("usage", "--endpoint E --clients 1..1024 --window 1..128 --seconds S");
    if (bn_random_start() != BN_OK)
        return 1;
    load.room = (size_t)(load.seconds * 400000) + 1000;
    load.all = calloc((size_t)load.clients, sizeof *load.all);
    load.items = calloc((size_t)load.clients, sizeof *load.items);
    load.samples = calloc(load.room, sizeof *load.samples);
    load.context = zmq_ctx_new();
    if (load.all == NULL || load.items == NULL || load.samples == NULL || load.context == NULL)
        die("memory", "none left");
    zmq_ctx_set(load.context, ZMQ_MAX_SOCKETS, CLIENTS_MAX + 16);
    make_body(&load);
    connect_all(&load);
    greet_all(&load);
    run(&load);
    fflush(stdout);
    _Exit(0); /* what is unanswered is of no interest any more */
}

/* SPDX-License-Identifier: Apache-2.0 */
/* bare: the least that could be called a hub, as a limit to measure against.
 *
 * usage: bare --database FILE --endpoint E [--curve SECRET_Z85] | bare --database FILE --sqlite BATCH --seconds S
 *
 * ROUTER; unpack; one insert of the same bytes into one table with two indexes; one commit for all that waits; reply.
 * No authentication, no rules, no receipts, no log. With --sqlite no sockets either: batches of that many inserts. */
#include "base/clock.h"
#include "base/id.h"
#include "binome/v1/request.pb-c.h"
#include "wire/arena.h"
#include "wire/header.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum { BATCH_MAX = 2048, BODY_BYTES = 1024, WAL_CHECKPOINT_PAGES = 4096 };

static volatile sig_atomic_t stopping;

static void on_signal(int signal)
{
    (void)signal;
    stopping = 1;
}

struct bare {
    sqlite3 *db;
    sqlite3_stmt *insert, *begin, *commit;
    struct bn_arena *arena;
    int wal_pages;
};

static _Noreturn void die(const char *what, const char *detail)
{
    fprintf(stderr, "bare: %s: %s\n", what, detail);
    exit(1);
}

static void execute(struct bare *bare, const char *sql)
{
    if (sqlite3_exec(bare->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        die(sql, sqlite3_errmsg(bare->db));
}

static int note_wal(void *ctx, sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    ((struct bare *)ctx)->wal_pages = pages;
    return SQLITE_OK;
}

static void open_database(struct bare *bare, const char *path)
{
    if (sqlite3_open(path, &bare->db) != SQLITE_OK)
        die(path, sqlite3_errmsg(bare->db));
    execute(bare, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
                  "PRAGMA cache_size=-262144;"
                  "CREATE TABLE m(id INTEGER PRIMARY KEY, request BLOB NOT NULL UNIQUE, organisation INTEGER NOT NULL,"
                  " kind INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL);"
                  "CREATE INDEX m_organisation ON m(organisation, at)");
    sqlite3_wal_hook(bare->db, note_wal, bare);
    sqlite3_prepare_v2(bare->db, "INSERT INTO m(request, organisation, kind, at, body) VALUES(?, ?, ?, ?, ?)", -1,
                       &bare->insert, NULL);
    sqlite3_prepare_v2(bare->db, "BEGIN IMMEDIATE", -1, &bare->begin, NULL);
    sqlite3_prepare_v2(bare->db, "COMMIT", -1, &bare->commit, NULL);
}

static void step(struct bare *bare, sqlite3_stmt *statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE)
        die("step", sqlite3_errmsg(bare->db));
    sqlite3_reset(statement);
}

static void insert(struct bare *bare, const struct bn_id *id, int organisation, const void *body, size_t size)
{
    bn_arena_reset(bare->arena);
    if (binome__v1__request__unpack(bn_arena_allocator(bare->arena), size, body) == NULL)
        die("body", "unreadable");
    sqlite3_bind_blob(bare->insert, 1, id->bytes, BN_ID_BYTES, SQLITE_STATIC);
    sqlite3_bind_int(bare->insert, 2, organisation);
    sqlite3_bind_int(bare->insert, 3, 1);
    sqlite3_bind_int64(bare->insert, 4, bn_clock_wall_ms());
    sqlite3_bind_blob(bare->insert, 5, body, (int)size, SQLITE_STATIC);
    step(bare, bare->insert);
}

static void commit(struct bare *bare)
{
    step(bare, bare->commit);
    if (bare->wal_pages > WAL_CHECKPOINT_PAGES) {
        sqlite3_wal_checkpoint_v2(bare->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        bare->wal_pages = 0;
    }
}

/* ---- with sockets ---- */

struct item {
    zmq_msg_t route;
    struct bn_header header;
};

/* Takes one message; false when none waits. A hello is answered without the database. */
static bool take(struct bare *bare, void *router, struct item *item, bool *began)
{
    zmq_msg_t header, body;
    zmq_msg_init(&item->route);
    zmq_msg_init(&header);
    zmq_msg_init(&body);
    if (zmq_msg_recv(&item->route, router, ZMQ_DONTWAIT) < 0)
        return false;
    zmq_msg_recv(&header, router, 0);
    zmq_msg_recv(&body, router, 0);
    if (bn_header_read(zmq_msg_data(&header), zmq_msg_size(&header), &item->header) != BN_OK)
        die("header", "unreadable");
    if (item->header.kind == BN_KIND_REQUEST) {
        if (!*began)
            step(bare, bare->begin);
        *began = true;
        int organisation = ((const uint8_t *)zmq_msg_data(&item->route))[zmq_msg_size(&item->route) - 1];
        insert(bare, &item->header.request_id, organisation, zmq_msg_data(&body), zmq_msg_size(&body));
    }
    zmq_msg_close(&header);
    zmq_msg_close(&body);
    return true;
}

static void answer(void *router, struct item *item)
{
    uint8_t bytes[BN_HEADER_BYTES_MAX];
    const struct bn_header reply = {
        .version = BN_PROTOCOL_VERSION, .kind = BN_KIND_REPLY, .in_reply_to = item->header.request_id};
    size_t size = bn_header_write(&reply, bytes);
    zmq_msg_send(&item->route, router, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(router, bytes, size, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(router, item->header.request_id.bytes, BN_ID_BYTES, ZMQ_DONTWAIT);
}

static void serve(struct bare *bare, const char *endpoint, const char *secret)
{
    static struct item items[BATCH_MAX];
    void *context = zmq_ctx_new(), *router = zmq_socket(context, ZMQ_ROUTER);
    int none = 0, yes = 1;
    zmq_setsockopt(router, ZMQ_SNDHWM, &none, sizeof none);
    zmq_setsockopt(router, ZMQ_RCVHWM, &none, sizeof none);
    zmq_setsockopt(router, ZMQ_LINGER, &none, sizeof none);
    if (secret != NULL) {
        zmq_setsockopt(router, ZMQ_CURVE_SERVER, &yes, sizeof yes);
        zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, secret, strlen(secret) + 1);
    }
    if (zmq_bind(router, endpoint) != 0)
        die(endpoint, strerror(errno));
    char bound[256];
    size_t length = sizeof bound;
    zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, bound, &length);
    printf("%s\n", bound);
    fflush(stdout);
    while (!stopping) {
        zmq_pollitem_t poll = {.socket = router, .events = ZMQ_POLLIN};
        if (zmq_poll(&poll, 1, 500) <= 0)
            continue;
        size_t count = 0;
        bool began = false;
        while (count < BATCH_MAX && take(bare, router, &items[count], &began))
            count++;
        if (began)
            commit(bare);
        for (size_t i = 0; i < count; i++)
            answer(router, &items[i]);
    }
    zmq_close(router);
    zmq_ctx_term(context);
}

/* ---- without ---- */

static size_t make_body(uint8_t *out)
{
    static char description[BODY_BYTES];
    static uint8_t salt[BN_ID_BYTES];
    Binome__V1__Request request = BINOME__V1__REQUEST__INIT;
    Binome__V1__ProposalSubmit submit = BINOME__V1__PROPOSAL_SUBMIT__INIT;
    Binome__V1__Proposal proposal = BINOME__V1__PROPOSAL__INIT;
    memset(description, 'a', 970);
    proposal.workstream = "startups";
    proposal.title = "A proposal";
    proposal.description = description;
    submit.proposal = &proposal;
    request.salt = (ProtobufCBinaryData){sizeof salt, salt};
    request.body_case = BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT;
    request.proposal_submit = &submit;
    return binome__v1__request__pack(&request, out);
}

static void batches(struct bare *bare, int batch, double seconds)
{
    uint8_t body[2 * BODY_BYTES];
    size_t size = make_body(body);
    uint64_t start = bn_clock_mono_ns(), end = start + (uint64_t)(seconds * 1e9), rows = 0;
    while (bn_clock_mono_ns() < end) {
        step(bare, bare->begin);
        for (int i = 0; i < batch; i++, rows++) {
            struct bn_id id = bn_id_make();
            insert(bare, &id, (int)(rows % 64), body, size);
        }
        commit(bare);
    }
    printf("{\"batch\":%d,\"per_second\":%.0f}\n", batch, (double)rows / ((double)(bn_clock_mono_ns() - start) / 1e9));
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"database", 1, NULL, 'd'}, {"endpoint", 1, NULL, 'e'}, {"curve", 1, NULL, 'k'},
        {"sqlite", 1, NULL, 'b'},   {"seconds", 1, NULL, 's'},  {NULL, 0, NULL, 0},
    };
    const char *database = NULL, *endpoint = NULL, *secret = NULL;
    int batch = 0;
    double seconds = 2;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (o) {
        case 'd':
            database = optarg;
            break;
        case 'e':
            endpoint = optarg;
            break;
        case 'k':
            secret = optarg;
            break;
        case 'b':
            batch = atoi(optarg);
            break;
        case 's':
            seconds = atof(optarg);
            break;
        default:
            return 64;
        }
    }
    if (database == NULL || (endpoint == NULL && batch < 1))
        die("usage", "--database FILE (--endpoint E [--curve KEY] | --sqlite BATCH --seconds S)");
    struct bare bare = {.arena = bn_arena_create(16 * 1024, 1024 * 1024)};
    const struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    if (bare.arena == NULL || bn_random_start() != BN_OK)
        die("memory", "none left");
    open_database(&bare, database);
    if (batch > 0)
        batches(&bare, batch, seconds);
    else
        serve(&bare, endpoint, secret);
    return 0;
}

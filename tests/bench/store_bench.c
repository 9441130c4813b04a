/* SPDX-License-Identifier: Apache-2.0 */
/* store_bench: how many submissions a second the store commits, beside a bare SQLite table on the same disk.
 *
 * store_bench DIR [SECONDS]: one line for each batch size, separated by tabs: rows/s of the store (look-up of the
 * request id, accept, object_create; a body of 1 KiB, time-ordered ids, 64 owners), rows/s of one table with two
 * indexes that takes the same bytes, their ratio, and microseconds a commit of both. */
#include "base/clock.h"
#include "registry/store/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BODY_BYTES = 1024, OWNERS = 64 };

struct result {
    double rows_per_second;
    double commit_us;
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "store_bench: %s\n", what);
    exit(1);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* Ordered as UUIDv7 of many clients are: by the millisecond, at random within it (some 60 share one). */
static struct bn_id id_of(uint64_t number)
{
    struct bn_id id;
    uint64_t time = number / 60, rest[2] = {mix(number), mix(~number)};
    for (int i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(time >> (40 - 8 * i));
    memcpy(id.bytes + 6, rest, sizeof id.bytes - 6);
    return id;
}

static void clear(const char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    char name[512];
    for (size_t i = 0; i < BN_COUNT(endings); i++) {
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        unlink(name);
    }
}

static void submit(struct bn_store *store, const struct bn_organisation owners[OWNERS], uint64_t number,
                   uint8_t body[BODY_BYTES])
{
    const struct bn_organisation *owner = &owners[mix(number) % OWNERS];
    memcpy(body, &number, sizeof number);
    struct bn_accepted accepted = {
        .request = id_of(number),
        .organisation_number = owner->number,
        .organisation = owner->id,
        .recorded_ms = bn_clock_wall_ms(),
        .type = 60,
        .object = bn_store_next_sequence(store),
        .version = 1,
    };
    bool taken = true;
    must(bn_store_request_taken(store, &accepted.request, &taken) == BN_OK && !taken, "taken");
    bn_digest_of(body, BODY_BYTES, &accepted.digest);
    must(bn_store_accept(store, &accepted, body, BODY_BYTES) == BN_OK, "accept");
    struct bn_object object = {
        .number = accepted.sequence,
        .id = accepted.request,
        .kind = BN_OBJECT_PROPOSAL,
        .owner = owner->number,
        .state = 1,
        .state_day = 20000,
        .visibility = 4,
        .workstreams = 1,
        .version = 1,
        .body = accepted.sequence,
        .changed = accepted.sequence,
        .progress = -1,
        .created_ms = accepted.recorded_ms,
        .recorded_ms = accepted.recorded_ms,
        .language = "fr",
    };
    must(bn_store_object_create(store, &object) == BN_OK, "object_create");
}

static struct result store_run(const char *path, uint64_t batch, double seconds)
{
    struct bn_store *store = NULL;
    struct bn_organisation owners[OWNERS];
    struct bn_why why;
    uint8_t body[BODY_BYTES];
    clear(path);
    must(bn_store_open(path, NULL, &store, &why) == BN_OK, "open");
    must(bn_store_begin(store) == BN_OK, "begin");
    for (int i = 0; i < OWNERS; i++) {
        char slug[24];
        snprintf(slug, sizeof slug, "owner-%d", i);
        owners[i] = (struct bn_organisation){.id = bn_id_make(), .slug = slug, .legal_name = slug, .country = "FR"};
        must(bn_store_organisation_put(store, &owners[i]) == BN_OK, "organisation_put");
    }
    must(bn_store_commit(store) == BN_OK, "commit");
    bn_random_bytes(body, sizeof body);

    uint64_t rows = 0, commits = 0, started = bn_clock_mono_us(), end = started + (uint64_t)(seconds * 1e6);
    uint64_t in_commit = 0, now = started;
    while (now < end) {
        must(bn_store_begin(store) == BN_OK, "begin");
        for (uint64_t i = 0; i < batch; i++)
            submit(store, owners, rows++, body);
        uint64_t before = bn_clock_mono_us();
        must(bn_store_commit(store) == BN_OK, "commit");
        now = bn_clock_mono_us();
        in_commit += now - before;
        commits++;
        bn_store_checkpoint(store, false);
    }
    now = bn_clock_mono_us();
    bn_store_close(&store);
    clear(path);
    return (struct result){(double)rows * 1e6 / (double)(now - started), (double)in_commit / (double)commits};
}

static void sql(sqlite3 *db, const char *text)
{
    must(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK, text);
}

static void step(sqlite3_stmt *statement)
{
    must(sqlite3_step(statement) == SQLITE_DONE, "step");
    sqlite3_reset(statement);
}

static int wal_pages;

static int note_wal(void *ctx, sqlite3 *db, const char *schema, int pages)
{
    (void)ctx;
    (void)db;
    (void)schema;
    wal_pages = pages;
    return SQLITE_OK;
}

/* The same bytes without any meaning: what SQLite itself can do on this disk. */
static struct result bare_run(const char *path, uint64_t batch, double seconds)
{
    sqlite3 *db;
    sqlite3_stmt *begin, *insert, *commit;
    uint8_t body[BODY_BYTES];
    clear(path);
    must(sqlite3_open(path, &db) == SQLITE_OK, "open");
    sql(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -262144;"
            "PRAGMA wal_autocheckpoint = 0;"
            "CREATE TABLE m (id INTEGER PRIMARY KEY, mid BLOB NOT NULL UNIQUE, owner INTEGER NOT NULL,"
            " kind INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL);"
            "CREATE INDEX m_owner ON m (owner, at)");
    sqlite3_wal_hook(db, note_wal, NULL);
    sqlite3_prepare_v2(db, "BEGIN IMMEDIATE", -1, &begin, NULL);
    sqlite3_prepare_v2(db, "COMMIT", -1, &commit, NULL);
    sqlite3_prepare_v2(db, "INSERT INTO m (mid, owner, kind, at, body) VALUES (?, ?, ?, ?, ?)", -1, &insert, NULL);
    bn_random_bytes(body, sizeof body);

    uint64_t rows = 0, commits = 0, started = bn_clock_mono_us(), end = started + (uint64_t)(seconds * 1e6);
    uint64_t in_commit = 0, now = started;
    int pages_met = 0;
    while (now < end) {
        step(begin);
        for (uint64_t i = 0; i < batch; i++, rows++) {
            struct bn_id id = id_of(rows);
            memcpy(body, &rows, sizeof rows);
            sqlite3_bind_blob(insert, 1, id.bytes, sizeof id.bytes, SQLITE_STATIC);
            sqlite3_bind_int64(insert, 2, (sqlite3_int64)(mix(rows) % OWNERS));
            sqlite3_bind_int64(insert, 3, 60);
            sqlite3_bind_int64(insert, 4, bn_clock_wall_ms());
            sqlite3_bind_blob(insert, 5, body, sizeof body, SQLITE_STATIC);
            step(insert);
        }
        uint64_t before = bn_clock_mono_us();
        step(commit);
        now = bn_clock_mono_us();
        in_commit += now - before;
        commits++;
        if (wal_pages < pages_met)
            pages_met = 0;
        if (wal_pages - pages_met > 4096)
            sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages_met, NULL);
    }
    now = bn_clock_mono_us();
    sqlite3_finalize(begin);
    sqlite3_finalize(insert);
    sqlite3_finalize(commit);
    sqlite3_close(db);
    clear(path);
    return (struct result){(double)rows * 1e6 / (double)(now - started), (double)in_commit / (double)commits};
}

int main(int argc, char **argv)
{
    static const uint64_t batches[] = {1, 8, 64, 512, 2048};
    if (argc < 2) {
        fprintf(stderr, "usage: store_bench DIR [SECONDS [BATCH]]\n");
        return 64;
    }
    double seconds = argc > 2 ? atof(argv[2]) : 3;
    uint64_t only = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    char path[256];
    snprintf(path, sizeof path, "%s/store_bench.sqlite3", argv[1]);
    must(bn_random_start() == BN_OK, "random");
    printf("batch\tstore/s\tbare/s\tratio\tcommit_us\tbare_commit_us\n");
    for (size_t i = 0; i < BN_COUNT(batches); i++) {
        if (only != 0 && only != batches[i])
            continue;
        struct result bare = bare_run(path, batches[i], seconds);
        struct result store = store_run(path, batches[i], seconds);
        printf("%llu\t%.0f\t%.0f\t%.2f\t%.0f\t%.0f\n", (unsigned long long)batches[i], store.rows_per_second,
               bare.rows_per_second, store.rows_per_second / bare.rows_per_second, store.commit_us, bare.commit_us);
        fflush(stdout);
    }
    return 0;
}

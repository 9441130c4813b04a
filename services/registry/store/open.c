/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/rule.h"
#include "registry/store/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

enum { BUSY_MS = 5000, PROGRESS_STEPS = 2000 };

const struct bn_store_options bn_store_options_default = {
    .cache_bytes = UINT64_C(256) << 20,
    .reader_cache_bytes = UINT64_C(16) << 20,
    .wal_checkpoint_bytes = UINT64_C(16) << 20,
    .read_ms_max = 2000,
};

/* Each is set and then read back: a PRAGMA that SQLite does not know, or will not follow, says nothing. */
struct setting {
    const char *set; /* NULL: only looked at */
    const char *get;
    const char *expected;
};

static const struct setting settings_of_both[] = {
    {"PRAGMA synchronous = FULL", "PRAGMA synchronous", "2"},
    {"PRAGMA foreign_keys = ON", "PRAGMA foreign_keys", "1"},
    {"PRAGMA trusted_schema = OFF", "PRAGMA trusted_schema", "0"},
    {"PRAGMA cell_size_check = ON", "PRAGMA cell_size_check", "1"},
    {"PRAGMA mmap_size = 0", "PRAGMA mmap_size", "0"},
    {"PRAGMA wal_autocheckpoint = 0", "PRAGMA wal_autocheckpoint", "0"},
    {NULL, "PRAGMA busy_timeout", "5000"},
    {NULL, "PRAGMA encoding", "UTF-8"},
};
static const struct setting settings_of_writer[] = {
    {"PRAGMA journal_mode = WAL", "PRAGMA journal_mode", "wal"},
    {"PRAGMA query_only = OFF", "PRAGMA query_only", "0"},
};
static const struct setting settings_of_reader[] = {
    {NULL, "PRAGMA journal_mode", "wal"},
    {"PRAGMA query_only = ON", "PRAGMA query_only", "1"},
};

static const struct {
    int option;
    int value;
    bool reader_only;
} switches[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1, false},
    {SQLITE_DBCONFIG_DQS_DML, 0, false},
    {SQLITE_DBCONFIG_DQS_DDL, 0, false},
    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, false},
    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, false},
    {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, true}, /* two that checkpoint can corrupt the file */
};

const char *bn_store_error(const struct bn_store *store)
{
    return store->error;
}

/* What went wrong while opening, for a person. */
static enum bn_code explain(struct bn_store *store, enum bn_code code, struct bn_why *why)
{
    enum bn_rule rule = BN_RULE_HUB_INTERNAL;
    switch (sqlite3_errcode(store->db) & 0xff) {
    case SQLITE_NOTADB:
        return bn_why_set(why, BN_FAILED_PRECONDITION, store->path, bn_rule_name(BN_RULE_DATABASE_FOREIGN),
                          "not a database of Binome");
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        rule = BN_RULE_FILE_WRITE;
        code = BN_PERMISSION_DENIED;
        break;
    default:
        if (code == BN_DATA_LOSS)
            rule = BN_RULE_DATABASE_DAMAGED;
        else if (code == BN_RESOURCE_EXHAUSTED)
            rule = BN_RULE_DISK_FULL;
    }
    return bn_why_set(why, code, store->path, bn_rule_name(rule), "%s", store->error);
}

/* Another file than the database: closing a descriptor of that one would drop SQLite's own locks. */
static enum bn_code take_lock(struct bn_store *store, struct bn_why *why)
{
    char *name = NULL;
    if (asprintf(&name, "%s.lock", store->path) < 0)
        return BN_RESOURCE_EXHAUSTED;
    enum bn_code code = BN_OK;
    store->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (store->lock < 0)
        code = bn_why_set(why, bn_code_of_errno(errno), store->path, bn_rule_name(BN_RULE_FILE_WRITE), "%s: %s", name,
                          strerror(errno));
    else if (flock(store->lock, LOCK_EX | LOCK_NB) != 0)
        code = bn_why_set(why, BN_FAILED_PRECONDITION, store->path, bn_rule_name(BN_RULE_DATABASE_LOCKED),
                          "another process writes to this database");
    free(name);
    return code;
}

/* SQLite would make the file readable to all. Only ever touches a file that is not there yet. */
static enum bn_code make_file(struct bn_store *store, struct bn_why *why)
{
    int fd = open(store->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    else if (errno != EEXIST)
        return bn_why_set(why, bn_code_of_errno(errno), store->path, bn_rule_name(BN_RULE_FILE_WRITE), "%s",
                          strerror(errno));
    return BN_OK;
}

/* SQLite counts the bytes of each allocation under one lock of the process, which every reader and the writer would
 * meet at; nobody reads that count. Too late, and without harm, where something else has started SQLite before. */
static void start_library(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static enum bn_code connect(struct bn_store *store)
{
    static pthread_once_t started = PTHREAD_ONCE_INIT;
    pthread_once(&started, start_library);
    int flags = (store->writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX |
                SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
    if (sqlite3_open_v2(store->path, &store->db, flags, NULL) != SQLITE_OK)
        return store->db == NULL ? BN_RESOURCE_EXHAUSTED : bn_sql_failed(store, "open");
    sqlite3_busy_timeout(store->db, BUSY_MS);
    for (size_t i = 0; i < BN_COUNT(switches); i++) {
        int now = -1;
        if (switches[i].reader_only && store->writer)
            continue;
        if (sqlite3_db_config(store->db, switches[i].option, switches[i].value, &now) != SQLITE_OK ||
            now != switches[i].value)
            return bn_store_failed(store, BN_INTERNAL, "SQLite does not take a setting");
    }
    return BN_OK;
}

/* A database that is empty is new; else it must be ours, and not of a later program. */
static enum bn_code identify(struct bn_store *store, bool *empty, struct bn_why *why)
{
    int64_t application = 0, version = 0, tables = 0;
    enum bn_code code = bn_sql_number(store, "PRAGMA application_id", &application);
    if (code == BN_OK)
        code = bn_sql_number(store, "PRAGMA user_version", &version);
    if (code == BN_OK)
        code = bn_sql_number(store, "SELECT count(*) FROM sqlite_schema", &tables);
    if (code != BN_OK)
        return explain(store, code, why);
    *empty = application == 0 && version == 0 && tables == 0;
    if (application != BN_STORE_APPLICATION && !(*empty && store->writer))
        return bn_why_set(why, BN_FAILED_PRECONDITION, store->path, bn_rule_name(BN_RULE_DATABASE_FOREIGN),
                          "a database of something else than Binome");
    if (version > (int64_t)bn_migration_count)
        return bn_why_set(why, BN_FAILED_PRECONDITION, store->path, bn_rule_name(BN_RULE_DATABASE_NEWER),
                          "the database has schema %lld, this program knows up to %zu", (long long)version,
                          bn_migration_count);
    if (version < (int64_t)bn_migration_count && !store->writer)
        return bn_why_set(why, BN_FAILED_PRECONDITION, store->path, bn_rule_name(BN_RULE_DATABASE_FOREIGN),
                          "schema %lld is of an older program; a start of the registry brings it up to date",
                          (long long)version);
    return BN_OK;
}

static enum bn_code apply_settings(struct bn_store *store, const struct setting *settings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char now[32], text[128];
        enum bn_code code = settings[i].set == NULL ? BN_OK : bn_sql_exec(store, settings[i].set);
        if (code == BN_OK)
            code = bn_sql_text(store, settings[i].get, now, sizeof now);
        if (code != BN_OK)
            return code;
        if (strcmp(now, settings[i].expected) != 0) {
            snprintf(text, sizeof text, "%s is %s, not %s", settings[i].get, now, settings[i].expected);
            return bn_store_failed(store, BN_INTERNAL, text);
        }
    }
    return BN_OK;
}

static enum bn_code configure(struct bn_store *store)
{
    char set[64], expected[32];
    uint64_t bytes = store->writer ? store->options.cache_bytes : store->options.reader_cache_bytes;
    snprintf(expected, sizeof expected, "-%llu", (unsigned long long)bytes / 1024);
    snprintf(set, sizeof set, "PRAGMA cache_size = %s", expected);
    struct setting cache = {set, "PRAGMA cache_size", expected};
    enum bn_code code = apply_settings(store, settings_of_both, BN_COUNT(settings_of_both));
    if (code == BN_OK)
        code = apply_settings(store, &cache, 1);
    if (code == BN_OK && store->writer)
        code = apply_settings(store, settings_of_writer, BN_COUNT(settings_of_writer));
    if (code == BN_OK && !store->writer)
        code = apply_settings(store, settings_of_reader, BN_COUNT(settings_of_reader));
    return code;
}

static enum bn_code prepare(struct bn_store *store)
{
    for (size_t i = 0; i < BN_SQL_COUNT; i++) {
        assert(bn_statements[i].sql != NULL);
        if (bn_statements[i].writes && !store->writer)
            continue;
        if (sqlite3_prepare_v3(store->db, bn_statements[i].sql, -1, SQLITE_PREPARE_PERSISTENT, &store->statements[i],
                               NULL) != SQLITE_OK)
            return bn_sql_failed(store, bn_statements[i].sql);
    }
    return BN_OK;
}

static int note_wal(void *ctx, sqlite3 *db, const char *schema, int frames)
{
    (void)db;
    (void)schema;
    struct bn_store *store = ctx;
    if (frames < store->wal_frames) /* SQLite has begun again at the WAL's front */
        store->wal_met = store->wal_done = 0;
    store->wal_frames = frames;
    return SQLITE_OK;
}

/* Frames that a failed commit left behind come to life when the file is opened again. Before anything is answered on
 * their strength they must be on disk for certain. */
static enum bn_code settle(struct bn_store *store, struct bn_why *why)
{
    int64_t page_bytes = 0;
    int result = sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (result == SQLITE_BUSY)
        return bn_why_set(why, BN_FAILED_PRECONDITION, store->path, bn_rule_name(BN_RULE_DATABASE_LOCKED),
                          "another process reads the database and holds its WAL");
    enum bn_code code = result == SQLITE_OK ? bn_sql_number(store, "PRAGMA page_size", &page_bytes)
                                            : bn_sql_failed(store, "checkpoint");
    if (code != BN_OK)
        return explain(store, code, why);
    enum { FRAME_HEADER_BYTES = 24 };
    store->frame_bytes = (int)page_bytes + FRAME_HEADER_BYTES;
    sqlite3_wal_hook(store->db, note_wal, store);
    return BN_OK;
}

static enum bn_code open_writer(struct bn_store *store, struct bn_why *why)
{
    bool empty = false;
    enum bn_code code = take_lock(store, why);
    if (code == BN_OK)
        code = make_file(store, why);
    if (code != BN_OK)
        return code;
    code = connect(store);
    if (code != BN_OK)
        return explain(store, code, why);
    code = identify(store, &empty, why);
    if (code != BN_OK)
        return code;
    if (empty) /* before the first page is written; 8 KiB: a fifth fewer bytes in large batches, 1 KiB bodies */
        code = bn_sql_exec(store, "PRAGMA page_size = 8192");
    if (code == BN_OK)
        code = configure(store);
    if (code != BN_OK)
        return explain(store, code, why);
    code = bn_store_migrate(store, bn_migrations, bn_migration_count, why);
    if (code == BN_OK)
        code = settle(store, why);
    if (code != BN_OK)
        return code;
    code = prepare(store);
    if (code == BN_OK)
        code = bn_log_open(store);
    if (code == BN_OK)
        code = bn_owned_open(store);
    return code == BN_OK ? BN_OK : explain(store, code, why);
}

/* Asked by SQLite every so many steps; true stops the statement. */
static int out_of_time(void *ctx)
{
    const struct bn_store *store = ctx;
    return bn_clock_mono_ms() > store->deadline_ms;
}

static enum bn_code open_reader(struct bn_store *store, struct bn_why *why)
{
    bool empty = false;
    if (access(store->path, F_OK) != 0)
        return bn_why_set(why, BN_NOT_FOUND, store->path, bn_rule_name(BN_RULE_FILE_ABSENT), "%s", strerror(errno));
    enum bn_code code = connect(store);
    if (code != BN_OK)
        return explain(store, code, why);
    code = identify(store, &empty, why);
    if (code != BN_OK)
        return code;
    code = configure(store);
    if (code == BN_OK)
        code = prepare(store);
    if (code != BN_OK)
        return explain(store, code, why);
    if (store->options.read_ms_max > 0)
        sqlite3_progress_handler(store->db, PROGRESS_STEPS, out_of_time, store);
    return BN_OK;
}

static enum bn_code open_any(const char *path, const struct bn_store_options *options, bool writer,
                             struct bn_store **out, struct bn_why *why)
{
    struct bn_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return BN_RESOURCE_EXHAUSTED;
    store->writer = writer;
    store->lock = -1;
    store->options = options == NULL ? bn_store_options_default : *options;
    store->path = strdup(path);
    enum bn_code code = BN_RESOURCE_EXHAUSTED;
    if (store->path != NULL)
        code = writer ? open_writer(store, why) : open_reader(store, why);
    if (code != BN_OK)
        bn_store_close(&store);
    else
        *out = store;
    return code;
}

enum bn_code bn_store_open(const char *path, const struct bn_store_options *options, struct bn_store **store,
                           struct bn_why *why)
{
    return open_any(path, options, true, store, why);
}

enum bn_code bn_store_open_reader(const char *path, const struct bn_store_options *options, struct bn_store **store,
                                  struct bn_why *why)
{
    return open_any(path, options, false, store, why);
}

void bn_store_close(struct bn_store **store)
{
    struct bn_store *closing = *store;
    if (closing == NULL)
        return;
    for (size_t i = 0; i < BN_SQL_COUNT; i++)
        sqlite3_finalize(closing->statements[i]);
    if (closing->db != NULL && closing->broken) /* leaves the WAL to the next start */
        sqlite3_db_config(closing->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    int failed = sqlite3_close(closing->db);
    assert(failed == SQLITE_OK);
    (void)failed;
    if (closing->lock >= 0)
        close(closing->lock);
    for (size_t i = 0; i < BN_LENT; i++)
        free(closing->lent[i].data);
    free(closing->organisation_ids);
    free(closing->path);
    free(closing);
    *store = NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What the SQLite implementation promises beyond store.h: settings, locks, limits, identity, migrations. */
#include "registry/store/inside.h"
#include "suite/scene.h"

#include "base/clock.h"

#include <sys/stat.h>

static void check_setting(struct bn_store *store, const char *name, const char *expected)
{
    char text[64], sql[64];
    snprintf(sql, sizeof sql, "PRAGMA %s", name);
    OK(bn_sql_text(store, sql, text, sizeof text));
    if (strcmp(text, expected) != 0)
        fail_msg("%s is %s, not %s", name, text, expected);
}

static void check_switch(struct bn_store *store, int option, int expected)
{
    int value = -1;
    assert_int_equal(sqlite3_db_config(store->db, option, -1, &value), SQLITE_OK);
    assert_int_equal(value, expected);
}

static void test_every_setting_is_in_force(void **state)
{
    struct bn_store *store = *state, *reader = scene_reader(2000), *const both[] = {store, reader};
    static const char *const settings[][2] = {
        {"journal_mode", "wal"},  {"synchronous", "2"},
        {"busy_timeout", "5000"}, {"foreign_keys", "1"},
        {"trusted_schema", "0"},  {"cell_size_check", "1"},
        {"mmap_size", "0"},       {"wal_autocheckpoint", "0"},
        {"page_size", "8192"},    {"application_id", "1114205805"},
    };
    for (size_t i = 0; i < BN_COUNT(both); i++) {
        for (size_t k = 0; k < BN_COUNT(settings); k++)
            check_setting(both[i], settings[k][0], settings[k][1]);
        check_switch(both[i], SQLITE_DBCONFIG_DEFENSIVE, 1);
        check_switch(both[i], SQLITE_DBCONFIG_DQS_DML, 0);
        check_switch(both[i], SQLITE_DBCONFIG_DQS_DDL, 0);
        check_switch(both[i], SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0);
    }
    check_setting(store, "cache_size", "-262144");
    check_setting(store, "query_only", "0");
    check_setting(reader, "cache_size", "-16384");
    check_setting(reader, "query_only", "1");
    check_switch(reader, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1);
    bn_store_close(&reader);
}

static void test_every_table_is_strict(void **state)
{
    struct bn_store *store = *state;
    int64_t loose = -1;
    OK(bn_sql_number(store,
                     "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND strict = 0"
                     " AND name NOT LIKE 'sqlite_%'",
                     &loose));
    assert_int_equal(loose, 0);
}

static void test_a_reader_can_not_write(void **state)
{
    (void)state;
    struct bn_store *reader = scene_reader(2000);
    assert_int_equal(sqlite3_db_readonly(reader->db, "main"), 1);
    assert_int_not_equal(sqlite3_exec(reader->db, "DELETE FROM log", NULL, NULL, NULL), SQLITE_OK);
    bn_store_close(&reader);
}

static void check_mode(const char *path, const char *ending)
{
    char name[TEST_PATH_SIZE + 8];
    struct stat status;
    snprintf(name, sizeof name, "%s%s", path, ending);
    assert_int_equal(stat(name, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void test_files_are_for_their_owner_alone(void **state)
{
    struct bn_store *store = *state;
    scene_organisation(store, "acme");
    check_mode(store->path, "");
    check_mode(store->path, "-wal");
    check_mode(store->path, "-shm");
    check_mode(store->path, ".lock");
}

static void test_a_second_writer_is_refused(void **state)
{
    struct bn_store *store = *state, *second = NULL;
    struct bn_why why;
    assert_int_equal(bn_store_open(store->path, NULL, &second, &why), BN_FAILED_PRECONDITION);
    assert_string_equal(why.rule, "database.locked");
    assert_string_equal(why.field, store->path);
    assert_null(second);
    scene_organisation(store, "acme"); /* the first is as it was */
    scene_reopen(state);
}

static void test_what_can_not_be_opened_is_named(void **state)
{
    (void)state;
    struct bn_store *store = NULL;
    struct bn_why why;
    const char *folder = test_folder(), *absent = test_path(folder, "no/such.sqlite3");
    assert_int_equal(bn_store_open(absent, NULL, &store, &why), BN_NOT_FOUND);
    assert_string_equal(why.rule, "file.cannot_write");
    assert_string_equal(why.field, absent);
    assert_int_equal(bn_store_open_reader(absent, NULL, &store, &why), BN_NOT_FOUND);
    assert_string_equal(why.rule, "file.absent");
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void check_refused(const char *path, const char *rule)
{
    struct bn_store *store = NULL;
    struct bn_why why;
    assert_int_equal(bn_store_open(path, NULL, &store, &why), BN_FAILED_PRECONDITION);
    assert_string_equal(why.rule, rule);
    assert_int_equal(bn_store_open_reader(path, NULL, &store, &why), BN_FAILED_PRECONDITION);
    assert_string_equal(why.rule, rule);
}

static void test_a_foreign_file_is_refused_and_left_alone(void **state)
{
    (void)state;
    const char *folder = test_folder();
    const char *text = test_file(folder, "text",
                                 "This is a letter to somebody, and it is longer than a header. "
                                 "This is a letter to somebody, and it is longer than a header.");
    const char *other = test_path(folder, "other"), *named = test_path(folder, "named");
    struct stat status;
    run_sql(other, "CREATE TABLE t (a)");
    run_sql(named, "PRAGMA application_id = 7");
    check_refused(text, "database.foreign");
    check_refused(other, "database.foreign");
    check_refused(named, "database.foreign");
    assert_int_equal(stat(text, &status), 0);
    assert_int_equal(status.st_size, 123);
}

static void test_an_empty_file_is_a_new_database(void **state)
{
    (void)state;
    const char *path = test_file(test_folder(), "empty", "");
    struct bn_store *store = NULL;
    OK(bn_store_open(path, NULL, &store, NULL));
    check_setting(store, "user_version", "1");
    bn_store_close(&store);
}

static void test_a_newer_database_is_refused(void **state)
{
    struct bn_store *store = *state;
    char path[TEST_PATH_SIZE];
    snprintf(path, sizeof path, "%s", store->path);
    bn_store_close(&store);
    *state = NULL;
    run_sql(path, "PRAGMA user_version = 2");
    check_refused(path, "database.newer");
    run_sql(path, "PRAGMA user_version = 0");
    struct bn_why why;
    assert_int_equal(bn_store_open_reader(path, NULL, &store, &why), BN_FAILED_PRECONDITION);
    run_sql(path, "PRAGMA user_version = 1");
    OK(bn_store_open(path, NULL, &store, NULL));
    *state = store;
}

static void test_a_migration_copies_first_and_happens_whole_or_not_at_all(void **state)
{
    struct bn_store *store = *state;
    struct bn_why why;
    char copy[TEST_PATH_SIZE + 16];
    const char *const bad[] = {bn_migrations[0], "CREATE TABLE extra (a INTEGER) STRICT; SELECT no_such_function()"};
    const char *const good[] = {bn_migrations[0], "CREATE TABLE extra (a INTEGER) STRICT"};
    int64_t count = -1;
    assert_int_equal(bn_migration_count, 1);
    scene_organisation(store, "acme");
    assert_int_not_equal(bn_store_migrate(store, bad, 2, &why), BN_OK);
    assert_non_null(strstr(why.detail, "migration 2"));
    assert_false(bn_store_in_transaction(store));
    check_setting(store, "user_version", "1");
    OK(bn_sql_number(store, "SELECT count(*) FROM sqlite_schema WHERE name = 'extra'", &count));
    assert_int_equal(count, 0);

    OK(bn_store_migrate(store, good, 2, &why));
    check_setting(store, "user_version", "2");
    OK(bn_store_migrate(store, good, 2, &why)); /* nothing left to do */
    snprintf(copy, sizeof copy, "%s.before-2", store->path);
    check_mode(copy, "");
    struct bn_store *old = NULL;
    struct bn_organisation found;
    OK(bn_store_open(copy, NULL, &old, NULL));
    OK(bn_store_organisation_by_slug(old, "acme", &found));
    bn_store_close(&old);
}

static void test_the_wal_is_checkpointed_above_its_mark_and_when_idle(void **state)
{
    struct bn_store *store = *state;
    struct bn_store_figures figures;
    struct bn_organisation acme = scene_organisation(store, "acme");
    store->options.wal_checkpoint_bytes = 1 << 20;
    for (int batch = 0; batch < 200; batch++) {
        OK(bn_store_begin(store));
        for (int i = 0; i < 5; i++)
            scene_create(store, &acme, (struct bn_object){.language = ""});
        OK(bn_store_commit(store));
        bn_store_checkpoint(store, false);
        bn_store_figures_take(store, &figures);
        assert_true(figures.wal_bytes < 2 << 20);
    }
    assert_true(figures.checkpoints > 2 && figures.checkpoints < 20);
    assert_true(figures.checkpoint_us_max > 0);
    assert_true(figures.database_bytes > 0 && figures.disk_free_bytes > 0);

    /* A commit that has just been is not idleness: its client may be about to send the next request. */
    uint64_t before = figures.checkpoints;
    scene_organisation(store, "other");
    bn_store_checkpoint(store, true);
    bn_store_figures_take(store, &figures);
    if (bn_clock_mono_ms() - store->committed_at_ms < 200)
        assert_int_equal(figures.checkpoints, before);
    TEST_WAIT_FOR(
        (bn_store_checkpoint(store, true), bn_store_figures_take(store, &figures), figures.checkpoints > before), 5000);
    bn_store_checkpoint(store, true);
    bn_store_figures_take(store, &figures);
    assert_int_equal(figures.checkpoints, before + 1); /* nothing new, nothing to do */
}

static void test_the_list_by_owner_follows_the_commits(void **state)
{
    enum { BATCHES = 25, BATCH = 500, TAIL_MAX = 4096 };
    struct bn_store *store = *state;
    struct bn_organisation acme = scene_organisation(store, "acme");
    for (int batch = 0; batch < BATCHES; batch++) {
        int64_t tail = -1;
        OK(bn_store_begin(store));
        for (int i = 0; i < BATCH; i++)
            scene_create(store, &acme, (struct bn_object){.language = ""});
        OK(bn_store_commit(store));
        bn_store_checkpoint(store, false);
        OK(bn_sql_number(store, "SELECT max(number) - (SELECT upto FROM owned_upto) FROM object", &tail));
        assert_true(tail >= 0 && tail < TAIL_MAX);
    }
}

static void test_a_reader_that_stays_holds_the_wal_but_not_the_writer(void **state)
{
    struct bn_store *store = *state, *reader = scene_reader(0);
    struct bn_store_figures figures;
    struct bn_organisation acme = scene_organisation(store, "acme");
    store->options.wal_checkpoint_bytes = 1 << 18;
    OK(bn_store_begin(reader));
    for (int batch = 0; batch < 60; batch++) {
        OK(bn_store_begin(store));
        scene_create(store, &acme, (struct bn_object){.language = ""});
        OK(bn_store_commit(store));
        bn_store_checkpoint(store, false);
    }
    bn_store_figures_take(store, &figures);
    uint64_t held = figures.wal_bytes;
    assert_true(held > 1 << 20);
    assert_true(figures.checkpoints < 30); /* not at every commit, though each time too little was copied back */
    bn_store_rollback(reader);
    TEST_WAIT_FOR((bn_store_checkpoint(store, true), store->wal_done == store->wal_frames), 5000);
    OK(bn_store_begin(store));
    scene_create(store, &acme, (struct bn_object){.language = ""});
    OK(bn_store_commit(store));
    assert_true((uint64_t)store->wal_frames * (uint64_t)store->frame_bytes < held); /* begun again at its front */
    bn_store_close(&reader);
}

static void test_a_read_that_takes_too_long_is_cut_short(void **state)
{
    struct bn_store *store = *state, *reader = scene_reader(1);
    struct bn_organisation found;
    scene_organisation(store, "acme");
    OK(bn_store_begin(reader));
    TEST_WAIT_FOR(bn_clock_mono_ms() > reader->deadline_ms, 1000);
    assert_int_equal(bn_store_organisation_by_slug(reader, "acme", &found), BN_DEADLINE_EXCEEDED);
    bn_store_rollback(reader);
    OK(bn_store_organisation_by_slug(reader, "acme", &found));

    /* Within one statement. */
    OK(bn_store_begin(reader));
    assert_int_equal(bn_sql_exec(reader, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                                         " SELECT count(*) FROM n"),
                     BN_DEADLINE_EXCEEDED);
    bn_store_rollback(reader);
    OK(bn_store_organisation_by_slug(reader, "acme", &found));
    bn_store_close(&reader);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_every_setting_is_in_force),
        WITH_STORE(test_every_table_is_strict),
        WITH_STORE(test_a_reader_can_not_write),
        WITH_STORE(test_files_are_for_their_owner_alone),
        WITH_STORE(test_a_second_writer_is_refused),
        cmocka_unit_test(test_what_can_not_be_opened_is_named),
        cmocka_unit_test(test_a_foreign_file_is_refused_and_left_alone),
        cmocka_unit_test(test_an_empty_file_is_a_new_database),
        WITH_STORE(test_a_newer_database_is_refused),
        WITH_STORE(test_a_migration_copies_first_and_happens_whole_or_not_at_all),
        WITH_STORE(test_the_wal_is_checkpointed_above_its_mark_and_when_idle),
        WITH_STORE(test_the_list_by_owner_follows_the_commits),
        WITH_STORE(test_a_reader_that_stays_holds_the_wal_but_not_the_writer),
        WITH_STORE(test_a_read_that_takes_too_long_is_cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

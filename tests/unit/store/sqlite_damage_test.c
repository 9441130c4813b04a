/* SPDX-License-Identifier: Apache-2.0 */
/* A file that somebody or something has changed, a disk that is full, a commit that failed. */
#include "registry/store/inside.h"
#include "suite/scene.h"

#include "base/clock.h"

enum { REQUESTS = 600, BATCH = 40 };

/* One database for all; each test works on a copy. */
static char original[TEST_PATH_SIZE];

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int make_original(void **state)
{
    scene_open(state);
    struct bn_store *store = *state;
    struct bn_organisation acme = scene_organisation(store, "acme");
    snprintf(original, sizeof original, "%s", store->path);
    for (int i = 0; i < REQUESTS; i += BATCH) {
        OK(bn_store_begin(store));
        for (int k = 0; k < BATCH; k++) {
            char body[32];
            snprintf(body, sizeof body, "body %d", i + k + 1);
            if (k % 2 == 0)
                scene_create(store, &acme, (struct bn_object){.language = ""});
            else
                scene_accept(store, &acme, body);
        }
        OK(bn_store_commit(store));
    }
    OK(bn_store_verify(store, false, NULL));
    return scene_close(state);
}

static const char *copy_of_original(void)
{
    const char *copy = test_path(test_folder(), "copy.sqlite3");
    char sql[TEST_PATH_SIZE + 32];
    snprintf(sql, sizeof sql, "VACUUM INTO '%s'", copy);
    run_sql(original, sql);
    return copy;
}

static const struct {
    const char *sql;
    bool at_open; /* the newest part of the log is checked at each start */
} damages[] = {
    {"UPDATE accepted SET body = CAST('body 9' AS BLOB) WHERE sequence = 10", false},
    {"UPDATE accepted SET body = x'' WHERE sequence = 600", false},
    {"UPDATE accepted SET digest = zeroblob(32) WHERE sequence = 10", false},
    {"UPDATE accepted SET digest = zeroblob(31) WHERE sequence = 10", false},
    {"UPDATE accepted SET recorded_ms = recorded_ms + 1 WHERE sequence = 10", false},
    {"UPDATE accepted SET recorded_ms = recorded_ms + 1 WHERE sequence = 599", true},
    {"UPDATE accepted SET type = type + 1 WHERE sequence = 300", false},
    {"UPDATE accepted SET request = randomblob(16) WHERE sequence = 300", false},
    {"UPDATE organisation SET id = randomblob(16)", true},
    {"DELETE FROM accepted WHERE sequence = 10", false},
    {"DELETE FROM accepted WHERE sequence = 600", true},
    {"DELETE FROM accepted WHERE sequence = 580", true},
    {"UPDATE accepted SET sequence = 1000 WHERE sequence = 10; UPDATE accepted SET sequence = 10 WHERE sequence = 11;"
     "UPDATE accepted SET sequence = 11 WHERE sequence = 1000",
     false},
    {"UPDATE accepted SET sequence = 1000 WHERE sequence = 590; UPDATE accepted SET sequence = 590 WHERE sequence = "
     "591;"
     "UPDATE accepted SET sequence = 591 WHERE sequence = 1000",
     true},
    {"INSERT INTO accepted SELECT 601, randomblob(16), organisation, recorded_ms, type, digest, object, version, body"
     " FROM accepted WHERE sequence = 600",
     true},
    {"UPDATE log SET root = randomblob(32) WHERE size = 80", false},
    {"UPDATE log SET root = randomblob(32) WHERE size = 600", true},
    {"DELETE FROM log WHERE size = 600", true},
    {"DELETE FROM log WHERE size = 600; DELETE FROM accepted WHERE sequence > 560;"
     "DELETE FROM object WHERE number > 560; UPDATE log SET root = randomblob(32) WHERE size = 560",
     true},
    {"UPDATE tile SET hash = randomblob(32) WHERE position = 0", true},
    {"DELETE FROM tile WHERE position = 1", true},
    {"DELETE FROM object WHERE number = 1; INSERT INTO owned VALUES (1, 1); UPDATE owned_upto SET upto = 1", false},
    {"UPDATE object SET number = 700 WHERE number = 1", false},
    {"UPDATE owned_upto SET upto = 50", false},
};

static void test_whatever_is_changed_in_the_file_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < BN_COUNT(damages); i++) {
        struct bn_store *store = NULL;
        struct bn_why why = {.rule = ""};
        const char *copy = copy_of_original();
        OK(bn_store_open(copy, NULL, &store, &why));
        OK(bn_store_verify(store, false, &why));
        bn_store_close(&store);

        run_sql(copy, damages[i].sql);
        enum bn_code code = bn_store_open(copy, NULL, &store, &why);
        if ((code == BN_DATA_LOSS) != damages[i].at_open)
            fail_msg("open gives %s after: %s", bn_code_name(code), damages[i].sql);
        if (code == BN_OK && bn_store_verify(store, false, &why) != BN_DATA_LOSS)
            fail_msg("not found: %s", damages[i].sql);
        assert_string_equal(why.rule, "database.damaged");
        bn_store_close(&store);
        /* A reader opens what is damaged, so that it can be looked at. */
        OK(bn_store_open_reader(copy, NULL, &store, &why));
        assert_int_equal(bn_store_verify(store, false, &why), BN_DATA_LOSS);
        bn_store_close(&store);
    }
}

static void test_a_torn_page_is_found(void **state)
{
    (void)state;
    struct bn_store *store = NULL;
    struct bn_why why = {.rule = ""};
    const char *copy = copy_of_original();
    OK(bn_store_open(copy, NULL, &store, &why));
    bn_store_close(&store);
    FILE *file = fopen(copy, "r+");
    assert_non_null(file);
    /* Whole pages of zeros in the middle, where the requests are. */
    static const char zeros[5 * 8192];
    assert_int_equal(fseek(file, 8192 * 30, SEEK_SET), 0);
    assert_int_equal(fwrite(zeros, sizeof zeros, 1, file), 1);
    assert_int_equal(fclose(file), 0);
    OK(bn_store_open_reader(copy, NULL, &store, &why));
    assert_int_equal(bn_store_verify(store, true, &why), BN_DATA_LOSS);
    assert_string_equal(why.rule, "database.damaged");
    bn_store_close(&store);
}

static enum bn_code submit(struct bn_store *store, const struct bn_organisation *by)
{
    static char body[4000];
    struct bn_accepted accepted = {
        .request = bn_id_make(),
        .organisation_number = by->number,
        .organisation = by->id,
        .object = bn_store_next_sequence(store),
    };
    bn_digest_of(body, sizeof body, &accepted.digest);
    return bn_store_accept(store, &accepted, body, sizeof body);
}

static void limit_pages(struct bn_store *store, int64_t more)
{
    char sql[64];
    int64_t pages = 0;
    OK(bn_sql_number(store, "PRAGMA page_count", &pages));
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)(pages + more));
    OK(bn_sql_exec(store, sql));
}

/* SQLite may roll all of it back when the disk is full. Whatever it does, the batch is dead, no later statement commits
 * alone, and its requests can be taken again one by one. */
static void test_a_failing_statement_kills_the_batch_and_a_replay_works(void **state)
{
    struct bn_store *store = *state;
    struct bn_log_head before, after;
    struct bn_organisation acme = scene_organisation(store, "acme");
    OK(bn_store_begin(store));
    OK(submit(store, &acme));
    OK(bn_store_commit(store));
    OK(bn_store_log_head(store, &before));

    limit_pages(store, 5);
    OK(bn_store_begin(store));
    int count = 0;
    enum bn_code code;
    while ((code = submit(store, &acme)) == BN_OK)
        count++;
    assert_int_equal(code, BN_RESOURCE_EXHAUSTED);
    assert_true(count > 3);
    if (!bn_store_in_transaction(store)) {
        assert_int_equal(submit(store, &acme), BN_INTERNAL);
        assert_int_equal(bn_store_commit(store), BN_ABORTED);
    }
    bn_store_rollback(store);
    OK(bn_store_log_head(store, &after));
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(bn_store_next_sequence(store), before.size + 1);

    int taken = 0;
    for (int i = 0; i <= count; i++) {
        OK(bn_store_begin(store));
        code = submit(store, &acme);
        if (code == BN_OK) {
            OK(bn_store_commit(store));
            taken++;
        } else {
            assert_int_equal(code, BN_RESOURCE_EXHAUSTED);
            bn_store_rollback(store);
        }
    }
    assert_true(taken >= count - 2 && taken <= count + 1); /* what fitted before fits again */
    limit_pages(store, 1000000);
    OK(bn_store_begin(store));
    OK(submit(store, &acme));
    OK(bn_store_commit(store));
    OK(bn_store_log_head(store, &after));
    assert_int_equal(after.size, before.size + (uint64_t)taken + 1);
    OK(bn_store_verify(scene_reopen(state), false, NULL));
}

/* As SQLite does it: the transaction is gone, and the next statement would be one of its own. */
static void test_a_transaction_that_went_away_is_noticed(void **state)
{
    struct bn_store *store = *state;
    struct bn_organisation acme = scene_organisation(store, "acme");
    OK(bn_store_begin(store));
    OK(submit(store, &acme));
    assert_true(bn_store_in_transaction(store));
    OK(bn_sql_exec(store, "ROLLBACK"));
    assert_false(bn_store_in_transaction(store));
    assert_int_equal(submit(store, &acme), BN_INTERNAL);
    assert_int_equal(bn_store_commit(store), BN_ABORTED);
    OK(bn_store_begin(store)); /* and nothing of it stays in the log */
    OK(submit(store, &acme));
    OK(bn_store_commit(store));
    struct bn_log_head head;
    OK(bn_store_log_head(store, &head));
    assert_int_equal(head.size, 1);
    OK(bn_store_verify(scene_reopen(state), false, NULL));
}

static int refuse_commit(void *ctx)
{
    (void)ctx;
    return 1;
}

/* Nobody knows what a failed COMMIT left behind: nothing may be answered on this store any more. */
static void test_after_a_failed_commit_the_store_answers_nothing(void **state)
{
    struct bn_store *store = *state;
    struct bn_accepted found;
    struct bn_organisation acme = scene_organisation(store, "acme");
    OK(bn_store_begin(store));
    OK(submit(store, &acme));
    sqlite3_commit_hook(store->db, refuse_commit, NULL);
    assert_int_equal(bn_store_commit(store), BN_DATA_LOSS);
    sqlite3_commit_hook(store->db, NULL, NULL);
    bn_store_rollback(store);
    assert_int_equal(bn_store_begin(store), BN_DATA_LOSS);
    assert_int_equal(bn_store_accepted_by_sequence(store, 1, &found), BN_DATA_LOSS);
    store = scene_reopen(state);
    assert_int_equal(bn_store_accepted_by_sequence(store, 1, &found), BN_NOT_FOUND);
    OK(bn_store_verify(store, false, NULL));
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whatever_is_changed_in_the_file_is_found),
        cmocka_unit_test(test_a_torn_page_is_found),
        WITH_STORE(test_a_failing_statement_kills_the_batch_and_a_replay_works),
        WITH_STORE(test_a_transaction_that_went_away_is_noticed),
        WITH_STORE(test_after_a_failed_commit_the_store_answers_nothing),
    };
    return cmocka_run_group_tests(tests, make_original, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A writer that is killed: what it was told is committed is there, and nothing of the batch it was in.
 *
 * A child writes batches and reports each committed head through a pipe: the ledger outside the faulty part. It kills
 * itself at a random call, or is killed by the parent at a random report. Everything in a body follows from its number,
 * so that the parent can tell a right one from a wrong one. */
#include "scene.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

enum { KILLS = 100, CALLS_MAX = 150, REPORTS_MAX = 12, BATCH_MAX = 12, BODY_SIZE = 700 };

static size_t body_of(uint64_t sequence, char body[BODY_SIZE])
{
    int length = snprintf(body, BODY_SIZE, "body %llu ", (unsigned long long)sequence);
    size_t size = (size_t)length + (size_t)(sequence * 37 % 600);
    memset(body + length, 'a' + (int)(sequence % 26), size - (size_t)length);
    return size;
}

static uint64_t calls_left; /* of the child, until it kills itself; 0 = never */

/* Between any two calls of the store. */
static void may_die(void)
{
    if (calls_left > 0 && --calls_left == 0)
        raise(SIGKILL);
}

static void must(enum bn_code code)
{
    if (code != BN_OK)
        _exit(3);
    may_die();
}

static void write_one(struct bn_store *store, const struct bn_organisation *by)
{
    char body[BODY_SIZE];
    uint64_t sequence = bn_store_next_sequence(store);
    size_t size = body_of(sequence, body);
    struct bn_accepted accepted = {
        .request = bn_id_make(),
        .organisation_number = by->number,
        .organisation = by->id,
        .recorded_ms = (int64_t)sequence,
        .type = 60,
        .object = sequence,
        .version = 1,
    };
    bn_digest_of(body, size, &accepted.digest);
    must(bn_store_accept(store, &accepted, body, size));
    if (sequence % 3 == 0)
        return;
    must(bn_store_object_create(store, &(struct bn_object){
                                           .number = sequence,
                                           .body = sequence,
                                           .changed = sequence,
                                           .owner = by->number,
                                           .kind = 1,
                                           .language = "",
                                       }));
}

static void child(const char *place, int report)
{
    struct bn_store *store = NULL;
    struct bn_organisation by;
    struct bn_log_head head;
    struct bn_store_options options = bn_store_options_default;
    options.wal_checkpoint_bytes = 1 << 16;
    if (bn_store_open(place, &options, &store, NULL) != BN_OK ||
        bn_store_organisation_by_number(store, 1, &by) != BN_OK)
        _exit(2);
    for (;;) {
        must(bn_store_begin(store));
        for (uint64_t batch = 1 + scene_below(BATCH_MAX); batch > 0; batch--)
            write_one(store, &by);
        must(bn_store_commit(store));
        must(bn_store_log_head(store, &head));
        if (write(report, &head, sizeof head) != (ssize_t)sizeof head)
            _exit(4);
        bn_store_checkpoint(store, false);
        may_die();
    }
}

/* Gives the last head that the child reported before it died. */
static struct bn_log_head run_and_kill(const char *place, struct bn_log_head last)
{
    int ends[2], status;
    bool by_itself = scene_below(3) > 0;
    uint64_t reports = 1 + scene_below(REPORTS_MAX), calls = 1 + scene_below(CALLS_MAX);
    scene_below(2); /* the child has the same numbers, the next one shall have others */
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(ends[0]);
        calls_left = by_itself ? calls : 0;
        child(place, ends[1]);
    }
    close(ends[1]);
    struct bn_log_head head;
    ssize_t size;
    for (uint64_t seen = 0; (size = read(ends[0], &head, sizeof head)) == (ssize_t)sizeof head;) {
        last = head;
        if (++seen == reports && !by_itself)
            kill(pid, SIGKILL);
    }
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return last;
}

static void check_bodies(struct bn_store *store, uint64_t size)
{
    char expected[BODY_SIZE];
    const void *body;
    size_t body_size;
    struct bn_object object;
    for (uint64_t sequence = 1; sequence <= size; sequence++) {
        OK(bn_store_body(store, sequence, &body, &body_size));
        assert_int_equal(body_size, body_of(sequence, expected));
        assert_memory_equal(body, expected, body_size);
        assert_int_equal(bn_store_object_by_number(store, sequence, NULL, &object),
                         sequence % 3 == 0 ? BN_NOT_FOUND : BN_OK);
    }
    assert_int_equal(bn_store_body(store, size + 1, &body, &body_size), BN_NOT_FOUND);
    assert_int_equal(bn_store_object_by_number(store, size + 1, NULL, &object), BN_NOT_FOUND);
}

static void test_what_was_committed_outlives_a_kill_and_nothing_else_does(void **state)
{
    (void)state;
    struct bn_store *store = NULL;
    struct bn_log_head last = {.size = 0}, head, then;
    uint64_t unreported = 0;
    OK(bn_random_start());
    scene_seed();
    const char *place = fixture_place();
    OK(bn_store_open(place, NULL, &store, NULL));
    scene_organisation(store, "acme");
    for (int trial = 0; trial < KILLS; trial++) {
        bn_store_close(&store);
        last = run_and_kill(place, last);
        struct bn_why why = {.detail = ""};
        if (bn_store_open(place, NULL, &store, &why) != BN_OK)
            fail_msg("trial %d: %s %s", trial, why.rule, why.detail);
        OK(bn_store_log_head(store, &head));
        /* A commit may have ended whose report was not written any more; it is there as a whole. */
        assert_true(head.size >= last.size && head.size <= last.size + BATCH_MAX * REPORTS_MAX * 4);
        if (last.size > 0) {
            OK(bn_store_log_head_of(store, last.size, &then));
            assert_int_equal(then.size, last.size);
            assert_memory_equal(&then.root, &last.root, sizeof then.root);
        }
        unreported += head.size > last.size;
        last = head;
    }
    check_bodies(store, head.size);
    if (bn_store_verify(store, false, NULL) != BN_OK)
        fail_msg("%s", bn_store_error(store));
    print_message("%d kills, %llu requests, %llu commits that were not reported any more\n", KILLS,
                  (unsigned long long)head.size, (unsigned long long)unreported);
    bn_store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_committed_outlives_a_kill_and_nothing_else_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

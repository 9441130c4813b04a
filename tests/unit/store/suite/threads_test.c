/* SPDX-License-Identifier: Apache-2.0 */
/* One writer and two readers, each in its thread. Run it under ThreadSanitizer, too. */
#include "scene.h"

#include <pthread.h>
#include <stdatomic.h>

enum { BATCHES = 300, BATCH = 10, READERS = 2 };

static atomic_bool done;
static atomic_uint_fast64_t committed; /* size of the log that somebody may have been told of */

struct reader {
    pthread_t thread;
    struct bn_store *store;
    uint64_t snapshots;
    const char *failed; /* cmocka's assertions are for the main thread alone */
};

static const char *look(struct bn_store *store)
{
    struct bn_log_head head;
    struct bn_digest root;
    struct bn_accepted accepted;
    struct bn_object object;
    uint64_t told = atomic_load(&committed);
    if (bn_store_begin(store) != BN_OK || bn_store_log_head(store, &head) != BN_OK)
        return "no snapshot";
    if (head.size < told)
        return "what was committed before the snapshot is not in it";
    if (head.size % BATCH != 0)
        return "half a batch";
    if (bn_store_accepted_by_sequence(store, head.size + 1, &accepted) != BN_NOT_FOUND)
        return "a request that is not committed";
    if (head.size > 0) {
        const struct bn_object_filter filter = {.kind = 0};
        if (bn_store_accepted_by_sequence(store, head.size, &accepted) != BN_OK)
            return "a committed request is missing";
        if (bn_store_object_next(store, 0, &filter, NULL, &object) != BN_OK || object.number != head.size)
            return "the newest object is not the newest";
        if (bn_store_log_root(store, head.size, &root) != BN_OK)
            return "no root";
        for (size_t i = 0; i < sizeof root; i++)
            if (root.bytes[i] != head.root.bytes[i])
                return "the root is another";
    }
    bn_store_rollback(store);
    return NULL;
}

static void *read_on(void *ctx)
{
    struct reader *reader = ctx;
    while (!atomic_load(&done) && reader->failed == NULL) {
        reader->failed = look(reader->store);
        reader->snapshots++;
    }
    return NULL;
}

static void test_readers_see_whole_batches_while_the_writer_goes_on(void **state)
{
    struct bn_store *store = *state;
    struct reader readers[READERS] = {{.store = NULL}};
    struct bn_organisation acme = scene_organisation(store, "acme");
    for (int i = 0; i < READERS; i++) {
        readers[i].store = scene_reader(60000);
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
    }
    for (int batch = 0; batch < BATCHES; batch++) {
        OK(bn_store_begin(store));
        for (int i = 0; i < BATCH; i++)
            scene_create(store, &acme, (struct bn_object){.language = ""});
        OK(bn_store_commit(store));
        atomic_store(&committed, (uint64_t)(batch + 1) * BATCH);
        bn_store_checkpoint(store, false);
    }
    atomic_store(&done, true);
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        bn_store_close(&readers[i].store);
        if (readers[i].failed != NULL)
            fail_msg("reader %d: %s", i, readers[i].failed);
        assert_true(readers[i].snapshots > 0);
    }
    OK(bn_store_verify(store, false, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_readers_see_whole_batches_while_the_writer_goes_on, scene_open,
                                        scene_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

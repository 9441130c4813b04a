/* SPDX-License-Identifier: Apache-2.0 */
/* One batch after the other, without sockets: what is answered, what is kept, what the brokers are told. */
#include "binome/v1/link.pb-c.h"
#include "registry/writer.h"
#include "world.h"

#include <string.h>

enum { JOBS = 64 };

static struct bn_jobs *jobs;
static struct bn_writer *writer;
static const char *place;

static void open_writer(void)
{
    struct bn_why why = {.detail = ""};
    if (bn_writer_create(place, &bn_store_options_default, &writer, &why) != BN_OK)
        fail_msg("%s: %s", why.rule, why.detail);
}

static int setup(void **state)
{
    (void)state;
    place = world_make();
    jobs = bn_jobs_create(JOBS);
    open_writer();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bn_writer_destroy(&writer);
    assert_null(writer);
    assert_int_equal(bn_jobs_out(jobs), 0);
    bn_jobs_destroy(&jobs);
    return 0;
}

static void add(struct bn_batch *batch, struct bn_job *job)
{
    OK(bn_job_read(job));
    job->next = NULL;
    if (batch->last != NULL)
        batch->last->next = job;
    else
        batch->first = job;
    batch->last = job;
    batch->count++;
    batch->bytes += zmq_msg_size(&job->frames[BN_FRAME_BODY]);
}

static struct bn_job *submit(struct bn_batch *batch, const struct world_party *by, const char *title,
                             const char *workstream)
{
    struct bn_job *job = bn_jobs_take(jobs);
    assert_non_null(job);
    world_fill(job, by, world_proposal(title, workstream), 0);
    add(batch, job);
    return job;
}

/* The same bytes under the same id once more. */
static struct bn_job *repeat(struct bn_batch *batch, const struct world_party *by, struct bn_job *of)
{
    struct bn_job *job = bn_jobs_take(jobs);
    assert_non_null(job);
    world_fill_bytes(job, by, &of->head.request_id, of->head.body_type, zmq_msg_data(&of->frames[BN_FRAME_BODY]),
                     zmq_msg_size(&of->frames[BN_FRAME_BODY]));
    add(batch, job);
    return job;
}

static struct bn_written write_batch(struct bn_batch *batch)
{
    struct bn_written written = {.accepted = 0};
    bn_writer_write(writer, batch, &written);
    return written;
}

static void give_back(struct bn_batch *batch)
{
    for (struct bn_job *job = batch->first, *next; job != NULL; job = next) {
        next = job->next;
        bn_jobs_give(jobs, job);
    }
}

static void a_batch_is_committed_once_and_each_gets_its_own_answer(void **state)
{
    (void)state;
    struct bn_batch batch = {0};
    struct bn_log_head before, after;
    bn_writer_head(writer, &before);
    struct bn_job *first = submit(&batch, world_acme(), "Premier", "ai");
    struct bn_job *wrong = submit(&batch, world_acme(), "Mal placé", "no-such");
    struct bn_job *second = submit(&batch, world_nova(), "Second", "skills");
    struct bn_written written = write_batch(&batch);
    bn_writer_head(writer, &after);
    assert_true(written.committed);
    assert_int_equal(written.accepted, 2);
    assert_int_equal(written.refused, 1);
    assert_int_equal(written.retried, 0);
    assert_false(written.directory_changed);
    assert_false(written.has_changed_keys);
    assert_int_equal(after.size, before.size + 2);
    assert_int_equal(wrong->code, BN_INVALID_ARGUMENT);
    assert_false(wrong->receipted);
    assert_int_equal(first->accepted.sequence, before.size + 1);
    assert_int_equal(second->accepted.sequence, before.size + 2);
    assert_int_equal(first->log_size, after.size);
    assert_memory_equal(&first->log_root, &after.root, sizeof after.root);
    assert_memory_equal(&second->log_root, &after.root, sizeof after.root);
    assert_true(bn_id_equal(&first->object, &first->head.request_id));
    give_back(&batch);
}

static void a_repeat_gets_the_first_receipt_in_the_same_batch_and_later(void **state)
{
    (void)state;
    struct bn_batch batch = {0}, later = {0};
    struct bn_job *first = submit(&batch, world_acme(), "Une fois", "ai");
    struct bn_job *same = repeat(&batch, world_acme(), first);
    struct bn_written written = write_batch(&batch);
    assert_int_equal(written.accepted, 1);
    assert_int_equal(written.replayed, 1);
    assert_true(same->reply.replayed && same->receipted);
    assert_int_equal(same->accepted.sequence, first->accepted.sequence);
    assert_int_equal(same->log_size, first->log_size);
    assert_memory_equal(&same->log_root, &first->log_root, sizeof first->log_root);

    submit(&later, world_nova(), "Autre chose", "ai");
    struct bn_job *again = repeat(&later, world_acme(), first);
    struct bn_job *theirs = repeat(&later, world_nova(), first);
    write_batch(&later);
    assert_true(again->reply.replayed);
    assert_int_equal(again->accepted.sequence, first->accepted.sequence);
    assert_int_equal(again->log_size, first->log_size);
    assert_memory_equal(&again->log_root, &first->log_root, sizeof first->log_root);
    assert_true(bn_id_equal(&again->object, &first->object));
    /* The id would be an object's id, and is another's already. */
    assert_int_equal(theirs->code, BN_ALREADY_EXISTS);
    give_back(&batch);
    give_back(&later);
}

static void receipts_are_the_same_after_the_store_was_opened_again(void **state)
{
    (void)state;
    struct bn_batch batch = {0}, later = {0};
    struct bn_log_head before, after;
    struct bn_job *first = submit(&batch, world_acme(), "Durable", "ai");
    write_batch(&batch);
    bn_writer_head(writer, &before);
    bn_writer_destroy(&writer);
    open_writer();
    bn_writer_head(writer, &after);
    assert_int_equal(after.size, before.size);
    assert_memory_equal(&after.root, &before.root, sizeof before.root);
    struct bn_job *again = repeat(&later, world_acme(), first);
    struct bn_written written = write_batch(&later);
    assert_int_equal(written.replayed, 1);
    assert_int_equal(again->accepted.sequence, first->accepted.sequence);
    assert_memory_equal(&again->log_root, &first->log_root, sizeof first->log_root);
    give_back(&batch);
    give_back(&later);
}

static void a_batch_of_refusals_keeps_nothing(void **state)
{
    (void)state;
    struct bn_batch batch = {0};
    struct bn_log_head before, after;
    bn_writer_head(writer, &before);
    for (int i = 0; i < 10; i++)
        submit(&batch, world_acme(), "Mal placé", "no-such");
    struct bn_written written = write_batch(&batch);
    bn_writer_head(writer, &after);
    assert_int_equal(written.refused, 10);
    assert_int_equal(written.accepted, 0);
    assert_int_equal(after.size, before.size);
    give_back(&batch);
}

static void who_is_too_late_is_not_served(void **state)
{
    (void)state;
    struct bn_batch batch = {0};
    struct bn_job *late = submit(&batch, world_acme(), "Trop tard", "ai");
    late->deadline_ms = 0;
    struct bn_written written = write_batch(&batch);
    assert_int_equal(late->code, BN_DEADLINE_EXCEEDED);
    assert_int_equal(written.accepted, 0);
    give_back(&batch);
}

static Binome__V1__Link *unpack_link(zmq_msg_t *frame)
{
    Binome__V1__Link *link = binome__v1__link__unpack(NULL, zmq_msg_size(frame), zmq_msg_data(frame));
    assert_non_null(link);
    zmq_msg_close(frame);
    return link;
}

static const Binome__V1__KeyEntry *entry_of(Binome__V1__KeyEntry *const *keys, size_t count, const struct bn_id *id)
{
    for (size_t i = 0; i < count; i++)
        if (keys[i]->id.len == BN_ID_BYTES && memcmp(keys[i]->id.data, id->bytes, BN_ID_BYTES) == 0)
            return keys[i];
    return NULL;
}

/* What the brokers are told of a suspension, and of keys that a batch does not touch. */
static void brokers_are_told_the_keys_whose_standing_changed(void **state)
{
    (void)state;
    zmq_msg_t frame;
    OK(bn_writer_keys(writer, &frame));
    Binome__V1__Link *link = unpack_link(&frame);
    assert_int_equal(link->body_case, BINOME__V1__LINK__BODY_KEY_SNAPSHOT);
    assert_int_equal(link->key_snapshot->n_keys, 3);
    uint64_t version = link->key_snapshot->version;
    assert_int_equal(version, bn_writer_key_version(writer));
    binome__v1__link__free_unpacked(link, NULL);

    Binome__V1__Request request = BINOME__V1__REQUEST__INIT;
    Binome__V1__OrganisationSuspend suspend = BINOME__V1__ORGANISATION_SUSPEND__INIT;
    suspend.slug = "nova";
    suspend.reason = "Essai";
    request.body_case = BINOME__V1__REQUEST__BODY_ORGANISATION_SUSPEND;
    request.organisation_suspend = &suspend;
    struct bn_batch batch = {0};
    struct bn_job *job = bn_jobs_take(jobs);
    world_fill(job, world_operator(), &request, 0);
    add(&batch, job);
    struct bn_job *after = submit(&batch, world_nova(), "Trop tard", "ai");
    struct bn_job *other = submit(&batch, world_acme(), "Comme avant", "ai");
    struct bn_written written = write_batch(&batch);
    assert_true(written.directory_changed);
    assert_true(written.has_changed_keys);
    assert_int_equal(after->code, BN_UNAUTHENTICATED); /* in the very batch of its suspension */
    assert_int_equal(other->code, BN_OK);
    link = unpack_link(&written.changed_keys);
    assert_int_equal(link->body_case, BINOME__V1__LINK__BODY_KEY_CHANGE);
    assert_int_equal(link->key_change->from, version);
    assert_int_equal(link->key_change->version, bn_writer_key_version(writer));
    assert_true(link->key_change->version > version);
    assert_int_equal(link->key_change->n_keys, 1);
    const Binome__V1__KeyEntry *entry = entry_of(link->key_change->keys, link->key_change->n_keys, &world_nova()->key);
    assert_non_null(entry);
    assert_int_equal(entry->standing, BINOME__V1__KEY_STANDING__KEY_STANDING_SUSPENDED);
    assert_string_equal(entry->slug, "nova");
    binome__v1__link__free_unpacked(link, NULL);
    give_back(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_committed_once_and_each_gets_its_own_answer),
        cmocka_unit_test(a_repeat_gets_the_first_receipt_in_the_same_batch_and_later),
        cmocka_unit_test(receipts_are_the_same_after_the_store_was_opened_again),
        cmocka_unit_test(a_batch_of_refusals_keeps_nothing),
        cmocka_unit_test(who_is_too_late_is_not_served),
        cmocka_unit_test(brokers_are_told_the_keys_whose_standing_changed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

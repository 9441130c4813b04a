/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/intake_inside.h"

#include "base/clock.h"
#include "base/log.h"
#include "binome/v1/link.pb-c.h"
#include "link/frames.h"
#include "registry/rules/fields.h"

#include <string.h>

enum {
    /* Messages a turn: answers and timers must not wait for more, whatever comes. */
    TAKE_MAX = BN_BATCH_JOBS_MAX,
    FEED_GAP_MS = 20, /* while there is writing, the matcher gets a chunk that often */
    DRAIN_MS = 5000,
};

/* ---- answers ---- */

static void send_answer(struct bn_intake *intake, struct bn_job *job)
{
    if (!job->packed)
        bn_job_pack(job);
    if (bn_frames_send(intake->link, job->frames, BN_JOB_FRAMES) != BN_OK)
        intake->figures->values[BN_FIGURE_REPLIES_DROPPED]++;
    bn_jobs_give(intake->jobs, job);
}

/* ---- the index ---- */

/* The index is fed at once when nothing has been written for a moment; while there is writing, a chunk now and then, so
 * that it lags by some milliseconds (under full load by more) but never stands still. */
static void feed_matcher(struct bn_intake *intake)
{
    if (!intake->behind || intake->feeding)
        return;
    uint64_t now_ms = bn_clock_mono_ms();
    uint64_t since_ms = now_ms - intake->fed_ms;
    if (now_ms - intake->wrote_ms < FEED_GAP_MS && since_ms < FEED_GAP_MS) {
        bn_loop_wake(intake->loop, (unsigned)(FEED_GAP_MS - since_ms));
        return;
    }
    intake->feeding = true;
    intake->behind = false;
    intake->fed_ms = now_ms;
    intake->feed_item.job = NULL;
    bn_worker_pass(intake->matcher, &intake->feed_item);
}

/* ---- the writer ---- */

static void count_written(struct bn_intake *intake, const struct bn_written *written)
{
    uint64_t *values = intake->figures->values;
    values[BN_FIGURE_ACCEPTED] += written->accepted;
    values[BN_FIGURE_REPLAYED] += written->replayed;
    values[BN_FIGURE_UNCHANGED] += written->unchanged;
    values[BN_FIGURE_REFUSED] += written->refused;
    values[BN_FIGURE_RETRIED] += written->retried;
    if (!written->committed)
        return;
    values[BN_FIGURE_BATCHES]++;
    bn_histogram_add(&intake->figures->commit, written->commit_us);
    bn_histogram_add(&intake->figures->batch, intake->waiting.count);
}

static void tell_state(struct bn_intake *intake)
{
    struct bn_log_head head;
    bn_writer_head(intake->writer, &head);
    intake->figures->values[BN_FIGURE_LOG_SIZE] = head.size;
    bn_brokers_state(intake->brokers, &head, bn_writer_key_version(intake->writer));
}

/* Takes requests again when there are jobs for them. */
static void resume(struct bn_intake *intake)
{
    if (!intake->paused || bn_jobs_out(intake->jobs) == JOBS_MAX)
        return;
    intake->paused = false;
    bn_loop_pause(intake->loop, intake->link, false);
}

/* The order matters: disk, then the brokers (which must know of a revoked key before its revocation is answered), then
 * the answers. */
void bn_intake_write_waiting(void *ctx)
{
    struct bn_intake *intake = ctx;
    struct bn_written written;
    if (intake->waiting.first == NULL) {
        feed_matcher(intake);
        resume(intake);
        return;
    }
    bn_writer_write(intake->writer, &intake->waiting, &written);
    intake->wrote = true;
    intake->wrote_ms = bn_clock_mono_ms();
    if (written.directory_changed)
        intake->directory_version++;
    if (written.has_changed_keys)
        bn_brokers_tell(intake->brokers, &written.changed_keys);
    tell_state(intake);
    count_written(intake, &written);
    struct bn_job *job = intake->waiting.first;
    intake->waiting = (struct bn_batch){0};
    while (job != NULL) {
        struct bn_job *next = job->next;
        send_answer(intake, job);
        job = next;
    }
    bn_writer_checkpoint(intake->writer, false);
    if (written.accepted > 0)
        intake->behind = true;
    feed_matcher(intake);
    resume(intake);
}

/* ---- readers and the matcher ---- */

static void read_waiting(struct bn_intake *intake)
{
    for (size_t i = 0; i < intake->reader_count && intake->reads.first != NULL; i++) {
        if (intake->reading[i])
            continue;
        struct bn_job *job = intake->reads.first;
        intake->reads.first = job->next;
        intake->reads.count--;
        intake->reading[i] = true;
        bn_worker_pass(intake->readers[i], job);
    }
}

static void take_read(struct bn_intake *intake, size_t i)
{
    struct bn_job *job;
    while ((job = bn_worker_take(intake->readers[i])) != NULL) {
        intake->reading[i] = false;
        intake->figures->values[BN_FIGURE_QUERIES]++;
        bn_histogram_add(&intake->figures->query, bn_clock_mono_us() - job->arrived_us);
        send_answer(intake, job);
    }
}

void bn_intake_take_reads(void *ctx)
{
    struct bn_intake *intake = ctx;
    for (size_t i = 0; i < intake->reader_count; i++)
        take_read(intake, i);
    read_waiting(intake);
}

void bn_intake_take_matches(void *ctx)
{
    struct bn_intake *intake = ctx;
    struct bn_matcher_item *item;
    while ((item = bn_worker_take(intake->matcher)) != NULL) {
        uint64_t *values = intake->figures->values;
        values[BN_FIGURE_INDEX_SEQUENCE] = item->fed;
        values[BN_FIGURE_INDEX_DOCUMENTS] = item->figures.documents;
        values[BN_FIGURE_INDEX_TERMS] = item->figures.terms;
        values[BN_FIGURE_INDEX_BYTES] = item->figures.bytes;
        if (item == &intake->feed_item) {
            intake->feeding = false;
            intake->behind |= item->more;
            feed_matcher(intake);
            continue;
        }
        values[BN_FIGURE_QUERIES]++;
        bn_histogram_add(&intake->figures->match, bn_clock_mono_us() - item->job->arrived_us);
        send_answer(intake, item->job);
        intake->match_busy[item - intake->match_items] = false;
        intake->matching--;
    }
}

static void refuse_full(struct bn_intake *intake, struct bn_job *job, uint64_t max)
{
    job->retry_after_ms = 200;
    bn_job_refuse(job, BN_RESOURCE_EXHAUSTED, "hub", BN_RULE_LIMIT_QUEUE, bn_check_number(&job->check, (int64_t)max));
    intake->figures->values[BN_FIGURE_READS_REFUSED]++;
    send_answer(intake, job);
}

static void pass_match(struct bn_intake *intake, struct bn_job *job)
{
    for (size_t i = 0; i < MATCHES_MAX; i++) {
        if (intake->match_busy[i])
            continue;
        intake->match_busy[i] = true;
        intake->matching++;
        intake->match_items[i].job = job;
        bn_worker_pass(intake->matcher, &intake->match_items[i]);
        return;
    }
    refuse_full(intake, job, MATCHES_MAX);
}

/* ---- requests ---- */

static void pass_write(struct bn_intake *intake, struct bn_job *job)
{
    struct bn_batch *batch = &intake->waiting;
    job->next = NULL;
    if (batch->last != NULL)
        batch->last->next = job;
    else
        batch->first = job;
    batch->last = job;
    batch->count++;
    batch->bytes += zmq_msg_size(&job->frames[BN_FRAME_BODY]);
}

static bool batch_full(const struct bn_batch *batch)
{
    return batch->count >= BN_BATCH_JOBS_MAX || batch->bytes >= BN_BATCH_BYTES_MAX;
}

/* Refused early, while the last commits and checkpoints still have room to get out. */
static void refuse_for_disk(struct bn_intake *intake, struct bn_job *job)
{
    job->retry_after_ms = 2000;
    bn_job_refuse(job, BN_RESOURCE_EXHAUSTED, "hub", BN_RULE_DISK_FULL, NULL);
    intake->figures->values[BN_FIGURE_REFUSED]++;
    send_answer(intake, job);
}

static void pass_on(struct bn_intake *intake, struct bn_job *job)
{
    job->directory = intake->directory_version;
    if (job->type->writes && intake->disk_low) {
        refuse_for_disk(intake, job);
    } else if (job->type->writes) {
        pass_write(intake, job);
    } else if (job->type->number == BINOME__V1__REQUEST__BODY_MATCH_FIND) {
        pass_match(intake, job);
    } else if (intake->reads.count >= intake->config->queued_reads_max) {
        refuse_full(intake, job, intake->config->queued_reads_max);
    } else {
        job->next = NULL;
        if (intake->reads.first != NULL)
            intake->reads.last->next = job;
        else
            intake->reads.first = job;
        intake->reads.last = job;
        intake->reads.count++;
    }
}

static void send_pulse(struct bn_intake *intake)
{
    uint64_t *values = intake->figures->values;
    struct bn_figures_message figures;
    values[BN_FIGURE_WRITES_WAITING] = intake->waiting.count;
    values[BN_FIGURE_READS_WAITING] = intake->reads.count + intake->matching;
    bn_figures_message(intake->figures, &figures);
    bn_brokers_pulse(intake->brokers, &figures.message);
}

/* A broker holds back what it has until it has heard a pulse: it need not wait for the next second. */
static void take_link_message(struct bn_intake *intake, struct bn_job *job)
{
    Binome__V1__Link *link =
        binome__v1__link__unpack(bn_arena_allocator(job->arena), zmq_msg_size(&job->frames[BN_FRAME_BODY]),
                                 zmq_msg_data(&job->frames[BN_FRAME_BODY]));
    zmq_msg_t keys;
    if (link != NULL && link->body_case == BINOME__V1__LINK__BODY_HELLO && link->hello != NULL &&
        bn_brokers_hello(intake->brokers, &job->frames[BN_FRAME_ROUTE], link->hello->broker_version) &&
        bn_writer_keys(intake->writer, &keys) == BN_OK) {
        bn_brokers_answer(intake->brokers, &keys);
        send_pulse(intake);
    }
    bn_jobs_give(intake->jobs, job);
}

static enum bn_code refuse_long(struct bn_intake *intake, struct bn_job *job, size_t body_size)
{
    struct bn_check *check = &job->check;
    job->code = BN_FAIL(check, BN_INVALID_ARGUMENT, "body", BN_RULE_BODY_TOO_LONG,
                        bn_check_number(check, (int64_t)intake->config->body_bytes_max),
                        bn_check_number(check, (int64_t)body_size));
    return job->code;
}

static void take_job(struct bn_intake *intake, struct bn_job *job)
{
    size_t body_size = zmq_msg_size(&job->frames[BN_FRAME_BODY]);
    enum bn_code code = bn_job_read(job);
    if (code == BN_DATA_LOSS) {
        intake->figures->values[BN_FIGURE_MALFORMED]++;
        bn_jobs_give(intake->jobs, job);
    } else if (job->head.kind == BN_KIND_LINK) {
        take_link_message(intake, job);
    } else {
        intake->figures->values[BN_FIGURE_REQUESTS]++;
        if (code == BN_OK && body_size > intake->config->body_bytes_max)
            code = refuse_long(intake, job, body_size);
        if (code == BN_OK) {
            pass_on(intake, job);
        } else {
            intake->figures->values[BN_FIGURE_REFUSED]++;
            send_answer(intake, job);
        }
    }
}

void bn_intake_take_requests(void *ctx)
{
    struct bn_intake *intake = ctx;
    for (int taken = 0; taken < TAKE_MAX && !batch_full(&intake->waiting); taken++) {
        struct bn_job *job = bn_jobs_take(intake->jobs);
        if (job == NULL) {
            intake->paused = true; /* the next answers resume it */
            bn_loop_pause(intake->loop, intake->link, true);
            break;
        }
        enum bn_code code = bn_frames_receive(intake->link, job->frames, BN_JOB_FRAMES, NULL);
        if (code == BN_UNAVAILABLE) {
            bn_jobs_give(intake->jobs, job);
            break;
        }
        if (code != BN_OK) {
            intake->figures->values[BN_FIGURE_MALFORMED]++;
            bn_jobs_give(intake->jobs, job);
            continue;
        }
        take_job(intake, job);
    }
    read_waiting(intake); /* before the commit that follows at the end of the turn */
}

/* ---- each second ---- */

bool bn_intake_drained(const struct bn_intake *intake)
{
    return bn_jobs_out(intake->jobs) == 0;
}

static void watch_disk(struct bn_intake *intake, uint64_t free_bytes)
{
    bool low = free_bytes < intake->config->disk_free_bytes_min;
    if (low == intake->disk_low)
        return;
    intake->disk_low = low;
    if (low)
        BN_LOG(ERROR, "registry.disk_low", "free_bytes", BN_NUM(free_bytes), "writes", "refused");
    else
        BN_LOG(INFO, "registry.disk_recovered", "free_bytes", BN_NUM(free_bytes));
}

void bn_intake_pulse(void *ctx)
{
    struct bn_intake *intake = ctx;
    uint64_t *values = intake->figures->values;
    struct bn_store_figures store;
    if (!intake->wrote)
        bn_writer_checkpoint(intake->writer, true);
    intake->wrote = false;
    bn_writer_figures(intake->writer, &store);
    values[BN_FIGURE_DATABASE_BYTES] = store.database_bytes;
    values[BN_FIGURE_WAL_BYTES] = store.wal_bytes;
    values[BN_FIGURE_DISK_FREE_BYTES] = store.disk_free_bytes;
    watch_disk(intake, store.disk_free_bytes);
    values[BN_FIGURE_CHECKPOINTS] = store.checkpoints;
    values[BN_FIGURE_CHECKPOINT_US_MAX] = store.checkpoint_us_max;
    send_pulse(intake);
    bn_notify("WATCHDOG=1");
    if (intake->stopping && (bn_intake_drained(intake) || bn_clock_mono_ms() - intake->stopping_since_ms > DRAIN_MS))
        bn_loop_stop(intake->loop);
}

enum bn_code bn_intake_run(struct bn_intake *intake)
{
    tell_state(intake);
    intake->behind = true;
    struct bn_store_figures store;
    bn_writer_figures(intake->writer, &store);
    watch_disk(intake, store.disk_free_bytes); /* before the first request, not a second later */
    feed_matcher(intake);                      /* builds the index from the store, in the background */
    bn_notify("READY=1");
    BN_LOG(INFO, "registry.ready", "version", BN_VERSION);
    enum bn_code code = bn_loop_run(intake->loop);
    BN_LOG(INFO, "registry.stopped", "log_size", BN_NUM(intake->figures->values[BN_FIGURE_LOG_SIZE]));
    return code;
}

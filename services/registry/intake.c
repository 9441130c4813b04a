/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/intake.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "binome/v1/link.pb-c.h"
#include "link/frames.h"
#include "link/loop.h"
#include "link/socket.h"
#include "registry/brokers.h"
#include "registry/figures.h"
#include "registry/matcher.h"
#include "registry/queries.h"
#include "registry/reader.h"
#include "registry/rules/fields.h"
#include "registry/writer.h"
#include "text/conf_file.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    READERS_MAX = 16,
    JOBS_MAX = BN_BATCH_JOBS_MAX + 4096,
    TAKE_MAX = 512,   /* messages a turn: answers and timers must not wait for more */
    MATCHES_MAX = 64, /* questions that wait for the matcher */
    FEED_GAP_MS = 10, /* under full load the matcher gets a chunk that often */
    PULSE_MS = 1000,
    DRAIN_MS = 5000,
};

/* Jobs in the order they came. */
struct queue {
    struct bn_job *first, *last;
    size_t count;
};

struct bn_intake {
    const char *config_path;
    struct bn_registry_config *config;
    void *context, *link;
    void *zap; /* for a link over TCP: admits one key */
    uint8_t broker_key[BN_KEY_BYTES];
    struct bn_loop *loop;
    int signals;
    struct bn_jobs *jobs;
    struct bn_brokers *brokers;
    struct bn_figures *figures;

    struct bn_writer *writer;
    struct bn_batch waiting;
    bool wrote; /* since the last pulse */

    struct bn_reader *reader_states[READERS_MAX];
    struct bn_worker *readers[READERS_MAX];
    bool reading[READERS_MAX];
    size_t reader_count;
    struct queue reads;

    struct bn_matcher *matcher_state;
    struct bn_worker *matcher;
    struct bn_matcher_item match_items[MATCHES_MAX];
    struct bn_matcher_item feed_item;
    bool match_busy[MATCHES_MAX], feeding, behind;
    uint64_t fed_ms; /* when leave to feed was given last */
    size_t matching;

    uint64_t directory_version;
    bool paused, stopping, disk_low;
    uint64_t stopping_since_ms;
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

/* The index is fed when there is nothing to write; while there always is, a little now and then, so that it lags but
 * never stands still. */
static void feed_matcher(struct bn_intake *intake)
{
    if (!intake->behind || intake->feeding)
        return;
    uint64_t now_ms = bn_clock_mono_ms();
    if (intake->wrote && now_ms - intake->fed_ms < FEED_GAP_MS)
        return;
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
static void write_waiting(void *ctx)
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

static void take_reads(void *ctx)
{
    struct bn_intake *intake = ctx;
    for (size_t i = 0; i < intake->reader_count; i++)
        take_read(intake, i);
    read_waiting(intake);
}

static void take_matches(void *ctx)
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

/* Refused early, while the last commits and checkpoints still have room to get out (pitfall Q7). */
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

static void take_job(struct bn_intake *intake, struct bn_job *job)
{
    enum bn_code code = bn_job_read(job);
    if (code == BN_DATA_LOSS) {
        intake->figures->values[BN_FIGURE_MALFORMED]++;
        bn_jobs_give(intake->jobs, job);
    } else if (job->head.kind == BN_KIND_LINK) {
        take_link_message(intake, job);
    } else {
        intake->figures->values[BN_FIGURE_REQUESTS]++;
        if (code == BN_OK) {
            pass_on(intake, job);
        } else {
            intake->figures->values[BN_FIGURE_REFUSED]++;
            send_answer(intake, job);
        }
    }
}

static void take_requests(void *ctx)
{
    struct bn_intake *intake = ctx;
    while (!batch_full(&intake->waiting)) {
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

static bool drained(const struct bn_intake *intake)
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

static void pulse(void *ctx)
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
    if (intake->stopping && (drained(intake) || bn_clock_mono_ms() - intake->stopping_since_ms > DRAIN_MS))
        bn_loop_stop(intake->loop);
}

static void reload(struct bn_intake *intake)
{
    struct bn_why why = {0};
    size_t waiting;
    enum bn_log_level level;
    if (bn_conf_reload(intake->config_path, bn_registry_keys, bn_registry_key_count, intake->config, &waiting, &why) !=
        BN_OK) {
        BN_LOG(ERROR, "registry.reload_failed", "place", why.field, "rule", why.rule, "detail", why.detail);
        return;
    }
    if (bn_log_level_parse(intake->config->log_level, &level))
        bn_log_level_set(level);
    else
        BN_LOG(ERROR, "registry.reload_failed", "place", "log.level", "rule", bn_rule_name(BN_RULE_CONFIG_VALUE));
    BN_LOG(INFO, "registry.reloaded", "waiting_for_restart", BN_NUM(waiting));
}

static void take_signals(void *ctx)
{
    struct bn_intake *intake = ctx;
    int signal;
    while ((signal = bn_signal_next(intake->signals)) != 0) {
        if (signal == SIGHUP) {
            reload(intake);
        } else if (!intake->stopping) {
            BN_LOG(INFO, "registry.stopping");
            bn_notify("STOPPING=1");
            intake->stopping = true;
            intake->stopping_since_ms = bn_clock_mono_ms();
            if (drained(intake))
                bn_loop_stop(intake->loop);
        }
    }
}

/* A link over TCP admits one key, the broker's. */
static void take_zap(void *ctx)
{
    struct bn_intake *intake = ctx;
    bn_brokers_admit(intake->zap, intake->broker_key);
}

/* ---- start and end ---- */

static enum bn_code open_link(struct bn_intake *intake, struct bn_why *why)
{
    const struct bn_registry_config *config = intake->config;
    struct bn_socket_limits limits = bn_socket_limits_internal;
    struct bn_keypair pair = {0};
    limits.body_bytes_max = config->body_bytes_max > UINT64_C(64) << 20 ? config->body_bytes_max : UINT64_C(64) << 20;
    bool tcp = strncmp(config->link_endpoint, "tcp://", 6) == 0;
    if (tcp) {
        if (!bn_z85_decode(config->link_broker_key, intake->broker_key))
            return bn_why_set(why, BN_INVALID_ARGUMENT, "link.broker_key", "config.value", "expected a key in z85");
        enum bn_code code = bn_keyfile_read(config->link_key_file, &pair, why);
        if (code != BN_OK)
            return code;
        intake->zap = zmq_socket(intake->context, ZMQ_REP);
        if (intake->zap == NULL || zmq_bind(intake->zap, "inproc://zeromq.zap.01") != 0)
            return bn_why_set(why, BN_INTERNAL, "link.endpoint", "", "cannot bind the ZAP handler");
    }
    intake->link = bn_socket_server(intake->context, &limits, tcp ? &pair : NULL, tcp ? "binome-link" : NULL, why);
    bn_wipe(&pair, sizeof pair);
    if (intake->link == NULL)
        return BN_INTERNAL;
    char bound[256];
    enum bn_code code = bn_socket_bind(intake->link, config->link_endpoint, (unsigned)config->link_mode, bound, why);
    if (code == BN_OK)
        BN_LOG(INFO, "registry.listening", "endpoint", bound);
    return code;
}

static enum bn_code start_threads(struct bn_intake *intake, struct bn_why *why)
{
    const struct bn_registry_config *config = intake->config;
    struct bn_store_options options = {
        .cache_bytes = config->cache_bytes,
        .reader_cache_bytes = config->reader_cache_bytes,
        .wal_checkpoint_bytes = config->wal_checkpoint_bytes,
        .read_ms_max = config->read_ms_max,
    };
    enum bn_code code = bn_writer_create(config->database, &options, &intake->writer, why);
    if (code != BN_OK)
        return code;
    intake->matcher_state = bn_matcher_create(config->database, &options);
    if (intake->matcher_state == NULL)
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "no memory");
    code = bn_worker_create(intake->context, &bn_matcher_kind, intake->matcher_state, &intake->matcher, why);
    for (size_t i = 0; code == BN_OK && i < config->readers && i < READERS_MAX; i++) {
        intake->reader_states[i] = bn_reader_create(config->database, &options);
        if (intake->reader_states[i] == NULL)
            return bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "no memory");
        code = bn_worker_create(intake->context, &bn_reader_kind, intake->reader_states[i], &intake->readers[i], why);
        if (code == BN_OK)
            intake->reader_count++;
    }
    return code;
}

static enum bn_code fill_loop(struct bn_intake *intake)
{
    struct bn_loop *loop = intake->loop;
    enum bn_code code = bn_loop_descriptor(loop, intake->signals, take_signals, intake);
    if (code == BN_OK)
        code = bn_loop_socket(loop, bn_worker_socket(intake->matcher), take_matches, intake);
    for (size_t i = 0; code == BN_OK && i < intake->reader_count; i++)
        code = bn_loop_socket(loop, bn_worker_socket(intake->readers[i]), take_reads, intake);
    if (code == BN_OK && intake->zap != NULL)
        code = bn_loop_socket(loop, intake->zap, take_zap, intake);
    if (code == BN_OK)
        code = bn_loop_socket(loop, intake->link, take_requests, intake);
    bn_loop_after_turn(loop, write_waiting, intake);
    return code == BN_OK ? bn_loop_timer(loop, PULSE_MS, pulse, intake) : code;
}

enum bn_code bn_intake_create(const char *config_path, struct bn_registry_config *config, struct bn_intake **intake,
                              struct bn_why *why)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    struct bn_intake *made = calloc(1, sizeof *made);
    if (made == NULL)
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "no memory");
    made->config_path = config_path;
    made->config = config;
    made->signals = -1;
    enum bn_code code = bn_fields_start(why);
    if (code == BN_OK)
        code = bn_signal_open(signals, BN_COUNT(signals), &made->signals);
    if (code == BN_OK) {
        made->context = zmq_ctx_new();
        made->loop = bn_loop_create();
        made->jobs = bn_jobs_create(JOBS_MAX);
        made->figures = bn_figures_create();
        if (made->context == NULL || made->loop == NULL || made->jobs == NULL || made->figures == NULL)
            code = bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "no memory");
    }
    if (code == BN_OK)
        code = start_threads(made, why);
    if (code == BN_OK)
        code = open_link(made, why);
    if (code == BN_OK) {
        made->brokers = bn_brokers_create(made->link);
        if (made->brokers == NULL)
            code = bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "no memory");
    }
    if (code == BN_OK)
        code = fill_loop(made);
    if (code != BN_OK) {
        bn_intake_destroy(&made);
        return code;
    }
    *intake = made;
    return BN_OK;
}

void bn_intake_destroy(struct bn_intake **intake)
{
    struct bn_intake *made = *intake;
    if (made == NULL)
        return;
    bn_worker_destroy(&made->matcher);
    for (size_t i = 0; i < made->reader_count; i++)
        bn_worker_destroy(&made->readers[i]);
    bn_writer_destroy(&made->writer);
    for (size_t i = 0; i < READERS_MAX; i++)
        bn_reader_destroy(&made->reader_states[i]);
    bn_matcher_destroy(&made->matcher_state);
    bn_brokers_destroy(&made->brokers);
    bn_jobs_destroy(&made->jobs);
    bn_figures_destroy(&made->figures);
    bn_loop_destroy(&made->loop);
    bn_socket_close(&made->link);
    bn_socket_close(&made->zap);
    if (made->context != NULL)
        zmq_ctx_term(made->context);
    free(made);
    *intake = NULL;
}

enum bn_code bn_intake_run(struct bn_intake *intake)
{
    tell_state(intake);
    intake->behind = true;
    feed_matcher(intake); /* builds the index from the store, in the background */
    bn_notify("READY=1");
    BN_LOG(INFO, "registry.ready", "version", BN_VERSION);
    enum bn_code code = bn_loop_run(intake->loop);
    BN_LOG(INFO, "registry.stopped", "log_size", BN_NUM(intake->figures->values[BN_FIGURE_LOG_SIZE]));
    return code;
}

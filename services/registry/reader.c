/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/reader.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

struct bn_reader {
    char *path;
    struct bn_store_options options;
    struct bn_store *store;
    struct bn_directory *directory;
    uint64_t directory_version;
};

struct bn_reader *bn_reader_create(const char *path, const struct bn_store_options *options)
{
    struct bn_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return NULL;
    reader->options = *options;
    reader->path = strdup(path);
    if (reader->path == NULL)
        bn_reader_destroy(&reader);
    return reader;
}

void bn_reader_destroy(struct bn_reader **reader)
{
    if (*reader == NULL)
        return;
    free((*reader)->path);
    free(*reader);
    *reader = NULL;
}

static enum bn_code start(void *state, struct bn_why *why)
{
    struct bn_reader *reader = state;
    enum bn_code code = bn_store_open_reader(reader->path, &reader->options, &reader->store, why);
    if (code != BN_OK)
        return code;
    reader->directory = bn_directory_create(reader->store);
    return reader->directory != NULL ? BN_OK : bn_why_set(why, BN_RESOURCE_EXHAUSTED, "", "", "no memory");
}

static void stop(void *state)
{
    struct bn_reader *reader = state;
    bn_directory_destroy(&reader->directory);
    bn_store_close(&reader->store);
}

/* A store that fails a query tells its reason to the log; the caller hears that it is not the caller's fault. */
static void refuse_for_store(struct bn_store *store, struct bn_job *job, enum bn_code code)
{
    BN_LOG(WARN, "reader.query_failed", "code", bn_code_name(code), "error", bn_store_error(store), "type",
           BN_NUM(job->type->number));
    if (code == BN_DEADLINE_EXCEEDED) {
        bn_job_refuse(job, code, "header.timeout_ms", BN_RULE_HUB_TIMEOUT,
                      bn_check_number(&job->check, job->head.timeout_ms));
    } else {
        job->retry_after_ms = 500;
        bn_job_refuse(job, code == BN_RESOURCE_EXHAUSTED ? code : BN_INTERNAL, "hub", BN_RULE_HUB_INTERNAL, NULL);
    }
}

void bn_read_answer(struct bn_store *store, struct bn_directory *directory, uint64_t *directory_version,
                    struct bn_job *job, enum bn_code (*answer)(void *ctx, struct bn_act *act), void *ctx)
{
    if (*directory_version != job->directory) {
        bn_directory_forget(directory);
        *directory_version = job->directory;
    }
    int64_t now_ms = bn_clock_wall_ms();
    struct bn_act act = {
        .store = store, .directory = directory, .job = job, .now_ms = now_ms, .today = bn_date_of_ms(now_ms)};
    enum bn_code code = BN_OK;
    if (bn_clock_mono_ms() > job->deadline_ms)
        code = BN_FAIL(&job->check, BN_DEADLINE_EXCEEDED, "header.timeout_ms", BN_RULE_HUB_TIMEOUT,
                       bn_check_number(&job->check, job->head.timeout_ms));
    if (code == BN_OK)
        code = bn_store_begin(store);
    if (code == BN_OK)
        code = bn_act_start(&act);
    if (code == BN_OK)
        code = answer(ctx, &act);
    job->code = code;
    if (code != BN_OK && job->check.count == 0)
        refuse_for_store(store, job, code);
    bn_job_pack(job); /* before the snapshot ends: what the reply lends may be the store's */
    bn_store_rollback(store);
}

static enum bn_code answer_query(void *ctx, struct bn_act *act)
{
    (void)ctx;
    return bn_query_handler(act->job->type->number)(act);
}

static void *work(void *state, void *item)
{
    struct bn_reader *reader = state;
    bn_read_answer(reader->store, reader->directory, &reader->directory_version, item, answer_query, NULL);
    return item;
}

const struct bn_worker_kind bn_reader_kind = {.name = "reader", .start = start, .work = work, .stop = stop};

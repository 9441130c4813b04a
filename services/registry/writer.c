/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/writer.h"

#include "base/clock.h"
#include "base/log.h"
#include "binome/v1/link.pb-c.h"
#include "registry/act.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bn_writer {
    struct bn_store *store;
    struct bn_directory *directory;
    struct bn_log_head head;
    uint64_t key_version;
    uint32_t standing[BN_STANDING_MAX]; /* organisations whose keys changed in this batch */
    size_t standing_count;
};

enum bn_code bn_writer_create(const char *path, const struct bn_store_options *options, struct bn_writer **writer,
                              struct bn_why *why)
{
    struct bn_writer *made = calloc(1, sizeof *made);
    if (made == NULL)
        return bn_why_set(why, BN_RESOURCE_EXHAUSTED, path, "", "no memory");
    enum bn_code code = bn_store_open(path, options, &made->store, why);
    if (code == BN_OK) {
        made->directory = bn_directory_create(made->store);
        code = bn_store_log_head(made->store, &made->head);
        if (code != BN_OK || made->directory == NULL)
            code = bn_why_set(why, BN_INTERNAL, path, "", "cannot read the log's head");
    }
    if (code != BN_OK) {
        bn_writer_destroy(&made);
        return code;
    }
    made->key_version = made->head.size + 1;
    *writer = made;
    return BN_OK;
}

void bn_writer_destroy(struct bn_writer **writer)
{
    if (*writer == NULL)
        return;
    bn_directory_destroy(&(*writer)->directory);
    bn_store_close(&(*writer)->store);
    free(*writer);
    *writer = NULL;
}

/* ---- one job in the open transaction ---- */

/* Nobody knows what is on disk, so nothing may be said: the retry after the restart learns the truth. */
static _Noreturn void give_up(struct bn_writer *writer, const char *what)
{
    BN_LOG(ERROR, "writer.commit_unknown", "what", what, "error", bn_store_error(writer->store));
    _exit(70);
}

/* The same id from the same organisation: the original receipt, for ever. */
static enum bn_code replay(struct bn_writer *writer, struct bn_job *job)
{
    if (memcmp(&job->accepted.digest, &job->digest, sizeof job->digest) != 0)
        return BN_FAIL(&job->check, BN_ALREADY_EXISTS, "header.request_id", BN_RULE_REQUEST_ID_REUSED);
    struct bn_log_head head;
    enum bn_code code = bn_store_log_head_of(writer->store, job->accepted.sequence, &head);
    if (code == BN_NOT_FOUND) {
        /* Accepted earlier in this very batch: its head is the one that this commit will have. */
        head.size = 0;
        code = BN_OK;
    }
    if (code != BN_OK)
        return code;
    if (job->accepted.object != 0) {
        struct bn_accepted creating;
        code = bn_store_accepted_by_sequence(writer->store, job->accepted.object, &creating);
        if (code != BN_OK)
            return code;
        job->object = creating.request;
    }
    job->log_size = head.size;
    job->log_root = head.root;
    job->receipted = true;
    job->reply.replayed = true;
    return BN_OK;
}

static enum bn_code apply(struct bn_writer *writer, struct bn_job *job, int64_t now_ms, bool *forget)
{
    struct bn_act act = {
        .store = writer->store,
        .directory = writer->directory,
        .job = job,
        .now_ms = now_ms,
        .today = bn_date_of_ms(now_ms),
    };
    if (bn_clock_mono_ms() > job->deadline_ms)
        return BN_FAIL(&job->check, BN_DEADLINE_EXCEEDED, "header.timeout_ms", BN_RULE_HUB_TIMEOUT,
                       bn_check_number(&job->check, job->head.timeout_ms));
    enum bn_code code = bn_act_caller(&act);
    if (code == BN_OK)
        code = bn_store_request_taken(writer->store, &job->head.request_id, &act.id_taken);
    if (code == BN_OK && act.id_taken) {
        code = bn_store_accepted_by_request(writer->store, &job->head.request_id, act.caller->organisation,
                                            &job->accepted);
        if (code == BN_OK)
            return replay(writer, job);
    }
    /* What was accepted once keeps its receipt, also when its sender may no longer ask for it. */
    if (code == BN_OK || code == BN_NOT_FOUND)
        code = bn_act_start(&act);
    if (code != BN_OK)
        return code;
    code = bn_change_handler(job->type->number)(&act);
    if (act.directory_changed)
        *forget = true;
    if (code == BN_OK && act.standing_changed != 0 && writer->standing_count < BN_STANDING_MAX)
        writer->standing[writer->standing_count++] = act.standing_changed;
    return code;
}

/* Whether a result came from the rules (the sender hears it) and not from the store (the batch is lost). */
static bool judged(const struct bn_job *job, enum bn_code code)
{
    return code == BN_OK || (job->check.count > 0 && code == job->check.code);
}

/* A store that broke between two batches (a checkpoint, a list that is filled behind) answers nothing any more: only a
 * new start can tell what is on disk. */
static enum bn_code begin(struct bn_writer *writer)
{
    enum bn_code code = bn_store_begin(writer->store);
    if (code == BN_DATA_LOSS)
        give_up(writer, "begin");
    return code;
}

static enum bn_code try_job(struct bn_writer *writer, struct bn_job *job, int64_t now_ms)
{
    bool forget = false;
    bn_job_restart(job);
    enum bn_code code = apply(writer, job, now_ms, &forget);
    if (forget)
        bn_directory_forget(writer->directory);
    job->code = code;
    if (judged(job, code) && bn_store_in_transaction(writer->store))
        return BN_OK;
    if (code == BN_DATA_LOSS)
        give_up(writer, "statement");
    BN_LOG(WARN, "writer.statement_failed", "code", bn_code_name(code), "error", bn_store_error(writer->store), "type",
           BN_NUM(job->type->number));
    return code != BN_OK ? code : BN_INTERNAL;
}

static void roll_back(struct bn_writer *writer)
{
    bn_store_rollback(writer->store);
    bn_directory_forget(writer->directory);
    writer->standing_count = 0;
}

/* Anything but BN_OK: rolled back for certain. */
static enum bn_code commit(struct bn_writer *writer, struct bn_written *written)
{
    uint64_t before = bn_clock_mono_us();
    enum bn_code code = bn_store_commit(writer->store);
    if (code == BN_DATA_LOSS)
        give_up(writer, "commit");
    if (code != BN_OK) {
        BN_LOG(WARN, "writer.commit_failed", "code", bn_code_name(code), "error", bn_store_error(writer->store));
        return code;
    }
    written->commit_us += bn_clock_mono_us() - before;
    written->committed = true;
    if (bn_store_log_head(writer->store, &writer->head) != BN_OK)
        give_up(writer, "log head");
    return BN_OK;
}

static void fill_heads(struct bn_job *first, const struct bn_job *end, const struct bn_log_head *head)
{
    for (struct bn_job *job = first; job != end; job = job->next) {
        if (!job->receipted || job->log_size != 0)
            continue;
        job->log_size = head->size;
        job->log_root = head->root;
    }
}

/* ---- a batch ---- */

static enum bn_code try_together(struct bn_writer *writer, struct bn_batch *batch, int64_t now_ms,
                                 struct bn_written *written)
{
    enum bn_code code = begin(writer);
    for (struct bn_job *job = batch->first; code == BN_OK && job != NULL; job = job->next)
        code = try_job(writer, job, now_ms);
    if (code == BN_OK)
        code = commit(writer, written);
    if (code == BN_OK)
        fill_heads(batch->first, NULL, &writer->head);
    return code;
}

static void refuse_for_store(struct bn_job *job, enum bn_code code)
{
    bn_job_restart(job);
    if (code == BN_RESOURCE_EXHAUSTED) {
        job->retry_after_ms = 2000;
        bn_job_refuse(job, code, "hub", BN_RULE_DISK_FULL, NULL);
    } else {
        bn_job_refuse(job, BN_INTERNAL, "hub", BN_RULE_HUB_INTERNAL, NULL);
    }
}

/* One request a transaction: what failed once need not fail again, and what does fail takes no other with it. */
static void try_each(struct bn_writer *writer, struct bn_batch *batch, int64_t now_ms, struct bn_written *written)
{
    for (struct bn_job *job = batch->first; job != NULL; job = job->next) {
        size_t standing = writer->standing_count;
        enum bn_code code = begin(writer);
        if (code == BN_OK)
            code = try_job(writer, job, now_ms);
        if (code == BN_OK)
            code = commit(writer, written);
        if (code == BN_OK) {
            fill_heads(job, job->next, &writer->head);
            continue;
        }
        bn_store_rollback(writer->store);
        bn_directory_forget(writer->directory);
        writer->standing_count = standing;
        refuse_for_store(job, code);
    }
}

static void count_answers(const struct bn_batch *batch, struct bn_written *written)
{
    for (const struct bn_job *job = batch->first; job != NULL; job = job->next) {
        if (job->code != BN_OK)
            written->refused++;
        else if (job->reply.replayed)
            written->replayed++;
        else if (job->receipted)
            written->accepted++;
        else if (job->reply.unchanged)
            written->unchanged++;
    }
}

/* ---- keys, for the brokers ---- */

struct entries {
    struct bn_writer *writer;
    Binome__V1__KeyEntry *rows;
    struct bn_key *keys;
    size_t count, room;
    bool failed;
};

static bool add_entry(void *ctx, const struct bn_key *key)
{
    struct entries *entries = ctx;
    if (entries->count == entries->room) {
        size_t room = entries->room == 0 ? 64 : 2 * entries->room;
        struct bn_key *grown = realloc(entries->keys, room * sizeof *grown);
        if (grown == NULL)
            return entries->failed = true, false;
        entries->keys = grown;
        entries->room = room;
    }
    entries->keys[entries->count++] = *key;
    return true;
}

static Binome__V1__KeyStanding standing_of(const struct bn_key *key, uint32_t organisation_state)
{
    if (organisation_state == BINOME__V1__ORGANISATION_STATE__ORGANISATION_STATE_LEFT)
        return BINOME__V1__KEY_STANDING__KEY_STANDING_LEFT;
    if (key->state == BINOME__V1__KEY_STATE__KEY_STATE_REVOKED)
        return BINOME__V1__KEY_STANDING__KEY_STANDING_REVOKED;
    if (organisation_state == BINOME__V1__ORGANISATION_STATE__ORGANISATION_STATE_SUSPENDED)
        return BINOME__V1__KEY_STANDING__KEY_STANDING_SUSPENDED;
    return BINOME__V1__KEY_STANDING__KEY_STANDING_GOOD;
}

static enum bn_code fill_entry(struct bn_writer *writer, struct bn_key *key, Binome__V1__KeyEntry *entry)
{
    const struct bn_brief *brief;
    enum bn_code code = bn_directory_organisation(writer->directory, key->organisation, &brief);
    if (code != BN_OK)
        return code;
    binome__v1__key_entry__init(entry);
    entry->public_key = (ProtobufCBinaryData){BN_KEY_BYTES, key->public_key};
    entry->id = (ProtobufCBinaryData){BN_ID_BYTES, key->id.bytes};
    entry->organisation = (ProtobufCBinaryData){BN_ID_BYTES, (uint8_t *)(uintptr_t)brief->id.bytes};
    entry->slug = (char *)(uintptr_t)brief->slug;
    entry->role = (Binome__V1__KeyRole)key->role;
    entry->standing = standing_of(key, brief->state);
    entry->expires_ms = key->expires_ms;
    return BN_OK;
}

static enum bn_code pack_link(const Binome__V1__Link *link, zmq_msg_t *frame)
{
    if (zmq_msg_init_size(frame, binome__v1__link__get_packed_size(link)) != 0)
        return BN_RESOURCE_EXHAUSTED;
    binome__v1__link__pack(link, zmq_msg_data(frame));
    return BN_OK;
}

/* Packs the keys gathered as a snapshot (from 0) or as a change. */
static enum bn_code pack_entries(struct bn_writer *writer, struct entries *entries, uint64_t from, zmq_msg_t *frame)
{
    Binome__V1__KeyEntry *rows = calloc(entries->count + 1, sizeof *rows);
    Binome__V1__KeyEntry **list = calloc(entries->count + 1, sizeof *list);
    enum bn_code code = rows != NULL && list != NULL && !entries->failed ? BN_OK : BN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; code == BN_OK && i < entries->count; i++) {
        list[i] = &rows[i];
        code = fill_entry(writer, &entries->keys[i], &rows[i]);
    }
    if (code == BN_OK) {
        Binome__V1__Link link = BINOME__V1__LINK__INIT;
        Binome__V1__KeySnapshot snapshot = BINOME__V1__KEY_SNAPSHOT__INIT;
        Binome__V1__KeyChange change = BINOME__V1__KEY_CHANGE__INIT;
        if (from == 0) {
            snapshot.version = writer->key_version;
            snapshot.n_keys = entries->count;
            snapshot.keys = list;
            link.body_case = BINOME__V1__LINK__BODY_KEY_SNAPSHOT;
            link.key_snapshot = &snapshot;
        } else {
            change.from = from;
            change.version = writer->key_version;
            change.n_keys = entries->count;
            change.keys = list;
            link.body_case = BINOME__V1__LINK__BODY_KEY_CHANGE;
            link.key_change = &change;
        }
        code = pack_link(&link, frame);
    }
    free(rows);
    free(list);
    free(entries->keys);
    return code;
}

enum bn_code bn_writer_keys(struct bn_writer *writer, zmq_msg_t *frame)
{
    struct entries entries = {.writer = writer};
    enum bn_code code = bn_store_keys(writer->store, 0, add_entry, &entries);
    if (code != BN_OK) {
        free(entries.keys);
        return code;
    }
    return pack_entries(writer, &entries, 0, frame);
}

/* Brokers that do not hear of a revocation would let the key pass: when the change cannot be told, the whole table is.
 */
static void tell_changes(struct bn_writer *writer, struct bn_written *written)
{
    if (writer->standing_count == 0)
        return;
    uint64_t from = writer->key_version;
    writer->key_version = writer->head.size + 1;
    struct entries entries = {.writer = writer};
    enum bn_code code = writer->standing_count < BN_STANDING_MAX ? BN_OK : BN_RESOURCE_EXHAUSTED;
    for (size_t i = 0; code == BN_OK && i < writer->standing_count; i++)
        code = bn_store_keys(writer->store, writer->standing[i], add_entry, &entries);
    if (code == BN_OK)
        code = pack_entries(writer, &entries, from, &written->changed_keys);
    else
        free(entries.keys);
    if (code != BN_OK && bn_writer_keys(writer, &written->changed_keys) != BN_OK)
        give_up(writer, "key table");
    written->has_changed_keys = true;
    writer->standing_count = 0;
}

/* Organisations, keys and workstreams have the numbers below those of proposals. */
static bool changes_directory(const struct bn_batch *batch)
{
    for (const struct bn_job *job = batch->first; job != NULL; job = job->next)
        if (job->receipted && job->type->number < BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT)
            return true;
    return false;
}

void bn_writer_write(struct bn_writer *writer, struct bn_batch *batch, struct bn_written *written)
{
    int64_t now_ms = bn_clock_wall_ms();
    *written = (struct bn_written){0};
    if (try_together(writer, batch, now_ms, written) != BN_OK) {
        roll_back(writer);
        written->retried = batch->count;
        try_each(writer, batch, now_ms, written);
    }
    count_answers(batch, written);
    tell_changes(writer, written);
    written->directory_changed = written->has_changed_keys || changes_directory(batch);
}

void bn_writer_checkpoint(struct bn_writer *writer, bool idle)
{
    bn_store_checkpoint(writer->store, idle);
}

void bn_writer_head(struct bn_writer *writer, struct bn_log_head *head)
{
    *head = writer->head;
}

uint64_t bn_writer_key_version(const struct bn_writer *writer)
{
    return writer->key_version;
}

void bn_writer_figures(struct bn_writer *writer, struct bn_store_figures *figures)
{
    bn_store_figures_take(writer->store, figures);
}

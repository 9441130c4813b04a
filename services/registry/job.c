/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/job.h"

#include "base/clock.h"
#include "registry/rules/fields.h"
#include "wire/scan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The room of a job of usual size; a larger body gets what it needs up to 8 x body + 64 KiB and gives it back. */
enum { ARENA_BLOCK = 6 * 1024, ARENA_SLACK = 64 * 1024, REPLY_ROOM = 8 * 1024 * 1024 };

struct bn_jobs {
    struct bn_job *free;
    size_t out, made, max;
};

struct bn_jobs *bn_jobs_create(size_t jobs_max)
{
    struct bn_jobs *jobs = calloc(1, sizeof *jobs);
    if (jobs != NULL)
        jobs->max = jobs_max;
    return jobs;
}

void bn_jobs_destroy(struct bn_jobs **jobs)
{
    if (*jobs == NULL)
        return;
    while ((*jobs)->free != NULL) {
        struct bn_job *job = (*jobs)->free;
        (*jobs)->free = job->next;
        bn_arena_destroy(&job->arena);
        free(job);
    }
    free(*jobs);
    *jobs = NULL;
}

static struct bn_job *job_create(void)
{
    struct bn_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return NULL;
    job->arena = bn_arena_create(ARENA_BLOCK, ARENA_SLACK);
    if (job->arena == NULL) {
        free(job);
        return NULL;
    }
    return job;
}

struct bn_job *bn_jobs_take(struct bn_jobs *jobs)
{
    if (jobs->out == jobs->max)
        return NULL;
    struct bn_job *job = jobs->free;
    if (job != NULL)
        jobs->free = job->next;
    else if ((job = job_create()) == NULL)
        return NULL;
    jobs->out++;
    struct bn_arena *arena = job->arena;
    memset(job, 0, offsetof(struct bn_job, check));
    job->arena = arena;
    job->packed = false;
    for (size_t i = 0; i < BN_JOB_FRAMES; i++)
        zmq_msg_init(&job->frames[i]);
    bn_check_start(&job->check, arena);
    bn_job_restart(job);
    return job;
}

void bn_jobs_give(struct bn_jobs *jobs, struct bn_job *job)
{
    for (size_t i = 0; i < BN_JOB_FRAMES; i++)
        zmq_msg_close(&job->frames[i]);
    bn_arena_reset(job->arena);
    job->next = jobs->free;
    jobs->free = job;
    jobs->out--;
}

size_t bn_jobs_out(const struct bn_jobs *jobs)
{
    return jobs->out;
}

void bn_job_restart(struct bn_job *job)
{
    bn_check_start(&job->check, job->arena);
    job->code = BN_OK;
    job->retry_after_ms = 0;
    job->detail = NULL;
    binome__v1__reply__init(&job->reply);
    job->receipted = false;
    memset(&job->accepted, 0, sizeof job->accepted);
    memset(&job->object, 0, sizeof job->object);
    job->log_size = 0;
}

void bn_job_refuse(struct bn_job *job, enum bn_code code, const char *field, enum bn_rule rule, const char *param)
{
    BN_FAIL(&job->check, code, field, rule, param);
    job->code = job->check.code;
}

/* ---- form ---- */

static enum bn_code refuse_scan(struct bn_job *job, const struct bn_scan *scan)
{
    const char *limit = bn_check_number(&job->check, (int64_t)scan->limit);
    const char *actual = bn_check_number(&job->check, (int64_t)scan->actual);
    switch (scan->rule) {
    case BN_RULE_BODY_TOO_COMPLEX:
        BN_FAIL(&job->check, BN_INVALID_ARGUMENT, scan->field, scan->rule, scan->what, limit);
        break;
    case BN_RULE_LIST_TOO_LONG:
        BN_FAIL(&job->check, BN_INVALID_ARGUMENT, scan->field, scan->rule, limit, actual);
        break;
    case BN_RULE_BODY_MALFORMED:
        BN_FAIL(&job->check, BN_INVALID_ARGUMENT, scan->field, scan->rule);
        break;
    default:
        BN_FAIL(&job->check, BN_INVALID_ARGUMENT, scan->field, scan->rule, actual);
    }
    return job->code = job->check.code;
}

static enum bn_code read_body(struct bn_job *job)
{
    const void *data = zmq_msg_data(&job->frames[BN_FRAME_BODY]);
    size_t size = zmq_msg_size(&job->frames[BN_FRAME_BODY]);
    struct bn_scan scan;
    bn_arena_bound(job->arena, 8 * size + ARENA_SLACK);
    if (bn_wire_scan(&binome__v1__request__descriptor, "body", data, size, &bn_scan_limits_default, &scan) != BN_OK)
        return refuse_scan(job, &scan);
    if (scan.last_member == 0) {
        if (scan.unknown_field == 0)
            bn_job_refuse(job, BN_INVALID_ARGUMENT, "body", BN_RULE_BODY_EMPTY, NULL);
        else
            bn_job_refuse(job, BN_UNIMPLEMENTED, "body", BN_RULE_BODY_UNKNOWN_REQUEST,
                          bn_check_number(&job->check, scan.unknown_field));
        return job->code;
    }
    if (scan.last_member != job->head.body_type) {
        BN_FAIL(&job->check, BN_INVALID_ARGUMENT, "header.body_type", BN_RULE_HEADER_TYPE,
                bn_check_number(&job->check, job->head.body_type), bn_check_number(&job->check, scan.last_member));
        return job->code = job->check.code;
    }
    job->type = bn_request_type_find(scan.last_member);
    if (job->type == NULL) {
        bn_job_refuse(job, BN_UNIMPLEMENTED, "body", BN_RULE_BODY_UNKNOWN_REQUEST,
                      bn_check_number(&job->check, scan.last_member));
        return job->code;
    }
    job->request = binome__v1__request__unpack(bn_arena_allocator(job->arena), size, data);
    if (job->request == NULL) {
        bn_job_refuse(job, BN_INVALID_ARGUMENT, "body", BN_RULE_BODY_MALFORMED, NULL);
        return job->code;
    }
    /* What the answer needs has its own room. */
    bn_arena_bound(job->arena, 8 * size + ARENA_SLACK + REPLY_ROOM);
    if (job->type->writes && job->request->salt.len == 0)
        BN_FAIL(&job->check, BN_INVALID_ARGUMENT, "salt", BN_RULE_BODY_SALT, "16", "0");
    return job->code = bn_fields_check(&job->check, &job->request->base, "");
}

enum bn_code bn_job_read(struct bn_job *job)
{
    if (bn_origin_read(zmq_msg_data(&job->frames[BN_FRAME_ORIGIN]), zmq_msg_size(&job->frames[BN_FRAME_ORIGIN]),
                       &job->from) != BN_OK)
        return BN_DATA_LOSS;
    if (bn_header_read(zmq_msg_data(&job->frames[BN_FRAME_HEADER]), zmq_msg_size(&job->frames[BN_FRAME_HEADER]),
                       &job->head) != BN_OK)
        return BN_DATA_LOSS;
    job->arrived_us = bn_clock_mono_us();
    job->deadline_ms = job->arrived_us / 1000 + job->from.timeout_ms;
    if (job->head.kind == BN_KIND_LINK) /* a broker's own word comes from no connection of a client's */
        return job->from.connection == 0 ? BN_OK : BN_DATA_LOSS;
    if (job->head.request_id_size != BN_ID_BYTES)
        return BN_DATA_LOSS; /* the broker answers these itself */
    if (job->head.kind != BN_KIND_REQUEST) {
        bn_job_refuse(job, BN_INVALID_ARGUMENT, "header.kind", BN_RULE_HEADER_KIND,
                      bn_check_number(&job->check, (int64_t)job->head.kind));
        return job->code;
    }
    enum bn_code code = read_body(job);
    if (code == BN_OK && job->type->writes)
        bn_digest_of(zmq_msg_data(&job->frames[BN_FRAME_BODY]), zmq_msg_size(&job->frames[BN_FRAME_BODY]),
                     &job->digest);
    return code;
}

/* ---- answer ---- */

Google__Protobuf__Timestamp *bn_job_instant(struct bn_arena *arena, int64_t ms)
{
    if (ms == 0)
        return NULL;
    Google__Protobuf__Timestamp *instant = bn_arena_take(arena, sizeof *instant);
    if (instant == NULL)
        return NULL;
    google__protobuf__timestamp__init(instant);
    instant->seconds = ms / 1000;
    instant->nanos = (int32_t)(ms % 1000) * 1000000;
    return instant;
}

static Binome__V1__Violation *violation_message(struct bn_arena *arena, const struct bn_violation *violation)
{
    Binome__V1__Violation *message = bn_arena_take(arena, sizeof *message);
    if (message == NULL)
        return NULL;
    binome__v1__violation__init(message);
    message->field = (char *)(uintptr_t)violation->field;
    message->rule = (char *)(uintptr_t)bn_rule_name(violation->rule);
    message->params = bn_arena_take(arena, BN_VIOLATION_PARAMS_MAX * sizeof *message->params);
    if (message->params == NULL)
        return message;
    const char *names = bn_rule_params(violation->rule);
    for (size_t i = 0; i < BN_VIOLATION_PARAMS_MAX && violation->params[i] != NULL && *names != '\0'; i++) {
        Binome__V1__Param *param = bn_arena_take(arena, sizeof *param);
        size_t length = strcspn(names, " ");
        if (param == NULL)
            break;
        binome__v1__param__init(param);
        param->name = bn_arena_format(arena, "%.*s", (int)length, names);
        param->value = (char *)(uintptr_t)violation->params[i];
        if (param->name == NULL)
            break;
        message->params[message->n_params++] = param;
        names += length + (names[length] == ' ');
    }
    return message;
}

static Binome__V1__Error *error_message(struct bn_job *job)
{
    struct bn_arena *arena = job->arena;
    Binome__V1__Error *error = bn_arena_take(arena, sizeof *error);
    if (error == NULL)
        return NULL;
    binome__v1__error__init(error);
    if (job->detail != NULL)
        error->detail = (char *)(uintptr_t)job->detail;
    else if (job->check.dropped > 0) {
        char *more = bn_arena_format(arena, "%zu more violations", job->check.dropped);
        if (more != NULL)
            error->detail = more;
    }
    error->violations = bn_arena_take(arena, (job->check.count + 1) * sizeof *error->violations);
    for (size_t i = 0; error->violations != NULL && i < job->check.count; i++) {
        Binome__V1__Violation *message = violation_message(arena, &job->check.violations[i]);
        if (message == NULL)
            break;
        error->violations[error->n_violations++] = message;
    }
    return error;
}

static void fill_receipt(const struct bn_job *job, Binome__V1__Receipt *receipt, Google__Protobuf__Timestamp *at,
                         char request_id[BN_ID_TEXT_SIZE], char object[BN_ID_TEXT_SIZE])
{
    const struct bn_accepted *accepted = &job->accepted;
    binome__v1__receipt__init(receipt);
    google__protobuf__timestamp__init(at);
    at->seconds = accepted->recorded_ms / 1000;
    at->nanos = (int32_t)(accepted->recorded_ms % 1000) * 1000000;
    bn_id_format(&accepted->request, request_id);
    receipt->sequence = accepted->sequence;
    receipt->request_id = request_id;
    receipt->organisation = (ProtobufCBinaryData){BN_ID_BYTES, (uint8_t *)(uintptr_t)accepted->organisation.bytes};
    receipt->recorded_at = at;
    receipt->type = accepted->type;
    receipt->digest = (ProtobufCBinaryData){BN_DIGEST_BYTES, (uint8_t *)(uintptr_t)accepted->digest.bytes};
    receipt->log_size = job->log_size;
    receipt->log_root = (ProtobufCBinaryData){BN_DIGEST_BYTES, (uint8_t *)(uintptr_t)job->log_root.bytes};
    receipt->version = accepted->version;
    if (!bn_id_is_zero(&job->object)) {
        bn_id_format(&job->object, object);
        receipt->object = object;
    }
}

void bn_job_pack(struct bn_job *job)
{
    assert(!job->packed);
    Binome__V1__Receipt receipt;
    Google__Protobuf__Timestamp at;
    char request_id[BN_ID_TEXT_SIZE], object[BN_ID_TEXT_SIZE];
    if (job->receipted) {
        fill_receipt(job, &receipt, &at, request_id, object);
        job->reply.receipt = &receipt;
    }
    if (job->code != BN_OK) {
        job->reply.body_case = BINOME__V1__REPLY__BODY__NOT_SET;
        job->reply.error = error_message(job);
    }
    size_t size = binome__v1__reply__get_packed_size(&job->reply);
    if (size > BN_REPLY_BYTES_MAX) {
        bn_job_refuse(job, BN_RESOURCE_EXHAUSTED, "reply", BN_RULE_LIMIT_MEMORY, NULL);
        job->reply.body_case = BINOME__V1__REPLY__BODY__NOT_SET;
        job->reply.error = error_message(job);
        size = binome__v1__reply__get_packed_size(&job->reply);
    }
    zmq_msg_t packed;
    if (zmq_msg_init_size(&packed, size) != 0) {
        /* The client must hear something: an empty reply whose header has the code. */
        zmq_msg_init(&packed);
        job->code = BN_RESOURCE_EXHAUSTED;
    } else {
        binome__v1__reply__pack(&job->reply, zmq_msg_data(&packed));
    }
    zmq_msg_close(&job->frames[BN_FRAME_BODY]);
    zmq_msg_init(&job->frames[BN_FRAME_BODY]);
    zmq_msg_move(&job->frames[BN_FRAME_BODY], &packed);

    struct bn_header head = {
        .version = BN_PROTOCOL_VERSION,
        .kind = BN_KIND_REPLY,
        .in_reply_to = job->head.request_id,
        .body_type = (uint32_t)job->reply.body_case,
        .code = job->code,
        .trace_id = job->head.trace_id,
        .retry_after_ms = job->retry_after_ms,
    };
    uint8_t bytes[BN_HEADER_BYTES_MAX];
    size = bn_header_write(&head, bytes);
    zmq_msg_close(&job->frames[BN_FRAME_HEADER]);
    if (zmq_msg_init_size(&job->frames[BN_FRAME_HEADER], size) == 0)
        memcpy(zmq_msg_data(&job->frames[BN_FRAME_HEADER]), bytes, size);
    else
        zmq_msg_init(&job->frames[BN_FRAME_HEADER]);
    job->packed = true;
}

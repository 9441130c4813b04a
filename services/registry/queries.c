/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/queries.h"

#include "registry/render.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    uint32_t type;
    bn_act_fn *answer;
} handlers[] = {
    {BINOME__V1__REQUEST__BODY_PROGRAMME_GET, bn_query_programme_get},
    {BINOME__V1__REQUEST__BODY_WORKSTREAM_GET, bn_query_workstream_get},
    {BINOME__V1__REQUEST__BODY_WORKSTREAM_LIST, bn_query_workstream_list},
    {BINOME__V1__REQUEST__BODY_ORGANISATION_GET, bn_query_organisation_get},
    {BINOME__V1__REQUEST__BODY_ORGANISATION_LIST, bn_query_organisation_list},
    {BINOME__V1__REQUEST__BODY_KEY_LIST, bn_query_key_list},
    {BINOME__V1__REQUEST__BODY_PROPOSAL_GET, bn_query_proposal_get},
    {BINOME__V1__REQUEST__BODY_PROPOSAL_LIST, bn_query_proposal_list},
    {BINOME__V1__REQUEST__BODY_STATUS_LIST, bn_query_status_list},
    {BINOME__V1__REQUEST__BODY_OFFER_GET, bn_query_offer_get},
    {BINOME__V1__REQUEST__BODY_OFFER_LIST, bn_query_offer_list},
    {BINOME__V1__REQUEST__BODY_PROOF_GET, bn_query_proof_get},
};

bn_act_fn *bn_query_handler(uint32_t type)
{
    for (size_t i = 0; i < BN_COUNT(handlers); i++)
        if (handlers[i].type == type)
            return handlers[i].answer;
    return NULL;
}

/* ---- pages ---- */

enum bn_code bn_page_start(struct bn_act *act, const Binome__V1__PageRequest *request, const char *field,
                           struct bn_page *page)
{
    const struct bn_arena *arena = act->job->arena;
    *page = (struct bn_page){.rows_max = BN_PAGE_ROWS_DEFAULT, .arena = arena, .arena_before = bn_arena_used(arena)};
    if (request == NULL)
        return BN_OK;
    if (request->size != 0)
        page->rows_max = request->size;
    if (request->token[0] == '\0')
        return BN_OK;
    char *end;
    errno = 0;
    page->cursor = strtoull(request->token, &end, 10);
    if (errno != 0 || *end != '\0' || request->token[0] < '1' || request->token[0] > '9')
        return BN_FAIL(&act->job->check, BN_INVALID_ARGUMENT, field, BN_RULE_PAGE_TOKEN);
    return BN_OK;
}

bool bn_page_open(const struct bn_page *page)
{
    return page->rows < page->rows_max && page->bytes < BN_PAGE_BYTES_MAX && page->scanned < BN_PAGE_SCANNED_MAX &&
           bn_arena_used(page->arena) - page->arena_before < BN_PAGE_MEMORY_MAX;
}

void bn_page_add(struct bn_page *page, size_t size)
{
    page->rows++;
    page->bytes += size;
}

Binome__V1__PageInfo *bn_page_end(struct bn_act *act, const struct bn_page *page, bool finished)
{
    Binome__V1__PageInfo *info = bn_arena_take(act->job->arena, sizeof *info);
    if (info == NULL)
        return NULL;
    binome__v1__page_info__init(info);
    if (!finished) {
        char *token = bn_arena_format(act->job->arena, "%" PRIu64, page->cursor);
        if (token != NULL)
            info->next_token = token;
    }
    return info;
}

/* ---- programme and workstreams ---- */

enum bn_code bn_query_programme_get(struct bn_act *act)
{
    act->job->reply.body_case = BINOME__V1__REPLY__BODY_PROGRAMME;
    return bn_render_programme(act, &act->job->reply.programme);
}

enum bn_code bn_query_workstream_get(struct bn_act *act)
{
    const char *slug = act->job->request->workstream_get->slug;
    uint32_t number;
    enum bn_code code = bn_directory_workstream(act->directory, slug, &number);
    if (code == BN_NOT_FOUND)
        return BN_FAIL(&act->job->check, BN_NOT_FOUND, "workstream_get.slug", BN_RULE_WORKSTREAM_UNKNOWN, slug);
    act->job->reply.body_case = BINOME__V1__REPLY__BODY_WORKSTREAM;
    return code != BN_OK ? code : bn_render_workstream(act, number, &act->job->reply.workstream);
}

enum bn_code bn_query_workstream_list(struct bn_act *act)
{
    size_t count = bn_directory_workstream_count(act->directory);
    Binome__V1__Workstreams *list = bn_arena_take(act->job->arena, sizeof *list);
    Binome__V1__Workstream **rows = bn_arena_take(act->job->arena, (count + 1) * sizeof *rows);
    if (list == NULL || rows == NULL)
        return BN_FAIL(&act->job->check, BN_RESOURCE_EXHAUSTED, "reply", BN_RULE_LIMIT_MEMORY);
    binome__v1__workstreams__init(list);
    list->workstreams = rows;
    for (uint32_t number = 0; number < count; number++) {
        enum bn_code code = bn_render_workstream(act, number, &rows[number]);
        if (code != BN_OK)
            return code;
        list->n_workstreams++;
    }
    act->job->reply.body_case = BINOME__V1__REPLY__BODY_WORKSTREAMS;
    act->job->reply.workstreams = list;
    return BN_OK;
}

/* ---- the log ---- */

static enum bn_code find_accepted(struct bn_act *act, const Binome__V1__ProofGet *get, struct bn_accepted *accepted)
{
    enum bn_code code = BN_NOT_FOUND;
    struct bn_id request;
    if (get->of_case == BINOME__V1__PROOF_GET__OF_SEQUENCE)
        code = bn_store_accepted_by_sequence(act->store, get->sequence, accepted);
    else if (bn_id_parse(get->request_id, &request))
        code = bn_store_accepted_by_request(act->store, &request, act->caller->organisation, accepted);
    /* Another organisation's records are the operator's business alone, and look absent to everybody else. */
    bool may =
        accepted->organisation_number == act->caller->organisation || (act->caller->roles & BN_ROLE_OPERATOR) != 0;
    if (code == BN_NOT_FOUND || (code == BN_OK && !may))
        return BN_FAIL(&act->job->check, BN_NOT_FOUND, "proof_get", BN_RULE_RECEIPT_ABSENT);
    return code;
}

static ProtobufCBinaryData bytes_of(struct bn_act *act, const struct bn_digest *digest)
{
    uint8_t *copy = bn_arena_take(act->job->arena, BN_DIGEST_BYTES);
    if (copy == NULL)
        return (ProtobufCBinaryData){0, NULL};
    memcpy(copy, digest->bytes, BN_DIGEST_BYTES);
    return (ProtobufCBinaryData){BN_DIGEST_BYTES, copy};
}

/* The receipt as it was given: the reply's own receipt stays empty, for a proof is not an acceptance. */
static Binome__V1__Receipt *receipt_message(struct bn_act *act, const struct bn_accepted *accepted,
                                            const struct bn_log_head *head, const struct bn_id *object)
{
    struct bn_arena *arena = act->job->arena;
    Binome__V1__Receipt *receipt = bn_arena_take(arena, sizeof *receipt);
    char *request_id = bn_arena_take(arena, BN_ID_TEXT_SIZE), *object_id = bn_arena_take(arena, BN_ID_TEXT_SIZE);
    uint8_t *organisation = bn_arena_take(arena, BN_ID_BYTES);
    if (receipt == NULL || request_id == NULL || object_id == NULL || organisation == NULL)
        return NULL;
    binome__v1__receipt__init(receipt);
    bn_id_format(&accepted->request, request_id);
    memcpy(organisation, accepted->organisation.bytes, BN_ID_BYTES);
    receipt->sequence = accepted->sequence;
    receipt->request_id = request_id;
    receipt->organisation = (ProtobufCBinaryData){BN_ID_BYTES, organisation};
    receipt->recorded_at = bn_job_instant(arena, accepted->recorded_ms);
    receipt->type = accepted->type;
    receipt->digest = bytes_of(act, &accepted->digest);
    receipt->log_size = head->size;
    receipt->log_root = bytes_of(act, &head->root);
    receipt->version = accepted->version;
    if (!bn_id_is_zero(object)) {
        bn_id_format(object, object_id);
        receipt->object = object_id;
    }
    return receipt;
}

static enum bn_code object_id_of(struct bn_act *act, const struct bn_accepted *accepted, struct bn_id *object)
{
    struct bn_accepted creating;
    memset(object, 0, sizeof *object);
    if (accepted->object == 0)
        return BN_OK;
    enum bn_code code = bn_store_accepted_by_sequence(act->store, accepted->object, &creating);
    if (code == BN_OK)
        *object = creating.request;
    return code;
}

enum bn_code bn_query_proof_get(struct bn_act *act)
{
    const Binome__V1__ProofGet *get = act->job->request->proof_get;
    struct bn_arena *arena = act->job->arena;
    struct bn_check *check = &act->job->check;
    struct bn_accepted accepted = {0};
    struct bn_log_head newest, own;
    struct bn_id object;
    enum bn_code code = find_accepted(act, get, &accepted);
    if (code == BN_OK)
        code = bn_store_log_head(act->store, &newest);
    if (code == BN_OK)
        code = bn_store_log_head_of(act->store, accepted.sequence, &own);
    if (code == BN_OK)
        code = object_id_of(act, &accepted, &object);
    if (code != BN_OK)
        return code;
    uint64_t size = get->log_size != 0 ? get->log_size : newest.size;
    if (size < accepted.sequence || size > newest.size)
        return BN_FAIL(check, BN_INVALID_ARGUMENT, "proof_get.log_size", BN_RULE_LOG_SIZE,
                       bn_check_number(check, (int64_t)accepted.sequence), bn_check_number(check, (int64_t)newest.size),
                       bn_check_number(check, (int64_t)size));
    struct bn_digest root, leaf_hash, path[BN_MERKLE_LEVELS];
    size_t length = 0;
    code = bn_store_log_root(act->store, size, &root);
    if (code == BN_OK)
        code = bn_store_log_path(act->store, accepted.sequence - 1, size, path, &length);
    if (code != BN_OK)
        return code;
    const struct bn_leaf leaf = {.sequence = accepted.sequence,
                                 .recorded_ms = accepted.recorded_ms,
                                 .type = accepted.type,
                                 .organisation = accepted.organisation,
                                 .request = accepted.request,
                                 .digest = accepted.digest};
    bn_leaf_hash(&leaf, &leaf_hash);
    Binome__V1__Proof *proof = bn_arena_take(arena, sizeof *proof);
    ProtobufCBinaryData *hashes = bn_arena_take(arena, (length + 1) * sizeof *hashes);
    if (proof == NULL || hashes == NULL)
        return BN_FAIL(check, BN_RESOURCE_EXHAUSTED, "reply", BN_RULE_LIMIT_MEMORY);
    binome__v1__proof__init(proof);
    proof->receipt = receipt_message(act, &accepted, &own, &object);
    proof->leaf = bytes_of(act, &leaf_hash);
    proof->log_size = size;
    proof->log_root = bytes_of(act, &root);
    proof->path = hashes;
    for (size_t i = 0; i < length; i++)
        hashes[proof->n_path++] = bytes_of(act, &path[i]);
    act->job->reply.body_case = BINOME__V1__REPLY__BODY_PROOF;
    act->job->reply.proof = proof;
    return BN_OK;
}

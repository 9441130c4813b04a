/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/act.h"

#include "base/clock.h"

#include <string.h>

enum bn_code bn_act_caller(struct bn_act *act)
{
    return bn_directory_caller(act->directory, &act->job->from, act->now_ms, &act->job->check, &act->caller);
}

/* What has left is history: nothing new begins in its name. */
static enum bn_code judge_owner(struct bn_act *act)
{
    if (act->owner->state != BINOME__V1__ORGANISATION_STATE__ORGANISATION_STATE_LEFT)
        return BN_OK;
    return BN_FAIL(&act->job->check, BN_FAILED_PRECONDITION, "on_behalf_of", BN_RULE_ORGANISATION_STATE, "left");
}

enum bn_code bn_act_start(struct bn_act *act)
{
    struct bn_job *job = act->job;
    struct bn_check *check = &job->check;
    enum bn_code code = act->caller != NULL ? BN_OK : bn_act_caller(act);
    if (code != BN_OK)
        return code;
    const char *behalf = job->request->on_behalf_of;
    code = bn_rule_request(check, job->type, act->caller, behalf);
    if (code != BN_OK)
        return code;
    bn_view_make(act->caller, &act->view);
    if (behalf[0] == '\0')
        return bn_directory_organisation(act->directory, act->caller->organisation, &act->owner);
    code = bn_act_organisation(act, "on_behalf_of", behalf, &act->owner);
    if (code == BN_OK)
        code = judge_owner(act);
    /* Acting for an owner shows what the owner sees of its own: drafts too. */
    if (code == BN_OK)
        act->view.organisation = act->owner->number;
    return code;
}

enum bn_code bn_act_accept(struct bn_act *act, const struct bn_id *object_id, uint64_t object, uint32_t version)
{
    struct bn_job *job = act->job;
    job->accepted = (struct bn_accepted){
        .request = job->head.request_id,
        .organisation_number = act->caller->organisation,
        .organisation = act->caller->id,
        .recorded_ms = act->now_ms,
        .type = job->type->number,
        .digest = job->digest,
        .object = object == 0 && object_id != NULL ? bn_store_next_sequence(act->store) : object,
        .version = version,
    };
    enum bn_code code = bn_store_accept(act->store, &job->accepted, zmq_msg_data(&job->frames[BN_FRAME_BODY]),
                                        zmq_msg_size(&job->frames[BN_FRAME_BODY]));
    if (code != BN_OK)
        return code;
    if (object_id != NULL)
        job->object = *object_id;
    job->receipted = true;
    return BN_OK;
}

enum bn_code bn_act_absent(struct bn_act *act, const char *field, const char *id)
{
    return BN_FAIL(&act->job->check, BN_NOT_FOUND, field, BN_RULE_OBJECT_ABSENT, id);
}

enum bn_code bn_act_object(struct bn_act *act, const char *field, const char *id, enum bn_object_kind kind,
                           struct bn_object *object)
{
    struct bn_id parsed;
    if (!bn_id_parse(id, &parsed))
        return bn_act_absent(act, field, id);
    enum bn_code code = bn_store_object_by_id(act->store, &parsed, &act->view, object);
    if (code == BN_NOT_FOUND || (code == BN_OK && object->kind != (uint32_t)kind))
        return bn_act_absent(act, field, id);
    if (code != BN_OK)
        return code;
    object->language = bn_arena_text(act->job->arena, object->language); /* lent until the next look-up */
    if (object->language == NULL)
        return BN_FAIL(&act->job->check, BN_RESOURCE_EXHAUSTED, field, BN_RULE_BODY_TOO_COMPLEX, "memory", "");
    return BN_OK;
}

enum bn_code bn_act_workstream(struct bn_act *act, const char *field, const char *slug, uint32_t *number)
{
    enum bn_code code = bn_directory_workstream(act->directory, slug, number);
    if (code == BN_NOT_FOUND)
        return BN_FAIL(&act->job->check, BN_INVALID_ARGUMENT, field, BN_RULE_WORKSTREAM_UNKNOWN, slug);
    return code;
}

enum bn_code bn_act_organisation(struct bn_act *act, const char *field, const char *slug, const struct bn_brief **brief)
{
    enum bn_code code = bn_directory_organisation_named(act->directory, slug, brief);
    if (code == BN_NOT_FOUND)
        return BN_FAIL(&act->job->check, BN_NOT_FOUND, field, BN_RULE_ORGANISATION_UNKNOWN, slug);
    return code;
}

enum bn_code bn_act_organisations(struct bn_act *act, const char *field, char *const *slugs, size_t count,
                                  uint32_t **numbers)
{
    *numbers = NULL;
    if (count == 0)
        return BN_OK;
    uint32_t *list = bn_arena_take(act->job->arena, count * sizeof *list);
    if (list == NULL)
        return BN_FAIL(&act->job->check, BN_RESOURCE_EXHAUSTED, field, BN_RULE_BODY_TOO_COMPLEX, "memory", "");
    for (size_t i = 0; i < count; i++) {
        const struct bn_brief *brief;
        const char *place = bn_arena_format(act->job->arena, "%s[%zu]", field, i);
        enum bn_code code = bn_act_organisation(act, place != NULL ? place : field, slugs[i], &brief);
        if (code != BN_OK)
            return code;
        list[i] = brief->number;
    }
    *numbers = list;
    return BN_OK;
}

enum bn_code bn_act_content(struct bn_act *act, const ProtobufCMessage *message, struct bn_digest *content)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = bn_arena_take(act->job->arena, size + 1);
    if (packed == NULL)
        return BN_FAIL(&act->job->check, BN_RESOURCE_EXHAUSTED, "body", BN_RULE_BODY_TOO_COMPLEX, "memory", "");
    bn_digest_of(packed, protobuf_c_message_pack(message, packed), content);
    return BN_OK;
}

int32_t bn_act_day(const struct bn_act *act, const char *text)
{
    int32_t day;
    return bn_date_parse(text, &day) ? day : act->today;
}

enum bn_code bn_act_body(struct bn_act *act, uint64_t sequence, Binome__V1__Request **request)
{
    const void *body;
    size_t size;
    enum bn_code code = bn_store_body(act->store, sequence, &body, &size);
    if (code != BN_OK)
        return code;
    *request = binome__v1__request__unpack(bn_arena_allocator(act->job->arena), size, body);
    if (*request == NULL)
        return BN_FAIL(&act->job->check, BN_RESOURCE_EXHAUSTED, "reply", BN_RULE_LIMIT_MEMORY);
    return BN_OK;
}

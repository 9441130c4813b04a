/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/change_object.h"

#include "registry/changes.h"
#include "registry/render.h"
#include "registry/rules/fields.h"
#include "registry/rules/phase.h"

#include <string.h>

enum { FIRST_VERSION = 1 };

static enum bn_external_kind external_kind(enum bn_object_kind kind)
{
    return kind == BN_OBJECT_OFFER ? BN_EXTERNAL_OFFER : BN_EXTERNAL_PROPOSAL;
}

enum bn_code bn_external_keep(struct bn_act *act, const Binome__V1__ExternalRef *ref, enum bn_external_kind kind,
                              uint32_t owner, uint64_t object, const struct bn_digest *content)
{
    if (ref == NULL)
        return BN_OK;
    const struct bn_external external = {.owner = owner,
                                         .kind = (uint32_t)kind,
                                         .scheme = ref->scheme,
                                         .id = ref->id,
                                         .object = object,
                                         .content = *content};
    return bn_store_external_put(act->store, &external);
}

/* A proposal stands in one workstream, an offer in some. */
static const char *workstream_field(struct bn_act *act, const struct bn_text *text, const char *path, size_t i)
{
    const char *field = text->kind == BN_OBJECT_OFFER ? bn_arena_format(act->job->arena, "%s.workstreams[%zu]", path, i)
                                                      : bn_arena_format(act->job->arena, "%s.workstream", path);
    return field != NULL ? field : path;
}

enum bn_code bn_text_resolve(struct bn_act *act, const char *path, char *const *workstreams, size_t workstream_count,
                             char *const *invited, size_t invited_count, struct bn_text *text)
{
    struct bn_check *check = &act->job->check;
    text->workstreams = 0;
    for (size_t i = 0; i < workstream_count; i++) {
        uint32_t number = 0;
        enum bn_code code = bn_act_workstream(act, workstream_field(act, text, path, i), workstreams[i], &number);
        if (code == BN_OK)
            text->workstreams |= UINT64_C(1) << number;
        else if (check->code == BN_OK)
            return code;
    }
    const char *field = bn_arena_format(act->job->arena, "%s.invited", path);
    text->invited_count = invited_count;
    enum bn_code code = bn_act_organisations(act, field != NULL ? field : path, invited, invited_count, &text->invited);
    if (code != BN_OK && check->code == BN_OK)
        return code;
    if (check->code != BN_OK || text->external_ref == NULL)
        return check->code;
    return bn_act_content(act, text->message, &text->content);
}

/* Content of the text that the object has now, judged as the sender's is: without what only the hub writes. The text
 * may have been revised by other ways than the sender's own system, so what was kept with the reference would not do.
 */
static enum bn_code content_now(struct bn_act *act, uint64_t body, struct bn_digest *content)
{
    Binome__V1__Request *request;
    struct bn_check ignored;
    enum bn_code code = bn_act_body(act, body, &request);
    if (code != BN_OK)
        return code;
    Binome__V1__Offer *offer = bn_offer_of(request);
    Binome__V1__Proposal *proposal = bn_proposal_of(request);
    ProtobufCMessage *message = offer != NULL ? &offer->base : proposal != NULL ? &proposal->base : NULL;
    if (message == NULL)
        return BN_DATA_LOSS;
    bn_check_start(&ignored, act->job->arena);
    bn_fields_check(&ignored, message, "");
    return bn_act_content(act, message, content);
}

enum bn_code bn_object_sent_before(struct bn_act *act, const struct bn_text *text, struct bn_object *object, bool *same)
{
    if (text->external_ref == NULL)
        return BN_NOT_FOUND;
    struct bn_external external = {.owner = act->owner->number,
                                   .kind = (uint32_t)external_kind(text->kind),
                                   .scheme = text->external_ref->scheme,
                                   .id = text->external_ref->id};
    enum bn_code code = bn_store_external_find(act->store, &external);
    if (code != BN_OK)
        return code;
    code = bn_store_object_by_number(act->store, external.object, NULL, object);
    if (code != BN_OK)
        return code;
    /* Lent until the next look-up, which is here; a revision brings its own. */
    object->language = "";
    object->invited = NULL;
    object->invited_count = 0;
    struct bn_digest now;
    code = content_now(act, object->body, &now);
    *same = code == BN_OK && memcmp(&now, &text->content, sizeof now) == 0;
    return code;
}

static void apply_text(const struct bn_text *text, struct bn_object *object)
{
    object->visibility = text->visibility;
    object->workstreams = text->workstreams;
    object->invited = text->invited;
    object->invited_count = text->invited_count;
    object->language = text->language;
}

enum bn_code bn_object_create(struct bn_act *act, const struct bn_text *text, uint32_t state, int32_t day)
{
    enum bn_code code = bn_act_accept(act, &act->job->head.request_id, 0, FIRST_VERSION);
    if (code != BN_OK)
        return code;
    uint64_t sequence = act->job->accepted.sequence;
    struct bn_object object = {
        .number = sequence,
        .id = act->job->head.request_id,
        .kind = (uint32_t)text->kind,
        .owner = act->owner->number,
        .state = state,
        .state_day = day,
        .version = FIRST_VERSION,
        .body = sequence,
        .changed = sequence,
        .progress = -1,
        .created_ms = act->now_ms,
        .recorded_ms = act->now_ms,
    };
    apply_text(text, &object);
    code = bn_store_object_create(act->store, &object);
    return code != BN_OK ? code
                         : bn_external_keep(act, text->external_ref, external_kind(text->kind), object.owner, sequence,
                                            &text->content);
}

/* Head row and history; the ledger row is there. */
static enum bn_code write_rows(struct bn_act *act, struct bn_object *object, bool with_text, uint32_t before,
                               uint32_t after, int32_t day)
{
    object->version++;
    object->changed = act->job->accepted.sequence;
    enum bn_code code = bn_store_object_change(act->store, object, with_text);
    if (code != BN_OK)
        return code;
    const struct bn_change change = {.sequence = object->changed,
                                     .object = object->number,
                                     .type = act->job->type->number,
                                     .version = object->version,
                                     .state_before = before,
                                     .state_after = after,
                                     .effective_day = day};
    return bn_store_change_add(act->store, &change);
}

enum bn_code bn_object_revise(struct bn_act *act, struct bn_object *object, const struct bn_text *text)
{
    const struct bn_id id = object->id;
    uint32_t state = object->kind == BN_OBJECT_PROPOSAL ? bn_phase_on(object, act->today) : object->state;
    enum bn_code code = bn_act_accept(act, &id, object->number, object->version + 1);
    if (code != BN_OK)
        return code;
    apply_text(text, object);
    object->body = act->job->accepted.sequence;
    object->recorded_ms = act->now_ms;
    code = write_rows(act, object, true, state, state, act->today);
    return code != BN_OK ? code
                         : bn_external_keep(act, text->external_ref, external_kind(text->kind), object->owner,
                                            object->number, &text->content);
}

enum bn_code bn_object_write(struct bn_act *act, struct bn_object *object, uint32_t before, uint32_t after, int32_t day)
{
    const struct bn_id id = object->id;
    enum bn_code code = bn_act_accept(act, &id, object->number, object->version + 1);
    return code != BN_OK ? code : write_rows(act, object, false, before, after, day);
}

enum bn_code bn_object_write_along(struct bn_act *act, struct bn_object *object, uint32_t before, uint32_t after,
                                   int32_t day)
{
    return write_rows(act, object, false, before, after, day);
}

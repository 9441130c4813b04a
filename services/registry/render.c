/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/render.h"

#include "base/clock.h"
#include "registry/rules/phase.h"

#include <string.h>

/* Out of room in the arena: the answer is too large to be given. */
static enum bn_code too_large(struct bn_act *act)
{
    return BN_FAIL(&act->job->check, BN_RESOURCE_EXHAUSTED, "reply", BN_RULE_LIMIT_MEMORY);
}

/* Ids of objects, and days, are made for every row of a list: an arena text each. */
static char *id_text(struct bn_act *act, const struct bn_id *id)
{
    char *text = bn_arena_take(act->job->arena, BN_ID_TEXT_SIZE);
    if (text == NULL)
        return (char *)(uintptr_t)protobuf_c_empty_string;
    bn_id_format(id, text);
    return text;
}

static char *day_text(struct bn_act *act, int32_t day)
{
    char *text = bn_arena_take(act->job->arena, BN_DATE_SIZE);
    if (text == NULL)
        return (char *)(uintptr_t)protobuf_c_empty_string;
    bn_date_format(day, text);
    return text;
}

static char *slug_text(struct bn_act *act, uint32_t number)
{
    const struct bn_brief *brief;
    if (bn_directory_organisation(act->directory, number, &brief) != BN_OK)
        return (char *)(uintptr_t)protobuf_c_empty_string;
    char *text = bn_arena_text(act->job->arena, brief->slug);
    return text != NULL ? text : (char *)(uintptr_t)protobuf_c_empty_string;
}

Binome__V1__Proposal *bn_proposal_of(const Binome__V1__Request *request)
{
    switch (request->body_case) {
    case BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT:
        return request->proposal_submit->proposal;
    case BINOME__V1__REQUEST__BODY_PROPOSAL_REVISE:
        return request->proposal_revise->proposal;
    default:
        return NULL;
    }
}

Binome__V1__Offer *bn_offer_of(const Binome__V1__Request *request)
{
    switch (request->body_case) {
    case BINOME__V1__REQUEST__BODY_OFFER_PUBLISH:
        return request->offer_publish->offer;
    case BINOME__V1__REQUEST__BODY_OFFER_REVISE:
        return request->offer_revise->offer;
    default:
        return NULL;
    }
}

Binome__V1__Organisation *bn_organisation_of(const Binome__V1__Request *request)
{
    switch (request->body_case) {
    case BINOME__V1__REQUEST__BODY_ORGANISATION_ENROL:
        return request->organisation_enrol->organisation;
    case BINOME__V1__REQUEST__BODY_ORGANISATION_REVISE:
        return request->organisation_revise->organisation;
    default:
        return NULL;
    }
}

static Binome__V1__Health *health_message(struct bn_act *act, uint32_t packed)
{
    if (packed == 0)
        return NULL;
    Binome__V1__Health *health = bn_arena_take(act->job->arena, sizeof *health);
    if (health == NULL)
        return NULL;
    binome__v1__health__init(health);
    health->overall = (Binome__V1__HealthState)(packed & 3);
    health->schedule = (Binome__V1__HealthState)(packed >> 2 & 3);
    health->cost = (Binome__V1__HealthState)(packed >> 4 & 3);
    health->scope = (Binome__V1__HealthState)(packed >> 6 & 3);
    return health;
}

/* The caller of a text of somebody else's must not learn whom else it was shown to. */
static bool is_owner_or_operator(const struct bn_act *act, uint32_t owner)
{
    return act->caller->organisation == owner || (act->caller->roles & BN_ROLE_OPERATOR) != 0;
}

enum bn_code bn_render_proposal(struct bn_act *act, const struct bn_object *object, uint64_t body, uint32_t version,
                                Binome__V1__Proposal **out)
{
    Binome__V1__Request *request;
    struct bn_object kept = *object; /* its texts are lent until the next call on the store */
    enum bn_code code = bn_act_body(act, body != 0 ? body : kept.body, &request);
    if (code != BN_OK)
        return code;
    Binome__V1__Proposal *proposal = bn_proposal_of(request);
    if (proposal == NULL)
        return BN_DATA_LOSS;
    proposal->id = id_text(act, &kept.id);
    proposal->owner = slug_text(act, kept.owner);
    proposal->version = version != 0 ? version : kept.version;
    proposal->phase = (Binome__V1__Phase)bn_phase_on(&kept, act->today);
    proposal->phase_since = day_text(act, bn_phase_since(&kept, act->today));
    proposal->progress__case = BINOME__V1__PROPOSAL__PROGRESS___NOT_SET; /* whatever the sender wrote there */
    if (kept.progress >= 0) {
        proposal->progress__case = BINOME__V1__PROPOSAL__PROGRESS__PROGRESS_PERCENT;
        proposal->progress_percent = (uint32_t)kept.progress;
    }
    proposal->health = health_message(act, kept.health);
    proposal->recorded_at = bn_job_instant(act->job->arena, kept.recorded_ms);
    proposal->submitted_at = bn_job_instant(act->job->arena, kept.created_ms);
    if (!is_owner_or_operator(act, kept.owner))
        proposal->n_invited = 0;
    *out = proposal;
    return BN_OK;
}

enum bn_code bn_render_offer(struct bn_act *act, const struct bn_object *object, uint64_t body, uint32_t version,
                             Binome__V1__Offer **out)
{
    Binome__V1__Request *request;
    struct bn_object kept = *object;
    enum bn_code code = bn_act_body(act, body != 0 ? body : kept.body, &request);
    if (code != BN_OK)
        return code;
    Binome__V1__Offer *offer = bn_offer_of(request);
    if (offer == NULL)
        return BN_DATA_LOSS;
    offer->id = id_text(act, &kept.id);
    offer->owner = slug_text(act, kept.owner);
    offer->version = version != 0 ? version : kept.version;
    offer->state = (Binome__V1__OfferState)kept.state;
    offer->recorded_at = bn_job_instant(act->job->arena, kept.recorded_ms);
    offer->published_at = bn_job_instant(act->job->arena, kept.created_ms);
    if (!is_owner_or_operator(act, kept.owner))
        offer->n_invited = 0;
    *out = offer;
    return BN_OK;
}

static Binome__V1__Role *role_list(struct bn_act *act, uint32_t bits, size_t *count)
{
    Binome__V1__Role *roles = bn_arena_take(act->job->arena, 4 * sizeof *roles);
    *count = 0;
    for (unsigned bit = 0; roles != NULL && bit < 4; bit++)
        if ((bits & (1u << bit)) != 0)
            roles[(*count)++] = (Binome__V1__Role)(bit + BINOME__V1__ROLE__ROLE_MEMBER);
    return roles;
}

enum bn_code bn_render_organisation(struct bn_act *act, const struct bn_organisation *row,
                                    Binome__V1__Organisation **out)
{
    struct bn_arena *arena = act->job->arena;
    struct bn_organisation kept = *row;
    Binome__V1__Organisation *organisation;
    char *slug = bn_arena_text(arena, kept.slug), *legal_name = bn_arena_text(arena, kept.legal_name);
    if (slug == NULL || legal_name == NULL)
        return too_large(act);
    if (kept.body != 0) {
        Binome__V1__Request *request;
        enum bn_code code = bn_act_body(act, kept.body, &request);
        if (code != BN_OK)
            return code;
        organisation = bn_organisation_of(request);
        if (organisation == NULL)
            return BN_DATA_LOSS;
    } else {
        organisation = bn_arena_take(arena, sizeof *organisation);
        if (organisation == NULL)
            return too_large(act);
        binome__v1__organisation__init(organisation);
        organisation->legal_name = legal_name;
        organisation->kind = (Binome__V1__OrganisationKind)kept.kind;
    }
    organisation->slug = slug;
    organisation->id = id_text(act, &kept.id);
    organisation->state = (Binome__V1__OrganisationState)kept.state;
    organisation->roles = role_list(act, kept.roles, &organisation->n_roles);
    organisation->version = kept.version;
    organisation->recorded_at = bn_job_instant(arena, kept.recorded_ms);
    if (!is_owner_or_operator(act, kept.number))
        organisation->n_contacts = 0;
    *out = organisation;
    return BN_OK;
}

enum bn_code bn_render_workstream(struct bn_act *act, uint32_t number, Binome__V1__Workstream **out)
{
    struct bn_arena *arena = act->job->arena;
    struct bn_workstream row;
    enum bn_code code = bn_store_workstream(act->store, number, &row);
    if (code != BN_OK)
        return code;
    char *slug = bn_arena_text(arena, row.slug), *title = bn_arena_text(arena, row.title);
    if (slug == NULL || title == NULL)
        return too_large(act);
    Binome__V1__Workstream *workstream;
    if (row.body != 0) {
        Binome__V1__Request *request;
        code = bn_act_body(act, row.body, &request);
        if (code != BN_OK)
            return code;
        if (request->body_case != BINOME__V1__REQUEST__BODY_WORKSTREAM_EDIT)
            return BN_DATA_LOSS;
        workstream = request->workstream_edit->workstream;
    } else {
        workstream = bn_arena_take(arena, sizeof *workstream);
        if (workstream == NULL)
            return too_large(act);
        binome__v1__workstream__init(workstream);
        workstream->slug = slug;
        workstream->title = title;
    }
    workstream->id = id_text(act, &row.id);
    workstream->version = row.version;
    workstream->recorded_at = bn_job_instant(arena, row.recorded_ms);
    *out = workstream;
    return BN_OK;
}

enum bn_code bn_render_programme(struct bn_act *act, Binome__V1__Programme **out)
{
    struct bn_programme row;
    enum bn_code code = bn_store_programme(act->store, &row);
    if (code == BN_NOT_FOUND)
        return bn_act_absent(act, "programme", "programme");
    if (code != BN_OK)
        return code;
    uint32_t version = row.version;
    int64_t recorded_ms = row.recorded_ms;
    Binome__V1__Programme *programme;
    if (row.body != 0) {
        Binome__V1__Request *request;
        code = bn_act_body(act, row.body, &request);
        if (code != BN_OK)
            return code;
        if (request->body_case != BINOME__V1__REQUEST__BODY_PROGRAMME_EDIT)
            return BN_DATA_LOSS;
        programme = request->programme_edit->programme;
    } else {
        programme = binome__v1__programme__unpack(bn_arena_allocator(act->job->arena), row.packed_size, row.packed);
        if (programme == NULL)
            return BN_DATA_LOSS;
    }
    programme->version = version;
    programme->recorded_at = bn_job_instant(act->job->arena, recorded_ms);
    *out = programme;
    return BN_OK;
}

/* A withdrawal is a status update in other words; so is the creation, and the leaving of the owner. */
static Binome__V1__StatusUpdate *status_of(struct bn_act *act, const Binome__V1__Request *request, bool with_texts)
{
    if (with_texts && request->body_case == BINOME__V1__REQUEST__BODY_STATUS_UPDATE)
        return request->status_update;
    Binome__V1__StatusUpdate *update = bn_arena_take(act->job->arena, sizeof *update);
    if (update == NULL)
        return NULL;
    binome__v1__status_update__init(update);
    if (!with_texts)
        return update;
    if (request->body_case == BINOME__V1__REQUEST__BODY_PROPOSAL_WITHDRAW)
        update->reason = request->proposal_withdraw->reason;
    else if (request->body_case == BINOME__V1__REQUEST__BODY_ORGANISATION_LEAVE)
        update->reason = request->organisation_leave->reason;
    return update;
}

enum bn_code bn_render_status(struct bn_act *act, const struct bn_change *change, bool with_texts,
                              Binome__V1__StatusUpdate **out)
{
    struct bn_change kept = *change;
    struct bn_accepted accepted;
    Binome__V1__Request *request;
    enum bn_code code = bn_store_accepted_by_sequence(act->store, kept.sequence, &accepted);
    if (code == BN_OK)
        code = bn_act_body(act, kept.sequence, &request);
    if (code != BN_OK)
        return code;
    Binome__V1__StatusUpdate *update = status_of(act, request, with_texts);
    if (update == NULL)
        return too_large(act);
    update->id = id_text(act, &accepted.request);
    update->by = slug_text(act, accepted.organisation_number);
    update->sequence = kept.sequence;
    update->phase_before = (Binome__V1__Phase)kept.state_before;
    update->phase = (Binome__V1__Phase)kept.state_after;
    update->effective_on = day_text(act, kept.effective_day);
    update->recorded_at = bn_job_instant(act->job->arena, accepted.recorded_ms);
    update->version = kept.version;
    *out = update;
    return BN_OK;
}

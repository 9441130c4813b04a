/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals: submit, revise, withdraw, status. */
#include "registry/changes.h"
#include "registry/render.h"
#include "registry/rules/aggregate.h"
#include "registry/rules/phase.h"

#include <string.h>

enum { FIRST_VERSION = 1 };

/* What a proposal's text says of its head row. */
struct text_facts {
    uint32_t workstream;
    uint32_t *invited;
    struct bn_digest content;
};

static enum bn_code judge_text(struct bn_act *act, const Binome__V1__Proposal *proposal, const char *path,
                               struct text_facts *facts)
{
    struct bn_check *check = &act->job->check;
    bn_rule_proposal_text(check, proposal, path);
    const char *field = bn_arena_format(act->job->arena, "%s.workstream", path);
    enum bn_code code = bn_act_workstream(act, field != NULL ? field : path, proposal->workstream, &facts->workstream);
    if (code != BN_OK && check->code == BN_OK)
        return code;
    field = bn_arena_format(act->job->arena, "%s.invited", path);
    code = bn_act_organisations(act, field != NULL ? field : path, proposal->invited, proposal->n_invited,
                                &facts->invited);
    if (code != BN_OK && check->code == BN_OK)
        return code;
    return check->code;
}

static void apply_text(const Binome__V1__Proposal *proposal, const struct text_facts *facts, struct bn_object *object)
{
    object->visibility = (uint32_t)proposal->visibility;
    object->workstreams = UINT64_C(1) << facts->workstream;
    object->invited = facts->invited;
    object->invited_count = proposal->n_invited;
    object->language = proposal->language;
}

static enum bn_code put_external(struct bn_act *act, const Binome__V1__ExternalRef *ref, uint32_t kind, uint32_t owner,
                                 uint64_t object, const struct bn_digest *content)
{
    if (ref == NULL)
        return BN_OK;
    const struct bn_external external = {
        .owner = owner, .kind = kind, .scheme = ref->scheme, .id = ref->id, .object = object, .content = *content};
    return bn_store_external_put(act->store, &external);
}

/* Writes a new text over an object: ledger row, head row, history, reference. */
static enum bn_code write_revision(struct bn_act *act, struct bn_object *object, const Binome__V1__Proposal *proposal,
                                   const struct text_facts *facts)
{
    const struct bn_id id = object->id;
    uint32_t phase = bn_phase_on(object, act->today);
    enum bn_code code = bn_act_accept(act, &id, object->number, object->version + 1);
    if (code != BN_OK)
        return code;
    uint64_t sequence = act->job->accepted.sequence;
    apply_text(proposal, facts, object);
    object->version++;
    object->body = object->changed = sequence;
    object->recorded_ms = act->now_ms;
    code = bn_store_object_change(act->store, object, true);
    if (code != BN_OK)
        return code;
    const struct bn_change change = {.sequence = sequence,
                                     .object = object->number,
                                     .type = act->job->type->number,
                                     .version = object->version,
                                     .state_before = phase,
                                     .state_after = phase,
                                     .effective_day = act->today};
    code = bn_store_change_add(act->store, &change);
    return code != BN_OK ? code
                         : put_external(act, proposal->external_ref, BN_EXTERNAL_PROPOSAL, object->owner,
                                        object->number, &facts->content);
}

/* The sender's own system sends everything again: what is the same changes nothing, what is not is a new version. */
static enum bn_code submit_again(struct bn_act *act, const struct bn_external *external,
                                 const Binome__V1__Proposal *proposal, const struct text_facts *facts)
{
    struct bn_object object;
    enum bn_code code = bn_store_object_by_number(act->store, external->object, NULL, &object);
    if (code != BN_OK)
        return code;
    if (memcmp(&external->content, &facts->content, sizeof facts->content) == 0) {
        act->job->reply.unchanged = true;
        code = bn_render_proposal(act, &object, 0, 0, &act->job->reply.proposal);
        if (code == BN_OK)
            act->job->reply.body_case = BINOME__V1__REPLY__BODY_PROPOSAL;
        return code;
    }
    code = bn_rule_proposal_revise(&act->job->check, act->owner->number, &object, object.version, act->today);
    if (code != BN_OK || act->job->request->dry_run)
        return code;
    return write_revision(act, &object, proposal, facts);
}

enum bn_code bn_change_proposal_submit(struct bn_act *act)
{
    struct bn_job *job = act->job;
    const Binome__V1__ProposalSubmit *submit = job->request->proposal_submit;
    const Binome__V1__Proposal *proposal = submit->proposal;
    struct text_facts facts = {0};
    enum bn_code code = judge_text(act, proposal, "proposal_submit.proposal", &facts);
    if (code != BN_OK)
        return code;
    if (proposal->external_ref != NULL) {
        struct bn_external external = {.owner = act->owner->number,
                                       .kind = BN_EXTERNAL_PROPOSAL,
                                       .scheme = proposal->external_ref->scheme,
                                       .id = proposal->external_ref->id};
        code = bn_act_content(act, &proposal->base, &facts.content);
        if (code != BN_OK)
            return code;
        code = bn_store_external_find(act->store, &external);
        if (code != BN_NOT_FOUND)
            return code == BN_OK ? submit_again(act, &external, proposal, &facts) : code;
    }
    code = bn_change_id_free(act);
    if (code != BN_OK || job->request->dry_run)
        return code;
    code = bn_act_accept(act, &job->head.request_id, 0, FIRST_VERSION);
    if (code != BN_OK)
        return code;
    uint64_t sequence = job->accepted.sequence;
    struct bn_object object = {
        .number = sequence,
        .id = job->head.request_id,
        .kind = BN_OBJECT_PROPOSAL,
        .owner = act->owner->number,
        .state = BINOME__V1__PHASE__PHASE_SUBMITTED,
        .state_day = bn_act_day(act, submit->submitted_on),
        .version = FIRST_VERSION,
        .body = sequence,
        .changed = sequence,
        .progress = -1,
        .created_ms = act->now_ms,
        .recorded_ms = act->now_ms,
    };
    apply_text(proposal, &facts, &object);
    code = bn_store_object_create(act->store, &object);
    return code != BN_OK ? code
                         : put_external(act, proposal->external_ref, BN_EXTERNAL_PROPOSAL, object.owner, sequence,
                                        &facts.content);
}

enum bn_code bn_change_proposal_revise(struct bn_act *act)
{
    const Binome__V1__ProposalRevise *revise = act->job->request->proposal_revise;
    struct bn_object object;
    struct text_facts facts = {0};
    enum bn_code code = bn_act_object(act, "proposal_revise.id", revise->id, BN_OBJECT_PROPOSAL, &object);
    if (code == BN_OK)
        code = bn_rule_proposal_revise(&act->job->check, act->owner->number, &object, revise->expected_version,
                                       act->today);
    if (code == BN_OK)
        code = judge_text(act, revise->proposal, "proposal_revise.proposal", &facts);
    if (code == BN_OK)
        code = bn_change_external_kept(act, "proposal_revise.proposal.external_ref", revise->proposal->external_ref,
                                       BN_EXTERNAL_PROPOSAL, &object);
    if (code == BN_OK)
        code = bn_act_content(act, &revise->proposal->base, &facts.content);
    if (code != BN_OK || act->job->request->dry_run)
        return code;
    return write_revision(act, &object, revise->proposal, &facts);
}

/* A move that lies in the future is planned: it stands beside the phase in force until its day has come. */
static void move_phase(struct bn_object *object, uint32_t to, int32_t day, int32_t today)
{
    if (object->planned_state != 0 && object->planned_day <= today) {
        object->state = object->planned_state;
        object->state_day = object->planned_day;
        object->planned_state = 0;
        object->planned_day = 0;
    }
    if (day > today) {
        object->planned_state = to;
        object->planned_day = day;
        return;
    }
    object->planned_state = 0;
    object->planned_day = 0;
    if (object->state == to)
        return;
    object->state = to;
    object->state_day = day;
}

/* Ledger row, head row and history of a change that leaves the text as it is. */
static enum bn_code write_move(struct bn_act *act, struct bn_object *object, uint32_t to, int32_t day)
{
    const struct bn_id id = object->id;
    uint32_t from = bn_phase_on(object, act->today);
    enum bn_code code = bn_act_accept(act, &id, object->number, object->version + 1);
    if (code != BN_OK)
        return code;
    if (to != from)
        move_phase(object, to, day, act->today);
    object->version++;
    object->changed = act->job->accepted.sequence;
    code = bn_store_object_change(act->store, object, false);
    if (code != BN_OK)
        return code;
    const struct bn_change change = {.sequence = object->changed,
                                     .object = object->number,
                                     .type = act->job->type->number,
                                     .version = object->version,
                                     .state_before = from,
                                     .state_after = to,
                                     .effective_day = day};
    return bn_store_change_add(act->store, &change);
}

enum bn_code bn_change_proposal_withdraw(struct bn_act *act)
{
    const Binome__V1__ProposalWithdraw *withdraw = act->job->request->proposal_withdraw;
    struct bn_check *check = &act->job->check;
    struct bn_object object;
    enum bn_code code = bn_act_object(act, "proposal_withdraw.id", withdraw->id, BN_OBJECT_PROPOSAL, &object);
    if (code == BN_OK)
        code = bn_rule_version(check, "proposal_withdraw.expected_version", withdraw->expected_version, object.version,
                               true);
    const uint32_t to = BINOME__V1__PHASE__PHASE_WITHDRAWN;
    if (code == BN_OK)
        code = bn_rule_phase(check, "proposal_withdraw.id", bn_phase_on(&object, act->today), to,
                             bn_phase_capacity(act->caller, act->owner->number, &object), withdraw->reason);
    if (code != BN_OK || act->job->request->dry_run)
        return code;
    return write_move(act, &object, to, bn_act_day(act, withdraw->effective_on));
}

/* The same status row from the sender's own system: known already, or another content under the same reference. */
static enum bn_code status_again(struct bn_act *act, const Binome__V1__StatusUpdate *update, uint32_t owner,
                                 struct bn_digest *content, bool *known)
{
    *known = false;
    if (update->external_ref == NULL)
        return BN_OK;
    enum bn_code code = bn_act_content(act, &update->base, content);
    if (code != BN_OK)
        return code;
    struct bn_external external = {.owner = owner,
                                   .kind = BN_EXTERNAL_STATUS,
                                   .scheme = update->external_ref->scheme,
                                   .id = update->external_ref->id};
    code = bn_store_external_find(act->store, &external);
    if (code == BN_NOT_FOUND)
        return BN_OK;
    if (code != BN_OK)
        return code;
    if (memcmp(&external.content, content, sizeof *content) != 0)
        return BN_FAIL(&act->job->check, BN_ALREADY_EXISTS, "status_update.external_ref", BN_RULE_EXTERNAL_REF_TAKEN,
                       external.scheme, external.id);
    act->job->reply.unchanged = true;
    *known = true;
    return BN_OK;
}

enum bn_code bn_change_status_update(struct bn_act *act)
{
    const Binome__V1__StatusUpdate *update = act->job->request->status_update;
    struct bn_object object;
    struct bn_digest content;
    uint32_t to = 0;
    bool known;
    enum bn_code code = bn_act_object(act, "status_update.proposal", update->proposal, BN_OBJECT_PROPOSAL, &object);
    if (code == BN_OK)
        code = status_again(act, update, object.owner, &content, &known);
    if (code != BN_OK || known)
        return code;
    code = bn_rule_status(&act->job->check, act->caller, act->owner->number, &object, update, act->today, &to);
    if (code != BN_OK || act->job->request->dry_run)
        return code;
    if (update->progress__case == BINOME__V1__STATUS_UPDATE__PROGRESS__PROGRESS_PERCENT)
        object.progress = (int32_t)update->progress_percent;
    object.health = bn_health_pack(object.health, update->health);
    code = write_move(act, &object, to, bn_act_day(act, update->effective_on));
    return code != BN_OK
               ? code
               : put_external(act, update->external_ref, BN_EXTERNAL_STATUS, object.owner, object.changed, &content);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals: submit, revise, withdraw, status. */
#include "registry/change_object.h"
#include "registry/changes.h"
#include "registry/render.h"
#include "registry/rules/aggregate.h"
#include "registry/rules/phase.h"

#include <string.h>

static enum bn_code judge_text(struct bn_act *act, const Binome__V1__Proposal *proposal, const char *path,
                               struct bn_text *text)
{
    *text = (struct bn_text){
        .kind = BN_OBJECT_PROPOSAL,
        .message = &proposal->base,
        .visibility = (uint32_t)proposal->visibility,
        .language = proposal->language,
        .external_ref = proposal->external_ref,
    };
    bn_rule_proposal_text(&act->job->check, proposal, path);
    return bn_text_resolve(act, path, &proposal->workstream, 1, proposal->invited, proposal->n_invited, text);
}

/* The sender's own system sends everything again: what is the same changes nothing, what is not is a new version. */
static enum bn_code submit_again(struct bn_act *act, struct bn_object *object, bool same, const struct bn_text *text)
{
    struct bn_job *job = act->job;
    if (same) {
        job->reply.unchanged = true;
        enum bn_code code = bn_render_proposal(act, object, 0, 0, &job->reply.proposal);
        if (code == BN_OK)
            job->reply.body_case = BINOME__V1__REPLY__BODY_PROPOSAL;
        return code;
    }
    uint32_t phase = bn_phase_on(object, act->today);
    if (bn_phase_closed(phase))
        return BN_FAIL(&job->check, BN_FAILED_PRECONDITION, "proposal_submit.proposal.external_ref",
                       BN_RULE_OBJECT_CLOSED, bn_phase_name(phase));
    return job->request->dry_run ? BN_OK : bn_object_revise(act, object, text);
}

enum bn_code bn_change_proposal_submit(struct bn_act *act)
{
    const Binome__V1__ProposalSubmit *submit = act->job->request->proposal_submit;
    struct bn_object object;
    struct bn_text text;
    bool same;
    enum bn_code code = judge_text(act, submit->proposal, "proposal_submit.proposal", &text);
    if (code != BN_OK)
        return code;
    code = bn_object_sent_before(act, &text, &object, &same);
    if (code != BN_NOT_FOUND)
        return code == BN_OK ? submit_again(act, &object, same, &text) : code;
    code = bn_change_id_free(act);
    if (code != BN_OK || act->job->request->dry_run)
        return code;
    return bn_object_create(act, &text, BINOME__V1__PHASE__PHASE_SUBMITTED, bn_act_day(act, submit->submitted_on));
}

enum bn_code bn_change_proposal_revise(struct bn_act *act)
{
    const Binome__V1__ProposalRevise *revise = act->job->request->proposal_revise;
    struct bn_object object;
    struct bn_text text;
    enum bn_code code = bn_act_object(act, "proposal_revise.id", revise->id, BN_OBJECT_PROPOSAL, &object);
    if (code == BN_OK)
        code = bn_rule_proposal_revise(&act->job->check, act->owner->number, &object, revise->expected_version,
                                       act->today);
    if (code == BN_OK)
        code = judge_text(act, revise->proposal, "proposal_revise.proposal", &text);
    if (code == BN_OK)
        code = bn_change_external_kept(act, "proposal_revise.proposal.external_ref", text.external_ref,
                                       BN_EXTERNAL_PROPOSAL, &object);
    if (code != BN_OK || act->job->request->dry_run)
        return code;
    return bn_object_revise(act, &object, &text);
}

/* A move that lies in the future is planned: it stands beside the phase in force until its day has come. */
static void move_phase(struct bn_object *object, uint32_t to, int32_t day, int32_t today)
{
    if (object->planned_state != 0 && object->planned_day <= today) {
        object->state = object->planned_state;
        object->state_day = object->planned_day;
    }
    object->planned_state = day > today ? to : 0;
    object->planned_day = day > today ? day : 0;
    if (day > today || object->state == to)
        return;
    object->state = to;
    object->state_day = day;
}

static enum bn_code write_move(struct bn_act *act, struct bn_object *object, uint32_t to, int32_t day)
{
    uint32_t from = bn_phase_on(object, act->today);
    if (to != from)
        move_phase(object, to, day, act->today);
    return bn_object_write(act, object, from, to, day);
}

enum bn_code bn_change_proposal_withdraw(struct bn_act *act)
{
    const Binome__V1__ProposalWithdraw *withdraw = act->job->request->proposal_withdraw;
    const uint32_t to = BINOME__V1__PHASE__PHASE_WITHDRAWN;
    struct bn_check *check = &act->job->check;
    struct bn_object object;
    enum bn_code code = bn_act_object(act, "proposal_withdraw.id", withdraw->id, BN_OBJECT_PROPOSAL, &object);
    if (code == BN_OK)
        code = bn_rule_version(check, "proposal_withdraw.expected_version", withdraw->expected_version, object.version,
                               true);
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
    bool known = false;
    enum bn_code code = bn_act_object(act, "status_update.proposal", update->proposal, BN_OBJECT_PROPOSAL, &object);
    /* Who may not speak of it hears that below, and nothing of the references that its owner uses. */
    if (code == BN_OK && bn_phase_capacity(act->caller, act->owner->number, &object) != 0)
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
    return code != BN_OK ? code
                         : bn_external_keep(act, update->external_ref, BN_EXTERNAL_STATUS, object.owner, object.changed,
                                            &content);
}

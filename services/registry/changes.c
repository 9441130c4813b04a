/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/changes.h"

static const struct {
    uint32_t type;
    bn_act_fn *apply;
} handlers[] = {
    {BINOME__V1__REQUEST__BODY_PROGRAMME_EDIT, bn_change_programme_edit},
    {BINOME__V1__REQUEST__BODY_WORKSTREAM_EDIT, bn_change_workstream_edit},
    {BINOME__V1__REQUEST__BODY_ORGANISATION_ENROL, bn_change_organisation_enrol},
    {BINOME__V1__REQUEST__BODY_ORGANISATION_REVISE, bn_change_organisation_revise},
    {BINOME__V1__REQUEST__BODY_ORGANISATION_SUSPEND, bn_change_organisation_suspend},
    {BINOME__V1__REQUEST__BODY_ORGANISATION_RESUME, bn_change_organisation_resume},
    {BINOME__V1__REQUEST__BODY_ORGANISATION_LEAVE, bn_change_organisation_leave},
    {BINOME__V1__REQUEST__BODY_KEY_ADD, bn_change_key_add},
    {BINOME__V1__REQUEST__BODY_KEY_REVOKE, bn_change_key_revoke},
    {BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT, bn_change_proposal_submit},
    {BINOME__V1__REQUEST__BODY_PROPOSAL_REVISE, bn_change_proposal_revise},
    {BINOME__V1__REQUEST__BODY_PROPOSAL_WITHDRAW, bn_change_proposal_withdraw},
    {BINOME__V1__REQUEST__BODY_STATUS_UPDATE, bn_change_status_update},
    {BINOME__V1__REQUEST__BODY_OFFER_PUBLISH, bn_change_offer_publish},
    {BINOME__V1__REQUEST__BODY_OFFER_REVISE, bn_change_offer_revise},
    {BINOME__V1__REQUEST__BODY_OFFER_RETIRE, bn_change_offer_retire},
};

bn_act_fn *bn_change_handler(uint32_t type)
{
    for (size_t i = 0; i < BN_COUNT(handlers); i++)
        if (handlers[i].type == type)
            return handlers[i].apply;
    return NULL;
}

enum bn_code bn_change_id_free(struct bn_act *act)
{
    if (!act->id_taken)
        return BN_OK;
    return BN_FAIL(&act->job->check, BN_ALREADY_EXISTS, "header.request_id", BN_RULE_REQUEST_ID_REUSED);
}

enum bn_code bn_change_external_kept(struct bn_act *act, const char *field, const Binome__V1__ExternalRef *ref,
                                     enum bn_external_kind kind, const struct bn_object *object)
{
    if (ref == NULL)
        return BN_OK;
    struct bn_external external = {
        .owner = object->owner, .kind = (uint32_t)kind, .scheme = ref->scheme, .id = ref->id};
    enum bn_code code = bn_store_external_find(act->store, &external);
    if (code == BN_NOT_FOUND)
        return BN_OK;
    if (code == BN_OK && external.object != object->number)
        return BN_FAIL(&act->job->check, BN_ALREADY_EXISTS, field, BN_RULE_EXTERNAL_REF_TAKEN, ref->scheme, ref->id);
    return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* changes.h: the handlers of requests that change something, run by the writer alone (act.h says how they behave). */
#ifndef BINOME_REGISTRY_CHANGES_H
#define BINOME_REGISTRY_CHANGES_H

#include "registry/act.h"

bn_act_fn bn_change_programme_edit;
bn_act_fn bn_change_workstream_edit;
bn_act_fn bn_change_organisation_enrol;
bn_act_fn bn_change_organisation_revise;
bn_act_fn bn_change_organisation_suspend;
bn_act_fn bn_change_organisation_resume;
bn_act_fn bn_change_organisation_leave;
bn_act_fn bn_change_key_add;
bn_act_fn bn_change_key_revoke;
bn_act_fn bn_change_proposal_submit;
bn_act_fn bn_change_proposal_revise;
bn_act_fn bn_change_proposal_withdraw;
bn_act_fn bn_change_status_update;
bn_act_fn bn_change_offer_publish;
bn_act_fn bn_change_offer_revise;
bn_act_fn bn_change_offer_retire;

/* An object's id is its request's id, so that id must be new in the hub, not only for this sender. */
BN_CHECK enum bn_code bn_change_id_free(struct bn_act *act);

/* A revision may keep the object's reference to the sender's own system, or name one where there was none; it may not
 * take another object's. */
BN_CHECK enum bn_code bn_change_external_kept(struct bn_act *act, const char *field, const Binome__V1__ExternalRef *ref,
                                              enum bn_external_kind kind, const struct bn_object *object);

#endif

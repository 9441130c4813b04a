/* SPDX-License-Identifier: Apache-2.0 */
/* render.h: what the store holds, as the messages that callers see. Everything is in the job's arena. */
#ifndef BINOME_REGISTRY_RENDER_H
#define BINOME_REGISTRY_RENDER_H

#include "registry/act.h"

/* The text of a proposal or offer out of the request that carried it; NULL when that request carried none. */
Binome__V1__Proposal *bn_proposal_of(const Binome__V1__Request *request);
Binome__V1__Offer *bn_offer_of(const Binome__V1__Request *request);
Binome__V1__Organisation *bn_organisation_of(const Binome__V1__Request *request);

/* An object with the text that `body` holds and version `version` (of the object's newest when body is 0). */
BN_CHECK enum bn_code bn_render_proposal(struct bn_act *act, const struct bn_object *object, uint64_t body,
                                         uint32_t version, Binome__V1__Proposal **out);
BN_CHECK enum bn_code bn_render_offer(struct bn_act *act, const struct bn_object *object, uint64_t body,
                                      uint32_t version, Binome__V1__Offer **out);
/* Contacts only for the organisation itself and the operator. */
BN_CHECK enum bn_code bn_render_organisation(struct bn_act *act, const struct bn_organisation *row,
                                             Binome__V1__Organisation **out);
BN_CHECK enum bn_code bn_render_workstream(struct bn_act *act, uint32_t number, Binome__V1__Workstream **out);
BN_CHECK enum bn_code bn_render_programme(struct bn_act *act, Binome__V1__Programme **out);
/* Without texts: phases, days, author and numbers alone. */
BN_CHECK enum bn_code bn_render_status(struct bn_act *act, const struct bn_change *change, bool with_texts,
                                       Binome__V1__StatusUpdate **out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* aggregate.h: what several fields say together, and who may change a thing in the state it is in.
 *
 * Every function adds its violations to *check and gives check->code. Records are the state before the change. Forms of
 * single fields have been judged before (fields.h). */
#ifndef BINOME_REGISTRY_RULES_AGGREGATE_H
#define BINOME_REGISTRY_RULES_AGGREGATE_H

#include "binome/v1/request.pb-c.h"
#include "registry/record.h"
#include "registry/rules/caller.h"
#include "registry/rules/check.h"

/* ---- organisation.c ---- */

/* Identifiers by their check digits, activity codes by their nomenclature. */
enum bn_code bn_rule_organisation_text(struct bn_check *check, const Binome__V1__Organisation *organisation,
                                       const char *path);
/* Takes blanks, dots and hyphens out of a siren, siret, vat, lei: people write 732 829 320. In place. */
void bn_identifier_normalise(const char *scheme, char *value);
/* Schemes whose values name one organisation in the hub: siren, vat, lei, euid, pic. */
bool bn_identifier_unique(const char *scheme);

/* Its own organisation, or the operator; not one that has left; the version expected; roles by the operator alone. */
enum bn_code bn_rule_organisation_revise(struct bn_check *check, const struct bn_caller *caller,
                                         const struct bn_organisation *organisation,
                                         const Binome__V1__OrganisationRevise *revise);
/* Suspend, resume and leave are moves of its state: this is their table. Gives the new state in *to. */
enum bn_organisation_verb { BN_ORGANISATION_SUSPEND, BN_ORGANISATION_RESUME, BN_ORGANISATION_LEAVE };
enum bn_code bn_rule_organisation_move(struct bn_check *check, const struct bn_caller *caller,
                                       const struct bn_organisation *organisation, enum bn_organisation_verb verb,
                                       uint32_t *to);
/* Keys of its own organisation, or the operator. */
enum bn_code bn_rule_key_change(struct bn_check *check, const struct bn_caller *caller,
                                const struct bn_organisation *organisation);
/* Role bits of a list; 0 for an empty one. */
uint32_t bn_roles_of(const Binome__V1__Role *roles, size_t count);

/* ---- proposal.c ---- */

enum bn_code bn_rule_proposal_text(struct bn_check *check, const Binome__V1__Proposal *proposal, const char *path);
/* The owner (or the operator for it) revises an open proposal whose version is the one expected. */
enum bn_code bn_rule_proposal_revise(struct bn_check *check, uint32_t acting_owner, const struct bn_object *proposal,
                                     uint32_t expected_version, int32_t today);
/* A status update by the owner, the pilot or the operator; *to is the phase after it (the same when it says none). */
enum bn_code bn_rule_status(struct bn_check *check, const struct bn_caller *caller, uint32_t acting_owner,
                            const struct bn_object *proposal, const Binome__V1__StatusUpdate *update, int32_t today,
                            uint32_t *to);
/* Health as it is kept: four states of two bits. Unspecified parts keep what `before` says. */
uint32_t bn_health_pack(uint32_t before, const Binome__V1__Health *health);

/* ---- offer.c ---- */

enum bn_code bn_rule_offer_text(struct bn_check *check, const Binome__V1__Offer *offer, const char *path);
/* The owner (or the operator for it) changes an offer that is published and whose version is the one expected; the
 * fields are those of the request that name the offer and the version. */
enum bn_code bn_rule_offer_change(struct bn_check *check, uint32_t acting_owner, const struct bn_object *offer,
                                  uint32_t expected_version, const char *id_field, const char *version_field);

/* ---- shared ---- */

/* ABORTED with version.stale unless expected is the current one (0 passes when optional). */
enum bn_code bn_rule_version(struct bn_check *check, const char *field, uint32_t expected, uint32_t current,
                             bool optional);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/rules/aggregate.h"

enum bn_code bn_rule_offer_text(struct bn_check *check, const Binome__V1__Offer *offer, const char *path)
{
    if (offer->n_invited > 0 && offer->visibility == BINOME__V1__VISIBILITY__VISIBILITY_DRAFT) {
        const char *field = bn_arena_format(check->arena, "%s.invited", path);
        BN_FAIL(check, BN_INVALID_ARGUMENT, field != NULL ? field : path, BN_RULE_FIELD_NOT_ALLOWED);
    }
    return check->code;
}

enum bn_code bn_rule_offer_change(struct bn_check *check, uint32_t acting_owner, const struct bn_object *offer,
                                  uint32_t expected_version, const char *id_field, const char *version_field)
{
    if (acting_owner != offer->owner)
        return BN_FAIL(check, BN_PERMISSION_DENIED, id_field, BN_RULE_OWNER_ONLY);
    if (offer->state == BINOME__V1__OFFER_STATE__OFFER_STATE_RETIRED)
        return BN_FAIL(check, BN_FAILED_PRECONDITION, id_field, BN_RULE_OBJECT_CLOSED, "retired");
    return bn_rule_version(check, version_field, expected_version, offer->version, true);
}

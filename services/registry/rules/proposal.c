/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "registry/rules/aggregate.h"
#include "registry/rules/phase.h"

#include <string.h>

enum bn_code bn_rule_version(struct bn_check *check, const char *field, uint32_t expected, uint32_t current,
                             bool optional)
{
    if (expected == current || (optional && expected == 0))
        return check->code;
    return BN_FAIL(check, BN_ABORTED, field, BN_RULE_VERSION_STALE, bn_check_number(check, expected),
                   bn_check_number(check, current));
}

static const char *below(struct bn_check *check, const char *path, const char *name)
{
    const char *field = bn_arena_format(check->arena, "%s.%s", path, name);
    return field != NULL ? field : path;
}

static void check_budget(struct bn_check *check, const Binome__V1__MoneyRange *budget, const char *path)
{
    if (budget == NULL || budget->min == NULL || budget->max == NULL)
        return;
    if (strcmp(budget->min->currency, budget->max->currency) != 0)
        BN_FAIL(check, BN_INVALID_ARGUMENT, below(check, path, "budget.max.currency"), BN_RULE_CURRENCY_MIXED,
                budget->min->currency, budget->max->currency);
    else if (budget->min->minor_units > budget->max->minor_units)
        BN_FAIL(check, BN_INVALID_ARGUMENT, below(check, path, "budget"), BN_RULE_AMOUNT_ORDER,
                bn_check_number(check, budget->min->minor_units), bn_check_number(check, budget->max->minor_units));
}

enum bn_code bn_rule_proposal_text(struct bn_check *check, const Binome__V1__Proposal *proposal, const char *path)
{
    int32_t first, last;
    if (bn_date_parse(proposal->start_on, &first) && bn_date_parse(proposal->end_on, &last) && last < first)
        BN_FAIL(check, BN_INVALID_ARGUMENT, below(check, path, "end_on"), BN_RULE_DATE_ORDER, proposal->start_on,
                proposal->end_on);
    if (proposal->trl_now != 0 && proposal->trl_target != 0 && proposal->trl_target < proposal->trl_now)
        BN_FAIL(check, BN_INVALID_ARGUMENT, below(check, path, "trl_target"), BN_RULE_TRL_ORDER,
                bn_check_number(check, proposal->trl_now), bn_check_number(check, proposal->trl_target));
    check_budget(check, proposal->budget, path);
    if (proposal->n_invited > 0 && proposal->visibility == BINOME__V1__VISIBILITY__VISIBILITY_DRAFT)
        BN_FAIL(check, BN_INVALID_ARGUMENT, below(check, path, "invited"), BN_RULE_FIELD_NOT_ALLOWED);
    return check->code;
}

enum bn_code bn_rule_proposal_revise(struct bn_check *check, uint32_t acting_owner, const struct bn_object *proposal,
                                     uint32_t expected_version, int32_t today)
{
    if (acting_owner != proposal->owner)
        return BN_FAIL(check, BN_PERMISSION_DENIED, "proposal_revise.id", BN_RULE_OWNER_ONLY);
    uint32_t phase = bn_phase_on(proposal, today);
    if (bn_phase_closed(phase))
        return BN_FAIL(check, BN_FAILED_PRECONDITION, "proposal_revise.id", BN_RULE_OBJECT_CLOSED,
                       bn_phase_name(phase));
    return bn_rule_version(check, "proposal_revise.expected_version", expected_version, proposal->version, false);
}

enum bn_code bn_rule_status(struct bn_check *check, const struct bn_caller *caller, uint32_t acting_owner,
                            const struct bn_object *proposal, const Binome__V1__StatusUpdate *update, int32_t today,
                            uint32_t *to)
{
    unsigned by = bn_phase_capacity(caller, acting_owner, proposal);
    uint32_t from = bn_phase_on(proposal, today);
    *to = update->phase != 0 ? (uint32_t)update->phase : from;
    if (by == 0)
        return BN_FAIL(check, BN_PERMISSION_DENIED, "status_update.proposal", BN_RULE_ROLE_NOT_ALLOWED,
                       "owner, pilot, coordination, operator");
    int32_t starts, ends;
    if (bn_date_parse(update->effective_on, &starts) && bn_date_parse(update->ends_on, &ends) && ends < starts)
        BN_FAIL(check, BN_INVALID_ARGUMENT, "status_update.ends_on", BN_RULE_DATE_ORDER, update->effective_on,
                update->ends_on);
    if (bn_rule_version(check, "status_update.expected_version", update->expected_version, proposal->version, true) !=
        BN_OK)
        return check->code;
    if (*to == from)
        return check->code;
    return bn_rule_phase(check, "status_update.phase", from, *to, by, update->reason);
}

uint32_t bn_health_pack(uint32_t before, const Binome__V1__Health *health)
{
    if (health == NULL)
        return before;
    const uint32_t parts[] = {(uint32_t)health->overall, (uint32_t)health->schedule, (uint32_t)health->cost,
                              (uint32_t)health->scope};
    uint32_t packed = before;
    for (size_t i = 0; i < BN_COUNT(parts); i++)
        if (parts[i] != 0)
            packed = (packed & ~(3u << (2 * i))) | ((parts[i] & 3u) << (2 * i));
    return packed;
}

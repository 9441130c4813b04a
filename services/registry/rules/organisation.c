/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/rules/aggregate.h"
#include "registry/rules/codes.h"

#include <string.h>

enum {
    ACTIVE = BINOME__V1__ORGANISATION_STATE__ORGANISATION_STATE_ACTIVE,
    SUSPENDED = BINOME__V1__ORGANISATION_STATE__ORGANISATION_STATE_SUSPENDED,
    LEFT = BINOME__V1__ORGANISATION_STATE__ORGANISATION_STATE_LEFT,
};

/* Schemes whose values can be judged, or must be unique. Others are the sender's own and taken as they are. */
static const struct scheme {
    const char *name;
    bool (*valid)(const char *value); /* NULL = any */
    enum bn_rule rule;
    bool unique;
    bool compact; /* blanks, dots and hyphens are only for the eye */
} schemes[] = {
    {"siren", bn_siren_valid, BN_RULE_SIREN_INVALID, true, true},
    {"siret", bn_siret_valid, BN_RULE_SIRET_INVALID, false, true},
    {"vat", bn_vat_valid, BN_RULE_IDENTIFIER_INVALID, true, true},
    {"lei", bn_lei_valid, BN_RULE_IDENTIFIER_INVALID, true, true},
    {"euid", NULL, BN_RULE_IDENTIFIER_INVALID, true, false},
    {"pic", NULL, BN_RULE_IDENTIFIER_INVALID, true, false},
};

static const struct scheme *scheme_find(const char *name)
{
    for (size_t i = 0; i < BN_COUNT(schemes); i++)
        if (strcmp(schemes[i].name, name) == 0)
            return &schemes[i];
    return NULL;
}

void bn_identifier_normalise(const char *scheme, char *value)
{
    const struct scheme *known = scheme_find(scheme);
    if (known == NULL || !known->compact)
        return;
    char *to = value;
    for (const char *from = value; *from != '\0'; from++)
        if (strchr(" .-", *from) == NULL)
            *to++ = *from;
    *to = '\0';
}

bool bn_identifier_unique(const char *scheme)
{
    const struct scheme *known = scheme_find(scheme);
    return known != NULL && known->unique;
}

static void check_identifier(struct bn_check *check, const Binome__V1__Identifier *identifier, const char *path,
                             size_t index)
{
    const struct scheme *known = scheme_find(identifier->scheme);
    if (known == NULL || known->valid == NULL)
        return;
    char *value = bn_arena_text(check->arena, identifier->value);
    const char *field = bn_arena_format(check->arena, "%s.identifiers[%zu].value", path, index);
    if (value == NULL || field == NULL) {
        BN_FAIL(check, BN_RESOURCE_EXHAUSTED, path, BN_RULE_BODY_TOO_COMPLEX, "memory", "");
        return;
    }
    bn_identifier_normalise(identifier->scheme, value);
    if (known->valid(value))
        return;
    if (known->rule == BN_RULE_IDENTIFIER_INVALID)
        BN_FAIL(check, BN_INVALID_ARGUMENT, field, known->rule, identifier->scheme, identifier->value);
    else
        BN_FAIL(check, BN_INVALID_ARGUMENT, field, known->rule, identifier->value);
}

enum bn_code bn_rule_organisation_text(struct bn_check *check, const Binome__V1__Organisation *organisation,
                                       const char *path)
{
    for (size_t i = 0; i < organisation->n_identifiers; i++)
        check_identifier(check, organisation->identifiers[i], path, i);
    for (size_t i = 0; i < organisation->n_activities; i++) {
        const Binome__V1__Activity *activity = organisation->activities[i];
        if (bn_activity_valid(activity->nomenclature, activity->code))
            continue;
        const char *field = bn_arena_format(check->arena, "%s.activities[%zu]", path, i);
        BN_FAIL(check, BN_INVALID_ARGUMENT, field != NULL ? field : path, BN_RULE_ACTIVITY_INVALID,
                activity->nomenclature, activity->code);
    }
    return check->code;
}

uint32_t bn_roles_of(const Binome__V1__Role *roles, size_t count)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < count; i++)
        bits |= 1u << (roles[i] - BINOME__V1__ROLE__ROLE_MEMBER);
    return bits;
}

static bool own_or_operator(const struct bn_caller *caller, const struct bn_organisation *organisation)
{
    return caller->organisation == organisation->number || (caller->roles & BN_ROLE_OPERATOR) != 0;
}

enum bn_code bn_rule_organisation_revise(struct bn_check *check, const struct bn_caller *caller,
                                         const struct bn_organisation *organisation,
                                         const Binome__V1__OrganisationRevise *revise)
{
    if (!own_or_operator(caller, organisation))
        return BN_FAIL(check, BN_PERMISSION_DENIED, "organisation_revise.organisation.slug", BN_RULE_OWNER_ONLY);
    if (revise->n_roles > 0 && (caller->roles & BN_ROLE_OPERATOR) == 0)
        return BN_FAIL(check, BN_PERMISSION_DENIED, "organisation_revise.roles", BN_RULE_OPERATOR_ONLY);
    if (organisation->state == LEFT)
        return BN_FAIL(check, BN_FAILED_PRECONDITION, "organisation_revise.organisation.slug",
                       BN_RULE_ORGANISATION_STATE, "left");
    return bn_rule_version(check, "organisation_revise.expected_version", revise->expected_version,
                           organisation->version, false);
}

static const struct move {
    enum bn_organisation_verb verb;
    uint32_t from, to;
    bool operator_only;
} moves[] = {
    {BN_ORGANISATION_SUSPEND, ACTIVE, SUSPENDED, true},
    {BN_ORGANISATION_RESUME, SUSPENDED, ACTIVE, true},
    {BN_ORGANISATION_LEAVE, ACTIVE, LEFT, false},
    {BN_ORGANISATION_LEAVE, SUSPENDED, LEFT, true},
};

enum bn_code bn_rule_organisation_move(struct bn_check *check, const struct bn_caller *caller,
                                       const struct bn_organisation *organisation, enum bn_organisation_verb verb,
                                       uint32_t *to)
{
    static const char *const state_names[] = {"unspecified", "active", "suspended", "left"};
    static const char *const fields[] = {
        [BN_ORGANISATION_SUSPEND] = "organisation_suspend.slug",
        [BN_ORGANISATION_RESUME] = "organisation_resume.slug",
        [BN_ORGANISATION_LEAVE] = "organisation_leave.slug",
    };
    const char *field = fields[verb];
    if (!own_or_operator(caller, organisation))
        return BN_FAIL(check, BN_PERMISSION_DENIED, field, BN_RULE_OWNER_ONLY);
    /* The hub without an operator could not be mended by anybody. */
    if ((organisation->roles & BN_ROLE_OPERATOR) != 0 && verb != BN_ORGANISATION_RESUME)
        return BN_FAIL(check, BN_FAILED_PRECONDITION, field, BN_RULE_KEY_LAST);
    for (size_t i = 0; i < BN_COUNT(moves); i++) {
        if (moves[i].verb != verb || moves[i].from != organisation->state)
            continue;
        if (moves[i].operator_only && (caller->roles & BN_ROLE_OPERATOR) == 0)
            return BN_FAIL(check, BN_PERMISSION_DENIED, field, BN_RULE_OPERATOR_ONLY);
        *to = moves[i].to;
        return BN_OK;
    }
    const char *state = organisation->state < BN_COUNT(state_names) ? state_names[organisation->state] : "unknown";
    return BN_FAIL(check, BN_FAILED_PRECONDITION, field, BN_RULE_ORGANISATION_STATE, state);
}

enum bn_code bn_rule_key_change(struct bn_check *check, const struct bn_caller *caller,
                                const struct bn_organisation *organisation)
{
    if (!own_or_operator(caller, organisation))
        return BN_FAIL(check, BN_PERMISSION_DENIED, "organisation", BN_RULE_OWNER_ONLY);
    if (organisation->state == LEFT)
        return BN_FAIL(check, BN_FAILED_PRECONDITION, "organisation", BN_RULE_ORGANISATION_STATE, "left");
    return BN_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/rules/caller.h"

#include "binome/v1/request.pb-c.h"

#include <string.h>

enum bn_code bn_rule_standing(struct bn_check *check, const struct bn_key *key,
                              const struct bn_organisation *organisation, int64_t now_ms)
{
    if (key != NULL && key->state == BINOME__V1__KEY_STATE__KEY_STATE_REVOKED)
        return BN_FAIL(check, BN_UNAUTHENTICATED, "key", BN_RULE_KEY_REVOKED);
    if (key != NULL && key->expires_ms != 0 && key->expires_ms <= now_ms)
        return BN_FAIL(check, BN_UNAUTHENTICATED, "key", BN_RULE_KEY_EXPIRED);
    if (organisation->state == BINOME__V1__ORGANISATION_STATE__ORGANISATION_STATE_SUSPENDED)
        return BN_FAIL(check, BN_UNAUTHENTICATED, "organisation", BN_RULE_ORGANISATION_SUSPENDED);
    if (organisation->state == BINOME__V1__ORGANISATION_STATE__ORGANISATION_STATE_LEFT)
        return BN_FAIL(check, BN_UNAUTHENTICATED, "organisation", BN_RULE_ORGANISATION_LEFT);
    return BN_OK;
}

/* ---- who sees what ---- */

#define DRAFT      (1u << BINOME__V1__VISIBILITY__VISIBILITY_DRAFT)
#define INVITED    (1u << BINOME__V1__VISIBILITY__VISIBILITY_INVITED)
#define WORKSTREAM (1u << BINOME__V1__VISIBILITY__VISIBILITY_WORKSTREAM)
#define PROGRAMME  (1u << BINOME__V1__VISIBILITY__VISIBILITY_PROGRAMME)
#define PUBLIC     (1u << BINOME__V1__VISIBILITY__VISIBILITY_PUBLIC)

/* A row opens objects of the visibilities in `seen` to callers with any of `roles` who stand in `relation` to them. The
 * operator runs the hub and answers for what is on it, so it sees all but drafts; what it must not read is sealed. */
static const struct sight {
    const char *who;
    unsigned roles;
    enum bn_relation relation;
    uint32_t seen;
} sights[] = {
    {"owner", ~0u, BN_RELATION_OWNER, DRAFT | INVITED | WORKSTREAM | PROGRAMME | PUBLIC},
    {"invited", ~0u, BN_RELATION_INVITED, INVITED | WORKSTREAM | PROGRAMME | PUBLIC},
    {"pilot of the workstream", ~0u, BN_RELATION_PILOT, INVITED | WORKSTREAM | PROGRAMME | PUBLIC},
    {"member of the workstream", ~0u, BN_RELATION_WORKSTREAM, WORKSTREAM | PROGRAMME | PUBLIC},
    {"any member", ~0u, BN_RELATION_ANY, PROGRAMME | PUBLIC},
    {"committee", BN_ROLE_COMMITTEE, BN_RELATION_ANY, WORKSTREAM | PROGRAMME | PUBLIC},
    {"coordination", BN_ROLE_COORDINATION, BN_RELATION_ANY, WORKSTREAM | PROGRAMME | PUBLIC},
    {"operator", BN_ROLE_OPERATOR, BN_RELATION_ANY, INVITED | WORKSTREAM | PROGRAMME | PUBLIC},
};

void bn_view_make(const struct bn_caller *caller, struct bn_view *view)
{
    *view = (struct bn_view){
        .organisation = caller->organisation,
        .pilot_of = caller->pilot_of,
        .member_of = caller->member_of,
    };
    for (size_t i = 0; i < BN_COUNT(sights); i++)
        if (sights[i].roles == ~0u || (sights[i].roles & caller->roles) != 0)
            view->seen[sights[i].relation] |= sights[i].seen;
}

void bn_view_print_markdown(FILE *out)
{
    static const struct {
        uint32_t bit;
    } columns[] = {{DRAFT}, {INVITED}, {WORKSTREAM}, {PROGRAMME}, {PUBLIC}};
    fputs("| who | draft | invited | workstream | programme | public |\n|---|---|---|---|---|---|\n", out);
    for (size_t i = 0; i < BN_COUNT(sights); i++) {
        fprintf(out, "| %s |", sights[i].who);
        for (size_t c = 0; c < BN_COUNT(columns); c++)
            fputs((sights[i].seen & columns[c].bit) != 0 ? " sees |" : " |", out);
        fputc('\n', out);
    }
}

/* ---- who may ask for what ---- */

#define ANY_KEY           ((1u << BN_KEY_MEMBER_BIT) | (1u << BN_KEY_AGENT_BIT) | (1u << BN_KEY_READER_BIT))
#define WORKING_KEY       ((1u << BN_KEY_MEMBER_BIT) | (1u << BN_KEY_AGENT_BIT))
#define MEMBER_KEY        (1u << BN_KEY_MEMBER_BIT)
#define BN_KEY_MEMBER_BIT BINOME__V1__KEY_ROLE__KEY_ROLE_MEMBER
#define BN_KEY_AGENT_BIT  BINOME__V1__KEY_ROLE__KEY_ROLE_AGENT
#define BN_KEY_READER_BIT BINOME__V1__KEY_ROLE__KEY_ROLE_READER
#define ANYBODY           (~0u)
#define STEERING          (BN_ROLE_OPERATOR | BN_ROLE_COORDINATION)
#define NUMBER(member)    BINOME__V1__REQUEST__BODY_##member

static const struct bn_request_type types[] = {
    {NUMBER(PROGRAMME_GET), "programme_get", false, false, ANY_KEY, ANYBODY},
    {NUMBER(PROGRAMME_EDIT), "programme_edit", true, false, MEMBER_KEY, BN_ROLE_OPERATOR},
    {NUMBER(WORKSTREAM_GET), "workstream_get", false, false, ANY_KEY, ANYBODY},
    {NUMBER(WORKSTREAM_LIST), "workstream_list", false, false, ANY_KEY, ANYBODY},
    {NUMBER(WORKSTREAM_EDIT), "workstream_edit", true, false, MEMBER_KEY, STEERING},
    {NUMBER(ORGANISATION_ENROL), "organisation_enrol", true, false, MEMBER_KEY, BN_ROLE_OPERATOR},
    {NUMBER(ORGANISATION_REVISE), "organisation_revise", true, false, MEMBER_KEY, ANYBODY},
    {NUMBER(ORGANISATION_SUSPEND), "organisation_suspend", true, false, MEMBER_KEY, BN_ROLE_OPERATOR},
    {NUMBER(ORGANISATION_RESUME), "organisation_resume", true, false, MEMBER_KEY, BN_ROLE_OPERATOR},
    {NUMBER(ORGANISATION_LEAVE), "organisation_leave", true, false, MEMBER_KEY, ANYBODY},
    {NUMBER(ORGANISATION_GET), "organisation_get", false, false, ANY_KEY, ANYBODY},
    {NUMBER(ORGANISATION_LIST), "organisation_list", false, false, ANY_KEY, ANYBODY},
    {NUMBER(KEY_ADD), "key_add", true, false, MEMBER_KEY, ANYBODY},
    {NUMBER(KEY_REVOKE), "key_revoke", true, false, MEMBER_KEY, ANYBODY},
    {NUMBER(KEY_LIST), "key_list", false, false, MEMBER_KEY, ANYBODY},
    {NUMBER(PROPOSAL_SUBMIT), "proposal_submit", true, true, WORKING_KEY, ANYBODY},
    {NUMBER(PROPOSAL_REVISE), "proposal_revise", true, true, WORKING_KEY, ANYBODY},
    {NUMBER(PROPOSAL_WITHDRAW), "proposal_withdraw", true, true, WORKING_KEY, ANYBODY},
    {NUMBER(PROPOSAL_GET), "proposal_get", false, false, ANY_KEY, ANYBODY},
    {NUMBER(PROPOSAL_LIST), "proposal_list", false, false, ANY_KEY, ANYBODY},
    {NUMBER(STATUS_UPDATE), "status_update", true, true, WORKING_KEY, ANYBODY},
    {NUMBER(STATUS_LIST), "status_list", false, false, ANY_KEY, ANYBODY},
    {NUMBER(OFFER_PUBLISH), "offer_publish", true, true, WORKING_KEY, ANYBODY},
    {NUMBER(OFFER_REVISE), "offer_revise", true, true, WORKING_KEY, ANYBODY},
    {NUMBER(OFFER_RETIRE), "offer_retire", true, true, WORKING_KEY, ANYBODY},
    {NUMBER(OFFER_GET), "offer_get", false, false, ANY_KEY, ANYBODY},
    {NUMBER(OFFER_LIST), "offer_list", false, false, ANY_KEY, ANYBODY},
    {NUMBER(MATCH_FIND), "match_find", false, false, ANY_KEY, ANYBODY},
    {NUMBER(PROOF_GET), "proof_get", false, false, ANY_KEY, ANYBODY},
};

const struct bn_request_type *bn_request_types(size_t *count)
{
    *count = BN_COUNT(types);
    return types;
}

const struct bn_request_type *bn_request_type_find(uint32_t number)
{
    size_t low = 0, high = BN_COUNT(types); /* sorted by number */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (types[middle].number == number)
            return &types[middle];
        if (types[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

enum bn_code bn_rule_request(struct bn_check *check, const struct bn_request_type *type, const struct bn_caller *caller,
                             const char *on_behalf_of)
{
    static const char *const key_role_names[] = {"", "member", "agent", "reader"};
    bool known = caller->key_role < BN_COUNT(key_role_names);
    if (!known || (type->key_roles & (1u << caller->key_role)) == 0) {
        return BN_FAIL(check, BN_PERMISSION_DENIED, "key", BN_RULE_KEY_ROLE,
                       known ? key_role_names[caller->key_role] : "");
    }
    if (type->roles != ANYBODY && (type->roles & caller->roles) == 0) {
        if (type->roles == BN_ROLE_OPERATOR)
            return BN_FAIL(check, BN_PERMISSION_DENIED, type->name, BN_RULE_OPERATOR_ONLY);
        return BN_FAIL(check, BN_PERMISSION_DENIED, type->name, BN_RULE_ROLE_NOT_ALLOWED, "operator, coordination");
    }
    if (on_behalf_of[0] == '\0')
        return BN_OK;
    if ((caller->roles & BN_ROLE_OPERATOR) == 0)
        return BN_FAIL(check, BN_PERMISSION_DENIED, "on_behalf_of", BN_RULE_ON_BEHALF_OPERATOR);
    if (!type->for_others)
        return BN_FAIL(check, BN_INVALID_ARGUMENT, "on_behalf_of", BN_RULE_FIELD_NOT_ALLOWED);
    return BN_OK;
}

void bn_request_types_print_markdown(FILE *out)
{
    fputs("| number | request | changes something | keys | organisations | on_behalf_of |\n|---|---|---|---|---|---|\n",
          out);
    for (size_t i = 0; i < BN_COUNT(types); i++) {
        const struct bn_request_type *type = &types[i];
        fprintf(out, "| %u | %s | %s | %s | %s | %s |\n", type->number, type->name, type->writes ? "yes" : "",
                type->key_roles == ANY_KEY       ? "member, agent, reader"
                : type->key_roles == WORKING_KEY ? "member, agent"
                                                 : "member",
                type->roles == ANYBODY    ? "any"
                : type->roles == STEERING ? "operator, coordination"
                                          : "operator",
                type->for_others ? "operator may" : "");
    }
}

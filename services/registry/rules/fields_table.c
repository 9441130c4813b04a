/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/rules/fields.h"

#include "binome/v1/request.pb-c.h"

#define PROGRAMME    &binome__v1__programme__descriptor
#define CLOCKS       &binome__v1__clocks__descriptor
#define MILESTONE    &binome__v1__milestone__descriptor
#define WORKSTREAM   &binome__v1__workstream__descriptor
#define ORGANISATION &binome__v1__organisation__descriptor
#define IDENTIFIER   &binome__v1__identifier__descriptor
#define ACTIVITY     &binome__v1__activity__descriptor
#define CONTACT      &binome__v1__contact__descriptor
#define KEY          &binome__v1__key__descriptor
#define TIMESTAMP    &google__protobuf__timestamp__descriptor
#define MONEY        &binome__v1__money__descriptor
#define MONEY_RANGE  &binome__v1__money_range__descriptor
#define EXTERNAL_REF &binome__v1__external_ref__descriptor
#define PAGE         &binome__v1__page_request__descriptor
#define PROPOSAL     &binome__v1__proposal__descriptor
#define HEALTH       &binome__v1__health__descriptor
#define BLOCKER      &binome__v1__blocker__descriptor
#define STATUS       &binome__v1__status_update__descriptor
#define OFFER        &binome__v1__offer__descriptor
#define FILTER       &binome__v1__match_filter__descriptor
#define MATCH        &binome__v1__match_find__descriptor
#define OF(name)     &binome__v1__##name##__descriptor

/* One row a shape: REQ = must be there, OPT = may be empty, LIST = up to so many. */
#define REQ(type, name, form, min, max)               \
    {                                                 \
        type, name, BN_FORM_##form, true, min, max, 0 \
    }
#define OPT(type, name, form, min, max)                \
    {                                                  \
        type, name, BN_FORM_##form, false, min, max, 0 \
    }
#define LIST(type, name, form, min, max, items)            \
    {                                                      \
        type, name, BN_FORM_##form, false, min, max, items \
    }
#define SOME(type, name, form, min, max, items)           \
    {                                                     \
        type, name, BN_FORM_##form, true, min, max, items \
    }
#define HUB(type, name)                         \
    {                                           \
        type, name, BN_FORM_HUB, false, 0, 0, 0 \
    }

enum {
    NAME = 200,
    LABEL = 80,
    REASON = 2000,
    LONG = 20000,
    VERSION = INT32_MAX,
};
#define AMOUNT INT64_C(1000000000000000) /* ten million million of a currency with cents */

const struct bn_field_rule bn_field_rules[] = {
    {OF(request), "salt", BN_FORM_SALT, false, 0, 0, 0},
    OPT(OF(request), "on_behalf_of", SLUG, 0, 0),
    OPT(OF(request), "dry_run", NUMBER, 0, 1),

    /* programme and workstreams */
    REQ(OF(programme_edit), "programme", MESSAGE, 0, 0),
    OPT(OF(programme_edit), "expected_version", NUMBER, 0, VERSION),
    REQ(PROGRAMME, "name", LINE, 1, NAME),
    SOME(PROGRAMME, "languages", LANGUAGE, 0, 0, 10),
    REQ(PROGRAMME, "currency", CURRENCY, 0, 0),
    OPT(PROGRAMME, "clocks", MESSAGE, 0, 0),
    OPT(PROGRAMME, "retention_days", NUMBER, 0, 3650),
    OPT(PROGRAMME, "description", TEXT, 0, LONG),
    HUB(PROGRAMME, "version"),
    HUB(PROGRAMME, "recorded_at"),
    OPT(CLOCKS, "answer_days", NUMBER, 0, 365),
    OPT(CLOCKS, "decide_days", NUMBER, 0, 365),
    OPT(CLOCKS, "contract_days", NUMBER, 0, 365),
    OPT(CLOCKS, "pay_days", NUMBER, 0, 365),
    REQ(OF(workstream_get), "slug", SLUG, 0, 0),
    REQ(OF(workstream_edit), "workstream", MESSAGE, 0, 0),
    OPT(OF(workstream_edit), "expected_version", NUMBER, 0, VERSION),
    REQ(WORKSTREAM, "slug", SLUG, 0, 0),
    REQ(WORKSTREAM, "title", LINE, 1, NAME),
    OPT(WORKSTREAM, "title_fr", LINE, 0, NAME),
    OPT(WORKSTREAM, "description", TEXT, 0, LONG),
    OPT(WORKSTREAM, "pilot", SLUG, 0, 0),
    LIST(WORKSTREAM, "members", SLUG, 0, 0, 500),
    LIST(WORKSTREAM, "milestones", MESSAGE, 0, 0, 50),
    HUB(WORKSTREAM, "id"),
    HUB(WORKSTREAM, "version"),
    HUB(WORKSTREAM, "recorded_at"),
    REQ(MILESTONE, "name", LINE, 1, NAME),
    OPT(MILESTONE, "due_on", DATE, 0, 0),
    OPT(MILESTONE, "done_on", DATE, 0, 0),

    /* organisations and keys */
    REQ(OF(organisation_enrol), "organisation", MESSAGE, 0, 0),
    LIST(OF(organisation_enrol), "keys", MESSAGE, 0, 0, 8),
    LIST(OF(organisation_enrol), "roles", ENUM, 0, 0, 4),
    REQ(OF(organisation_revise), "organisation", MESSAGE, 0, 0),
    REQ(OF(organisation_revise), "expected_version", NUMBER, 1, VERSION),
    LIST(OF(organisation_revise), "roles", ENUM, 0, 0, 4),
    REQ(OF(organisation_suspend), "slug", SLUG, 0, 0),
    REQ(OF(organisation_suspend), "reason", TEXT, 3, REASON),
    REQ(OF(organisation_resume), "slug", SLUG, 0, 0),
    REQ(OF(organisation_resume), "reason", TEXT, 3, REASON),
    OPT(OF(organisation_leave), "slug", SLUG, 0, 0),
    REQ(OF(organisation_leave), "reason", TEXT, 3, REASON),
    OPT(OF(organisation_get), "slug", SLUG_OR_ID, 0, 0),
    OPT(OF(organisation_list), "page", MESSAGE, 0, 0),
    OPT(OF(organisation_list), "kind", ENUM, 0, 0),
    OPT(OF(organisation_list), "country", COUNTRY, 0, 0),
    OPT(OF(organisation_list), "state", ENUM, 0, 0),
    OPT(OF(key_add), "organisation", SLUG, 0, 0),
    REQ(OF(key_add), "key", MESSAGE, 0, 0),
    OPT(OF(key_revoke), "organisation", SLUG, 0, 0),
    REQ(OF(key_revoke), "public_key", KEY, 0, 0),
    REQ(OF(key_revoke), "reason", TEXT, 3, REASON),
    OPT(OF(key_list), "organisation", SLUG, 0, 0),
    REQ(ORGANISATION, "slug", SLUG, 0, 0),
    REQ(ORGANISATION, "legal_name", LINE, 1, NAME),
    REQ(ORGANISATION, "kind", ENUM, 0, 0),
    LIST(ORGANISATION, "identifiers", MESSAGE, 0, 0, 10),
    OPT(ORGANISATION, "country", COUNTRY, 0, 0),
    LIST(ORGANISATION, "activities", MESSAGE, 0, 0, 10),
    OPT(ORGANISATION, "size", ENUM, 0, 0),
    LIST(ORGANISATION, "languages", LANGUAGE, 0, 0, 20),
    OPT(ORGANISATION, "description", TEXT, 0, LONG),
    LIST(ORGANISATION, "contacts", MESSAGE, 0, 0, 20),
    OPT(ORGANISATION, "website", URL, 0, 300),
    LIST(ORGANISATION, "regions", LINE, 1, LABEL, 30),
    LIST(ORGANISATION, "labels", LINE, 1, LABEL, 50),
    OPT(ORGANISATION, "external_ref", MESSAGE, 0, 0),
    HUB(ORGANISATION, "id"),
    HUB(ORGANISATION, "state"),
    HUB(ORGANISATION, "roles"),
    HUB(ORGANISATION, "version"),
    HUB(ORGANISATION, "recorded_at"),
    REQ(IDENTIFIER, "scheme", SCHEME, 0, 0),
    REQ(IDENTIFIER, "value", LINE, 1, 60),
    REQ(ACTIVITY, "nomenclature", SCHEME, 0, 0),
    REQ(ACTIVITY, "code", LINE, 2, 10),
    REQ(CONTACT, "name", LINE, 1, NAME),
    OPT(CONTACT, "function", LINE, 0, NAME),
    OPT(CONTACT, "email", EMAIL, 0, 254),
    OPT(CONTACT, "phone", LINE, 0, 40),
    REQ(KEY, "public_key", KEY, 0, 0),
    OPT(KEY, "role", ENUM, 0, 0),
    OPT(KEY, "label", LINE, 0, LABEL),
    OPT(KEY, "expires_at", MESSAGE, 0, 0),
    HUB(KEY, "id"),
    HUB(KEY, "state"),
    HUB(KEY, "recorded_at"),
    OPT(TIMESTAMP, "seconds", NUMBER, -2208988800, 7258118399), /* 1900 to 2199 */
    OPT(TIMESTAMP, "nanos", NUMBER, 0, 999999999),

    /* shared */
    OPT(PAGE, "size", NUMBER, 0, 500),
    OPT(PAGE, "token", LINE, 0, 100),
    OPT(MONEY, "minor_units", NUMBER, 0, AMOUNT),
    REQ(MONEY, "currency", CURRENCY, 0, 0),
    OPT(MONEY_RANGE, "min", MESSAGE, 0, 0),
    OPT(MONEY_RANGE, "max", MESSAGE, 0, 0),
    REQ(EXTERNAL_REF, "scheme", SCHEME, 0, 0),
    REQ(EXTERNAL_REF, "id", LINE, 1, NAME),

    /* proposals */
    REQ(OF(proposal_submit), "proposal", MESSAGE, 0, 0),
    OPT(OF(proposal_submit), "submitted_on", DATE, 0, 0),
    REQ(OF(proposal_revise), "id", ID, 0, 0),
    REQ(OF(proposal_revise), "expected_version", NUMBER, 1, VERSION),
    REQ(OF(proposal_revise), "proposal", MESSAGE, 0, 0),
    REQ(OF(proposal_withdraw), "id", ID, 0, 0),
    OPT(OF(proposal_withdraw), "expected_version", NUMBER, 0, VERSION),
    REQ(OF(proposal_withdraw), "reason", TEXT, 3, REASON),
    OPT(OF(proposal_withdraw), "effective_on", DATE, 0, 0),
    REQ(OF(proposal_get), "id", ID, 0, 0),
    OPT(OF(proposal_get), "version", NUMBER, 0, VERSION),
    OPT(OF(proposal_list), "page", MESSAGE, 0, 0),
    OPT(OF(proposal_list), "workstream", SLUG, 0, 0),
    OPT(OF(proposal_list), "phase", ENUM, 0, 0),
    OPT(OF(proposal_list), "owner", SLUG, 0, 0),
    OPT(OF(proposal_list), "sector", LINE, 0, LABEL),
    OPT(OF(proposal_list), "language", LANGUAGE, 0, 0),
    OPT(OF(proposal_list), "external_ref", MESSAGE, 0, 0),
    REQ(PROPOSAL, "workstream", SLUG, 0, 0),
    LIST(PROPOSAL, "sectors", LINE, 1, LABEL, 30),
    LIST(PROPOSAL, "regions", LINE, 1, LABEL, 30),
    REQ(PROPOSAL, "title", LINE, 3, NAME),
    OPT(PROPOSAL, "summary", TEXT, 0, 600),
    OPT(PROPOSAL, "description", TEXT, 0, LONG),
    OPT(PROPOSAL, "seeks", TEXT, 0, 5000),
    OPT(PROPOSAL, "budget", MESSAGE, 0, 0),
    OPT(PROPOSAL, "trl_now", NUMBER, 0, 9),
    OPT(PROPOSAL, "trl_target", NUMBER, 0, 9),
    OPT(PROPOSAL, "start_on", DATE, 0, 0),
    OPT(PROPOSAL, "end_on", DATE, 0, 0),
    OPT(PROPOSAL, "support_asked", MESSAGE, 0, 0),
    REQ(PROPOSAL, "visibility", ENUM, 0, 0),
    LIST(PROPOSAL, "invited", SLUG, 0, 0, 200),
    LIST(PROPOSAL, "tags", LINE, 1, LABEL, 50),
    OPT(PROPOSAL, "language", LANGUAGE, 0, 0),
    OPT(PROPOSAL, "external_ref", MESSAGE, 0, 0),
    LIST(PROPOSAL, "partners", LINE, 1, NAME, 30),
    HUB(PROPOSAL, "id"),
    HUB(PROPOSAL, "owner"),
    HUB(PROPOSAL, "version"),
    HUB(PROPOSAL, "phase"),
    HUB(PROPOSAL, "phase_since"),
    HUB(PROPOSAL, "progress_percent"),
    HUB(PROPOSAL, "health"),
    HUB(PROPOSAL, "recorded_at"),
    HUB(PROPOSAL, "submitted_at"),

    /* status */
    OPT(HEALTH, "overall", ENUM, 0, 0),
    OPT(HEALTH, "schedule", ENUM, 0, 0),
    OPT(HEALTH, "cost", ENUM, 0, 0),
    OPT(HEALTH, "scope", ENUM, 0, 0),
    REQ(BLOCKER, "reason", REASON, 0, 0),
    OPT(BLOCKER, "text", TEXT, 0, REASON),
    REQ(STATUS, "proposal", ID, 0, 0),
    OPT(STATUS, "expected_version", NUMBER, 0, VERSION),
    OPT(STATUS, "phase", ENUM, 0, 0),
    OPT(STATUS, "progress_percent", NUMBER, 0, 100),
    OPT(STATUS, "health", MESSAGE, 0, 0),
    OPT(STATUS, "achieved", TEXT, 0, 5000),
    OPT(STATUS, "next", TEXT, 0, 5000),
    LIST(STATUS, "blockers", MESSAGE, 0, 0, 20),
    LIST(STATUS, "decisions_asked", TEXT, 1, 500, 20),
    LIST(STATUS, "milestones", MESSAGE, 0, 0, 50),
    OPT(STATUS, "reason", TEXT, 3, REASON),
    OPT(STATUS, "effective_on", DATE, 0, 0),
    OPT(STATUS, "source_word", LINE, 0, LABEL),
    OPT(STATUS, "ends_on", DATE, 0, 0),
    OPT(STATUS, "external_ref", MESSAGE, 0, 0),
    HUB(STATUS, "id"),
    HUB(STATUS, "by"),
    HUB(STATUS, "sequence"),
    HUB(STATUS, "phase_before"),
    HUB(STATUS, "recorded_at"),
    HUB(STATUS, "version"),
    REQ(OF(status_list), "proposal", ID, 0, 0),
    OPT(OF(status_list), "page", MESSAGE, 0, 0),

    /* offers */
    REQ(OF(offer_publish), "offer", MESSAGE, 0, 0),
    OPT(OF(offer_publish), "published_on", DATE, 0, 0),
    REQ(OF(offer_revise), "id", ID, 0, 0),
    REQ(OF(offer_revise), "expected_version", NUMBER, 1, VERSION),
    REQ(OF(offer_revise), "offer", MESSAGE, 0, 0),
    REQ(OF(offer_retire), "id", ID, 0, 0),
    OPT(OF(offer_retire), "expected_version", NUMBER, 0, VERSION),
    REQ(OF(offer_retire), "reason", TEXT, 3, REASON),
    REQ(OF(offer_get), "id", ID, 0, 0),
    OPT(OF(offer_get), "version", NUMBER, 0, VERSION),
    OPT(OF(offer_list), "page", MESSAGE, 0, 0),
    OPT(OF(offer_list), "workstream", SLUG, 0, 0),
    OPT(OF(offer_list), "owner", SLUG, 0, 0),
    OPT(OF(offer_list), "sector", LINE, 0, LABEL),
    OPT(OF(offer_list), "language", LANGUAGE, 0, 0),
    OPT(OF(offer_list), "state", ENUM, 0, 0),
    OPT(OF(offer_list), "external_ref", MESSAGE, 0, 0),
    SOME(OFFER, "workstreams", SLUG, 0, 0, 20),
    LIST(OFFER, "sectors", LINE, 1, LABEL, 30),
    REQ(OFFER, "title", LINE, 3, NAME),
    OPT(OFFER, "summary", TEXT, 0, 600),
    OPT(OFFER, "description", TEXT, 0, LONG),
    LIST(OFFER, "capabilities", LINE, 1, NAME, 30),
    OPT(OFFER, "trl", NUMBER, 0, 9),
    LIST(OFFER, "references", LINE, 1, 300, 20),
    LIST(OFFER, "regions", LINE, 1, LABEL, 30),
    LIST(OFFER, "languages", LANGUAGE, 0, 0, 20),
    OPT(OFFER, "available_from", DATE, 0, 0),
    REQ(OFFER, "visibility", ENUM, 0, 0),
    LIST(OFFER, "invited", SLUG, 0, 0, 200),
    LIST(OFFER, "tags", LINE, 1, LABEL, 50),
    OPT(OFFER, "language", LANGUAGE, 0, 0),
    OPT(OFFER, "external_ref", MESSAGE, 0, 0),
    OPT(OFFER, "country", COUNTRY, 0, 0),
    HUB(OFFER, "id"),
    HUB(OFFER, "owner"),
    HUB(OFFER, "version"),
    HUB(OFFER, "state"),
    HUB(OFFER, "recorded_at"),
    HUB(OFFER, "published_at"),

    /* matches: the text may be anything, it is taken as words */
    OPT(MATCH, "proposal", ID, 0, 0),
    OPT(MATCH, "offer", ID, 0, 0),
    OPT(MATCH, "text", TEXT, 0, 1 << 20),
    OPT(MATCH, "target", ENUM, 0, 0),
    OPT(MATCH, "filter", MESSAGE, 0, 0),
    OPT(MATCH, "limit", NUMBER, 0, 100),
    OPT(MATCH, "at_least_sequence", NUMBER, 0, INT64_MAX),
    LIST(FILTER, "workstreams", SLUG, 0, 0, 62),
    LIST(FILTER, "sectors", LINE, 1, LABEL, 30),
    LIST(FILTER, "countries", COUNTRY, 0, 0, 50),
    LIST(FILTER, "regions", LINE, 1, LABEL, 30),
    LIST(FILTER, "kinds", ENUM, 0, 0, 10),
    LIST(FILTER, "languages", LANGUAGE, 0, 0, 20),
    OPT(FILTER, "trl_min", NUMBER, 0, 9),
    OPT(FILTER, "trl_max", NUMBER, 0, 9),
    LIST(FILTER, "owners", SLUG, 0, 0, 100),

    /* the log */
    OPT(OF(proof_get), "request_id", ID, 0, 0),
    OPT(OF(proof_get), "sequence", NUMBER, 0, INT64_MAX),
    OPT(OF(proof_get), "log_size", NUMBER, 0, INT64_MAX),
};

const size_t bn_field_rule_count = BN_COUNT(bn_field_rules);

/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a request into the registry: scan, unpacking, the table of fields, the rules of its aggregate. Whatever
 * comes, violations name a field and a rule within their bounds, judging twice says the same, and what the hub writes
 * itself has been cleared. */
#include "base/utf8.h"
#include "binome/v1/request.pb-c.h"
#include "registry/rules/aggregate.h"
#include "registry/rules/fields.h"
#include "wire/arena.h"
#include "wire/scan.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_violations(const struct bn_check *check)
{
    assert((check->code == BN_OK) == (check->count == 0 && check->dropped == 0));
    assert(check->count <= BN_VIOLATIONS_MAX);
    for (size_t i = 0; i < check->count; i++) {
        const struct bn_violation *violation = &check->violations[i];
        assert(violation->rule >= 0 && violation->rule < BN_RULE_COUNT);
        assert(bn_utf8_check(violation->field, strlen(violation->field), NULL) == BN_UTF8_GOOD);
        for (size_t k = 0; k < BN_VIOLATION_PARAMS_MAX && violation->params[k] != NULL; k++)
            assert(bn_utf8_check(violation->params[k], strlen(violation->params[k]), NULL) == BN_UTF8_GOOD);
    }
}

/* As the registry does: only once the form is good, so that what is required is there. */
static void judge_aggregate(struct bn_check *check, const Binome__V1__Request *request)
{
    switch (request->body_case) {
    case BINOME__V1__REQUEST__BODY_ORGANISATION_ENROL:
        bn_rule_organisation_text(check, request->organisation_enrol->organisation, "organisation_enrol.organisation");
        break;
    case BINOME__V1__REQUEST__BODY_ORGANISATION_REVISE:
        bn_rule_organisation_text(check, request->organisation_revise->organisation,
                                  "organisation_revise.organisation");
        break;
    case BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT:
        bn_rule_proposal_text(check, request->proposal_submit->proposal, "proposal_submit.proposal");
        break;
    case BINOME__V1__REQUEST__BODY_PROPOSAL_REVISE:
        bn_rule_proposal_text(check, request->proposal_revise->proposal, "proposal_revise.proposal");
        break;
    case BINOME__V1__REQUEST__BODY_OFFER_PUBLISH:
        bn_rule_offer_text(check, request->offer_publish->offer, "offer_publish.offer");
        break;
    case BINOME__V1__REQUEST__BODY_OFFER_REVISE:
        bn_rule_offer_text(check, request->offer_revise->offer, "offer_revise.offer");
        break;
    case BINOME__V1__REQUEST__BODY_STATUS_UPDATE:
        (void)bn_health_pack(0, request->status_update->health);
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bn_arena *arena;
    struct bn_why why;
    if (arena == NULL) {
        enum bn_code started = bn_fields_start(&why);
        arena = bn_arena_create(16 * 1024, 0);
        assert(started == BN_OK && arena != NULL);
    }
    struct bn_scan scan;
    const ProtobufCMessageDescriptor *type = &binome__v1__request__descriptor;
    if (bn_wire_scan(type, "body", data, size, &bn_scan_limits_default, &scan) != BN_OK || scan.last_member == 0)
        return 0;
    bn_arena_reset(arena);
    bn_arena_bound(arena, bn_arena_bytes_for(size));
    ProtobufCMessage *message = protobuf_c_message_unpack(type, bn_arena_allocator(arena), size, data);
    assert(message != NULL);
    size_t before = protobuf_c_message_get_packed_size(message);
    struct bn_check check, again;
    bn_check_start(&check, arena);
    enum bn_code code = bn_fields_check(&check, message, "");
    assert(code == check.code);
    assert(protobuf_c_message_get_packed_size(message) <= before); /* cleared, never added to */
    check_violations(&check);
    bn_check_start(&again, arena);
    bn_fields_check(&again, message, "");
    assert(again.code == check.code && again.count == check.count && again.dropped == check.dropped);
    if (code != BN_OK)
        return 0;
    bn_check_start(&check, arena);
    judge_aggregate(&check, (const Binome__V1__Request *)message);
    check_violations(&check);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/rules/aggregate.h"
#include "test.h"

static struct bn_arena *arena;
static struct bn_check check;

static int setup(void **state)
{
    (void)state;
    arena = bn_arena_create(4096, 1 << 20);
    return arena == NULL;
}

static int teardown(void **state)
{
    (void)state;
    bn_arena_destroy(&arena);
    return 0;
}

static void restart(void)
{
    bn_arena_reset(arena);
    bn_check_start(&check, arena);
}

static void expect(enum bn_code code, const char *field, enum bn_rule rule)
{
    assert_int_equal(check.code, code);
    assert_int_equal(check.count, 1);
    assert_string_equal(check.violations[0].field, field);
    assert_int_equal(check.violations[0].rule, rule);
    restart();
}

static void a_proposal_says_nothing_contradictory(void **state)
{
    (void)state;
    restart();
    Binome__V1__Proposal proposal = BINOME__V1__PROPOSAL__INIT;
    proposal.start_on = "2026-03-01";
    proposal.end_on = "2026-02-01";
    bn_rule_proposal_text(&check, &proposal, "p");
    expect(BN_INVALID_ARGUMENT, "p.end_on", BN_RULE_DATE_ORDER);
    proposal.end_on = "2026-03-01";
    proposal.trl_now = 6;
    proposal.trl_target = 5;
    bn_rule_proposal_text(&check, &proposal, "p");
    expect(BN_INVALID_ARGUMENT, "p.trl_target", BN_RULE_TRL_ORDER);
    proposal.trl_target = 6;
    Binome__V1__Money min = BINOME__V1__MONEY__INIT, max = BINOME__V1__MONEY__INIT;
    Binome__V1__MoneyRange budget = BINOME__V1__MONEY_RANGE__INIT;
    min.minor_units = 2;
    max.minor_units = 1;
    min.currency = max.currency = "EUR";
    budget.min = &min;
    budget.max = &max;
    proposal.budget = &budget;
    bn_rule_proposal_text(&check, &proposal, "p");
    expect(BN_INVALID_ARGUMENT, "p.budget", BN_RULE_AMOUNT_ORDER);
    max.currency = "USD";
    bn_rule_proposal_text(&check, &proposal, "p");
    expect(BN_INVALID_ARGUMENT, "p.budget.max.currency", BN_RULE_CURRENCY_MIXED);
}

static void a_revision_needs_owner_phase_and_version(void **state)
{
    (void)state;
    restart();
    struct bn_object object = {.owner = 7, .state = BINOME__V1__PHASE__PHASE_OPEN, .version = 3};
    assert_int_equal(bn_rule_proposal_revise(&check, 7, &object, 3, 0), BN_OK);
    bn_rule_proposal_revise(&check, 8, &object, 3, 0);
    expect(BN_PERMISSION_DENIED, "proposal_revise.id", BN_RULE_OWNER_ONLY);
    bn_rule_proposal_revise(&check, 7, &object, 2, 0);
    expect(BN_ABORTED, "proposal_revise.expected_version", BN_RULE_VERSION_STALE);
    object.state = BINOME__V1__PHASE__PHASE_WITHDRAWN;
    bn_rule_proposal_revise(&check, 7, &object, 3, 0);
    expect(BN_FAILED_PRECONDITION, "proposal_revise.id", BN_RULE_OBJECT_CLOSED);
}

static void a_status_comes_from_somebody_concerned(void **state)
{
    (void)state;
    restart();
    struct bn_object object = {
        .owner = 7, .state = BINOME__V1__PHASE__PHASE_UNDER_REVIEW, .workstreams = 2, .version = 1};
    struct bn_caller stranger = {.organisation = 8, .pilot_of = 1}, pilot = {.organisation = 9, .pilot_of = 2};
    Binome__V1__StatusUpdate update = BINOME__V1__STATUS_UPDATE__INIT;
    uint32_t to;
    bn_rule_status(&check, &stranger, 8, &object, &update, 0, &to);
    expect(BN_PERMISSION_DENIED, "status_update.proposal", BN_RULE_ROLE_NOT_ALLOWED);
    update.phase = BINOME__V1__PHASE__PHASE_OPEN;
    assert_int_equal(bn_rule_status(&check, &pilot, 9, &object, &update, 0, &to), BN_OK);
    assert_int_equal(to, BINOME__V1__PHASE__PHASE_OPEN);
    update.expected_version = 9;
    bn_rule_status(&check, &pilot, 9, &object, &update, 0, &to);
    expect(BN_ABORTED, "status_update.expected_version", BN_RULE_VERSION_STALE);
    update.expected_version = 0;
    update.effective_on = "2026-02-01";
    update.ends_on = "2026-01-01";
    bn_rule_status(&check, &pilot, 9, &object, &update, 0, &to);
    expect(BN_INVALID_ARGUMENT, "status_update.ends_on", BN_RULE_DATE_ORDER);
}

static void health_keeps_what_is_not_said(void **state)
{
    (void)state;
    Binome__V1__Health health = BINOME__V1__HEALTH__INIT;
    health.cost = BINOME__V1__HEALTH_STATE__HEALTH_STATE_OFF_TRACK;
    uint32_t packed = bn_health_pack(0x01, &health);
    assert_int_equal(packed & 3, 1);
    assert_int_equal(packed >> 4 & 3, 3);
    assert_int_equal(bn_health_pack(packed, NULL), packed);
}

static void identifiers_are_judged_without_their_blanks(void **state)
{
    (void)state;
    restart();
    Binome__V1__Organisation organisation = BINOME__V1__ORGANISATION__INIT;
    Binome__V1__Identifier identifier = BINOME__V1__IDENTIFIER__INIT;
    Binome__V1__Identifier *identifiers[] = {&identifier};
    organisation.identifiers = identifiers;
    organisation.n_identifiers = 1;
    identifier.scheme = "siren";
    identifier.value = "732 829 320";
    assert_int_equal(bn_rule_organisation_text(&check, &organisation, "o"), BN_OK);
    identifier.value = "732829321";
    bn_rule_organisation_text(&check, &organisation, "o");
    expect(BN_INVALID_ARGUMENT, "o.identifiers[0].value", BN_RULE_SIREN_INVALID);
    identifier.scheme = "siren-unverified";
    assert_int_equal(bn_rule_organisation_text(&check, &organisation, "o"), BN_OK);
}

static void states_of_organisations_move_by_their_table(void **state)
{
    (void)state;
    restart();
    struct bn_organisation member = {.number = 7, .state = BINOME__V1__ORGANISATION_STATE__ORGANISATION_STATE_ACTIVE};
    const struct bn_caller hub = {.organisation = 1, .roles = BN_ROLE_OPERATOR}, self = {.organisation = 7};
    uint32_t to;
    assert_int_equal(bn_rule_organisation_move(&check, &hub, &member, BN_ORGANISATION_SUSPEND, &to), BN_OK);
    bn_rule_organisation_move(&check, &self, &member, BN_ORGANISATION_SUSPEND, &to);
    expect(BN_PERMISSION_DENIED, "organisation_suspend.slug", BN_RULE_OPERATOR_ONLY);
    bn_rule_organisation_move(&check, &hub, &member, BN_ORGANISATION_RESUME, &to);
    expect(BN_FAILED_PRECONDITION, "organisation_resume.slug", BN_RULE_ORGANISATION_STATE);
    assert_int_equal(bn_rule_organisation_move(&check, &self, &member, BN_ORGANISATION_LEAVE, &to), BN_OK);
    member.state = to;
    bn_rule_organisation_move(&check, &hub, &member, BN_ORGANISATION_RESUME, &to);
    expect(BN_FAILED_PRECONDITION, "organisation_resume.slug", BN_RULE_ORGANISATION_STATE);
    const struct bn_organisation operator= {.number = 1, .state = 1, .roles = BN_ROLE_OPERATOR};
    bn_rule_organisation_move(&check, &hub, &operator, BN_ORGANISATION_LEAVE, &to);
    expect(BN_FAILED_PRECONDITION, "organisation_leave.slug", BN_RULE_KEY_LAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proposal_says_nothing_contradictory),
        cmocka_unit_test(a_revision_needs_owner_phase_and_version),
        cmocka_unit_test(a_status_comes_from_somebody_concerned),
        cmocka_unit_test(health_keeps_what_is_not_said),
        cmocka_unit_test(identifiers_are_judged_without_their_blanks),
        cmocka_unit_test(states_of_organisations_move_by_their_table),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

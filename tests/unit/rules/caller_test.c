/* SPDX-License-Identifier: Apache-2.0 */
#include "binome/v1/request.pb-c.h"
#include "registry/rules/caller.h"
#include "test.h"

#include <string.h>

static struct bn_arena *arena;

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

static struct bn_check fresh(void)
{
    struct bn_check check;
    bn_arena_reset(arena);
    bn_check_start(&check, arena);
    return check;
}

/* Every request the contract knows has a row, under the name and number of its member, and nothing else has. */
static void the_table_of_requests_is_the_contract(void **state)
{
    (void)state;
    const ProtobufCMessageDescriptor *request = &binome__v1__request__descriptor;
    size_t count, members = 0;
    const struct bn_request_type *types = bn_request_types(&count);
    for (unsigned i = 0; i < request->n_fields; i++) {
        if (request->fields[i].type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        members++;
        const struct bn_request_type *type = bn_request_type_find(request->fields[i].id);
        assert_non_null(type);
        assert_string_equal(type->name, request->fields[i].name);
    }
    assert_int_equal(count, members);
    for (size_t i = 1; i < count; i++)
        assert_true(types[i - 1].number < types[i].number);
    assert_null(bn_request_type_find(0));
    assert_null(bn_request_type_find(9999));
}

static void a_reader_key_changes_nothing(void **state)
{
    (void)state;
    size_t count;
    const struct bn_request_type *types = bn_request_types(&count);
    const struct bn_caller caller = {.roles = BN_ROLE_MEMBER | BN_ROLE_OPERATOR,
                                     .key_role = BINOME__V1__KEY_ROLE__KEY_ROLE_READER};
    for (size_t i = 0; i < count; i++) {
        struct bn_check check = fresh();
        enum bn_code code = bn_rule_request(&check, &types[i], &caller, "");
        if (types[i].writes)
            assert_int_equal(code, BN_PERMISSION_DENIED);
    }
}

static void only_the_operator_speaks_for_others(void **state)
{
    (void)state;
    size_t count;
    const struct bn_request_type *types = bn_request_types(&count);
    struct bn_caller caller = {.key_role = BINOME__V1__KEY_ROLE__KEY_ROLE_MEMBER};
    static const uint32_t roles[] = {BN_ROLE_MEMBER, BN_ROLE_MEMBER | BN_ROLE_COMMITTEE,
                                     BN_ROLE_MEMBER | BN_ROLE_COORDINATION};
    for (size_t i = 0; i < count; i++)
        for (size_t r = 0; r < BN_COUNT(roles); r++) {
            caller.roles = roles[r];
            struct bn_check check = fresh();
            assert_int_equal(bn_rule_request(&check, &types[i], &caller, "somebody"), BN_PERMISSION_DENIED);
        }
    caller.roles = BN_ROLE_MEMBER | BN_ROLE_OPERATOR;
    struct bn_check check = fresh();
    const struct bn_request_type *submit = bn_request_type_find(BINOME__V1__REQUEST__BODY_PROPOSAL_SUBMIT);
    assert_int_equal(bn_rule_request(&check, submit, &caller, "somebody"), BN_OK);
}

static bool sees(const struct bn_caller *caller, enum bn_relation relation, int visibility)
{
    struct bn_view view;
    bn_view_make(caller, &view);
    return (view.seen[relation] & (1u << visibility)) != 0;
}

static void views_open_what_the_promise_says(void **state)
{
    (void)state;
    const struct bn_caller member = {.roles = BN_ROLE_MEMBER};
    const struct bn_caller hub = {.roles = BN_ROLE_MEMBER | BN_ROLE_OPERATOR};
    const struct bn_caller coordination = {.roles = BN_ROLE_MEMBER | BN_ROLE_COORDINATION};
    enum {
        DRAFT = BINOME__V1__VISIBILITY__VISIBILITY_DRAFT,
        INVITED = BINOME__V1__VISIBILITY__VISIBILITY_INVITED,
        WORKSTREAM = BINOME__V1__VISIBILITY__VISIBILITY_WORKSTREAM,
        PROGRAMME = BINOME__V1__VISIBILITY__VISIBILITY_PROGRAMME,
    };
    assert_true(sees(&member, BN_RELATION_OWNER, DRAFT));
    assert_true(sees(&member, BN_RELATION_INVITED, INVITED));
    assert_true(sees(&member, BN_RELATION_PILOT, INVITED));
    assert_true(sees(&member, BN_RELATION_WORKSTREAM, WORKSTREAM));
    assert_true(sees(&member, BN_RELATION_ANY, PROGRAMME));
    assert_false(sees(&member, BN_RELATION_ANY, WORKSTREAM));
    assert_false(sees(&member, BN_RELATION_ANY, INVITED));
    assert_false(sees(&member, BN_RELATION_WORKSTREAM, INVITED));
    assert_false(sees(&coordination, BN_RELATION_ANY, INVITED));
    assert_true(sees(&coordination, BN_RELATION_ANY, WORKSTREAM));
    assert_true(sees(&hub, BN_RELATION_ANY, INVITED));
    for (int relation = 0; relation < BN_RELATIONS; relation++)
        if (relation != BN_RELATION_OWNER)
            assert_false(sees(&hub, (enum bn_relation)relation, DRAFT)); /* nobody reads another's drafts */
}

static void standing_is_lost_for_named_reasons(void **state)
{
    (void)state;
    static const struct {
        uint32_t key_state, organisation_state;
        int64_t expires_ms;
        enum bn_rule rule; /* BN_RULE_COUNT = good */
    } cases[] = {
        {1, 1, 0, BN_RULE_COUNT},
        {1, 1, 1001, BN_RULE_COUNT},
        {2, 1, 0, BN_RULE_KEY_REVOKED},
        {1, 1, 1000, BN_RULE_KEY_EXPIRED},
        {1, 2, 0, BN_RULE_ORGANISATION_SUSPENDED},
        {1, 3, 0, BN_RULE_ORGANISATION_LEFT},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        const struct bn_key key = {.state = cases[i].key_state, .expires_ms = cases[i].expires_ms};
        const struct bn_organisation organisation = {.state = cases[i].organisation_state};
        struct bn_check check = fresh();
        enum bn_code code = bn_rule_standing(&check, &key, &organisation, 1000);
        if (cases[i].rule == BN_RULE_COUNT) {
            assert_int_equal(code, BN_OK);
        } else {
            assert_int_equal(code, BN_UNAUTHENTICATED);
            assert_int_equal(check.violations[0].rule, cases[i].rule);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_of_requests_is_the_contract), cmocka_unit_test(a_reader_key_changes_nothing),
        cmocka_unit_test(only_the_operator_speaks_for_others),   cmocka_unit_test(views_open_what_the_promise_says),
        cmocka_unit_test(standing_is_lost_for_named_reasons),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

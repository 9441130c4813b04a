/* SPDX-License-Identifier: Apache-2.0 */
/* What the scan takes for granted of every message type that can be reached. */
#include "binome/v1/envelope.pb-c.h"
#include "binome/v1/event.pb-c.h"
#include "binome/v1/link.pb-c.h"
#include "binome/v1/reply.pb-c.h"
#include "binome/v1/request.pb-c.h"
#include "binome/v1/stats.pb-c.h"
#include "test.h"
#include "wire/scan.h"

static const ProtobufCMessageDescriptor *const roots[] = {
    &binome__v1__request__descriptor, &binome__v1__reply__descriptor,  &binome__v1__event__descriptor,
    &binome__v1__link__descriptor,    &binome__v1__header__descriptor, &binome__v1__origin__descriptor,
    &binome__v1__stats__descriptor,
};

static unsigned deepest, visited;

/* Depth first; path holds the types above. A type that is met below itself would never end. */
static void walk(const ProtobufCMessageDescriptor *type, const ProtobufCMessageDescriptor **path, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        if (path[i] == type)
            fail_msg("%s contains itself", type->name);
    assert_true(depth < 32);
    path[depth++] = type;
    deepest = depth > deepest ? depth : deepest;
    visited++;
    if (type->n_fields > BN_SCAN_FIELDS_MAX)
        fail_msg("%s has more than %d fields", type->name, BN_SCAN_FIELDS_MAX);
    for (unsigned i = 0; i < type->n_fields; i++) {
        assert_int_not_equal(type->fields[i].label, PROTOBUF_C_LABEL_REQUIRED);
        if (type->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
            walk(type->fields[i].descriptor, path, depth);
    }
}

static void test_no_type_contains_itself_or_nests_deeper_than_the_scan_allows(void **state)
{
    (void)state;
    const ProtobufCMessageDescriptor *path[32];
    for (size_t i = 0; i < BN_COUNT(roots); i++)
        walk(roots[i], path, 0);
    print_message("%u places for messages, deepest %u\n", visited, deepest);
    assert_true(visited > 50);
    assert_true(deepest <= bn_scan_limits_default.depth_max);
}

/* Descriptors do not keep the names of oneofs, so the scan takes every oneof of the top for the one it was asked for.
 */
static void test_bodies_have_one_oneof(void **state)
{
    (void)state;
    static const ProtobufCMessageDescriptor *const bodies[] = {
        &binome__v1__request__descriptor, &binome__v1__reply__descriptor, &binome__v1__link__descriptor};
    for (size_t i = 0; i < BN_COUNT(bodies); i++) {
        unsigned offset = 0;
        for (unsigned k = 0; k < bodies[i]->n_fields; k++) {
            const ProtobufCFieldDescriptor *field = &bodies[i]->fields[k];
            if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0)
                continue;
            assert_true(offset == 0 || offset == field->quantifier_offset);
            offset = field->quantifier_offset;
        }
        assert_int_not_equal(offset, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_type_contains_itself_or_nests_deeper_than_the_scan_allows),
        cmocka_unit_test(test_bodies_have_one_oneof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

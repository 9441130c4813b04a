/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever passes the scan is unpacked within 8 x body + 64 KiB. Bodies of up to 1 MiB that are made to
 * cost as much as they can; each is either refused by the scan, or unpacked within what the scan said it would take. */
#include "binome/v1/reply.pb-c.h"
#include "binome/v1/request.pb-c.h"
#include "pack.h"
#include "test.h"
#include "wire/arena.h"
#include "wire/scan.h"

enum { BODY = 1 << 20 };

/* Beyond protocol limits, so that only the memory rule is left to hold the line. */
static const struct bn_scan_limits no_limits = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};

static struct bn_arena *arena;

static int make_arena(void **state)
{
    (void)state;
    arena = bn_arena_create(64 * 1024, 0);
    return arena == NULL ? -1 : 0;
}

static int drop_arena(void **state)
{
    (void)state;
    bn_arena_destroy(&arena);
    return 0;
}

/* Does it pass? Then it must unpack, at the price that was named. */
static bool passes(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size,
                   const struct bn_scan_limits *limits)
{
    struct bn_scan scan;
    if (bn_wire_scan(type, NULL, bytes, size, limits, &scan) != BN_OK)
        return false;
    bn_arena_reset(arena);
    bn_arena_bound(arena, bn_arena_bytes_for(size));
    ProtobufCMessage *message = protobuf_c_message_unpack(type, bn_arena_allocator(arena), size, bytes);
    assert_non_null(message);
    assert_true(bn_arena_used(arena) <= scan.arena_bytes);
    assert_true(scan.arena_bytes <= bn_arena_bytes_for(size));
    return true;
}

/* Wraps inner, which it takes, into `depth` messages with the numbers given, innermost first. */
static void wrap(struct pack *pack, struct pack *inner, const uint32_t *numbers, size_t depth)
{
    for (size_t i = 0; i < depth; i++) {
        struct pack outer;
        pack_start(&outer, inner->size + 32);
        pack_inner(&outer, numbers[i], inner);
        *inner = outer;
    }
    *pack = *inner;
}

typedef void unit_fn(struct pack *pack, unsigned i);

static void empty_string(struct pack *pack, unsigned i)
{
    (void)i;
    pack_text(pack, 16, ""); /* tags */
}

static void number_again(struct pack *pack, unsigned i)
{
    (void)i;
    pack_number(pack, 9, 1); /* trl_now */
}

static void text_again(struct pack *pack, unsigned i)
{
    (void)i;
    pack_text(pack, 4, ""); /* title */
}

static void unknown_number(struct pack *pack, unsigned i)
{
    pack_number(pack, 20 + i % 8, 1);
}

static void unknown_empty(struct pack *pack, unsigned i)
{
    pack_text(pack, 500 + i % 5, "");
}

static void message_again(struct pack *pack, unsigned i)
{
    (void)i;
    pack_text(pack, 8, ""); /* budget */
}

static const struct {
    const char *name;
    unit_fn *unit;
} proposals[] = {
    {"empty strings in a list", empty_string}, {"a number again and again", number_again},
    {"a text again and again", text_again},    {"unknown numbers", unknown_number},
    {"unknown empty bytes", unknown_empty},    {"a message again and again", message_again},
};

/* 1 MiB of units in a proposal. */
static void fill_proposal(struct pack *pack, unit_fn *unit, size_t bytes)
{
    struct pack inner;
    pack_start(&inner, bytes + 64);
    for (unsigned i = 0; inner.size < bytes; i++)
        unit(&inner, i);
    wrap(pack, &inner, (uint32_t[]){1, 60}, 2);
}

static void test_one_mib_of_the_dearest_fields_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < BN_COUNT(proposals); i++) {
        print_message("%s\n", proposals[i].name);
        struct pack pack;
        fill_proposal(&pack, proposals[i].unit, BODY);
        assert_false(passes(&binome__v1__request__descriptor, pack.bytes, pack.size, &bn_scan_limits_default));
        assert_false(passes(&binome__v1__request__descriptor, pack.bytes, pack.size, &no_limits));
        pack_finish(&pack);
    }
}

/* The same fields, few enough to pass: the price must hold there as well. */
static void test_what_passes_costs_no_more_than_the_scan_said(void **state)
{
    (void)state;
    unsigned passed = 0;
    for (size_t i = 0; i < BN_COUNT(proposals); i++) {
        for (size_t bytes = 1; bytes < 20000; bytes += 1 + bytes / 7) {
            struct pack pack;
            fill_proposal(&pack, proposals[i].unit, bytes);
            passed += passes(&binome__v1__request__descriptor, pack.bytes, pack.size, &bn_scan_limits_default);
            passed += passes(&binome__v1__request__descriptor, pack.bytes, pack.size, &no_limits);
            pack_finish(&pack);
        }
    }
    assert_true(passed > 200);
}

static void test_one_mib_of_empty_submessages_is_refused(void **state)
{
    (void)state;
    struct pack inner, pack;
    pack_start(&inner, BODY + 64);
    while (inner.size < BODY)
        pack_text(&inner, 8, ""); /* blockers of a status update: 48 bytes of memory for two of wire */
    wrap(&pack, &inner, (uint32_t[]){65}, 1);
    assert_false(passes(&binome__v1__request__descriptor, pack.bytes, pack.size, &bn_scan_limits_default));
    assert_false(passes(&binome__v1__request__descriptor, pack.bytes, pack.size, &no_limits));
    pack_finish(&pack);

    pack_start(&inner, BODY + 64);
    while (inner.size < BODY)
        pack_text(&inner, 1, ""); /* a page of proposals: over 400 bytes for two */
    wrap(&pack, &inner, (uint32_t[]){64}, 1);
    assert_false(passes(&binome__v1__reply__descriptor, pack.bytes, pack.size, &no_limits));
    pack_finish(&pack);
}

static void test_one_mib_of_packed_numbers_is_refused_and_costs_four_bytes_each(void **state)
{
    (void)state;
    struct pack inner, pack;
    uint8_t *ones = malloc(BODY);
    assert_non_null(ones);
    memset(ones, 1, BODY);
    pack_start(&inner, BODY + 64);
    pack_bytes(&inner, 3, ones, BODY - 64);
    wrap(&pack, &inner, (uint32_t[]){40}, 1);
    assert_false(passes(&binome__v1__request__descriptor, pack.bytes, pack.size, &bn_scan_limits_default));
    assert_true(passes(&binome__v1__request__descriptor, pack.bytes, pack.size, &no_limits));
    pack_finish(&pack);
    free(ones);
}

static void test_one_mib_of_a_single_text_passes(void **state)
{
    (void)state;
    struct pack inner, pack;
    char *text = malloc(BODY);
    assert_non_null(text);
    memset(text, 'x', BODY);
    pack_start(&inner, BODY + 64);
    pack_bytes(&inner, 6, text, BODY - 64);
    wrap(&pack, &inner, (uint32_t[]){1, 60}, 2);
    assert_true(passes(&binome__v1__request__descriptor, pack.bytes, pack.size, &bn_scan_limits_default));
    pack_finish(&pack);
    free(text);
}

/* Random trees by descriptor: mostly well-formed, with everything in any order and number. */
static void random_message(struct test_random *random, const ProtobufCMessageDescriptor *type, struct pack *pack,
                           unsigned depth);

static void random_field(struct test_random *random, const ProtobufCFieldDescriptor *field, struct pack *pack,
                         unsigned depth)
{
    char text[64];
    size_t size = test_random_below(random, sizeof text);
    memset(text, 'a', sizeof text);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        struct pack inner;
        pack_start(&inner, 1 << 16);
        random_message(random, field->descriptor, &inner, depth + 1);
        if (inner.size + 16 < pack->room - pack->size)
            pack_inner(pack, field->id, &inner);
        else
            pack_finish(&inner);
    } else if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES) {
        pack_bytes(pack, field->id, text, size);
    } else if (field->label == PROTOBUF_C_LABEL_REPEATED && test_random_one_in(random, 2)) {
        pack_bytes(pack, field->id, "\x01\x02\x03\x04", test_random_below(random, 5));
    } else {
        pack_number(pack, field->id, test_random_next(random) >> test_random_below(random, 64));
    }
}

static void random_message(struct test_random *random, const ProtobufCMessageDescriptor *type, struct pack *pack,
                           unsigned depth)
{
    uint64_t fields = type->n_fields == 0 ? 0 : test_random_below(random, depth > 2 ? 8 : 40);
    for (uint64_t i = 0; i < fields && pack->room - pack->size > 128; i++) {
        if (test_random_one_in(random, 12))
            pack_number(pack, (uint32_t)(1000 + test_random_below(random, 9)), 1);
        else
            random_field(random, &type->fields[test_random_below(random, type->n_fields)], pack, depth);
    }
}

static void test_random_bodies_cost_no_more_than_the_scan_said(void **state)
{
    (void)state;
    struct test_random random = test_random_start();
    const ProtobufCMessageDescriptor *const types[] = {
        &binome__v1__proposal__descriptor, &binome__v1__offer__descriptor, &binome__v1__request__descriptor,
        &binome__v1__reply__descriptor, &binome__v1__status_page__descriptor};
    unsigned passed = 0;
    for (unsigned round = 0; round < 4000; round++) {
        const ProtobufCMessageDescriptor *type = types[round % BN_COUNT(types)];
        struct pack pack;
        pack_start(&pack, 1 << 16);
        random_message(&random, type, &pack, 0);
        if (test_random_one_in(&random, 10) && pack.size > 0)
            pack.bytes[test_random_below(&random, pack.size)] = (uint8_t)test_random_next(&random);
        passed += passes(type, pack.bytes, pack.size, &bn_scan_limits_default);
        pack_finish(&pack);
    }
    print_message("%u of 4000 passed\n", passed);
    assert_true(passed > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_mib_of_the_dearest_fields_is_refused, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_what_passes_costs_no_more_than_the_scan_said, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_one_mib_of_empty_submessages_is_refused, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_one_mib_of_packed_numbers_is_refused_and_costs_four_bytes_each, make_arena,
                                        drop_arena),
        cmocka_unit_test_setup_teardown(test_one_mib_of_a_single_text_passes, make_arena, drop_arena),
        cmocka_unit_test_setup_teardown(test_random_bodies_cost_no_more_than_the_scan_said, make_arena, drop_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

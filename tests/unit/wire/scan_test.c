/* SPDX-License-Identifier: Apache-2.0 */
#include "binome/v1/envelope.pb-c.h"
#include "binome/v1/request.pb-c.h"
#include "pack.h"
#include "test.h"
#include "wire/arena.h"
#include "wire/scan.h"

enum { PROPOSAL_SUBMIT = 60, ORGANISATION_ENROL = 40, TAGS = 16, TITLE = 4, BUDGET = 8, TRL_NOW = 9 };

static struct bn_scan scan;

static enum bn_code scan_bytes(const struct pack *pack)
{
    /* a copy of exactly that size, so that a sanitizer sees a read beyond it */
    uint8_t *bytes = malloc(pack->size == 0 ? 1 : pack->size);
    assert_non_null(bytes);
    memcpy(bytes, pack->bytes, pack->size);
    enum bn_code code =
        bn_wire_scan(&binome__v1__request__descriptor, "body", bytes, pack->size, &bn_scan_limits_default, &scan);
    free(bytes);
    return code;
}

/* Takes proposal. */
static void submit(struct pack *pack, struct pack *proposal)
{
    struct pack inner;
    pack_start(&inner, proposal->size + 32);
    pack_inner(&inner, 1, proposal);
    pack_start(pack, inner.size + 32);
    pack_inner(pack, PROPOSAL_SUBMIT, &inner);
}

/* Scans a proposal made of what stands in *proposal, which it takes. */
static enum bn_code scan_proposal(struct pack *proposal)
{
    struct pack pack;
    submit(&pack, proposal);
    enum bn_code code = scan_bytes(&pack);
    pack_finish(&pack);
    return code;
}

static void expect_fault(enum bn_code code, enum bn_rule rule, const char *field)
{
    assert_int_equal(code, BN_INVALID_ARGUMENT);
    assert_string_equal(bn_rule_name(scan.rule), bn_rule_name(rule));
    assert_string_equal(scan.field, field);
}

static void test_a_good_body_passes_and_its_member_is_found(void **state)
{
    (void)state;
    struct pack proposal, pack;
    pack_start(&proposal, 256);
    pack_text(&proposal, TITLE, "Ma\xC3\xAEtrise de l'\xC3\xA9nergie");
    pack_text(&proposal, TAGS, "one");
    pack_text(&proposal, TAGS, "two");
    pack_number(&proposal, TRL_NOW, 3);
    submit(&pack, &proposal);
    assert_int_equal(scan_bytes(&pack), BN_OK);
    assert_int_equal(scan.last_member, PROPOSAL_SUBMIT);
    assert_int_equal(scan.nodes, 1 + 2 + 3); /* body, two messages, three texts */
    assert_int_equal(scan.unknown_bytes, 0);
    assert_int_equal(scan.unknown_field, 0);
    pack_finish(&pack);
}

static void test_an_empty_body_has_no_member(void **state)
{
    (void)state;
    assert_int_equal(bn_wire_scan(&binome__v1__request__descriptor, "body", NULL, 0, &bn_scan_limits_default, &scan),
                     BN_OK);
    assert_int_equal(scan.last_member, 0);
    assert_int_equal(scan.unknown_field, 0);
}

static void test_the_last_member_counts(void **state)
{
    (void)state;
    struct pack pack;
    pack_start(&pack, 64);
    pack_text(&pack, 20, "");
    pack_text(&pack, 23, "");
    pack_text(&pack, 1, "0123456789abcdef");
    assert_int_equal(scan_bytes(&pack), BN_OK);
    assert_int_equal(scan.last_member, 23);
    assert_int_equal(
        bn_wire_scan(&binome__v1__request__descriptor, NULL, pack.bytes, pack.size, &bn_scan_limits_default, &scan),
        BN_OK);
    assert_int_equal(scan.last_member, 0);
    pack_finish(&pack);
}

static void test_broken_bytes_are_malformed_and_the_path_says_where(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *field;
    } cases[] = {
        {"\x21", 1, "proposal_submit.proposal"}, /* key without a value */
        {"\x22\x05"
         "abcd",
         6, "proposal_submit.proposal"},                                                      /* text cut off */
        {"\x48\xFF", 2, "proposal_submit.proposal"},                                          /* varint cut off */
        {"\x48\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 12, "proposal_submit.proposal"}, /* of eleven bytes */
        {"\x00\x00", 2, "proposal_submit.proposal"},                                          /* field 0 */
        {"\x80\x00\x00", 3, "proposal_submit.proposal"},                                      /* field 0 in two bytes */
        {"\xA0\x80\x80\x80\x80\x00\x01", 7, "proposal_submit.proposal"},                      /* key of six bytes */
        {"\xFF\xFF\xFF\xFF\x1F\x01", 6, "proposal_submit.proposal"},     /* field number beyond 2^29 */
        {"\x23\x24", 2, "proposal_submit.proposal"},                     /* a group */
        {"\x26\x01", 2, "proposal_submit.proposal"},                     /* wire type 6 */
        {"\x22\xFF\xFF\xFF\xFF\x0F", 6, "proposal_submit.proposal"},     /* a length of 4 GiB */
        {"\x20\x01", 2, "proposal_submit.proposal.title"},               /* text as a number */
        {"\x4A\x01\x01", 3, "proposal_submit.proposal.trl_now"},         /* number as bytes */
        {"\x4D\x01\x01\x01\x01", 5, "proposal_submit.proposal.trl_now"}, /* number as fixed 32 bits */
        {"\x80\x01\x01", 3, "proposal_submit.proposal.tags[0]"},         /* list of texts as a number */
        {"\x40\x01", 2, "proposal_submit.proposal.budget"},              /* message as a number */
        {"\x42\x00\x42\x00", 4, "proposal_submit.proposal.budget"},      /* message twice */
        {"\x42\x02\x0A\x05", 4, "proposal_submit.proposal.budget"},      /* cut off further down */
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        print_message("case %zu\n", i);
        struct pack proposal;
        pack_start(&proposal, 64);
        pack_raw(&proposal, cases[i].bytes, cases[i].size);
        expect_fault(scan_proposal(&proposal), BN_RULE_BODY_MALFORMED, cases[i].field);
    }
}

static void test_a_bad_text_is_named_with_its_place(void **state)
{
    (void)state;
    struct pack proposal;
    pack_start(&proposal, 64);
    pack_text(&proposal, TAGS, "good");
    pack_text(&proposal, TITLE, "good");
    pack_text(&proposal, TAGS, "abc\xFF");
    expect_fault(scan_proposal(&proposal), BN_RULE_TEXT_NOT_UTF8, "proposal_submit.proposal.tags[1]");
    assert_int_equal(scan.actual, 3);

    struct pack money, range;
    pack_start(&money, 16);
    pack_bytes(&money, 2, "E\0R", 3);
    pack_start(&range, 32);
    pack_inner(&range, 1, &money);
    pack_start(&proposal, 64);
    pack_inner(&proposal, BUDGET, &range);
    expect_fault(scan_proposal(&proposal), BN_RULE_TEXT_CONTROL, "proposal_submit.proposal.budget.min.currency");
    assert_int_equal(scan.actual, 1);

    pack_start(&proposal, 64);
    pack_text(&proposal, TITLE, "two\nlines\tand a tab");
    assert_int_equal(scan_proposal(&proposal), BN_OK);
}

static void test_bytes_fields_are_not_taken_for_text(void **state)
{
    (void)state;
    struct pack pack;
    pack_start(&pack, 64);
    pack_bytes(&pack, 1, "\0\1\2\3\xFF\xFE\xC0\x80", 8);
    pack_text(&pack, 20, "");
    assert_int_equal(scan_bytes(&pack), BN_OK);
    pack_finish(&pack);
}

static void test_a_long_list_is_refused_with_its_whole_length(void **state)
{
    (void)state;
    struct pack proposal;
    pack_start(&proposal, 32768);
    for (unsigned i = 0; i < 1000; i++)
        pack_text(&proposal, TAGS, "tag");
    assert_int_equal(scan_proposal(&proposal), BN_OK);

    pack_start(&proposal, 32768);
    for (unsigned i = 0; i < 1500; i++) {
        pack_text(&proposal, TAGS, "tag");
        if (i % 100 == 0)
            pack_text(&proposal, TITLE, "lists may be cut by others");
    }
    expect_fault(scan_proposal(&proposal), BN_RULE_LIST_TOO_LONG, "proposal_submit.proposal.tags[1000]");
    assert_int_equal(scan.limit, 1000);
    assert_int_equal(scan.actual, 1500);
}

/* roles of an OrganisationEnrol: a repeated enum */
static enum bn_code scan_roles(const void *packed, size_t size, unsigned times)
{
    struct pack inner, pack;
    pack_start(&inner, (size + 16) * times);
    for (unsigned i = 0; i < times; i++)
        pack_bytes(&inner, 3, packed, size);
    pack_number(&inner, 3, 1); /* the same list, not packed */
    pack_start(&pack, inner.size + 16);
    pack_inner(&pack, ORGANISATION_ENROL, &inner);
    enum bn_code code = scan_bytes(&pack);
    pack_finish(&pack);
    return code;
}

static void test_each_element_of_a_packed_list_counts(void **state)
{
    (void)state;
    uint8_t ones[1000];
    memset(ones, 1, sizeof ones);
    assert_int_equal(scan_roles(ones, 300, 3), BN_OK);
    assert_int_equal(scan.nodes, 1 + 1 + 901);
    assert_int_equal(scan_roles("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\x01", 11, 1), BN_OK);
    assert_int_equal(scan.nodes, 1 + 1 + 3);
    assert_int_equal(scan_roles("", 0, 1), BN_OK);
    expect_fault(scan_roles(ones, 1000, 1), BN_RULE_LIST_TOO_LONG, "organisation_enrol.roles[1000]");
    assert_int_equal(scan.actual, 1001);
    expect_fault(scan_roles("\x01\x80", 2, 1), BN_RULE_BODY_MALFORMED, "organisation_enrol.roles[0]");
    expect_fault(scan_roles("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11, 1), BN_RULE_BODY_MALFORMED,
                 "organisation_enrol.roles[0]");
}

static void test_too_many_nodes_are_too_complex(void **state)
{
    (void)state;
    struct pack proposal;
    static const char title[] = "long enough for the memory rule to be content";
    pack_start(&proposal, 1 << 20);
    for (unsigned i = 0; i < 4093; i++) /* with the body and two messages: 4,096 */
        pack_text(&proposal, TITLE, title);
    assert_int_equal(scan_proposal(&proposal), BN_OK);
    assert_int_equal(scan.nodes, 4096);

    pack_start(&proposal, 1 << 20);
    for (unsigned i = 0; i < 4094; i++)
        pack_text(&proposal, TITLE, title);
    expect_fault(scan_proposal(&proposal), BN_RULE_BODY_TOO_COMPLEX, "proposal_submit.proposal.title");
    assert_string_equal(scan.what, "nodes");
    assert_int_equal(scan.limit, 4096);

    /* a number costs nothing once, but protobuf-c notes each occurrence */
    pack_start(&proposal, 65536);
    for (unsigned i = 0; i < 5000; i++)
        pack_number(&proposal, TRL_NOW, 1);
    expect_fault(scan_proposal(&proposal), BN_RULE_BODY_TOO_COMPLEX, "proposal_submit.proposal.trl_now");
}

static void test_deeper_than_the_limit_is_too_complex(void **state)
{
    (void)state;
    struct bn_scan_limits limits = bn_scan_limits_default;
    struct pack money, range, proposal, pack;
    pack_start(&money, 8);
    pack_start(&range, 16);
    pack_inner(&range, 2, &money);
    pack_start(&proposal, 32);
    pack_inner(&proposal, BUDGET, &range);
    submit(&pack, &proposal);
    limits.depth_max = 5;
    assert_int_equal(bn_wire_scan(&binome__v1__request__descriptor, "body", pack.bytes, pack.size, &limits, &scan),
                     BN_OK);
    limits.depth_max = 4;
    expect_fault(bn_wire_scan(&binome__v1__request__descriptor, "body", pack.bytes, pack.size, &limits, &scan),
                 BN_RULE_BODY_TOO_COMPLEX, "proposal_submit.proposal.budget.max");
    assert_string_equal(scan.what, "depth");
    pack_finish(&pack);
}

static void test_unknown_bytes_are_judged_last(void **state)
{
    (void)state;
    static const char zeros[5000];
    struct pack pack;
    /* only an unknown member: a request of a later version, not a broken one */
    pack_start(&pack, 16384);
    pack_bytes(&pack, 1, zeros, 16);
    pack_bytes(&pack, 150, zeros, sizeof zeros);
    pack_bytes(&pack, 151, zeros, 1);
    assert_int_equal(scan_bytes(&pack), BN_OK);
    assert_int_equal(scan.last_member, 0);
    assert_int_equal(scan.unknown_field, 150);
    assert_true(scan.unknown_bytes > 5000);
    /* beside a known member they are only a burden */
    pack_text(&pack, 20, "");
    expect_fault(scan_bytes(&pack), BN_RULE_BODY_TOO_COMPLEX, "");
    assert_string_equal(scan.what, "unknown_bytes");
    assert_int_equal(scan.limit, 4096);
    /* and few of them are ignored, as protobuf wants */
    pack.size = 0;
    pack_bytes(&pack, 150, zeros, 4000);
    pack_text(&pack, 20, "");
    assert_int_equal(scan_bytes(&pack), BN_OK);
    pack_finish(&pack);
}

static void test_unknown_bytes_further_down_count_too(void **state)
{
    (void)state;
    static const char zeros[5000];
    struct pack proposal;
    pack_start(&proposal, 8192);
    pack_bytes(&proposal, 200, zeros, sizeof zeros);
    expect_fault(scan_proposal(&proposal), BN_RULE_BODY_TOO_COMPLEX, "");
    assert_int_equal(scan.unknown_field, 0);
}

/* A list of fixed-size numbers and of bools is in none of our messages: their types come from protobuf-c's own. */
static const ProtobufCFieldDescriptor number_fields[] = {
    {.name = "doubles", .id = 1, .label = PROTOBUF_C_LABEL_REPEATED, .type = PROTOBUF_C_TYPE_DOUBLE},
    {.name = "floats", .id = 2, .label = PROTOBUF_C_LABEL_REPEATED, .type = PROTOBUF_C_TYPE_FLOAT},
    {.name = "bools", .id = 3, .label = PROTOBUF_C_LABEL_REPEATED, .type = PROTOBUF_C_TYPE_BOOL},
};
static const ProtobufCIntRange number_ranges[] = {{1, 0}, {0, BN_COUNT(number_fields)}};
static const ProtobufCMessageDescriptor numbers = {
    .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
    .name = "Numbers",
    .sizeof_message = 128,
    .n_fields = BN_COUNT(number_fields),
    .fields = number_fields,
    .n_field_ranges = 1,
    .field_ranges = number_ranges,
};

static void test_packed_lists_of_every_width(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        unsigned elements; /* 0 = malformed */
    } cases[] = {
        {"\x0A\x10"
         "0123456789abcdef",
         18, 2},
        {"\x0A\x0F"
         "0123456789abcde",
         17, 0},
        {"\x12\x08"
         "01234567",
         10, 2},
        {"\x12\x03"
         "012",
         5, 0},
        {"\x09"
         "01234567",
         9, 1},
        {"\x15"
         "0123",
         5, 1},
        {"\x1A\x03\x00\x01\x01", 5, 3},
        {"\x1A\x01\x02", 3, 0},
        {"\x1A\x02\x81\x00", 4, 0},
        {"\x18\x01", 2, 1},
    };
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        print_message("case %zu\n", i);
        enum bn_code code = bn_wire_scan(&numbers, NULL, cases[i].bytes, cases[i].size, &bn_scan_limits_default, &scan);
        assert_int_equal(code, cases[i].elements > 0 ? BN_OK : BN_INVALID_ARGUMENT);
        if (code == BN_OK)
            assert_int_equal(scan.nodes, 1 + cases[i].elements);
        else
            assert_int_equal(scan.rule, BN_RULE_BODY_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_body_passes_and_its_member_is_found),
        cmocka_unit_test(test_an_empty_body_has_no_member),
        cmocka_unit_test(test_the_last_member_counts),
        cmocka_unit_test(test_broken_bytes_are_malformed_and_the_path_says_where),
        cmocka_unit_test(test_a_bad_text_is_named_with_its_place),
        cmocka_unit_test(test_bytes_fields_are_not_taken_for_text),
        cmocka_unit_test(test_a_long_list_is_refused_with_its_whole_length),
        cmocka_unit_test(test_each_element_of_a_packed_list_counts),
        cmocka_unit_test(test_too_many_nodes_are_too_complex),
        cmocka_unit_test(test_deeper_than_the_limit_is_too_complex),
        cmocka_unit_test(test_unknown_bytes_are_judged_last),
        cmocka_unit_test(test_unknown_bytes_further_down_count_too),
        cmocka_unit_test(test_packed_lists_of_every_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

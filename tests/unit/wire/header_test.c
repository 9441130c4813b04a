/* SPDX-License-Identifier: Apache-2.0 */
#include "binome/v1/envelope.pb-c.h"
#include "pack.h"
#include "test.h"
#include "wire/header.h"

static struct bn_id an_id(uint8_t first)
{
    struct bn_id id;
    for (unsigned i = 0; i < BN_ID_BYTES; i++)
        id.bytes[i] = (uint8_t)(first + i);
    return id;
}

static struct bn_header a_full_header(void)
{
    return (struct bn_header){.version = 1,
                              .kind = BN_KIND_REPLY,
                              .request_id = an_id(1),
                              .request_id_size = BN_ID_BYTES,
                              .body_type = 60,
                              .code = BN_UNAUTHENTICATED,
                              .timeout_ms = UINT32_MAX,
                              .in_reply_to = an_id(40),
                              .trace_id = an_id(80),
                              .clock_ms = INT64_MIN,
                              .retry_after_ms = 300};
}

static void assert_same(const struct bn_header *a, const struct bn_header *b)
{
    assert_true(a->version == b->version && a->kind == b->kind && bn_id_equal(&a->request_id, &b->request_id) &&
                a->request_id_size == b->request_id_size && a->body_type == b->body_type && a->code == b->code &&
                a->timeout_ms == b->timeout_ms && bn_id_equal(&a->in_reply_to, &b->in_reply_to) &&
                bn_id_equal(&a->trace_id, &b->trace_id) && a->clock_ms == b->clock_ms &&
                a->retry_after_ms == b->retry_after_ms);
}

static void test_what_is_written_is_read_back(void **state)
{
    (void)state;
    struct bn_header header = a_full_header(), again;
    uint8_t bytes[BN_HEADER_BYTES_MAX];
    size_t size = bn_header_write(&header, bytes);
    assert_int_equal(bn_header_read(bytes, size, &again), BN_OK);
    assert_same(&header, &again);

    struct bn_origin origin = {.connection = UINT64_MAX,
                               .organisation = an_id(3),
                               .key = an_id(9),
                               .role = BN_KEY_READER,
                               .key_table_version = 7,
                               .received_ms = 1764057600123,
                               .timeout_ms = 30000,
                               .ticket = UINT64_C(1) << 63};
    struct bn_origin origin_again;
    size = bn_origin_write(&origin, bytes);
    assert_int_equal(bn_origin_read(bytes, size, &origin_again), BN_OK);
    assert_true(
        origin_again.connection == origin.connection && bn_id_equal(&origin_again.organisation, &origin.organisation) &&
        bn_id_equal(&origin_again.key, &origin.key) && origin_again.role == origin.role &&
        origin_again.key_table_version == origin.key_table_version && origin_again.received_ms == origin.received_ms &&
        origin_again.timeout_ms == origin.timeout_ms && origin_again.ticket == origin.ticket);
}

static void test_protobuf_c_reads_what_we_write_and_writes_what_we_read(void **state)
{
    (void)state;
    struct bn_header header = a_full_header(), again;
    uint8_t bytes[BN_HEADER_BYTES_MAX];
    size_t size = bn_header_write(&header, bytes);
    Binome__V1__Header *other = binome__v1__header__unpack(NULL, size, bytes);
    assert_non_null(other);
    assert_int_equal(other->version, 1);
    assert_int_equal(other->kind, BINOME__V1__KIND__KIND_REPLY);
    assert_int_equal(other->request_id.len, BN_ID_BYTES);
    assert_memory_equal(other->in_reply_to.data, header.in_reply_to.bytes, BN_ID_BYTES);
    assert_true(other->clock_ms == INT64_MIN);
    assert_int_equal(binome__v1__header__get_packed_size(other), size);
    size = binome__v1__header__pack(other, bytes);
    binome__v1__header__free_unpacked(other, NULL);
    assert_int_equal(bn_header_read(bytes, size, &again), BN_OK);
    assert_same(&header, &again);
}

static void test_the_largest_values_fit(void **state)
{
    (void)state;
    struct bn_header header = a_full_header();
    header.version = header.body_type = header.retry_after_ms = UINT32_MAX;
    header.kind = (enum bn_kind) - 1;
    header.code = (enum bn_code) - 1;
    uint8_t bytes[BN_HEADER_BYTES_MAX];
    struct bn_header again;
    assert_int_equal(bn_header_read(bytes, bn_header_write(&header, bytes), &again), BN_OK);
    assert_same(&header, &again);
}

static void test_an_empty_header_is_all_zero(void **state)
{
    (void)state;
    struct bn_header header, zero = {0};
    assert_int_equal(bn_header_read(NULL, 0, &header), BN_OK);
    assert_same(&header, &zero);
    uint8_t bytes[BN_HEADER_BYTES_MAX];
    assert_int_equal(bn_header_write(&zero, bytes), 0);
}

static void test_unknown_fields_are_ignored_and_the_last_of_repeated_ones_counts(void **state)
{
    (void)state;
    struct pack pack;
    pack_start(&pack, 256);
    pack_number(&pack, 1, 9);
    pack_number(&pack, 11, 77);
    pack_text(&pack, 4000, "of a later version");
    pack_key(&pack, 12, BN_WIRE_32BIT);
    pack_raw(&pack, "abcd", 4);
    pack_key(&pack, 13, BN_WIRE_64BIT);
    pack_raw(&pack, "abcdefgh", 8);
    pack_number(&pack, 1, 1);
    struct bn_header header;
    assert_int_equal(bn_header_read(pack.bytes, pack.size, &header), BN_OK);
    assert_int_equal(header.version, 1);
    pack_finish(&pack);
}

static void test_a_request_id_of_another_length_says_how_long_it_was(void **state)
{
    (void)state;
    struct pack pack;
    pack_start(&pack, 256);
    pack_bytes(&pack, 3, an_id(1).bytes, BN_ID_BYTES);
    pack_bytes(&pack, 3, an_id(1).bytes, 15);
    pack_bytes(&pack, 8, an_id(1).bytes, 15);
    struct bn_header header;
    assert_int_equal(bn_header_read(pack.bytes, pack.size, &header), BN_OK);
    assert_int_equal(header.request_id_size, 15);
    assert_true(bn_id_is_zero(&header.request_id));
    assert_true(bn_id_is_zero(&header.trace_id));
    pack_finish(&pack);
}

static void test_what_is_not_protobuf_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
        {"\x08", 1},                                              /* key without a value */
        {"\x08\x80", 2},                                          /* varint cut off */
        {"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12}, /* varint of eleven bytes */
        {"\x00\x01", 2},                                          /* field number 0 */
        {"\x80\x00\x01", 3},                                      /* the same in two bytes */
        {"\x1A\x10short", 7},                                     /* fewer bytes than said */
        {"\x1A\xFF\xFF\xFF\xFF\x0F", 6},                          /* a length of 4 GiB */
        {"\x0B\x0C", 2},                                          /* a group */
        {"\x0E\x01", 2},                                          /* wire type 6 */
        {"\x0A\x01\x01", 3},                                      /* version as bytes */
        {"\x18\x01", 2},                                          /* request id as a number */
        {"\x61"
         "1234567",
         8}, /* 64 bits cut off */
        {"\x65"
         "123",
         4},                             /* 32 bits cut off */
        {"\x88\x80\x80\x80\x80\x00", 6}, /* key of six bytes */
    };
    struct bn_header header;
    struct bn_origin origin;
    for (size_t i = 0; i < BN_COUNT(cases); i++) {
        print_message("case %zu\n", i);
        assert_int_equal(bn_header_read(cases[i].bytes, cases[i].size, &header), BN_INVALID_ARGUMENT);
    }
    assert_int_equal(bn_origin_read("\x0A\x01\x01", 3, &origin), BN_INVALID_ARGUMENT);
}

static void test_longer_than_the_limit_is_refused(void **state)
{
    (void)state;
    static uint8_t bytes[BN_HEADER_BYTES_MAX + 1];
    for (size_t i = 0; i + 1 < sizeof bytes; i += 2)
        bytes[i] = 0x08;
    struct bn_header header;
    struct bn_origin origin;
    assert_int_equal(bn_header_read(bytes, BN_HEADER_BYTES_MAX, &header), BN_OK);
    assert_int_equal(bn_header_read(bytes, BN_HEADER_BYTES_MAX + 1, &header), BN_INVALID_ARGUMENT);
    assert_int_equal(bn_origin_read(bytes, BN_ORIGIN_BYTES_MAX + 1, &origin), BN_INVALID_ARGUMENT);
}

/* What protobuf-c takes, we take with the same values; random bytes seldom parse, so they start from a good header. */
static void test_we_never_accept_what_protobuf_c_refuses(void **state)
{
    (void)state;
    struct test_random random = test_random_start();
    struct bn_header header = a_full_header();
    uint8_t good[BN_HEADER_BYTES_MAX];
    size_t size = bn_header_write(&header, good);
    unsigned accepted = 0;
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t *bytes = malloc(size); /* of its own, so that a sanitizer sees a read beyond it */
        assert_non_null(bytes);
        memcpy(bytes, good, size);
        for (uint64_t flips = 1 + test_random_below(&random, 3); flips > 0; flips--)
            bytes[test_random_below(&random, size)] = (uint8_t)test_random_next(&random);
        size_t cut = size - (test_random_one_in(&random, 4) ? test_random_below(&random, size) : 0);
        if (bn_header_read(bytes, cut, &header) == BN_OK) {
            Binome__V1__Header *other = binome__v1__header__unpack(NULL, cut, bytes);
            assert_non_null(other);
            assert_true(other->version == header.version && (int)other->kind == (int)header.kind &&
                        other->request_id.len == header.request_id_size && other->body_type == header.body_type &&
                        (int)other->code == (int)header.code && other->timeout_ms == header.timeout_ms &&
                        other->clock_ms == header.clock_ms && other->retry_after_ms == header.retry_after_ms);
            binome__v1__header__free_unpacked(other, NULL);
            accepted++;
        }
        free(bytes);
    }
    assert_true(accepted > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read_back),
        cmocka_unit_test(test_protobuf_c_reads_what_we_write_and_writes_what_we_read),
        cmocka_unit_test(test_the_largest_values_fit),
        cmocka_unit_test(test_an_empty_header_is_all_zero),
        cmocka_unit_test(test_unknown_fields_are_ignored_and_the_last_of_repeated_ones_counts),
        cmocka_unit_test(test_a_request_id_of_another_length_says_how_long_it_was),
        cmocka_unit_test(test_what_is_not_protobuf_is_refused),
        cmocka_unit_test(test_longer_than_the_limit_is_refused),
        cmocka_unit_test(test_we_never_accept_what_protobuf_c_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

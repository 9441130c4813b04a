/* SPDX-License-Identifier: Apache-2.0 */
/* Packing and verifying: the worked example of docs/protocol.md, and every way to break it. */
#include "support.h"

#include "base/merkle.h"

#include <sodium.h>

static size_t unhex(const char *text, uint8_t *out, size_t out_size)
{
    size_t size = 0;
    assert_int_equal(sodium_hex2bin(out, out_size, text, strlen(text), NULL, &size, NULL), 0);
    return size;
}

/* What the company kept and what the hub answers: the third request of a log of five. */
struct example {
    uint8_t body[64], organisation[16], digest[32], leaf[32], root[32], path_bytes[3][32];
    size_t body_size;
    Google__Protobuf__Timestamp at;
    ProtobufCBinaryData path[3];
    Binome__V1__Receipt receipt, record;
    Binome__V1__Proof proof;
};

static void example_make(struct example *e)
{
    static const char *const path[] = {"f50e1fe88b51383eb6160745f84df98476b4c270a0afc776ea57391935e057f6",
                                       "3d7d1fe394c7d9ed45de825fa34fb7834b008a7332841d903b27dc6c137cabe7",
                                       "0215e71349f97a42f5d033eacd55c65607742c4495e217714b3a3d2c2f6e69f0"};
    memset(e, 0, sizeof *e);
    e->body_size = unhex("0a10000102030405060708090a0b0c0d0e0fe203170a150a0261692208466f72656361737470048a0102656e",
                         e->body, sizeof e->body);
    unhex("01a20c91a000700080000000000000aa", e->organisation, 16);
    unhex("bec520e31008c9703d48b6dec3a3c6fb6cc8cc2170c39a0478a1da837bc06330", e->digest, 32);
    unhex("cd2c06443ea59592f829ebcd9d45f1ef6e77acbeca3877079ba634c44061df85", e->leaf, 32);
    unhex("4bf741263aca05f8e45b61b0493263986d213201cb004d9c608683b16b7368c6", e->root, 32);
    google__protobuf__timestamp__init(&e->at);
    e->at.seconds = 1795593600;
    e->at.nanos = 123000000;
    binome__v1__receipt__init(&e->receipt);
    e->receipt.sequence = 3;
    e->receipt.request_id = "01a211b7-fc00-7000-8000-000000000001";
    e->receipt.organisation = (ProtobufCBinaryData){16, e->organisation};
    e->receipt.recorded_at = &e->at;
    e->receipt.type = 60;
    e->receipt.digest = (ProtobufCBinaryData){32, e->digest};
    e->receipt.log_size = 5;
    e->receipt.log_root = (ProtobufCBinaryData){32, e->root};
    e->record = e->receipt;
    binome__v1__proof__init(&e->proof);
    e->proof.receipt = &e->record;
    e->proof.leaf = (ProtobufCBinaryData){32, e->leaf};
    e->proof.log_size = 5;
    e->proof.log_root = (ProtobufCBinaryData){32, e->root};
    for (size_t i = 0; i < 3; i++) {
        unhex(path[i], e->path_bytes[i], 32);
        e->path[i] = (ProtobufCBinaryData){32, e->path_bytes[i]};
    }
    e->proof.n_path = 3;
    e->proof.path = e->path;
}

static enum binome_verdict verdict(const struct example *e)
{
    return binome_verify(&e->receipt, e->body, e->body_size, &e->proof);
}

static void test_the_worked_example_is_proven(void **state)
{
    (void)state;
    struct example e;
    example_make(&e);
    assert_int_equal(verdict(&e), BINOME_PROVEN_IN_LOG);
    assert_int_equal(binome_verify(&e.receipt, NULL, 0, &e.proof), BINOME_PROVEN_IN_LOG);
    e.proof.receipt = NULL;
    assert_int_equal(verdict(&e), BINOME_PROVEN_IN_LOG);
}

static void test_another_body_is_found(void **state)
{
    (void)state;
    struct example e;
    example_make(&e);
    for (size_t i = 0; i < e.body_size; i++) {
        e.body[i] ^= 1;
        assert_int_equal(verdict(&e), BINOME_DIGEST_DIFFERS);
        e.body[i] ^= 1;
    }
    assert_int_equal(binome_verify(&e.receipt, e.body, e.body_size - 1, &e.proof), BINOME_DIGEST_DIFFERS);
}

static void test_another_receipt_is_found(void **state)
{
    (void)state;
    struct example e;
    Google__Protobuf__Timestamp later = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
#define BREAK(change, found)                    \
    do {                                        \
        example_make(&e);                       \
        change;                                 \
        assert_int_equal(verdict(&e), (found)); \
    } while (0)
    BREAK(e.receipt.sequence = 4, BINOME_LEAF_DIFFERS);
    BREAK(e.receipt.sequence = 0, BINOME_LEAF_DIFFERS);
    BREAK(e.receipt.type = 61, BINOME_LEAF_DIFFERS);
    BREAK(e.receipt.request_id = "01a211b7-fc00-7000-8000-000000000002", BINOME_LEAF_DIFFERS);
    BREAK(e.receipt.request_id = "no id", BINOME_LEAF_DIFFERS);
    BREAK(e.organisation[15] ^= 1, BINOME_LEAF_DIFFERS);
    BREAK(e.receipt.organisation.len = 15, BINOME_LEAF_DIFFERS);
    BREAK(e.receipt.recorded_at = NULL, BINOME_LEAF_DIFFERS);
    BREAK(e.receipt.recorded_at = &later, BINOME_LEAF_DIFFERS);
    BREAK(e.at.nanos++, BINOME_LEAF_DIFFERS);
    BREAK(e.receipt.digest.len = 0, BINOME_DIGEST_DIFFERS);
    BREAK(e.record.sequence = 4, BINOME_LEAF_DIFFERS);
    BREAK(e.leaf[0] ^= 1, BINOME_LEAF_DIFFERS);
    BREAK(e.proof.leaf.len = 31, BINOME_LEAF_DIFFERS);
}

static void test_another_path_is_found(void **state)
{
    (void)state;
    struct example e;
    uint8_t other[32] = {0};
    BREAK(e.root[0] ^= 1, BINOME_PATH_BROKEN);
    BREAK(e.receipt.log_root.data = other, BINOME_PATH_BROKEN);
    BREAK(e.path_bytes[1][5] ^= 1, BINOME_PATH_BROKEN);
    BREAK(e.path[2].len = 16, BINOME_PATH_BROKEN);
    BREAK(e.proof.n_path = 2, BINOME_PATH_BROKEN);
    BREAK(e.proof.n_path = 0, BINOME_PATH_BROKEN);
    BREAK(e.proof.n_path = 1000000, BINOME_PATH_BROKEN);
    BREAK(e.proof.log_size = 2, BINOME_PATH_BROKEN);
    BREAK(e.proof.log_size = 0, BINOME_PATH_BROKEN);
    BREAK(e.proof.log_size = 400, BINOME_PATH_BROKEN);
    BREAK(e.proof.log_root.len = 0, BINOME_PATH_BROKEN);
#undef BREAK
}

static void test_what_is_packed_is_what_the_digest_says(void **state)
{
    (void)state;
    uint8_t *body = NULL, digest[32];
    struct bn_digest again;
    size_t size = 0;
    uint32_t type = 0;
    assert_int_equal(binome_pack(a_proposal("Forecast"), &body, &size, &type, digest, NULL), BINOME_OK);
    assert_int_equal(type, 60);
    bn_digest_of(body, size, &again);
    assert_memory_equal(again.bytes, digest, 32);
    Binome__V1__Request *request = binome__v1__request__unpack(NULL, size, body);
    assert_non_null(request);
    assert_int_equal(request->salt.len, 16);
    assert_string_equal(request->proposal_submit->proposal->title, "Forecast");
    binome__v1__request__free_unpacked(request, NULL);
    free(body);
}

static void test_a_salt_of_the_callers_is_kept(void **state)
{
    (void)state;
    uint8_t salt[16] = {1, 2, 3}, *first = NULL, *second = NULL;
    size_t first_size, second_size;
    uint32_t type;
    Binome__V1__Request *request = a_proposal("Forecast");
    request->salt = (ProtobufCBinaryData){16, salt};
    assert_int_equal(binome_pack(request, &first, &first_size, &type, NULL, NULL), BINOME_OK);
    assert_int_equal(binome_pack(request, &second, &second_size, &type, NULL, NULL), BINOME_OK);
    assert_int_equal(first_size, second_size);
    assert_memory_equal(first, second, first_size);
    free(first);
    free(second);
}

static void test_requests_that_are_none_are_refused(void **state)
{
    (void)state;
    uint8_t *body = NULL, salt[16] = {0};
    size_t size;
    uint32_t type;
    struct binome_error error;
    Binome__V1__Request *request = a_proposal("Forecast");
    request->salt = (ProtobufCBinaryData){15, salt};
    assert_int_equal(binome_pack(request, &body, &size, &type, NULL, &error), BINOME_INVALID_ARGUMENT);
    assert_string_equal(error.rule, "body.salt");
    assert_string_equal(error.field, "salt");
    request = a_proposal("Forecast");
    request->proposal_submit = NULL;
    assert_int_equal(binome_pack(request, &body, &size, &type, NULL, &error), BINOME_INVALID_ARGUMENT);
    assert_string_equal(error.rule, "body.no_request");
    binome__v1__request__init(request);
    assert_int_equal(binome_pack(request, &body, &size, &type, NULL, &error), BINOME_INVALID_ARGUMENT);
    assert_string_equal(error.rule, "body.no_request");
    memset(request, 0, sizeof *request);
    assert_int_equal(binome_pack(request, &body, &size, &type, NULL, &error), BINOME_INVALID_ARGUMENT);
    assert_int_equal(binome_pack(NULL, &body, &size, &type, NULL, NULL), BINOME_INVALID_ARGUMENT);
    assert_null(body);
}

static void test_codes_have_their_names(void **state)
{
    (void)state;
    assert_string_equal(binome_code_name(BINOME_OK), "OK");
    assert_string_equal(binome_code_name(BINOME_UNAUTHENTICATED), "UNAUTHENTICATED");
    assert_string_equal(binome_code_name((enum binome_code)4711), "UNKNOWN");
    assert_true(strlen(binome_version()) >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_worked_example_is_proven),
        cmocka_unit_test(test_another_body_is_found),
        cmocka_unit_test(test_another_receipt_is_found),
        cmocka_unit_test(test_another_path_is_found),
        cmocka_unit_test(test_what_is_packed_is_what_the_digest_says),
        cmocka_unit_test(test_a_salt_of_the_callers_is_kept),
        cmocka_unit_test(test_requests_that_are_none_are_refused),
        cmocka_unit_test(test_codes_have_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

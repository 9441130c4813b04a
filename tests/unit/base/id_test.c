/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/clock.h"
#include "base/id.h"

#include <pthread.h>

enum { THREADS = 4, IDS = 20000 };

static int64_t ms_of(const struct bn_id *id)
{
    int64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | id->bytes[i];
    return ms;
}

static void test_an_id_is_a_uuid_of_version_7_for_this_moment(void **state)
{
    (void)state;
    int64_t before = bn_clock_wall_ms();
    struct bn_id id = bn_id_make();
    int64_t after = bn_clock_wall_ms();
    assert_true(ms_of(&id) >= before && ms_of(&id) <= after);
    assert_int_equal(id.bytes[6] >> 4, 7);
    assert_int_equal(id.bytes[8] >> 6, 2);
}

static void test_ids_of_one_thread_are_in_order(void **state)
{
    (void)state;
    struct bn_id last = bn_id_make();
    for (int i = 0; i < IDS; i++) {
        struct bn_id next = bn_id_make();
        assert_true(memcmp(last.bytes, next.bytes, BN_ID_BYTES) < 0);
        last = next;
    }
}

static void *make_ids(void *out)
{
    struct bn_id *ids = out;
    for (int i = 0; i < IDS; i++)
        ids[i] = bn_id_make();
    return NULL;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, BN_ID_BYTES);
}

static void test_ids_of_several_threads_differ_in_their_first_eight_bytes(void **state)
{
    (void)state;
    struct bn_id *ids = malloc(THREADS * IDS * sizeof *ids);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_ids, ids + i * IDS), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    qsort(ids, THREADS * IDS, sizeof *ids, by_bytes);
    for (int i = 1; i < THREADS * IDS; i++)
        assert_true(memcmp(ids[i - 1].bytes, ids[i].bytes, 8) < 0);
    free(ids);
}

#ifdef BN_TEST_CLOCK
static void test_a_clock_that_stands_or_steps_back_does_not_break_the_order(void **state)
{
    (void)state;
    const char *path = test_file(test_folder(), "clock", "1795593600000");
    setenv("BINOME_TEST_CLOCK", path, 1);
    struct bn_id last = bn_id_make();
    for (int i = 0; i < 10000; i++) { /* more than 12 bits can count */
        struct bn_id next = bn_id_make();
        assert_true(memcmp(last.bytes, next.bytes, 8) < 0);
        last = next;
    }
    assert_true(ms_of(&last) <= 1795593600005);
    FILE *file = fopen(path, "w");
    fputs("1795593599000", file);
    fclose(file);
    struct bn_id next = bn_id_make();
    assert_true(memcmp(last.bytes, next.bytes, 8) < 0);
    unsetenv("BINOME_TEST_CLOCK");
}
#endif

static void test_text_of_an_id_goes_there_and_back(void **state)
{
    (void)state;
    struct test_random random = test_random_start();
    for (int i = 0; i < 1000; i++) {
        struct bn_id id, back;
        char text[BN_ID_TEXT_SIZE];
        test_random_fill(&random, id.bytes, sizeof id.bytes);
        bn_id_format(&id, text);
        assert_true(bn_id_parse(text, &back));
        assert_true(bn_id_equal(&id, &back));
    }
    struct bn_id id;
    assert_true(bn_id_parse("0199A0c0-FFFF-7abc-8def-0123456789aB", &id));
    assert_memory_equal(id.bytes, "\x01\x99\xa0\xc0\xff\xff\x7a\xbc\x8d\xef\x01\x23\x45\x67\x89\xab", 16);
    assert_false(bn_id_is_zero(&id));
    assert_true(bn_id_parse("00000000-0000-0000-0000-000000000000", &id));
    assert_true(bn_id_is_zero(&id));
}

static void test_any_other_text_is_no_id(void **state)
{
    (void)state;
    static const char whole[] = "0199a0c0-ffff-7abc-8def-0123456789ab";
    struct bn_id id = {{7}};
    char text[64];
    for (size_t size = 0; size < sizeof whole - 1; size++) {
        snprintf(text, sizeof text, "%.*s", (int)size, whole);
        assert_false(bn_id_parse(text, &id));
        strcpy(text, whole);
        text[size] = text[size] == '-' ? 'a' : 'g';
        assert_false(bn_id_parse(text, &id));
    }
    assert_false(bn_id_parse("0199a0c0-ffff-7abc-8def-0123456789abc", &id));
    assert_false(bn_id_parse("{0199a0c0-ffff-7abc-8def-0123456789ab}", &id));
    assert_false(bn_id_parse("0199a0c0ffff7abc8def0123456789ab", &id));
    assert_false(bn_id_parse(NULL, &id));
    assert_int_equal(id.bytes[0], 7);
}

static void test_digest_is_blake2b_of_256_bits(void **state)
{
    (void)state;
    struct bn_digest digest;
    char hex[65];
    bn_digest_of("", 0, &digest);
    bn_hex(digest.bytes, BN_DIGEST_BYTES, hex);
    assert_string_equal(hex, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    bn_digest_of("abc", 3, &digest);
    bn_hex(digest.bytes, BN_DIGEST_BYTES, hex);
    assert_string_equal(hex, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

static void test_z85_is_that_of_zeromq(void **state)
{
    (void)state;
    static const uint8_t key[] = {0xBB, 0x88, 0x47, 0x1D, 0x65, 0xE2, 0x65, 0x9B, 0x30, 0xC5, 0x5A,
                                  0x53, 0x21, 0xCE, 0xBB, 0x5A, 0xAB, 0x2B, 0x70, 0xA3, 0x98, 0x64,
                                  0x5C, 0x26, 0xDC, 0xA2, 0xB2, 0xFC, 0xB4, 0x3F, 0xC5, 0x18};
    char text[BN_Z85_SIZE];
    uint8_t back[BN_KEY_BYTES];
    bn_z85_encode(key, text);
    assert_string_equal(text, "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID");
    assert_true(bn_z85_decode(text, back));
    assert_memory_equal(back, key, sizeof key);
    struct test_random random = test_random_start();
    for (int i = 0; i < 1000; i++) {
        uint8_t made[BN_KEY_BYTES];
        test_random_fill(&random, made, sizeof made);
        bn_z85_encode(made, text);
        assert_true(bn_z85_decode(text, back));
        assert_memory_equal(back, made, sizeof made);
    }
}

static void test_any_other_text_is_no_z85_key(void **state)
{
    (void)state;
    uint8_t key[BN_KEY_BYTES] = {7};
    assert_false(bn_z85_decode(NULL, key));
    assert_false(bn_z85_decode("", key));
    assert_false(bn_z85_decode("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hI", key));
    assert_false(bn_z85_decode("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hIDD", key));
    assert_false(bn_z85_decode("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hI\"", key));
    assert_false(bn_z85_decode("#####w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", key)); /* above 32 bits */
    assert_false(bn_z85_decode("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV%nSc1", key));
    assert_false(bn_z85_decode("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaL%nSc1", key)); /* 2^32, one too many */
    assert_int_equal(key[0], 7);
    assert_true(bn_z85_decode("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaL%nSc0", key));
}

/* libzmq draws its reconnect jitter from rand(): two processes must not draw the same. The child is this program again,
 * because a fork would share what its parent has seeded. */
static int draw_in_a_new_process(void)
{
    int drawn = -1;
    FILE *child = popen("exec /proc/$PPID/exe draw", "r");
    assert_non_null(child);
    assert_int_equal(fscanf(child, "%d", &drawn), 1);
    assert_int_equal(pclose(child), 0);
    return drawn;
}

static void test_rand_differs_from_process_to_process(void **state)
{
    (void)state;
    int first = draw_in_a_new_process(), second = draw_in_a_new_process(), third = draw_in_a_new_process();
    assert_false(first == second && second == third);
}

int main(int argc, char **argv)
{
    if (bn_random_start() != BN_OK || bn_random_start() != BN_OK)
        return 1;
    if (argc > 1 && strcmp(argv[1], "draw") == 0)
        return printf("%d\n", rand()) < 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_id_is_a_uuid_of_version_7_for_this_moment),
        cmocka_unit_test(test_ids_of_one_thread_are_in_order),
        cmocka_unit_test(test_ids_of_several_threads_differ_in_their_first_eight_bytes),
#ifdef BN_TEST_CLOCK
        cmocka_unit_test(test_a_clock_that_stands_or_steps_back_does_not_break_the_order),
#endif
        cmocka_unit_test(test_text_of_an_id_goes_there_and_back),
        cmocka_unit_test(test_any_other_text_is_no_id),
        cmocka_unit_test(test_digest_is_blake2b_of_256_bits),
        cmocka_unit_test(test_z85_is_that_of_zeromq),
        cmocka_unit_test(test_any_other_text_is_no_z85_key),
        cmocka_unit_test(test_rand_differs_from_process_to_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/code.h"
#include "base/utf8.h"

/* The plain definition, byte by byte, against which the fast one is compared. */
static enum bn_utf8 slow_check(const unsigned char *t, size_t size, size_t *offset)
{
    for (size_t i = 0; i < size;) {
        *offset = i;
        unsigned char c = t[i];
        unsigned more = c < 0x80                 ? 0
                        : c >= 0xC2 && c <= 0xDF ? 1
                        : c >= 0xE0 && c <= 0xEF ? 2
                        : c >= 0xF0 && c <= 0xF4 ? 3
                                                 : 9;
        if (more == 9 || i + more >= size)
            return BN_UTF8_BROKEN;
        for (unsigned k = 1; k <= more; k++)
            if ((t[i + k] & 0xC0) != 0x80)
                return BN_UTF8_BROKEN;
        if ((c == 0xE0 && t[i + 1] < 0xA0) || (c == 0xED && t[i + 1] > 0x9F) || (c == 0xF0 && t[i + 1] < 0x90) ||
            (c == 0xF4 && t[i + 1] > 0x8F))
            return BN_UTF8_BROKEN;
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F || (c == 0xC2 && t[i + 1] < 0xA0))
            return BN_UTF8_CONTROL;
        i += more + 1;
    }
    return BN_UTF8_GOOD;
}

static void test_random_texts_are_judged_as_by_the_definition(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a",
                                         "plain text of more than eight",
                                         "\n",
                                         "\t",
                                         "\x1f",
                                         "\x7f",
                                         "\xc2\x80",
                                         "\xc2\x9f",
                                         "\xc2\xa0",
                                         "\xc3\xa9",
                                         "\xe2\x82\xac",
                                         "\xf0\x9f\x98\x80",
                                         "\xc0\x80",
                                         "\xed\xa0\x80",
                                         "\xf4\x90\x80\x80",
                                         "\x80",
                                         "\xc3",
                                         "\xe2\x82",
                                         "\xff",
                                         "\xe0\x9f\xbf"};
    struct test_random random = test_random_start();
    for (int round = 0; round < 200000; round++) {
        char text[256];
        size_t size = 0, count = (size_t)test_random_below(&random, 8);
        bool good = test_random_one_in(&random, 2);
        for (size_t i = 0; i < count; i++) {
            const char *piece = pieces[test_random_below(&random, good ? 4 : BN_COUNT(pieces))];
            memcpy(text + size, piece, strlen(piece));
            size += strlen(piece);
        }
        if (test_random_one_in(&random, 4) && size > 0)
            text[test_random_below(&random, size)] = (char)test_random_next(&random);
        size_t fast = 999, slow = 999;
        enum bn_utf8 judged = bn_utf8_check(text, size, &fast), wanted = slow_check((unsigned char *)text, size, &slow);
        assert_int_equal(judged, wanted);
        if (wanted != BN_UTF8_GOOD)
            assert_int_equal(fast, slow);
        else
            assert_int_equal(fast, 999);
    }
}

static void test_every_byte_is_judged_at_every_place_of_a_word(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < 24; at++) {
            char text[25] = "abcdefghijklmnopqrstuvwx";
            size_t fast = 99, slow = 99;
            text[at] = (char)byte;
            enum bn_utf8 wanted = slow_check((unsigned char *)text, 24, &slow);
            assert_int_equal(bn_utf8_check(text, 24, &fast), wanted);
            if (wanted != BN_UTF8_GOOD)
                assert_int_equal(fast, at);
        }
    }
}

static void test_length_counts_characters(void **state)
{
    (void)state;
    assert_int_equal(bn_utf8_length("", 0), 0);
    assert_int_equal(bn_utf8_length("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10), 4);
}

static void test_a_cut_never_splits_a_character(void **state)
{
    (void)state;
    const char *text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
    static const size_t cuts[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    for (size_t max = 0; max < BN_COUNT(cuts); max++)
        assert_int_equal(bn_utf8_cut(text, 11, max), cuts[max]);
    assert_int_equal(bn_utf8_cut("\x80\x80\x80\x80\x80\x80\x80\x80", 8, 6), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_texts_are_judged_as_by_the_definition),
        cmocka_unit_test(test_every_byte_is_judged_at_every_place_of_a_word),
        cmocka_unit_test(test_length_counts_characters),
        cmocka_unit_test(test_a_cut_never_splits_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "registry/match/postings.h"
#include "registry/match/strings.h"

enum { MANY = 20000 };

static void test_each_text_has_one_number(void **state)
{
    struct bn_strings strings;
    char text[32];
    (void)state;
    bn_strings_start(&strings);
    assert_int_equal(bn_strings_find(&strings, "0", 1), BN_STRING_NONE);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < MANY; i++) {
            int size = snprintf(text, sizeof text, "word %u", i * i);
            assert_int_equal(bn_strings_add(&strings, text, (size_t)size), i);
        }
    }
    for (uint32_t i = 0; i < MANY; i++) {
        int size = snprintf(text, sizeof text, "word %u", i * i);
        assert_string_equal(bn_strings_text(&strings, i), text);
        assert_int_equal(bn_strings_size(&strings, i), size);
        assert_int_equal(bn_strings_find(&strings, text, (size_t)size), i);
    }
    bn_strings_clear(&strings);
    assert_int_equal(bn_strings_find(&strings, "word 0", 6), BN_STRING_NONE);
    assert_int_equal(bn_strings_add(&strings, "", 0), 0);
    assert_int_equal(bn_strings_find(&strings, "", 0), 0);
    bn_strings_finish(&strings);
}

static void test_lists_keep_all_documents_in_order(void **state)
{
    struct bn_pool pool;
    static struct bn_list lists[100];
    (void)state;
    bn_pool_start(&pool);
    for (uint32_t doc = 0; doc < MANY; doc++) {
        for (uint32_t i = 0; i < BN_COUNT(lists); i++) {
            if (doc % (i + 1) != 0)
                continue;
            assert_true(bn_list_reserve(&pool, &lists[i]));
            bn_list_append(&pool, &lists[i], doc, (uint8_t)(doc % 64));
        }
    }
    for (uint32_t i = 0; i < BN_COUNT(lists); i++) {
        uint32_t doc = 0;
        for (uint32_t at = lists[i].first; at != 0; at = bn_pool_block(&pool, at)->next) {
            struct bn_block *block = bn_pool_block(&pool, at);
            for (uint32_t k = 0; k < block->used; k++, doc += i + 1) {
                assert_int_equal(block->docs[k], doc);
                assert_int_equal(bn_block_grades(block)[k], doc % 64);
            }
        }
        assert_true(doc >= MANY);
    }
    bn_pool_finish(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_text_has_one_number),
        cmocka_unit_test(test_lists_keep_all_documents_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

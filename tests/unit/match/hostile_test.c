/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of any size and shape go in, and the index still answers. */
#include "offers.h"

#include "base/code.h"

#include <unistr.h>

enum { STRINGS = 100000, STRING_MAX = 96, MIB = 1 << 20 };

static char *filled(size_t size, const char *unit)
{
    size_t step = strlen(unit);
    char *text = malloc(size + 1);
    assert_non_null(text);
    for (size_t i = 0; i < size; i++)
        text[i] = unit[i % step];
    text[size] = '\0';
    return text;
}

/* Puts the text into every field, asks for it as a text and as a document, and finds what was there before. */
static void take_and_ask(struct bn_match *match, const char *text)
{
    struct bn_match_doc doc = an_offer(2, text, text);
    doc.texts[BN_MATCH_SUMMARY] = doc.texts[BN_MATCH_CAPABILITIES] = text;
    doc.tags = doc.sectors = doc.regions = (struct bn_match_texts){&text, 1};
    doc.country = text;
    put(match, doc);
    ask(match, a_query(text));
    struct bn_match_query query = a_query(NULL);
    doc.kind = BN_MATCH_PROPOSAL;
    query.like = &doc;
    query.sectors = query.countries = doc.sectors;
    ask(match, query);
    assert_string_equal(found(match, a_query("balise")), "1 ");
}

static void test_a_text_of_one_mebibyte_is_taken(void **state)
{
    static const char *const units[] = {"projet de souveraineté ",
                                        "x",
                                        "x ",
                                        "-",
                                        "a-",
                                        "l'",
                                        "é",
                                        "人",
                                        "🚀",
                                        "\xFF",
                                        "\xC3",
                                        "a.",
                                        "a'a ",
                                        "e\xCC\x81"};
    put(*state, an_offer(1, "balise", NULL));
    for (size_t i = 0; i < BN_COUNT(units); i++) {
        char *text = filled(MIB, units[i]);
        take_and_ask(*state, text);
        free(text);
    }
}

static void test_a_mebibyte_of_different_words_is_taken(void **state)
{
    char *text = malloc(MIB + 32);
    assert_non_null(text);
    put(*state, an_offer(1, "balise", NULL));
    size_t used = 0;
    for (unsigned i = 0; used < MIB; i++)
        used += (size_t)snprintf(text + used, 32, "mot%c%x ", 'a' + (char)(i % 26), i);
    take_and_ask(*state, text);
    struct bn_match_doc doc = an_offer(3, text, NULL);
    put(*state, doc);
    const struct bn_match_answer *answer = ask(*state, a_query(text));
    assert_true(answer->count >= 1);
    free(text);
}

static void test_a_word_of_100000_letters_is_found_by_its_head(void **state)
{
    char *word = filled(100000, "abcdefghij"), head[65];
    memcpy(head, word, 64);
    head[64] = '\0';
    put(*state, an_offer(1, word, NULL));
    assert_string_equal(found(*state, a_query(head)), "1 ");
    assert_string_equal(found(*state, a_query(word)), "1 ");
    free(word);
}

static void test_10000_tags_are_taken(void **state)
{
    enum { TAGS = 10000 };
    const char **tags = malloc(TAGS * sizeof *tags);
    char(*texts)[16] = malloc(TAGS * sizeof *texts);
    assert_non_null(tags);
    assert_non_null(texts);
    for (unsigned i = 0; i < TAGS; i++) {
        snprintf(texts[i], sizeof texts[i], "tag%u", i);
        tags[i] = texts[i];
    }
    struct bn_match_doc doc = an_offer(1, "x", NULL);
    doc.tags = doc.sectors = doc.languages = (struct bn_match_texts){tags, TAGS};
    put(*state, doc);
    assert_string_equal(found(*state, a_query("tag9999")), "1 ");
    struct bn_match_query query = a_query(NULL);
    doc.number = 2;
    doc.kind = BN_MATCH_PROPOSAL;
    query.like = &doc;
    query.sectors = doc.sectors;
    assert_string_equal(found(*state, query), "1 ");
    free(texts);
    free(tags);
}

static void test_scripts_and_directions_mix(void **state)
{
    put(*state, an_offer(1, "שלום عالم Привет 世界 สวัสดี 🇫🇷 Paris", NULL));
    static const char *const asked[] = {"שלום", "عالم", "ПРИВЕТ", "世界", "สวัสดี", "paris", "مرحبا paris"};
    for (size_t i = 0; i < BN_COUNT(asked); i++)
        assert_string_equal(found(*state, a_query(asked[i])), "1 ");
}

static void string_roll(struct test_random *dice, char text[STRING_MAX])
{
    static const char *const bits[] = {"AND",          " NEAR(",   "\"", "*", "eau ", "données", "'", "’", "-", ".",
                                       "\xE2\x80\x8D", "\xCC\x81", "人", "🚀", "İ",    "ß",       "ﬃ", "ﷺ", "é", " ",
                                       "l'",           "œ"};
    size_t size = test_random_below(dice, STRING_MAX), used = 0;
    while (used < size) {
        const char *bit = bits[test_random_below(dice, BN_COUNT(bits))];
        if (test_random_one_in(dice, 2)) {
            text[used++] = (char)(1 + test_random_below(dice, 255));
        } else if (used + strlen(bit) <= size) {
            memcpy(text + used, bit, strlen(bit));
            used += strlen(bit);
        } else {
            break;
        }
    }
    text[used] = '\0';
}

static void test_random_strings_are_words_or_nothing(void **state)
{
    struct test_random dice = test_random_start();
    char text[STRING_MAX];
    put(*state, an_offer(1, "balise", NULL));
    for (uint64_t i = 0; i < STRINGS; i++) {
        string_roll(&dice, text);
        if (i % 10 == 0) {
            struct bn_match_doc doc = an_offer(2 + i % 500, text, text);
            const char *label = text;
            doc.sectors = (struct bn_match_texts){&label, 1};
            put(*state, doc);
        }
        const struct bn_match_answer *answer = ask(*state, a_query(text));
        for (size_t k = 0; k < answer->count; k++) {
            for (size_t m = 0; m < answer->results[k].reason_count; m++) {
                const char *why = answer->results[k].reasons[m].why;
                assert_null(u8_check((const uint8_t *)why, strlen(why)));
            }
        }
    }
    assert_true(ask(*state, a_query("balise"))->count >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        INDEX_TEST(test_a_text_of_one_mebibyte_is_taken),
        INDEX_TEST(test_a_mebibyte_of_different_words_is_taken),
        INDEX_TEST(test_a_word_of_100000_letters_is_found_by_its_head),
        INDEX_TEST(test_10000_tags_are_taken),
        INDEX_TEST(test_scripts_and_directions_mix),
        INDEX_TEST(test_random_strings_are_words_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

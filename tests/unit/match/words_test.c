/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "registry/match/words.h"

static int words_make(void **state)
{
    *state = bn_words_create();
    return *state == NULL ? -1 : 0;
}

static int words_unmake(void **state)
{
    struct bn_words *words = *state;
    bn_words_destroy(&words);
    return 0;
}

static const struct bn_keys *keys_of(void *words, enum bn_lang lang, const char *word)
{
    static struct bn_keys keys[4];
    static unsigned next;
    struct bn_keys *made = &keys[next++ % 4];
    assert_int_equal(bn_words_keys(words, lang, word, strlen(word), made), BN_OK);
    made->first[made->first_size] = made->second[made->second_size] = '\0';
    return made;
}

static void same_first(void *words, enum bn_lang lang, const char *a, const char *b)
{
    assert_string_equal(keys_of(words, lang, a)->first, keys_of(words, lang, b)->first);
}

static void test_case_and_form_make_no_difference(void **state)
{
    same_first(*state, BN_LANG_FR, "SOUVERAINETÉ", "souveraineté");
    same_first(*state, BN_LANG_FR, "souverainete\xCC\x81", "souveraineté"); /* accents apart */
    same_first(*state, BN_LANG_FR, "œuvre", "OEUVRE");
    same_first(*state, BN_LANG_OTHER, "Straße", "STRASSE");
    same_first(*state, BN_LANG_OTHER, "ＡＢＣ", "abc"); /* full width */
    same_first(*state, BN_LANG_OTHER, "ﬁnance", "finance");
    same_first(*state, BN_LANG_OTHER, "e-commerce", "ecommerce");
    same_first(*state, BN_LANG_OTHER, "I.A", "ia");
    same_first(*state, BN_LANG_OTHER, "Łódź", "lodz");
}

static void test_endings_make_no_difference(void **state)
{
    same_first(*state, BN_LANG_FR, "paiements", "paiement");
    same_first(*state, BN_LANG_FR, "industrielles", "industriel");
    same_first(*state, BN_LANG_EN, "payments", "payment");
    same_first(*state, BN_LANG_EN, "connected", "connecting");
    assert_string_not_equal(keys_of(*state, BN_LANG_OTHER, "payments")->first,
                            keys_of(*state, BN_LANG_OTHER, "payment")->first);
}

static void test_words_with_digits_have_no_endings(void **state)
{
    assert_string_equal(keys_of(*state, BN_LANG_FR, "RT2012")->first, "frt2012");
}

static void test_a_word_without_its_accents_has_the_second_key(void **state)
{
    const struct bn_keys *with = keys_of(*state, BN_LANG_FR, "sécurité"),
                         *without = keys_of(*state, BN_LANG_FR, "securite");
    assert_string_equal(with->second, without->second);
    assert_string_equal(without->first, without->second);
    assert_string_not_equal(with->first, with->second);
}

static void test_languages_have_spaces_of_their_own(void **state)
{
    assert_string_not_equal(keys_of(*state, BN_LANG_FR, "cloud")->first, keys_of(*state, BN_LANG_EN, "cloud")->first);
}

static void test_stop_words_are_known_by_language(void **state)
{
    assert_true(keys_of(*state, BN_LANG_FR, "Être")->stop);
    assert_true(keys_of(*state, BN_LANG_FR, "aujourd'hui")->stop);
    assert_true(keys_of(*state, BN_LANG_EN, "don't")->stop);
    assert_true(keys_of(*state, BN_LANG_EN, "The")->stop);
    assert_false(keys_of(*state, BN_LANG_FR, "the")->stop);
    assert_false(keys_of(*state, BN_LANG_OTHER, "the")->stop);
    assert_false(keys_of(*state, BN_LANG_FR, "données")->stop);
}

static enum bn_lang guess(const char *text)
{
    struct bn_lang_votes votes = {0};
    assert_true(bn_lang_vote(&votes, text));
    return bn_lang_guess(&votes);
}

static void test_a_language_is_guessed_by_its_small_words(void **state)
{
    (void)state;
    assert_int_equal(guess("Une plateforme pour les données de la mer"), BN_LANG_FR);
    assert_int_equal(guess("A platform for the data of the sea"), BN_LANG_EN);
    assert_int_equal(guess("plateforme cloud"), BN_LANG_FR);
    assert_int_equal(guess(""), BN_LANG_FR);
    assert_int_equal(guess(NULL), BN_LANG_FR);
}

static void test_a_language_is_said_by_its_code(void **state)
{
    enum bn_lang lang;
    (void)state;
    assert_false(bn_lang_parse("", &lang));
    assert_false(bn_lang_parse(NULL, &lang));
    assert_true(bn_lang_parse("FR", &lang) && lang == BN_LANG_FR);
    assert_true(bn_lang_parse("en-GB", &lang) && lang == BN_LANG_EN);
    assert_true(bn_lang_parse("de", &lang) && lang == BN_LANG_OTHER);
    assert_true(bn_lang_parse("e", &lang) && lang == BN_LANG_OTHER);
    assert_true(bn_lang_parse("eng", &lang) && lang == BN_LANG_OTHER);
}

/* Characters that become many when their compatibility form is taken must not leave the room. */
static void test_no_word_leaves_its_room(void **state)
{
    char word[BN_WORD_ROOM];
    struct bn_keys keys;
    static const char *const greedy[] = {"\xEF\xB7\xBA", "\xEF\xAC\x83", "\xCE\x90", "\xEA\xB0\x81", "\xC7\x86"};
    for (size_t i = 0; i < BN_COUNT(greedy); i++) {
        size_t bytes = strlen(greedy[i]), size = 0;
        for (unsigned k = 0; k < BN_WORD_CHARS_MAX; k++, size += bytes)
            memcpy(word + size, greedy[i], bytes);
        for (unsigned lang = 0; lang < BN_LANGS; lang++) {
            assert_int_equal(bn_words_keys(*state, (enum bn_lang)lang, word, size, &keys), BN_OK);
            assert_true(keys.first_size <= BN_KEY_ROOM && keys.second_size <= BN_KEY_ROOM);
            assert_true(keys.first_size > 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_case_and_form_make_no_difference),
        cmocka_unit_test(test_endings_make_no_difference),
        cmocka_unit_test(test_words_with_digits_have_no_endings),
        cmocka_unit_test(test_a_word_without_its_accents_has_the_second_key),
        cmocka_unit_test(test_languages_have_spaces_of_their_own),
        cmocka_unit_test(test_stop_words_are_known_by_language),
        cmocka_unit_test(test_a_language_is_guessed_by_its_small_words),
        cmocka_unit_test(test_a_language_is_said_by_its_code),
        cmocka_unit_test(test_no_word_leaves_its_room),
    };
    return cmocka_run_group_tests(tests, words_make, words_unmake);
}

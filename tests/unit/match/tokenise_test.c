/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "registry/match/tokenise.h"

/* The words of a text, each followed by a bar; the whole of a word with hyphens in brackets. */
static const char *words_of(const char *text)
{
    static char out[4096];
    struct bn_tokens tokens;
    struct bn_token token;
    size_t used = 0;
    out[0] = '\0';
    bn_tokens_start(&tokens, text, strlen(text));
    while (bn_tokens_next(&tokens, &token))
        used += (size_t)snprintf(out + used, sizeof out - used, token.compound ? "[%.*s]|" : "%.*s|", (int)token.size,
                                 token.text);
    return out;
}

static void test_words_are_letters_and_digits_of_any_script(void **state)
{
    (void)state;
    assert_string_equal(words_of("Réseau 5G, (CO2) «été» 42!"), "Réseau|5G|CO2|été|42|");
    assert_string_equal(words_of("привет мир"), "привет|мир|");
    assert_string_equal(words_of("שלום עולם"), "שלום|עולם|");
    assert_string_equal(words_of("e\xCC\x81te\xCC\x81"), "e\xCC\x81te\xCC\x81|"); /* accents as marks of their own */
    assert_string_equal(words_of(""), "");
    assert_string_equal(words_of(" .,;!?-'’ "), "");
    assert_string_equal(words_of("🚀🚀 fusée 🚀"), "fusée|");
}

static void test_elided_articles_are_dropped(void **state)
{
    (void)state;
    assert_string_equal(words_of("l'eau d’Étretat qu'il Jusqu'à"), "eau|Étretat|il|à|");
    assert_string_equal(words_of("n'a l'e-paiement"), "a|e|paiement|[e-paiement]|");
}

static void test_other_apostrophes_stay(void **state)
{
    (void)state;
    assert_string_equal(words_of("aujourd'hui O’Brien don't"), "aujourd'hui|O’Brien|don't|");
    assert_string_equal(words_of("'cité'"), "cité|");
}

static void test_possessives_are_dropped(void **state)
{
    (void)state;
    assert_string_equal(words_of("the hub's Europe’S hubs'"), "the|hub|Europe|hubs|");
}

static void test_hyphens_part_words_and_the_whole_follows(void **state)
{
    (void)state;
    assert_string_equal(words_of("e-commerce, mi-temps-plein x"),
                        "e|commerce|[e-commerce]|mi|temps|plein|[mi-temps-plein]|x|");
    assert_string_equal(words_of("a - b -c d-"), "a|b|c|d|");
    assert_string_equal(words_of("porte\xE2\x80\x91monnaie"), "porte|monnaie|[porte-monnaie]|");
}

static void test_initials_are_one_word(void **state)
{
    (void)state;
    assert_string_equal(words_of("L'I.A. et les U.S.A."), "I.A|et|les|U.S.A|");
    assert_string_equal(words_of("vitamine C.Le 1.5 v.2"), "vitamine|C|Le|1|5|v|2|");
}

static void test_scripts_without_blanks_give_pairs(void **state)
{
    (void)state;
    assert_string_equal(words_of("人工知能 x 人"), "人工|工知|知能|x|人|");
    assert_string_equal(words_of("カタ"), "カタ|");
}

static void test_soft_hyphens_and_joiners_are_not_there(void **state)
{
    (void)state;
    assert_string_equal(words_of("souve\xC2\xADraineté \xEF\xBB\xBFmot"), "souveraineté|mot|");
}

static void test_bytes_that_are_no_utf8_are_passed_over(void **state)
{
    (void)state;
    assert_string_equal(words_of("pro\xFFjet \xC3"), "projet|");
    assert_string_equal(words_of("\xED\xA0\x80 a\xF4\x90\x80\x80z"), "az|");
}

static void test_words_are_cut_at_64_characters(void **state)
{
    char text[1001];
    (void)state;
    memset(text, 'x', 1000);
    text[1000] = '\0';
    assert_int_equal(strlen(words_of(text)), BN_WORD_CHARS_MAX + 1);
    for (size_t i = 0; i < 1000; i += 2)
        memcpy(text + i, "é", 2);
    assert_int_equal(strlen(words_of(text)), 2 * BN_WORD_CHARS_MAX + 1);
    for (size_t i = 0; i < 1000; i += 2)
        memcpy(text + i, "a-", 2);
    text[999] = '\0'; /* 500 parts: no whole */
    assert_null(strchr(words_of(text), '['));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_are_letters_and_digits_of_any_script),
        cmocka_unit_test(test_elided_articles_are_dropped),
        cmocka_unit_test(test_other_apostrophes_stay),
        cmocka_unit_test(test_possessives_are_dropped),
        cmocka_unit_test(test_hyphens_part_words_and_the_whole_follows),
        cmocka_unit_test(test_initials_are_one_word),
        cmocka_unit_test(test_scripts_without_blanks_give_pairs),
        cmocka_unit_test(test_soft_hyphens_and_joiners_are_not_there),
        cmocka_unit_test(test_bytes_that_are_no_utf8_are_passed_over),
        cmocka_unit_test(test_words_are_cut_at_64_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

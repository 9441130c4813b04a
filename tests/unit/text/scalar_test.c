/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever text goes into a YAML or JSON file comes out of it again. Tried through an Offer, whose description is a
 * member and whose tags are a list. */
#include "test.h"

#include "binome/v1/offer.pb-c.h"
#include "text/message.h"

static Binome__V1__Offer *read_back(const char *text, enum bn_syntax syntax)
{
    struct bn_tree *tree = NULL;
    struct bn_why why = {0};
    ProtobufCMessage *message = NULL;
    if (bn_tree_parse(text, strlen(text), syntax, "f", &tree, &why) != BN_OK)
        fail_msg("%s\n%s", why.detail, text);
    if (bn_message_from_tree(bn_tree_root(tree), &binome__v1__offer__descriptor, "f", &message, &why) != BN_OK)
        fail_msg("%s\n%s", why.detail, text);
    bn_tree_destroy(&tree);
    return (Binome__V1__Offer *)message;
}

static void check_survives(const char *text)
{
    Binome__V1__Offer offer = BINOME__V1__OFFER__INIT;
    char *tags[] = {(char *)text, (char *)"after", (char *)text};
    offer.title = (char *)text;
    offer.description = (char *)text;
    offer.language = (char *)"fr";
    offer.tags = tags;
    offer.n_tags = 3;
    for (int style = BN_STYLE_JSON; style <= BN_STYLE_YAML; style++) {
        char *written = bn_message_to_text(&offer.base, (enum bn_style)style);
        assert_non_null(written);
        Binome__V1__Offer *read = read_back(written, style == BN_STYLE_YAML ? BN_SYNTAX_YAML : BN_SYNTAX_JSON);
        if (strcmp(read->description, text) != 0)
            fail_msg("not the same:\n%s\nfrom\n%s", read->description, written);
        assert_string_equal(read->title, text);
        assert_int_equal(read->n_tags, 3);
        assert_string_equal(read->tags[0], text);
        assert_string_equal(read->tags[1], "after");
        assert_string_equal(read->tags[2], text);
        assert_string_equal(read->language, "fr");
        protobuf_c_message_free_unpacked(&read->base, NULL);
        free(written);
    }
}

static void test_texts_that_look_like_something_else_read_back_as_text(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "null",
        "~",
        "true",
        "False",
        "no",
        "Yes",
        "y",
        "12",
        "-1",
        "1e3",
        "0123",
        "0x1F",
        "1_000",
        ".inf",
        ".nan",
        "NaN",
        "<<",
        "=",
        "2026-01-31",
        "2026-01-31T08:00:00Z",
        "12:30",
        "- x",
        "? x",
        ": x",
        "x: y",
        "x:",
        "x :y",
        "x #y",
        "#x",
        "&x",
        "*x",
        "!x",
        "|",
        ">",
        "'x'",
        "\"x\"",
        "%x",
        "@x",
        "`x`",
        "[x]",
        "{x: y}",
        "a, b",
        "[",
        "]",
        "}",
        "---",
        "--- x",
        "...",
        "\\",
        "a\\nb",
        " x",
        "x ",
        "\n",
        "\n\n",
        "x\n",
        "x\n\n",
        "\nx",
        "x\ny",
        "x\n\ny\n",
        "  x\ny",
        "x\n  y",
        "x\n y\n\n",
        "x \ny",
        "x\n \ny",
        "x\n  ",
        "\t",
        "\tx",
        "x\ty",
        "x\n\ty",
        "x\t\ny",
        "---\n...",
        "# x\n# y",
        "x\n---\ny",
        "x\n...\n",
        "- a\n- b",
        "\xc2\xa0x",
        "x\xc2\xa0",
        "\xe2\x80\xa8",
        "x\xe2\x80\xa8y",
        "x\xe2\x80\xa9\ny",
        "\xef\xbb\xbfx",
        "x\xef\xbb\xbf",
        "\xc2\x85",
        "x\xc2\x85y",
        "\r",
        "x\r\ny",
        "\x7f",
        "\x1b[0m",
        "\xef\xbf\xbe",
        "\xf0\x9f\xbf\xbf",
        "\xf4\x8f\xbf\xbf",
        "\xf0\x9f\x98\x80",
        "\xc3\xa9t\xc3\xa9",
        "a: b\nc: d",
        "key:\n  - x",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_survives(texts[i]);
}

static void test_random_texts_read_back_the_same(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        " ",
        " ",
        "  ",
        "\n",
        "\n",
        "\n\n",
        "\t",
        ":",
        ": ",
        " #",
        "#",
        "- ",
        "-",
        "'",
        "\"",
        "\\",
        "|",
        ">",
        "word",
        "word ",
        "another",
        "1",
        "0",
        "true",
        "\xc3\xa9",
        "\xe2\x82\xac",
        "\xf0\x9f\x98\x80",
        "\xc2\x85",
        "\xe2\x80\xa8",
        "\xef\xbb\xbf",
        "\x7f",
        "\r",
        "[",
        "]",
        "{",
        "}",
        ",",
        "%",
        "&",
        "*",
        "!",
        "?",
        "a long part of a sentence that goes on for some time ",
        "unbreakable_text_without_any_blank_that_is_longer_than_what_a_line_should_hold_in_a_file_that_people_read"};
    struct test_random random = test_random_start();
    for (int round = 0; round < 6000; round++) {
        char text[4096] = "";
        size_t used = 0, count = (size_t)test_random_below(&random, 24), kinds = sizeof pieces / sizeof pieces[0];
        bool prose = test_random_one_in(&random, 2); /* few odd characters, so that blocks are tried as well */
        for (size_t i = 0; i < count; i++) {
            size_t pick = (size_t)test_random_below(&random, kinds);
            if (prose && pick >= 26 && pick < 42)
                pick = 18;
            used += (size_t)snprintf(text + used, sizeof text - used, "%s", pieces[pick]);
        }
        check_survives(text);
    }
}

static void test_broken_utf8_is_written_as_the_replacement_character(void **state)
{
    (void)state;
    Binome__V1__Offer offer = BINOME__V1__OFFER__INIT;
    offer.title = (char *)"a\xff"
                          "b";
    for (int style = BN_STYLE_JSON; style <= BN_STYLE_YAML; style++) {
        char *written = bn_message_to_text(&offer.base, (enum bn_style)style);
        Binome__V1__Offer *read = read_back(written, style == BN_STYLE_YAML ? BN_SYNTAX_YAML : BN_SYNTAX_JSON);
        assert_string_equal(read->title, "a\xef\xbf\xbd"
                                         "b");
        protobuf_c_message_free_unpacked(&read->base, NULL);
        free(written);
    }
}

static void test_long_texts_are_folded_and_short_ones_plain(void **state)
{
    (void)state;
    Binome__V1__Offer offer = BINOME__V1__OFFER__INIT;
    offer.title = (char *)"D\xc3\xa9tecter les fraudes : un pilote";
    offer.summary = (char *)"L'\xc3\xa9quipe cherche un partenaire";
    offer.description =
        (char *)"one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
                "sixteen seventeen\n\nand a second paragraph";
    offer.available_from = (char *)"2026-01-31";
    offer.country = (char *)"NO";
    char *written = bn_message_to_text(&offer.base, BN_STYLE_YAML);
    assert_string_equal(
        written, "title: \"D\xc3\xa9tecter les fraudes : un pilote\"\n"
                 "summary: L'\xc3\xa9quipe cherche un partenaire\n"
                 "description: >-\n"
                 "  one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen\n"
                 "  seventeen\n"
                 "\n"
                 "\n"
                 "  and a second paragraph\n"
                 "available_from: 2026-01-31\n"
                 "country: \"NO\"\n");
    free(written);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_that_look_like_something_else_read_back_as_text),
        cmocka_unit_test(test_random_texts_read_back_the_same),
        cmocka_unit_test(test_broken_utf8_is_written_as_the_replacement_character),
        cmocka_unit_test(test_long_texts_are_folded_and_short_ones_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* offers.h: one-line documents and queries for the tests of the index. */
#ifndef BINOME_TESTS_MATCH_OFFERS_H
#define BINOME_TESTS_MATCH_OFFERS_H

#include "test.h"

#include "registry/match/match.h"

enum { DRAFT = 1, INVITED = 2, WORKSTREAM = 3, PROGRAMME = 4, PUBLIC = 5, SOMEBODY = 7, CALLER = 9 };

/* Sees what everybody may see. */
static const struct bn_view anybody = {.organisation = CALLER, .seen = {1U << PROGRAMME | 1U << PUBLIC}};

static inline struct bn_match_doc an_offer(uint64_t number, const char *title, const char *description)
{
    struct bn_match_doc doc = {.number = number,
                               .kind = BN_MATCH_OFFER,
                               .owner = SOMEBODY,
                               .version = 1,
                               .visibility = PROGRAMME,
                               .country = "",
                               .language = ""};
    doc.texts[BN_MATCH_TITLE] = title;
    doc.texts[BN_MATCH_DESCRIPTION] = description;
    return doc;
}

static inline void put(struct bn_match *match, struct bn_match_doc doc)
{
    assert_int_equal(bn_match_put(match, &doc), BN_OK);
}

static inline struct bn_match_query a_query(const char *text)
{
    return (struct bn_match_query){
        .target = BN_MATCH_OFFER, .text = text, .text_language = "", .view = &anybody, .limit = BN_MATCH_LIMIT_MAX};
}

/* Lends the answer until the next question; checks what is true of every answer. */
static inline const struct bn_match_answer *ask(struct bn_match *match, struct bn_match_query query)
{
    static struct bn_match_answer answer;
    assert_int_equal(bn_match_find(match, &query, &answer), BN_OK);
    assert_int_equal(answer.count == 0, answer.empty_because != NULL);
    assert_true(answer.candidates >= answer.count);
    for (size_t i = 0; i < answer.count; i++) {
        const struct bn_match_result *result = &answer.results[i], *next = result + 1;
        uint32_t points = 0;
        for (size_t k = 0; k < result->reason_count; k++)
            points += result->reasons[k].points;
        assert_int_equal(points, result->score);
        assert_true(result->reason_count > 0 && result->reason_count <= BN_MATCH_REASONS_MAX);
        assert_true(result->score > 0 && result->score <= 1000);
        if (i + 1 < answer.count)
            assert_true(result->score > next->score || (result->score == next->score && result->number > next->number));
    }
    return &answer;
}

/* The numbers found, in order, as "3 1 2 ". */
static inline const char *found(struct bn_match *match, struct bn_match_query query)
{
    static char numbers[BN_MATCH_LIMIT_MAX * 21];
    const struct bn_match_answer *answer = ask(match, query);
    size_t used = 0;
    numbers[0] = '\0';
    for (size_t i = 0; i < answer->count; i++)
        used += (size_t)snprintf(numbers + used, sizeof numbers - used, "%llu ",
                                 (unsigned long long)answer->results[i].number);
    return numbers;
}

static inline int index_make(void **state)
{
    *state = bn_match_create();
    return *state == NULL ? -1 : 0;
}

static inline int index_unmake(void **state)
{
    struct bn_match *match = *state;
    bn_match_destroy(&match);
    return 0;
}

#define INDEX_TEST(name) cmocka_unit_test_setup_teardown(name, index_make, index_unmake)

#endif

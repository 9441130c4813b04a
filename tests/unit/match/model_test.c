/* SPDX-License-Identifier: Apache-2.0 */
/* Random documents, views, filters and changes against a plain model: who is found, how many there were, why nobody
 * was, and the score by the formula as a textbook has it. */
#include "offers.h"

#include "registry/match/index.h"
#include "registry/match/ranking.h"

#include <math.h>

enum { NUMBERS = 60, OWNERS = 6, WORDS = 12, TITLE_MAX = 2, TEXT_MAX = 6, LABELS = 4, ROUNDS = 150, QUERIES = 40 };

/* digits keep the stemmers and the stop words out of this */
static const char *const words[WORDS] = {"w1a", "w2b", "w3c", "w4d", "w5e", "w6f",
                                         "w7g", "w8h", "w9i", "w1j", "w2k", "w3l"};
static const char *const labels[LABELS] = {"Santé", "énergie", "Eau", "Île-de-France"};
static const char *const loud_labels[LABELS] = {"SANTE", "Energie", "EAU", "ILE-DE-FRANCE"};
static const char *const countries[3] = {"", "FR", "BE"};

struct plain_doc {
    bool there;
    enum bn_match_kind kind;
    uint32_t owner, owner_kind, visibility, trl_now, trl_target;
    uint64_t workstreams;
    uint32_t invited[3];
    size_t invited_count;
    unsigned title[WORDS], text[WORDS]; /* how often */
    unsigned sectors, regions;          /* bits of labels */
    unsigned country;
};

struct plain_query {
    enum bn_match_kind target;
    unsigned words[WORDS];
    struct bn_view view;
    unsigned sectors, regions, country;
    uint32_t exclude, owner_kinds, trl_min, trl_max;
    uint64_t workstreams;
    uint32_t owners[2];
    size_t owner_count;
};

struct model {
    struct plain_doc docs[NUMBERS];
    bool inactive[OWNERS + 1];
};

static struct test_random dice;

static uint32_t roll(uint32_t below)
{
    return (uint32_t)test_random_below(&dice, below);
}

static void text_make(const unsigned counts[WORDS], char *out, size_t room)
{
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < WORDS; i++) {
        for (unsigned k = 0; k < counts[i]; k++)
            used += (size_t)snprintf(out + used, room - used, "%s ", words[i]);
    }
}

static void doc_roll(struct plain_doc *doc)
{
    *doc = (struct plain_doc){.there = true,
                              .kind = roll(4) == 0 ? BN_MATCH_PROPOSAL : BN_MATCH_OFFER,
                              .owner = 1 + roll(OWNERS),
                              .owner_kind = roll(5),
                              .visibility = roll(7),
                              .workstreams = roll(8),
                              .invited_count = roll(4),
                              .sectors = roll(3) == 0 ? 0 : roll(1 << LABELS),
                              .regions = roll(1 << LABELS),
                              .country = roll(3)};
    doc->trl_now = roll(10);
    doc->trl_target = roll(10);
    for (size_t i = 0; i < doc->invited_count; i++)
        doc->invited[i] = 1 + roll(OWNERS);
    for (unsigned i = roll(TITLE_MAX + 1); i > 0; i--)
        doc->title[roll(WORDS)]++;
    for (unsigned i = roll(TEXT_MAX + 1); i > 0; i--)
        doc->text[roll(WORDS)]++;
}

static size_t chosen(unsigned bits, const char *const names[LABELS], const char *out[LABELS])
{
    size_t count = 0;
    for (unsigned i = 0; i < LABELS; i++) {
        if ((bits >> i & 1) != 0)
            out[count++] = names[i];
    }
    return count;
}

static void doc_put(struct bn_match *match, uint64_t number, const struct plain_doc *plain)
{
    char title[256], text[256];
    const char *sectors[LABELS], *regions[LABELS];
    struct bn_match_doc doc = {.number = number,
                               .kind = plain->kind,
                               .owner = plain->owner,
                               .owner_kind = plain->owner_kind,
                               .version = 1,
                               .visibility = plain->visibility,
                               .workstreams = plain->workstreams,
                               .invited = plain->invited,
                               .invited_count = plain->invited_count,
                               .country = countries[plain->country],
                               .language = "",
                               .trl_now = plain->trl_now,
                               .trl_target = plain->trl_target};
    text_make(plain->title, title, sizeof title);
    text_make(plain->text, text, sizeof text);
    doc.texts[BN_MATCH_TITLE] = title;
    doc.texts[BN_MATCH_DESCRIPTION] = text;
    doc.sectors = (struct bn_match_texts){sectors, chosen(plain->sectors, labels, sectors)};
    doc.regions = (struct bn_match_texts){regions, chosen(plain->regions, labels, regions)};
    put(match, doc);
}

static bool plain_sees(const struct bn_view *view, const struct plain_doc *doc)
{
    bool invited = false;
    for (size_t i = 0; i < doc->invited_count; i++)
        invited = invited || doc->invited[i] == view->organisation;
    const bool stands[BN_RELATIONS] = {
        [BN_RELATION_ANY] = true,
        [BN_RELATION_OWNER] = doc->owner == view->organisation,
        [BN_RELATION_INVITED] = invited,
        [BN_RELATION_PILOT] = (doc->workstreams & view->pilot_of) != 0,
        [BN_RELATION_WORKSTREAM] = (doc->workstreams & view->member_of) != 0,
    };
    for (unsigned relation = 0; relation < BN_RELATIONS; relation++) {
        if (stands[relation] && (view->seen[relation] >> doc->visibility & 1) != 0)
            return true;
    }
    return false;
}

static bool plain_trl(const struct plain_query *query, const struct plain_doc *doc)
{
    uint32_t low = doc->trl_now != 0 ? doc->trl_now : doc->trl_target;
    uint32_t high = doc->trl_target != 0 ? doc->trl_target : doc->trl_now;
    if (query->trl_min == 0 && query->trl_max == 0)
        return true;
    return low != 0 && high >= query->trl_min && (query->trl_max == 0 || low <= query->trl_max);
}

static bool plain_passes(const struct plain_query *query, const struct plain_doc *doc)
{
    bool owner = query->owner_count == 0;
    for (size_t i = 0; i < query->owner_count; i++)
        owner = owner || query->owners[i] == doc->owner;
    return owner && doc->owner != query->exclude && plain_trl(query, doc) &&
           (query->sectors == 0 || (query->sectors & doc->sectors) != 0) &&
           (query->regions == 0 || (query->regions & doc->regions) != 0) &&
           (query->country == 0 || query->country == doc->country) &&
           (query->owner_kinds == 0 || (query->owner_kinds >> doc->owner_kind & 1) != 0) &&
           (query->workstreams == 0 || (query->workstreams & doc->workstreams) != 0);
}

static bool plain_shares(const struct plain_query *query, const struct plain_doc *doc)
{
    for (unsigned i = 0; i < WORDS; i++) {
        if (query->words[i] != 0 && doc->title[i] + doc->text[i] != 0)
            return true;
    }
    return false;
}

static bool counts_in_measures(const struct plain_query *query, const struct plain_doc *doc)
{
    return doc->there && doc->kind == query->target && doc->visibility >= PROGRAMME && doc->visibility <= PUBLIC &&
           (query->view.seen[BN_RELATION_ANY] >> doc->visibility & 1) != 0;
}

static double frequency(const struct plain_doc *doc, unsigned word)
{
    return (bn_field_ranking[BN_MATCH_TITLE].quarters * doc->title[word] +
            bn_field_ranking[BN_MATCH_DESCRIPTION].quarters * doc->text[word]) /
           4.0;
}

static double length(const struct plain_doc *doc)
{
    double sum = 0;
    for (unsigned i = 0; i < WORDS; i++)
        sum += frequency(doc, i);
    return sum;
}

static double plain_score(const struct model *model, const struct plain_query *query, const struct plain_doc *doc)
{
    double all = 0, lengths = 0, got = 0, possible = 0;
    for (unsigned i = 0; i < NUMBERS; i++) {
        if (counts_in_measures(query, &model->docs[i])) {
            all++;
            lengths += length(&model->docs[i]);
        }
    }
    double average = lengths == 0 ? 1 : lengths / all;
    double rounded = exp2(floor(16 * log2(length(doc) < 1 ? 1 : length(doc)) + 0.5) / 16); /* a length is kept so */
    for (unsigned word = 0; word < WORDS; word++) {
        double held = 0, asked = query->words[word], tf = frequency(doc, word);
        for (unsigned i = 0; i < NUMBERS; i++)
            held += counts_in_measures(query, &model->docs[i]) && frequency(&model->docs[i], word) > 0;
        double weight = log(1 + (all - held + 0.5) / (held + 0.5)) * asked * (1 + BN_K3) / (asked + BN_K3);
        possible += weight;
        got += weight * tf / (tf + BN_K1 * (1 - BN_B + BN_B * rounded / average));
    }
    return 1000 * got / possible;
}

static void query_roll(struct plain_query *query)
{
    *query = (struct plain_query){.target = roll(3) == 0 ? BN_MATCH_PROPOSAL : BN_MATCH_OFFER,
                                  .view = {.organisation = 1 + roll(OWNERS)}};
    query->view.pilot_of = roll(8) & roll(8);
    query->view.member_of = roll(8) & roll(8);
    for (unsigned i = 0; i < BN_RELATIONS; i++)
        query->view.seen[i] = roll(128) & (roll(2) == 0 ? roll(128) : 127);
    for (unsigned i = 1 + roll(4); i > 0; i--)
        query->words[roll(WORDS)] += roll(4) == 0 ? 2 : 1;
    if (roll(3) == 0)
        query->exclude = 1 + roll(OWNERS);
    if (roll(4) == 0)
        query->sectors = 1 + roll((1 << LABELS) - 1);
    if (roll(4) == 0)
        query->regions = 1 + roll((1 << LABELS) - 1);
    if (roll(5) == 0)
        query->country = 1 + roll(2);
    if (roll(5) == 0)
        query->owner_kinds = 1 + roll(31);
    if (roll(5) == 0)
        query->workstreams = 1 + roll(7);
    if (roll(5) == 0)
        query->trl_min = roll(10);
    if (roll(5) == 0)
        query->trl_max = roll(10);
    if (roll(5) == 0)
        query->owner_count = 1 + roll(2);
    for (size_t i = 0; i < query->owner_count; i++)
        query->owners[i] = 1 + roll(OWNERS);
}

static const struct bn_match_answer *query_ask(struct bn_match *match, const struct plain_query *plain)
{
    char text[512];
    const char *sectors[LABELS], *regions[LABELS];
    text_make(plain->words, text, sizeof text);
    struct bn_match_query query = {.target = plain->target,
                                   .text = text,
                                   .text_language = "",
                                   .view = &plain->view,
                                   .exclude_owner = plain->exclude,
                                   .workstreams = plain->workstreams,
                                   .countries = {&countries[plain->country], plain->country != 0},
                                   .owner_kinds = plain->owner_kinds,
                                   .owners = plain->owners,
                                   .owner_count = plain->owner_count,
                                   .trl_min = plain->trl_min,
                                   .trl_max = plain->trl_max,
                                   .limit = BN_MATCH_LIMIT_MAX};
    query.sectors = (struct bn_match_texts){sectors, chosen(plain->sectors, loud_labels, sectors)};
    query.regions = (struct bn_match_texts){regions, chosen(plain->regions, loud_labels, regions)};
    return ask(match, query);
}

static const struct bn_match_result *result_of(const struct bn_match_answer *answer, uint64_t number)
{
    for (size_t i = 0; i < answer->count; i++) {
        if (answer->results[i].number == number)
            return &answer->results[i];
    }
    return NULL;
}

static void compare(struct bn_match *match, const struct model *model, const struct plain_query *query)
{
    const struct bn_match_answer *answer = query_ask(match, query);
    size_t found_count = 0, filtered = 0;
    for (unsigned i = 0; i < NUMBERS; i++) {
        const struct plain_doc *doc = &model->docs[i];
        const struct bn_match_result *result = result_of(answer, i + 1);
        bool met = doc->there && doc->kind == query->target && !model->inactive[doc->owner] &&
                   plain_sees(&query->view, doc) && plain_shares(query, doc);
        bool wanted = met && plain_passes(query, doc);
        found_count += wanted;
        filtered += met && !wanted;
        assert_int_equal(wanted, result != NULL);
        if (wanted) {
            double score = plain_score(model, query, doc);
            assert_true(fabs(result->score - score) <= 1.0);
            assert_int_equal(result->owner, doc->owner);
        }
    }
    assert_int_equal(answer->count, found_count);
    assert_int_equal(answer->candidates, found_count);
    if (found_count == 0)
        assert_string_equal(answer->empty_because, filtered > 0 ? "match.all_filtered" : "match.nothing_in_common");
}

static void change(struct bn_match *match, struct model *model)
{
    uint32_t number = 1 + roll(NUMBERS), owner = 1 + roll(OWNERS);
    struct plain_doc *doc = &model->docs[number - 1];
    switch (roll(8)) {
    case 0:
        bn_match_remove(match, number);
        doc->there = false;
        break;
    case 1:
        model->inactive[owner] = roll(3) == 0;
        assert_int_equal(bn_match_owner_active(match, owner, !model->inactive[owner]), BN_OK);
        break;
    default:
        doc_roll(doc);
        doc_put(match, number, doc);
        break;
    }
}

static void test_index_finds_what_the_model_finds(void **state)
{
    struct model model = {0};
    dice = test_random_start();
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < 20; i++)
            change(*state, &model);
        for (unsigned i = 0; i < QUERIES; i++) {
            struct plain_query query;
            query_roll(&query);
            compare(*state, &model, &query);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {INDEX_TEST(test_index_finds_what_the_model_finds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "offers.h"

#include "base/code.h"

static const char *const health[] = {"Santé"}, *const energy[] = {"Énergie", "Climat"};
static const char *const brittany[] = {"Bretagne"}, *const french[] = {"fr"};

static struct bn_match_texts texts(const char *const *items, size_t count)
{
    return (struct bn_match_texts){items, count};
}

static void test_more_words_in_common_stand_higher(void **state)
{
    put(*state, an_offer(1, "Capteurs pour le bâtiment", "mesure de la température"));
    put(*state, an_offer(2, "Capteurs de température", "mesure pour le bâtiment"));
    put(*state, an_offer(3, "Paiement mobile", "sans contact"));
    assert_string_equal(found(*state, a_query("capteur température")), "2 1 ");
    assert_string_equal(found(*state, a_query("paiements mobiles")), "3 ");
}

static void test_equal_scores_stand_newest_first(void **state)
{
    for (uint64_t number = 1; number <= 5; number++)
        put(*state, an_offer(number, "Chaufferie collective", NULL));
    assert_string_equal(found(*state, a_query("chaufferie")), "5 4 3 2 1 ");
}

static void test_accents_may_be_left_out(void **state)
{
    put(*state, an_offer(1, "Gestion des congés payés", NULL));
    put(*state, an_offer(2, "Gestion des conges payes", NULL));
    assert_string_equal(found(*state, a_query("conges payes")), "2 1 ");
    assert_string_equal(found(*state, a_query("congés payés")), "2 1 ");
}

/* Two forms of a word are one word: the one that is there more often counts, and not both. */
static void test_two_forms_of_a_word_do_not_count_twice(void **state)
{
    put(*state, an_offer(1, NULL, "sécurité sécurité sécurité securite"));
    put(*state, an_offer(2, NULL, "securite securite securite sécurité"));
    put(*state, an_offer(3, NULL, "sécurité sécurité sécurité port"));
    static const char *const asked[] = {"sécurité", "securite"};
    for (size_t i = 0; i < BN_COUNT(asked); i++) {
        const struct bn_match_answer *answer = ask(*state, a_query(asked[i]));
        assert_int_equal(answer->count, 3);
        assert_int_equal(answer->results[0].score, answer->results[2].score);
        assert_int_equal(answer->results[0].reason_count, 1);
    }
}

static void test_a_word_is_found_with_and_without_its_hyphen(void **state)
{
    put(*state, an_offer(1, "Solution d'e-commerce", NULL));
    put(*state, an_offer(2, "Solution ecommerce", NULL));
    assert_string_equal(found(*state, a_query("ecommerce")), "2 1 ");
    assert_int_equal(ask(*state, a_query("e-commerce"))->count, 2);
}

/* A text may be in another language than it says, or than the query: stems are looked for in all of them. */
static void test_languages_do_not_hide_each_other(void **state)
{
    struct bn_match_doc doc = an_offer(1, "Payment platforms", "for the banks of the world");
    put(*state, doc);
    doc = an_offer(2, "Payment platforms", "for the banks of the world");
    doc.language = "fr";
    put(*state, doc);
    doc = an_offer(3, "Payment platforms", "for the banks of the world");
    doc.language = "de";
    put(*state, doc);
    struct bn_match_query query = a_query("payment platforms");
    for (int i = 0; i < 3; i++) {
        query.text_language = i == 0 ? "" : i == 1 ? "fr" : "en";
        assert_int_equal(ask(*state, query)->count, 3);
    }
}

static void test_reasons_tell_the_word_as_it_was_written_and_where(void **state)
{
    struct bn_match_doc doc = an_offer(1, "CAPTEURS connectés", "Température de l'Eau");
    const char *const tags[] = {"Objets connectés", "LoRaWAN"};
    doc.tags = texts(tags, 2);
    put(*state, doc);
    put(*state, an_offer(2, "autre chose", "eau"));
    const struct bn_match_answer *answer = ask(*state, a_query("capteur eau lorawan"));
    assert_int_equal(answer->results[0].number, 1);
    assert_int_equal(answer->results[0].reason_count, 3);
    bool told[3] = {false};
    for (size_t i = 0; i < 3; i++) {
        const struct bn_match_reason *reason = &answer->results[0].reasons[i];
        assert_true(reason->points > 0 && reason->weight >= reason->points);
        told[0] |= strcmp(reason->why, "CAPTEURS") == 0 && strcmp(reason->field, "title") == 0;
        told[1] |= strcmp(reason->why, "Eau") == 0 && strcmp(reason->field, "description") == 0;
        told[2] |= strcmp(reason->why, "LoRaWAN") == 0 && strcmp(reason->criterion, "tag") == 0;
    }
    assert_true(told[0] && told[1] && told[2]);
}

static void test_words_beyond_the_reasons_are_told_together(void **state)
{
    const char *many = "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november";
    put(*state, an_offer(1, "x", many));
    const struct bn_match_answer *answer = ask(*state, a_query(many));
    assert_int_equal(answer->results[0].reason_count, BN_MATCH_REASONS_MAX);
    const struct bn_match_reason *last = &answer->results[0].reasons[BN_MATCH_REASONS_MAX - 1];
    assert_string_equal(last->criterion, "terms");
    assert_string_equal(last->why, "lima, mike, november");
}

static void test_weights_of_a_query_add_up(void **state)
{
    put(*state, an_offer(1, "alpha bravo charlie", NULL));
    const struct bn_match_answer *answer = ask(*state, a_query("alpha bravo charlie"));
    uint32_t weight = 0;
    for (size_t i = 0; i < answer->results[0].reason_count; i++)
        weight += answer->results[0].reasons[i].weight;
    assert_in_range(weight, 998, 1002);
}

/* The source's facts: each shared one has its share of the points, and the words have the rest. */
static void test_shared_facts_raise_a_counterpart(void **state)
{
    struct bn_match_doc plain = an_offer(1, "Chaudière numérique", NULL), fitting = plain, source = plain;
    put(*state, plain);
    fitting.number = 2;
    fitting.sectors = texts(energy, 2);
    fitting.regions = texts(brittany, 1);
    fitting.languages = texts(french, 1);
    fitting.workstreams = 5;
    fitting.trl_now = fitting.trl_target = 6;
    put(*state, fitting);
    source.kind = BN_MATCH_PROPOSAL;
    source.number = 3;
    source.sectors = texts((const char *const[]){"ENERGIE"}, 1);
    source.regions = texts((const char *const[]){"bretagne", "Île-de-France"}, 2);
    source.language = "fr";
    source.workstreams = 4;
    source.trl_now = 4;
    source.trl_target = 7;
    struct bn_match_query query = a_query(NULL);
    query.like = &source;
    const struct bn_match_answer *answer = ask(*state, query);
    assert_int_equal(answer->count, 2);
    assert_int_equal(answer->results[0].number, 2);
    assert_int_equal(answer->results[0].score - answer->results[1].score, 100 + 50 + 50 + 25 + 25);
    static const struct {
        const char *criterion, *why;
        uint32_t points;
    } wanted[] = {{"sector", "Énergie", 100},
                  {"workstream", "2", 50},
                  {"region", "Bretagne", 50},
                  {"language", "fr", 25},
                  {"trl", "6", 25}};
    for (size_t i = 0; i < BN_COUNT(wanted); i++) {
        bool told = false;
        for (size_t k = 0; k < answer->results[0].reason_count; k++) {
            const struct bn_match_reason *reason = &answer->results[0].reasons[k];
            told |= strcmp(reason->criterion, wanted[i].criterion) == 0 && strcmp(reason->why, wanted[i].why) == 0 &&
                    reason->points + 1 >= wanted[i].points && reason->points <= wanted[i].points + 1;
        }
        assert_true(told);
    }
}

static void test_a_region_alone_makes_no_counterpart_but_a_sector_does(void **state)
{
    struct bn_match_doc doc = an_offer(1, "Chaudière", NULL), source = an_offer(9, "Vélo", NULL);
    doc.sectors = texts(energy, 1);
    put(*state, doc);
    doc = an_offer(2, "Chaudière", NULL);
    doc.regions = texts(brittany, 1);
    put(*state, doc);
    source.kind = BN_MATCH_PROPOSAL;
    source.sectors = texts(energy, 2);
    source.regions = texts(brittany, 1);
    struct bn_match_query query = a_query(NULL);
    query.like = &source;
    assert_string_equal(found(*state, query), "1 ");
}

static void test_a_proposal_is_asked_for_by_what_it_seeks(void **state)
{
    struct bn_match_doc source = an_offer(9, "Rénovation", "des écoles");
    source.texts[BN_MATCH_CAPABILITIES] = "isolation thermique";
    source.kind = BN_MATCH_PROPOSAL;
    put(*state, an_offer(1, "Isolation thermique", NULL));
    put(*state, an_offer(2, "Écoles", NULL));
    put(*state, source);
    struct bn_match_query query = a_query(NULL);
    query.like = &source;
    assert_string_equal(found(*state, query), "1 2 ");
    query = a_query("isolation");
    query.target = BN_MATCH_PROPOSAL;
    assert_string_equal(ask(*state, query)->results[0].reasons[0].field, "seeks");
}

static void test_filters_apply_inside_the_search(void **state)
{
    struct bn_match_doc doc = an_offer(1, "Solution", NULL);
    doc.sectors = texts(health, 1);
    doc.country = "FR";
    doc.owner = 21;
    doc.owner_kind = 3;
    doc.trl_now = doc.trl_target = 5;
    doc.workstreams = 2;
    put(*state, doc);
    doc = an_offer(2, "Solution", NULL);
    doc.sectors = texts(energy, 2);
    doc.regions = texts(brittany, 1);
    doc.languages = texts(french, 1);
    doc.country = "be";
    doc.owner = 22;
    doc.owner_kind = 4;
    doc.workstreams = 1;
    put(*state, doc);
    struct bn_match_query none = a_query("solution"), query = none;
    assert_string_equal(found(*state, query), "2 1 ");
    query.sectors = texts((const char *const[]){"sante"}, 1);
    assert_string_equal(found(*state, query), "1 ");
    query.sectors = texts((const char *const[]){"SANTÉ", "climat"}, 2);
    assert_string_equal(found(*state, query), "2 1 ");
    query.countries = texts((const char *const[]){"BE"}, 1);
    assert_string_equal(found(*state, query), "2 ");
    query = none;
    query.regions = texts((const char *const[]){"bretagne"}, 1);
    assert_string_equal(found(*state, query), "2 ");
    query = none;
    query.languages = texts(french, 1);
    assert_string_equal(found(*state, query), "2 ");
    query = none;
    query.owner_kinds = 1U << 3;
    assert_string_equal(found(*state, query), "1 ");
    query = none;
    query.workstreams = 1 | 4;
    assert_string_equal(found(*state, query), "2 ");
    query = none;
    query.owners = (const uint32_t[]){30, 22, 1};
    query.owner_count = 3;
    assert_string_equal(found(*state, query), "2 ");
    query = none;
    query.trl_min = 5;
    assert_string_equal(found(*state, query), "1 ");
    query.trl_min = 6;
    assert_string_equal(ask(*state, query)->empty_because, "match.all_filtered");
    query = none;
    query.trl_max = 4;
    assert_string_equal(ask(*state, query)->empty_because, "match.all_filtered");
    query = none;
    query.exclude_owner = 22;
    assert_string_equal(found(*state, query), "1 ");
}

static void test_an_empty_answer_says_why(void **state)
{
    put(*state, an_offer(1, "La solution", "pour tous"));
    static const char *const no_words[] = {"", "  ", "?!*\"'", "pour tous", "the of", "🚀"};
    for (size_t i = 0; i < BN_COUNT(no_words); i++)
        assert_string_equal(ask(*state, a_query(no_words[i]))->empty_because, "match.no_words");
    assert_string_equal(ask(*state, a_query(NULL))->empty_because, "match.no_words");
    assert_string_equal(ask(*state, a_query("xylophone"))->empty_because, "match.nothing_in_common");
    struct bn_match_doc empty = an_offer(9, NULL, NULL);
    empty.language = "fr";
    struct bn_match_query query = a_query(NULL);
    query.like = &empty;
    assert_string_equal(ask(*state, query)->empty_because, "match.no_words");
    query = a_query("solution");
    query.exclude_owner = SOMEBODY;
    assert_string_equal(ask(*state, query)->empty_because, "match.all_filtered");
}

static void test_words_that_say_nothing_count_when_there_are_no_others(void **state)
{
    put(*state, an_offer(1, "Nous", "une entreprise"));
    put(*state, an_offer(2, "Autre chose", "nous sommes grands"));
    assert_string_equal(found(*state, a_query("nous")), "1 ");
    assert_string_equal(found(*state, a_query("nous entreprise")), "1 ");
}

static void test_query_syntax_is_words(void **state)
{
    put(*state, an_offer(1, "Eau AND feu", NULL));
    put(*state, an_offer(2, "Terre", NULL));
    static const char *const asked[] = {"eau",  "\"eau\"",   "eau NOT feu", "NEAR(eau terre, 2)",
                                        "eau*", "title:eau", "(eau OR",     "eau^2",
                                        "-eau", "%eau_%",    "'; DROP eau", "{eau TO feu}"};
    for (size_t i = 0; i < BN_COUNT(asked); i++) {
        const struct bn_match_answer *answer = ask(*state, a_query(asked[i]));
        bool first = false;
        for (size_t k = 0; k < answer->count; k++)
            first |= answer->results[k].number == 1;
        assert_true(first);
    }
}

static void test_a_replaced_document_is_found_by_its_new_words_alone(void **state)
{
    put(*state, an_offer(1, "Ancien", NULL));
    struct bn_match_doc doc = an_offer(1, "Nouveau titre", NULL);
    doc.version = 2;
    put(*state, doc);
    assert_string_equal(found(*state, a_query("ancien")), "");
    assert_string_equal(found(*state, a_query("titre")), "1 ");
    assert_int_equal(ask(*state, a_query("titre"))->results[0].version, 2);
    doc.kind = BN_MATCH_PROPOSAL;
    put(*state, doc);
    assert_string_equal(found(*state, a_query("titre")), "");
    bn_match_remove(*state, 1);
    bn_match_remove(*state, 1);
    bn_match_remove(*state, 77);
    struct bn_match_figures figures;
    bn_match_figures_take(*state, &figures);
    assert_int_equal(figures.documents, 0);
    assert_int_equal(figures.postings, 0);
}

static void test_an_inactive_owner_is_passed_over_until_it_is_back(void **state)
{
    put(*state, an_offer(1, "Solution", NULL));
    assert_int_equal(bn_match_owner_active(*state, SOMEBODY, false), BN_OK);
    put(*state, an_offer(2, "Solution", NULL));
    assert_string_equal(ask(*state, a_query("solution"))->empty_because, "match.nothing_in_common");
    assert_int_equal(bn_match_owner_active(*state, SOMEBODY, true), BN_OK);
    assert_string_equal(found(*state, a_query("solution")), "2 1 ");
}

/* Whoever may not see a document must not learn from a score that it holds a word. */
static void test_hidden_documents_leave_no_trace_in_an_answer(void **state)
{
    struct bn_match *bare = bn_match_create();
    struct bn_match_answer *before = malloc(sizeof *before);
    assert_non_null(bare);
    assert_non_null(before);
    for (uint64_t i = 1; i <= 3; i++) {
        put(*state, an_offer(i, "Solution ouverte", "pour les ports"));
        put(bare, an_offer(i, "Solution ouverte", "pour les ports"));
    }
    for (uint64_t i = 10; i < 20; i++) {
        struct bn_match_doc doc = an_offer(i, "Solution secrète Xanadu", "pour un port long à décrire ici");
        doc.visibility = i % 2 == 0 ? DRAFT : WORKSTREAM;
        put(*state, doc);
    }
    struct bn_match_query query = a_query("solution ouverte secrète xanadu port");
    memcpy(before, ask(bare, query), sizeof *before);
    const struct bn_match_answer *after = ask(*state, query);
    assert_int_equal(before->count, after->count);
    assert_int_equal(before->candidates, after->candidates);
    for (size_t i = 0; i < before->count; i++) {
        const struct bn_match_result *a = &before->results[i], *b = &after->results[i];
        assert_int_equal(a->score, b->score);
        for (size_t k = 0; k < a->reason_count; k++)
            assert_int_equal(a->reasons[k].weight, b->reasons[k].weight);
    }
    assert_string_equal(ask(*state, a_query("xanadu"))->empty_because, "match.nothing_in_common");
    query = a_query("xanadu");
    query.owner_kinds = 1;
    assert_string_equal(ask(*state, query)->empty_because, "match.nothing_in_common");
    free(before);
    bn_match_destroy(&bare);
}

/* The order in which documents came, what came between and what was cleared away make no difference. */
static void test_the_same_documents_give_the_same_answer(void **state)
{
    struct bn_match *other = bn_match_create();
    struct bn_match_answer *first = malloc(sizeof *first);
    char title[64], text[128];
    assert_non_null(other);
    assert_non_null(first);
    for (int way = 0; way < 2; way++) {
        struct bn_match *match = way == 0 ? *state : other;
        for (uint64_t i = 0; i < 600; i++) {
            uint64_t number = way == 0 ? 1 + i : 600 - i;
            snprintf(title, sizeof title, "Projet numéro %llu", (unsigned long long)(number % 50));
            snprintf(text, sizeof text, "les données %llu du réseau %llu et son énergie",
                     (unsigned long long)(number % 7), (unsigned long long)(number % 11));
            if (way == 1)
                put(match, an_offer(number, "provisoire", "un brouillon de projet"));
            put(match, an_offer(number, title, text));
        }
        for (uint64_t i = 1000; i < 1600 && way == 1; i++) {
            put(match, an_offer(i, "Projet passager", "données"));
            bn_match_remove(match, i);
        }
    }
    struct bn_match_query query = a_query("projet de données 3 du réseau 5, énergie renouvelable");
    memcpy(first, ask(*state, query), sizeof *first);
    const struct bn_match_answer *second = ask(other, query);
    assert_int_equal(first->count, BN_MATCH_LIMIT_MAX);
    assert_int_equal(first->candidates, second->candidates);
    for (size_t i = 0; i < first->count; i++) {
        const struct bn_match_result *a = &first->results[i], *b = &second->results[i];
        assert_int_equal(a->number, b->number);
        assert_int_equal(a->score, b->score);
        assert_int_equal(a->reason_count, b->reason_count);
        for (size_t k = 0; k < a->reason_count; k++) {
            assert_string_equal(a->reasons[k].why, b->reasons[k].why);
            assert_int_equal(a->reasons[k].points, b->reasons[k].points);
        }
    }
    free(first);
    bn_match_destroy(&other);
}

static void test_dead_documents_give_their_memory_back(void **state)
{
    struct bn_match_figures few, many;
    char title[64];
    for (uint64_t round = 0; round < 20; round++) {
        for (uint64_t i = 1; i <= 500; i++) {
            snprintf(title, sizeof title, "mot%llu autre%llu", (unsigned long long)(round * 500 + i),
                     (unsigned long long)i);
            put(*state, an_offer(i, title, "un texte qui change"));
        }
        if (round == 2)
            bn_match_figures_take(*state, &few);
    }
    bn_match_figures_take(*state, &many);
    assert_int_equal(many.documents, 500);
    assert_true(many.bytes < few.bytes * 3 / 2);
    assert_true(many.terms < few.terms * 2);
}

static void test_what_is_no_kind_is_refused(void **state)
{
    struct bn_match_doc doc = an_offer(1, "x", "y");
    struct bn_match_query query = a_query("x");
    static struct bn_match_answer answer;
    doc.kind = (enum bn_match_kind)3;
    query.target = (enum bn_match_kind)0;
    assert_int_equal(bn_match_put(*state, &doc), BN_INVALID_ARGUMENT);
    assert_int_equal(bn_match_find(*state, &query, &answer), BN_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        INDEX_TEST(test_more_words_in_common_stand_higher),
        INDEX_TEST(test_equal_scores_stand_newest_first),
        INDEX_TEST(test_accents_may_be_left_out),
        INDEX_TEST(test_two_forms_of_a_word_do_not_count_twice),
        INDEX_TEST(test_a_word_is_found_with_and_without_its_hyphen),
        INDEX_TEST(test_languages_do_not_hide_each_other),
        INDEX_TEST(test_reasons_tell_the_word_as_it_was_written_and_where),
        INDEX_TEST(test_words_beyond_the_reasons_are_told_together),
        INDEX_TEST(test_weights_of_a_query_add_up),
        INDEX_TEST(test_shared_facts_raise_a_counterpart),
        INDEX_TEST(test_a_region_alone_makes_no_counterpart_but_a_sector_does),
        INDEX_TEST(test_a_proposal_is_asked_for_by_what_it_seeks),
        INDEX_TEST(test_filters_apply_inside_the_search),
        INDEX_TEST(test_an_empty_answer_says_why),
        INDEX_TEST(test_words_that_say_nothing_count_when_there_are_no_others),
        INDEX_TEST(test_query_syntax_is_words),
        INDEX_TEST(test_a_replaced_document_is_found_by_its_new_words_alone),
        INDEX_TEST(test_an_inactive_owner_is_passed_over_until_it_is_back),
        INDEX_TEST(test_hidden_documents_leave_no_trace_in_an_answer),
        INDEX_TEST(test_the_same_documents_give_the_same_answer),
        INDEX_TEST(test_dead_documents_give_their_memory_back),
        INDEX_TEST(test_what_is_no_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

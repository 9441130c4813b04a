/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation fails once: a put that fails leaves the index as it was, a find says so. The linker puts these
 * functions in the place of the library's (--wrap). */
#include "offers.h"

static long left = -1; /* allocations until one fails; negative: none does */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool fails(void)
{
    return left >= 0 && left-- == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

static struct bn_match_doc rich_offer(uint64_t number)
{
    static char title[64], text[2048];
    static const char *const labels[] = {"Énergie", "Eau"};
    size_t used = 0;
    snprintf(title, sizeof title, "Sécurité des réseaux numéro%llu", (unsigned long long)number);
    for (unsigned i = 0; i < 100; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "mot%llux%u ", (unsigned long long)number, i);
    struct bn_match_doc doc = an_offer(number, title, text);
    doc.sectors = doc.regions = doc.tags = (struct bn_match_texts){labels, 2};
    return doc;
}

/* Puts it with ever more allocations allowed until it succeeds. Gives how often it failed; each time the answer to
 * `asked` was as before. */
static unsigned put_at_last(struct bn_match *match, struct bn_match_doc doc, const char *asked)
{
    char *before = strdup(found(match, a_query(asked)));
    unsigned failed = 0;
    assert_non_null(before);
    for (enum bn_code code = BN_UNKNOWN; code != BN_OK;) {
        left = failed;
        code = bn_match_put(match, &doc);
        left = -1;
        if (code == BN_OK)
            break;
        failed++;
        assert_int_equal(code, BN_RESOURCE_EXHAUSTED);
        assert_string_equal(found(match, a_query(asked)), before);
    }
    free(before);
    return failed;
}

static void test_a_put_without_memory_changes_nothing(void **state)
{
    unsigned failed = 0;
    char asked[64];
    for (uint64_t number = 1; number <= 60; number++) {
        snprintf(asked, sizeof asked, "securite réseaux mot%llux7", (unsigned long long)number);
        failed += put_at_last(*state, rich_offer(number), asked);
        assert_int_equal(ask(*state, a_query(asked))->results[0].number, number);
    }
    for (uint64_t number = 1; number <= 60; number++) { /* replaces */
        struct bn_match_doc doc = an_offer(number, "tout autre chose", "et des mots nouveaux");
        failed += put_at_last(*state, doc, "réseaux nouveaux");
    }
    assert_true(failed > 30);
    assert_string_equal(found(*state, a_query("réseaux")), "");
    assert_int_equal(ask(*state, a_query("nouveaux"))->count, 60);
}

static void test_a_find_without_memory_says_so(void **state)
{
    static struct bn_match_answer answer;
    for (uint64_t number = 1; number <= 3; number++)
        put(*state, rich_offer(number));
    struct bn_match_doc like = rich_offer(2);
    like.kind = BN_MATCH_PROPOSAL;
    struct bn_match_query query = a_query(NULL);
    query.like = &like;
    query.sectors = like.sectors;
    query.owners = (const uint32_t[]){SOMEBODY};
    query.owner_count = 1;
    unsigned failed = 0;
    for (long allowed = 0;; allowed++) {
        left = allowed;
        enum bn_code code = bn_match_find(*state, &query, &answer);
        left = -1;
        if (code == BN_OK)
            break;
        failed++;
        assert_int_equal(code, BN_RESOURCE_EXHAUSTED);
    }
    assert_true(failed > 3);
    assert_int_equal(answer.count, 3);
    assert_int_equal(answer.results[0].number, 2);
}

static void test_an_index_without_memory_is_not_made(void **state)
{
    (void)state;
    for (long allowed = 0;; allowed++) {
        left = allowed;
        struct bn_match *match = bn_match_create();
        left = -1;
        if (match != NULL) {
            bn_match_destroy(&match);
            assert_null(match);
            bn_match_destroy(&match);
            break;
        }
    }
}

/* Clearing dead documents away needs memory: without it they stay, and nothing else changes. */
static void test_clearing_away_without_memory_is_put_off(void **state)
{
    for (uint64_t number = 1; number <= 400; number++)
        put(*state, an_offer(number, "Sécurité des réseaux", NULL));
    for (uint64_t number = 1; number <= 399; number++) {
        left = (long)number % 7;
        bn_match_remove(*state, number);
        left = -1;
    }
    assert_string_equal(found(*state, a_query("securite")), "400 ");
    put(*state, an_offer(1, "Sécurité des réseaux", NULL));
    assert_string_equal(found(*state, a_query("securite")), "400 1 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        INDEX_TEST(test_a_put_without_memory_changes_nothing),
        INDEX_TEST(test_a_find_without_memory_says_so),
        cmocka_unit_test(test_an_index_without_memory_is_not_made),
        INDEX_TEST(test_clearing_away_without_memory_is_put_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

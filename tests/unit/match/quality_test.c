/* SPDX-License-Identifier: Apache-2.0 */
/* How well the index ranks real texts that people or their origin have judged: nDCG@10, when BINOME_DATA names the
 * folder of the collections. The floors lie a little below what is reached, so that a change that harms is seen. */
#include "test.h"

#include "base/file.h"
#include "registry/match/eval/judged.h"

#include <math.h>

enum { RANKS = 10, JUDGEMENTS_MAX = 4096, QRELS_BYTES_MAX = 16 << 20 };

struct judgement {
    char query[64], doc[64];
    int grade;
};

struct judgements {
    struct judgement *items;
    size_t count;
};

static void judgements_read(const char *path, struct judgements *judgements)
{
    char *data;
    size_t size, max = 0;
    struct bn_why why;
    assert_int_equal(bn_file_read(path, QRELS_BYTES_MAX, &data, &size, &why), BN_OK);
    *judgements = (struct judgements){0};
    char *rest = data;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        struct judgement one;
        if (sscanf(line, "%63s %63s %d", one.query, one.doc, &one.grade) != 3)
            continue;
        if (judgements->count == max) {
            max = max * 2 + 1024;
            judgements->items = realloc(judgements->items, max * sizeof one);
            assert_non_null(judgements->items);
        }
        judgements->items[judgements->count++] = one;
    }
    free(data);
}

static double discounted(int grade, size_t rank)
{
    return grade / log2((double)rank + 2);
}

static int falling(const void *a, const void *b)
{
    return *(const int *)b - *(const int *)a;
}

/* What a perfect ranking would gain; 0 when nothing was judged to suit. */
static double ideal(const struct judgements *judgements, const char *query)
{
    static int grades[JUDGEMENTS_MAX];
    size_t count = 0;
    double gain = 0;
    for (size_t i = 0; i < judgements->count; i++) {
        if (strcmp(judgements->items[i].query, query) == 0 && judgements->items[i].grade > 0) {
            assert_true(count < JUDGEMENTS_MAX);
            grades[count++] = judgements->items[i].grade;
        }
    }
    qsort(grades, count, sizeof *grades, falling);
    for (size_t rank = 0; rank < count && rank < RANKS; rank++)
        gain += discounted(grades[rank], rank);
    return gain;
}

static double reached(const struct judgements *judgements, const char *query, const struct bn_judged *judged,
                      const struct bn_match_answer *answer)
{
    double gain = 0;
    for (size_t rank = 0; rank < answer->count && rank < RANKS; rank++) {
        const char *doc = bn_judged_doc_id(judged, answer->results[rank].number);
        for (size_t i = 0; i < judgements->count; i++) {
            const struct judgement *one = &judgements->items[i];
            if (strcmp(one->query, query) == 0 && strcmp(one->doc, doc) == 0)
                gain += discounted(one->grade, rank);
        }
    }
    return gain;
}

static double ndcg(const char *folder, const char *collection, bool like)
{
    static struct bn_match_answer answer;
    char docs[512], queries[512], qrels[512];
    struct bn_judged *judged;
    struct bn_why why;
    struct judgements judgements;
    double sum = 0, count = 0;
    snprintf(docs, sizeof docs, "%s/%s/docs.jsonl", folder, collection);
    snprintf(queries, sizeof queries, "%s/%s/queries.jsonl", folder, collection);
    snprintf(qrels, sizeof qrels, "%s/%s/qrels.tsv", folder, collection);
    assert_int_equal(bn_judged_open(docs, queries, "", &judged, &why), BN_OK);
    judgements_read(qrels, &judgements);
    for (size_t i = 0; i < bn_judged_queries(judged); i++) {
        const char *query = bn_judged_query_id(judged, i);
        double best = ideal(&judgements, query);
        if (best == 0)
            continue;
        assert_int_equal(bn_judged_ask(judged, i, like, RANKS, &answer), BN_OK);
        sum += reached(&judgements, query, judged, &answer) / best;
        count++;
    }
    free(judgements.items);
    bn_judged_close(&judged);
    return sum / count;
}

static const struct {
    const char *collection;
    bool like;
    double floor;
} wanted[] = {
    {"judged-betagouv-fr", false, 0.82},    {"judged-cranfield-en", false, 0.39}, {"judged-ilab-fr", false, 0.84},
    {"judged-ilab-long-fr", false, 0.875},  {"judged-ilab-long-fr", true, 0.875}, {"judged-piaf-fr", false, 0.81},
    {"judged-crunchbase-en", false, 0.585}, {"judged-cdtn-fr", false, 0.42},
};

static void test_real_texts_are_ranked_well(void **state)
{
    const char *folder = getenv("BINOME_DATA");
    (void)state;
    if (folder == NULL || folder[0] == '\0')
        skip();
    for (size_t i = 0; i < BN_COUNT(wanted); i++) {
        double value = ndcg(folder, wanted[i].collection, wanted[i].like);
        fprintf(stderr, "%s%s: nDCG@10 %.4f\n", wanted[i].collection, wanted[i].like ? " (as proposals)" : "", value);
        if (value < wanted[i].floor)
            fail_msg("%s: nDCG@10 %.4f, below %.3f", wanted[i].collection, value, wanted[i].floor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_real_texts_are_ranked_well)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/counter.h"
#include "common/figures.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct bn_histogram histogram;

static int empty(void **state)
{
    (void)state;
    memset(&histogram, 0, sizeof histogram);
    return 0;
}

static void test_an_empty_histogram_answers_zero(void **state)
{
    (void)state;
    assert_int_equal(bn_histogram_at(&histogram, 0.99), 0);
    assert_int_equal(histogram.max, 0);
}

static void test_small_values_are_known_exactly(void **state)
{
    (void)state;
    for (uint64_t value = 1; value <= 100; value++)
        bn_histogram_add(&histogram, value <= 60 ? value : 60);
    assert_int_equal(bn_histogram_at(&histogram, 0.10), 10);
    assert_int_equal(bn_histogram_at(&histogram, 0.50), 50);
    assert_int_equal(bn_histogram_at(&histogram, 0.99), 60);
    assert_int_equal(histogram.count, 100);
}

static int by_size(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

/* Every percentile lies at or above the true value, at most 1/64 above it, and never above the maximum. */
static void test_percentiles_are_within_a_sixty_fourth_of_the_truth(void **state)
{
    (void)state;
    unsigned seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    enum { COUNT = 10000 };
    static uint64_t values[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        unsigned bits = 1 + (unsigned)rand_r(&seed) % 40;
        uint64_t wide = (uint64_t)(unsigned)rand_r(&seed) << 31 | (uint64_t)(unsigned)rand_r(&seed);
        values[i] = wide & ((1ULL << bits) - 1);
        bn_histogram_add(&histogram, values[i]);
    }
    qsort(values, COUNT, sizeof values[0], by_size);
    static const double shares[] = {0.5, 0.95, 0.99, 1.0};
    for (size_t i = 0; i < 4; i++) {
        size_t rank = (size_t)(shares[i] * COUNT) - 1;
        uint64_t truth = values[rank], answer = bn_histogram_at(&histogram, shares[i]);
        assert_true(answer >= truth);
        assert_true(answer <= truth + truth / 64 + 1);
        assert_true(answer <= histogram.max);
    }
}

static void test_values_beyond_the_top_do_not_get_lost(void **state)
{
    (void)state;
    bn_histogram_add(&histogram, UINT64_MAX);
    assert_int_equal(histogram.count, 1);
    assert_true(bn_histogram_at(&histogram, 0.5) == UINT64_MAX);
}

static void test_the_manual_has_a_row_for_each_counter(void **state)
{
    (void)state;
    static const struct bn_counter_def defs[] = {{"a_total", "things", "first"}, {"b", "bytes", "second"}};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    bn_counters_print_markdown(defs, 2, out);
    fclose(out);
    assert_non_null(strstr(text, "| `a_total` | things | first |\n"));
    assert_non_null(strstr(text, "| `b` | bytes | second |\n"));
    free(text);
}

static void test_figures_carry_the_percentiles(void **state)
{
    (void)state;
    for (uint64_t value = 1; value <= 1000; value++)
        bn_histogram_add(&histogram, value);
    Binome__V1__Histogram message;
    bn_figures_histogram(&histogram, &message);
    assert_int_equal(message.count, 1000);
    assert_int_equal(message.sum_us, 500500);
    assert_int_equal(message.max_us, 1000);
    assert_in_range(message.p50_us, 500, 508);
    assert_in_range(message.p95_us, 950, 966);
    assert_in_range(message.p99_us, 990, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_an_empty_histogram_answers_zero, empty),
        cmocka_unit_test_setup(test_small_values_are_known_exactly, empty),
        cmocka_unit_test_setup(test_percentiles_are_within_a_sixty_fourth_of_the_truth, empty),
        cmocka_unit_test_setup(test_values_beyond_the_top_do_not_get_lost, empty),
        cmocka_unit_test_setup(test_the_manual_has_a_row_for_each_counter, empty),
        cmocka_unit_test_setup(test_figures_carry_the_percentiles, empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/queries.h"
#include "world.h"

#include <string.h>

static struct bn_jobs *jobs;
static struct bn_job *job;
static struct bn_act act;

static int setup(void **state)
{
    (void)state;
    world_make();
    jobs = bn_jobs_create(1);
    job = bn_jobs_take(jobs);
    act = (struct bn_act){.job = job};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bn_jobs_give(jobs, job);
    bn_jobs_destroy(&jobs);
    return 0;
}

static enum bn_code start(const char *token, uint32_t size, struct bn_page *page)
{
    Binome__V1__PageRequest request = BINOME__V1__PAGE_REQUEST__INIT;
    bn_job_restart(job);
    request.token = (char *)(uintptr_t)token;
    request.size = size;
    return bn_page_start(&act, &request, "list.page.token", page);
}

static void a_page_starts_where_its_token_says(void **state)
{
    (void)state;
    struct bn_page page;
    OK(bn_page_start(&act, NULL, "x", &page));
    assert_int_equal(page.rows_max, BN_PAGE_ROWS_DEFAULT);
    assert_int_equal(page.cursor, 0);
    OK(start("", 7, &page));
    assert_int_equal(page.rows_max, 7);
    OK(start("18446744073709551615", 0, &page));
    assert_true(page.cursor == UINT64_MAX);
    assert_int_equal(page.rows_max, BN_PAGE_ROWS_DEFAULT);
}

static void a_token_that_is_none_of_ours_is_refused(void **state)
{
    (void)state;
    static const char *const tokens[] = {"0",  "-1", "+1", " 1", "1 ", "0x1", "1e3", "abc", "18446744073709551616",
                                         "1\n"};
    for (size_t i = 0; i < BN_COUNT(tokens); i++) {
        struct bn_page page;
        if (start(tokens[i], 0, &page) != BN_INVALID_ARGUMENT)
            fail_msg("\"%s\" was taken", tokens[i]);
        assert_int_equal(job->check.violations[0].rule, BN_RULE_PAGE_TOKEN);
        assert_string_equal(job->check.violations[0].field, "list.page.token");
    }
}

static void a_page_ends_by_rows_by_bytes_and_by_what_was_looked_at(void **state)
{
    (void)state;
    struct bn_page page;
    OK(start("", 3, &page));
    for (int i = 0; i < 3; i++) {
        assert_true(bn_page_open(&page));
        bn_page_add(&page, 10);
    }
    assert_false(bn_page_open(&page));
    OK(start("", BN_PAGE_ROWS_MAX, &page));
    bn_page_add(&page, BN_PAGE_BYTES_MAX - 1);
    assert_true(bn_page_open(&page));
    bn_page_add(&page, 1);
    assert_false(bn_page_open(&page));
    OK(start("", BN_PAGE_ROWS_MAX, &page));
    page.scanned = BN_PAGE_SCANNED_MAX;
    assert_false(bn_page_open(&page));
}

static void the_token_leads_on_and_is_empty_at_the_end(void **state)
{
    (void)state;
    struct bn_page page, next;
    OK(start("", 3, &page));
    page.cursor = 4711;
    const Binome__V1__PageInfo *info = bn_page_end(&act, &page, false);
    assert_non_null(info);
    assert_string_equal(info->next_token, "4711");
    OK(start(info->next_token, 3, &next));
    assert_int_equal(next.cursor, 4711);
    info = bn_page_end(&act, &page, true);
    assert_string_equal(info->next_token, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_starts_where_its_token_says),
        cmocka_unit_test(a_token_that_is_none_of_ours_is_refused),
        cmocka_unit_test(a_page_ends_by_rows_by_bytes_and_by_what_was_looked_at),
        cmocka_unit_test(the_token_leads_on_and_is_empty_at_the_end),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
    *state = bn_figures_create();
    assert_non_null(*state);
    return 0;
}

static int teardown(void **state)
{
    struct bn_figures *figures = *state;
    bn_figures_destroy(&figures);
    assert_null(figures);
    return 0;
}

static Binome__V1__Stats *packed_and_read(const struct bn_figures *figures, const struct bn_figures_state *state)
{
    uint8_t *data = NULL;
    size_t size = 0;
    assert_int_equal(bn_figures_pack(figures, state, &data, &size), BN_OK);
    Binome__V1__Stats *stats = binome__v1__stats__unpack(NULL, size, data);
    assert_non_null(stats);
    free(data);
    return stats;
}

static struct bn_id id_of(unsigned number)
{
    struct bn_id id = {{0}};
    memcpy(id.bytes + 10, &number, sizeof number);
    return id;
}

static void test_every_counter_is_named_once_and_explained(void **state)
{
    (void)state;
    for (size_t i = 0; i < BN_BROKER_COUNTER_COUNT; i++) {
        assert_true(strlen(bn_broker_counters[i].help) > 0);
        assert_true(strlen(bn_broker_counters[i].unit) > 0);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(bn_broker_counters[i].name, bn_broker_counters[j].name);
    }
}

static void test_a_snapshot_carries_counters_and_state(void **state)
{
    struct bn_figures *figures = *state;
    figures->counters[BN_C_REQUESTS] = 42;
    bn_histogram_add(&figures->latency, 300);
    Binome__V1__RegistryFigures registry = BINOME__V1__REGISTRY_FIGURES__INIT;
    registry.uptime_ms = 77;
    const struct bn_figures_state now = {.number = 3,
                                         .uptime_ms = 1000,
                                         .taken_ms = 5,
                                         .registry_up = true,
                                         .registry_seen_ms = 12,
                                         .registry = &registry};
    Binome__V1__Stats *stats = packed_and_read(figures, &now);
    assert_int_equal(stats->number, 3);
    assert_true(stats->registry_up);
    assert_int_equal(stats->registry->uptime_ms, 77);
    assert_int_equal(stats->latency->max_us, 300);
    assert_int_equal(stats->n_counters, BN_BROKER_COUNTER_COUNT);
    assert_string_equal(stats->counters[BN_C_REQUESTS]->name, "requests_total");
    assert_int_equal(stats->counters[BN_C_REQUESTS]->value, 42);
    assert_string_equal(stats->version, BN_VERSION);
    binome__v1__stats__free_unpacked(stats, NULL);
}

static void test_requests_are_counted_by_type_and_code(void **state)
{
    struct bn_figures *figures = *state;
    bn_figures_answered(figures, 60, BN_OK);
    bn_figures_answered(figures, 60, BN_OK);
    bn_figures_answered(figures, 60, BN_INVALID_ARGUMENT);
    bn_figures_answered(figures, 7, BN_UNIMPLEMENTED);           /* no such request */
    bn_figures_answered(figures, 4000000000U, BN_UNIMPLEMENTED); /* nor this */
    bn_figures_answered(figures, 60, (enum bn_code)99);
    const struct bn_figures_state now = {0};
    Binome__V1__Stats *stats = packed_and_read(figures, &now);
    assert_int_equal(stats->n_types, 2);
    assert_string_equal(stats->types[0]->name, "unknown");
    assert_int_equal(stats->types[0]->codes[0]->count, 2);
    assert_string_equal(stats->types[1]->name, "proposal_submit");
    assert_int_equal(stats->types[1]->type, 60);
    assert_int_equal(stats->types[1]->n_codes, 3);
    assert_int_equal(stats->types[1]->codes[0]->code, BN_OK);
    assert_int_equal(stats->types[1]->codes[0]->count, 2);
    binome__v1__stats__free_unpacked(stats, NULL);
}

static void test_an_organisation_keeps_its_place_and_takes_a_new_slug(void **state)
{
    struct bn_figures *figures = *state;
    struct bn_id id = id_of(1);
    uint32_t place = bn_figures_organisation(figures, &id, "before");
    for (unsigned i = 2; i < 500; i++) {
        struct bn_id other = id_of(i);
        bn_figures_organisation(figures, &other, "other");
    }
    assert_int_equal(bn_figures_organisation(figures, &id, "after"), place);
    assert_string_equal(figures->organisations[place].slug, "after");
    assert_int_equal(figures->organisations_count, 499);
}

static void test_beyond_a_thousand_organisations_the_others_are_summed_up(void **state)
{
    struct bn_figures *figures = *state;
    for (unsigned i = 0; i < 1500; i++) {
        struct bn_id id = id_of(i);
        char slug[16];
        snprintf(slug, sizeof slug, "org-%u", i);
        uint32_t place = bn_figures_organisation(figures, &id, slug);
        figures->organisations[place].requests = 2;
        figures->organisations[place].connections = 1;
    }
    const struct bn_figures_state now = {0};
    Binome__V1__Stats *stats = packed_and_read(figures, &now);
    assert_int_equal(stats->n_organisations, BN_FIGURES_ORGANISATIONS_MAX + 1);
    assert_string_equal(stats->organisations[999]->slug, "org-999");
    assert_int_equal(stats->organisations[999]->requests, 2);
    assert_string_equal(stats->organisations[1000]->slug, "others");
    assert_int_equal(stats->organisations[1000]->requests, 1000);
    assert_int_equal(stats->organisations[1000]->connections, 500);
    binome__v1__stats__free_unpacked(stats, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_counter_is_named_once_and_explained),
        cmocka_unit_test_setup_teardown(test_a_snapshot_carries_counters_and_state, setup, teardown),
        cmocka_unit_test_setup_teardown(test_requests_are_counted_by_type_and_code, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_organisation_keeps_its_place_and_takes_a_new_slug, setup, teardown),
        cmocka_unit_test_setup_teardown(test_beyond_a_thousand_organisations_the_others_are_summed_up, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

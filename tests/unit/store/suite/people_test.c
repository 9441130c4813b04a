/* SPDX-License-Identifier: Apache-2.0 */
/* Organisations, identifiers, keys, workstreams, the programme. */
#include "scene.h"

static void test_organisations_get_numbers_and_are_found_by_each_name(void **state)
{
    struct bn_store *store = *state;
    struct bn_organisation found, acme = {
                                      .id = bn_id_make(),
                                      .slug = "acme",
                                      .legal_name = "Acme, Société par actions",
                                      .kind = 3,
                                      .state = 1,
                                      .roles = BN_ROLE_MEMBER | BN_ROLE_OPERATOR,
                                      .version = 1,
                                      .country = "FR",
                                      .recorded_ms = 1700000000000,
                                  };
    OK(bn_store_begin(store));
    OK(bn_store_organisation_put(store, &acme));
    assert_int_equal(acme.number, 1);
    OK(bn_store_commit(store));
    assert_int_equal(scene_organisation(store, "other").number, 2);
    store = scene_reopen(state);
    struct bn_id unknown = bn_id_make();
    OK(bn_store_organisation_by_id(store, &acme.id, &found));
    OK(bn_store_organisation_by_number(store, 1, &found));
    OK(bn_store_organisation_by_slug(store, "acme", &found));
    assert_int_equal(found.number, 1);
    assert_true(bn_id_equal(&found.id, &acme.id));
    assert_string_equal(found.legal_name, acme.legal_name);
    assert_string_equal(found.slug, "acme");
    assert_string_equal(found.country, "FR");
    assert_int_equal(found.kind, 3);
    assert_int_equal(found.roles, acme.roles);
    assert_int_equal(found.recorded_ms, acme.recorded_ms);
    assert_int_equal(bn_store_organisation_by_id(store, &unknown, &found), BN_NOT_FOUND);
    assert_int_equal(bn_store_organisation_by_number(store, 3, &found), BN_NOT_FOUND);
    assert_int_equal(bn_store_organisation_by_slug(store, "ACME", &found), BN_NOT_FOUND);

    OK(bn_store_begin(store));
    acme.state = 2;
    acme.version = 2;
    OK(bn_store_organisation_put(store, &acme));
    struct bn_organisation again = {.id = unknown, .slug = "acme", .legal_name = "x", .country = ""};
    assert_int_equal(bn_store_organisation_put(store, &again), BN_ALREADY_EXISTS);
    assert_int_equal(again.number, 0);
    assert_true(bn_store_in_transaction(store));
    again.number = 99;
    again.slug = "nobody";
    assert_int_equal(bn_store_organisation_put(store, &again), BN_NOT_FOUND);
    OK(bn_store_commit(store));
    OK(bn_store_organisation_by_number(store, 1, &found));
    assert_int_equal(found.state, 2);
    assert_int_equal(found.version, 2);
}

static void test_organisations_are_listed_through_filters(void **state)
{
    struct bn_store *store = *state;
    static const struct bn_organisation all[] = {
        {.slug = "a", .legal_name = "A", .kind = 1, .state = 1, .country = "FR"},
        {.slug = "b", .legal_name = "B", .kind = 2, .state = 1, .country = "FR"},
        {.slug = "c", .legal_name = "C", .kind = 1, .state = 2, .country = "DE"},
        {.slug = "d", .legal_name = "D", .kind = 1, .state = 1, .country = ""},
    };
    static const struct {
        struct bn_organisation_filter filter;
        const char *slugs;
    } lists[] = {
        {{0, 0, NULL}, "abcd"}, {{1, 0, NULL}, "acd"}, {{0, 1, NULL}, "abd"},
        {{0, 0, "FR"}, "ab"},   {{1, 1, "FR"}, "a"},   {{3, 0, NULL}, ""},
    };
    OK(bn_store_begin(store));
    for (size_t i = 0; i < BN_COUNT(all); i++) {
        struct bn_organisation organisation = all[i];
        organisation.id = bn_id_make();
        OK(bn_store_organisation_put(store, &organisation));
    }
    OK(bn_store_commit(store));
    for (size_t i = 0; i < BN_COUNT(lists); i++) {
        struct bn_organisation found = {.number = 0};
        for (const char *slug = lists[i].slugs; *slug != '\0'; slug++) {
            OK(bn_store_organisation_next(store, found.number, &lists[i].filter, &found));
            assert_int_equal(found.slug[0], *slug);
        }
        assert_int_equal(bn_store_organisation_next(store, found.number, &lists[i].filter, &found), BN_NOT_FOUND);
    }
}

static void test_an_identifier_has_one_owner(void **state)
{
    struct bn_store *store = *state;
    uint32_t a = scene_organisation(store, "a").number, b = scene_organisation(store, "b").number, owner = 0;
    static const struct bn_identifier of_a[] = {{"siren", "552100554"}, {"vat", "FR1"}, {"siren", "552100554"}};
    static const struct bn_identifier of_b[] = {{"lei", "X"}, {"vat", "FR1"}, {"siren", "552100554"}};
    size_t taken = 99;
    OK(bn_store_begin(store));
    OK(bn_store_identifiers_put(store, a, of_a, 3, &taken));
    assert_int_equal(bn_store_identifiers_put(store, b, of_b, 3, &taken), BN_ALREADY_EXISTS);
    assert_int_equal(taken, 1);
    assert_int_equal(bn_store_identifier_owner(store, "lei", "X", &owner), BN_NOT_FOUND);
    OK(bn_store_identifier_owner(store, "vat", "FR1", &owner));
    assert_int_equal(owner, a);
    OK(bn_store_identifiers_put(store, a, of_a, 1, &taken)); /* the vat is free now */
    OK(bn_store_identifiers_put(store, b, of_b, 2, &taken));
    OK(bn_store_identifier_owner(store, "vat", "FR1", &owner));
    assert_int_equal(owner, b);
    OK(bn_store_identifiers_put(store, b, NULL, 0, &taken));
    assert_int_equal(bn_store_identifier_owner(store, "vat", "FR1", &owner), BN_NOT_FOUND);
    OK(bn_store_commit(store));
}

struct collected {
    struct bn_id ids[8];
    size_t count, stop_at;
};

static bool collect(void *ctx, const struct bn_key *key)
{
    struct collected *collected = ctx;
    collected->ids[collected->count++] = key->id;
    return collected->count != collected->stop_at;
}

static void test_keys_are_found_changed_and_listed_in_order(void **state)
{
    struct bn_store *store = *state;
    uint32_t owners[2] = {scene_organisation(store, "a").number, scene_organisation(store, "b").number};
    struct bn_key keys[5], found;
    OK(bn_store_begin(store));
    for (size_t i = 0; i < BN_COUNT(keys); i++) {
        keys[i] = (struct bn_key){.id = bn_id_make(),
                                  .organisation = owners[i % 2],
                                  .role = 1,
                                  .state = 1,
                                  .label = i == 0 ? "laptop" : "",
                                  .expires_ms = (int64_t)i,
                                  .recorded_ms = 5};
        memset(keys[i].public_key, (int)i + 1, BN_KEY_BYTES);
        OK(bn_store_key_put(store, &keys[i]));
    }
    OK(bn_store_commit(store));
    OK(bn_store_key_by_id(store, &keys[0].id, &found));
    assert_string_equal(found.label, "laptop");
    assert_memory_equal(found.public_key, keys[0].public_key, BN_KEY_BYTES);
    OK(bn_store_key_by_public(store, keys[3].public_key, &found));
    assert_true(bn_id_equal(&found.id, &keys[3].id));
    assert_int_equal(found.organisation, owners[1]);
    assert_int_equal(found.expires_ms, 3);
    OK(bn_store_begin(store));
    keys[1].state = 2;
    OK(bn_store_key_put(store, &keys[1])); /* keeps its place in the order */
    struct bn_key thief = keys[0];
    thief.id = bn_id_make();
    assert_int_equal(bn_store_key_put(store, &thief), BN_ALREADY_EXISTS);
    OK(bn_store_commit(store));
    OK(bn_store_key_by_id(store, &keys[1].id, &found));
    assert_int_equal(found.state, 2);
    assert_int_equal(bn_store_key_by_id(store, &thief.id, &found), BN_NOT_FOUND);

    struct collected all = {.count = 0}, some = {.stop_at = 2}, of_b = {.count = 0};
    OK(bn_store_keys(store, 0, collect, &all));
    assert_int_equal(all.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_true(bn_id_equal(&all.ids[i], &keys[i].id));
    OK(bn_store_keys(store, 0, collect, &some));
    assert_int_equal(some.count, 2);
    OK(bn_store_keys(store, owners[1], collect, &of_b));
    assert_int_equal(of_b.count, 2);
    assert_true(bn_id_equal(&of_b.ids[1], &keys[3].id));
}

static void test_workstreams_count_from_0_to_61(void **state)
{
    enum { MEMBERS = 200 };
    struct bn_store *store = *state;
    static uint32_t members[MEMBERS];
    static char slugs[MEMBERS][8];
    struct bn_workstream found;
    OK(bn_store_begin(store));
    for (uint32_t i = 0; i < MEMBERS; i++) {
        snprintf(slugs[i], sizeof slugs[i], "o%u", i);
        members[i] = scene_organisation(store, slugs[i]).number;
    }
    for (uint32_t i = 0; i < 62; i++) {
        struct bn_workstream put = {.is_new = true,
                                    .id = bn_id_make(),
                                    .slug = slugs[i],
                                    .pilot = i,
                                    .members = members,
                                    .member_count = i == 7 ? MEMBERS : i % 3,
                                    .title = "Compétences",
                                    .version = 1};
        OK(bn_store_workstream_put(store, &put));
        assert_int_equal(put.number, i);
    }
    struct bn_workstream more = {.is_new = true, .id = bn_id_make(), .slug = "more", .title = ""};
    assert_int_equal(bn_store_workstream_put(store, &more), BN_RESOURCE_EXHAUSTED);
    assert_true(bn_store_in_transaction(store));
    OK(bn_store_workstream(store, 7, &found));
    assert_int_equal(found.member_count, MEMBERS);
    assert_memory_equal(found.members, members, sizeof members);
    assert_string_equal(found.title, "Compétences");
    assert_string_equal(found.slug, "o7");
    assert_int_equal(found.pilot, 7);
    struct bn_workstream changed = {.number = 7,
                                    .id = found.id,
                                    .slug = "skills",
                                    .title = "t",
                                    .version = 2,
                                    .members = members + 5,
                                    .member_count = 1};
    OK(bn_store_workstream_put(store, &changed));
    OK(bn_store_commit(store));
    store = scene_reopen(state);
    OK(bn_store_workstream(store, 7, &found));
    assert_string_equal(found.slug, "skills");
    assert_int_equal(found.member_count, 1);
    assert_int_equal(found.members[0], members[5]);
    assert_int_equal(bn_store_workstream(store, 62, &found), BN_NOT_FOUND);
}

static void test_there_is_one_programme(void **state)
{
    struct bn_store *store = *state;
    struct bn_programme found, put = {.name = "Pacte", .version = 1, .packed = "\x0a\0x", .packed_size = 3};
    assert_int_equal(bn_store_programme(store, &found), BN_NOT_FOUND);
    OK(bn_store_begin(store));
    OK(bn_store_programme_put(store, &put));
    OK(bn_store_programme(store, &found));
    assert_int_equal(found.packed_size, 3);
    assert_memory_equal(found.packed, put.packed, 3);
    put = (struct bn_programme){.name = "Accord", .version = 2, .body = 9, .recorded_ms = 4};
    OK(bn_store_programme_put(store, &put));
    OK(bn_store_commit(store));
    OK(bn_store_programme(scene_reopen(state), &found));
    assert_string_equal(found.name, "Accord");
    assert_int_equal(found.version, 2);
    assert_int_equal(found.body, 9);
    assert_int_equal(found.packed_size, 0);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_organisations_get_numbers_and_are_found_by_each_name),
        WITH_STORE(test_organisations_are_listed_through_filters),
        WITH_STORE(test_an_identifier_has_one_owner),
        WITH_STORE(test_keys_are_found_changed_and_listed_in_order),
        WITH_STORE(test_workstreams_count_from_0_to_61),
        WITH_STORE(test_there_is_one_programme),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/directory.h"
#include "world.h"

#include <string.h>

static struct bn_store *store;
static struct bn_directory *directory;
static struct bn_arena *arena;
static struct bn_check check;

static int setup(void **state)
{
    (void)state;
    struct bn_why why = {.detail = ""};
    OK(bn_store_open(world_make(), NULL, &store, &why));
    directory = bn_directory_create(store);
    arena = bn_arena_create(4096, 1 << 20);
    return directory == NULL || arena == NULL;
}

static int teardown(void **state)
{
    (void)state;
    bn_directory_destroy(&directory);
    assert_null(directory);
    bn_arena_destroy(&arena);
    bn_store_close(&store);
    return 0;
}

static enum bn_code caller_of(const struct world_party *party, const struct bn_id *key, const struct bn_caller **caller)
{
    const struct bn_origin origin = {.organisation = party->id, .key = *key, .role = BN_KEY_MEMBER};
    bn_arena_reset(arena);
    bn_check_start(&check, arena);
    return bn_directory_caller(directory, &origin, 1000, &check, caller);
}

static void a_caller_is_who_its_key_proves(void **state)
{
    (void)state;
    const struct bn_caller *caller;
    OK(caller_of(world_nova(), &world_nova()->key, &caller));
    assert_int_equal(caller->organisation, world_nova()->number);
    assert_string_equal(caller->slug, "nova");
    assert_int_equal(caller->pilot_of, 1); /* of ai, which is number 0 */
    assert_int_equal(caller->key_role, BN_KEY_MEMBER);
    const struct bn_caller *again;
    OK(caller_of(world_nova(), &world_nova()->key, &again));
    assert_ptr_equal(again, caller);
    OK(caller_of(world_operator(), &world_operator()->key, &caller));
    assert_int_equal(caller->roles, BN_ROLE_MEMBER | BN_ROLE_OPERATOR);
}

/* Whatever the frame in front says: a key speaks for its own organisation, and an unknown one for nobody. */
static void a_key_of_another_organisation_proves_nothing(void **state)
{
    (void)state;
    const struct bn_caller *caller;
    assert_int_equal(caller_of(world_operator(), &world_acme()->key, &caller), BN_UNAUTHENTICATED);
    assert_int_equal(check.violations[0].rule, BN_RULE_KEY_UNKNOWN);
    const struct bn_id nobody = bn_id_make();
    assert_int_equal(caller_of(world_acme(), &nobody, &caller), BN_UNAUTHENTICATED);
    const struct world_party stranger = {.id = bn_id_make(), .key = world_acme()->key};
    assert_int_equal(caller_of(&stranger, &stranger.key, &caller), BN_UNAUTHENTICATED);
}

static void what_has_changed_is_known_once_it_was_forgotten(void **state)
{
    (void)state;
    const struct bn_caller *caller;
    const struct bn_brief *brief;
    OK(caller_of(world_acme(), &world_acme()->key, &caller));
    OK(bn_directory_organisation(directory, world_acme()->number, &brief));
    assert_int_equal(brief->state, BINOME__V1__ORGANISATION_STATE__ORGANISATION_STATE_ACTIVE);
    OK(bn_store_begin(store));
    struct bn_organisation row;
    OK(bn_store_organisation_by_number(store, world_acme()->number, &row));
    char slug[BN_SLUG_SIZE];
    snprintf(slug, sizeof slug, "%s", row.slug);
    row.slug = slug;
    row.legal_name = "Acme SA";
    row.country = "FR";
    row.state = BINOME__V1__ORGANISATION_STATE__ORGANISATION_STATE_SUSPENDED;
    OK(bn_store_organisation_put(store, &row));
    OK(bn_store_commit(store));
    bn_directory_forget(directory);
    assert_int_equal(caller_of(world_acme(), &world_acme()->key, &caller), BN_UNAUTHENTICATED);
    assert_int_equal(check.violations[0].rule, BN_RULE_ORGANISATION_SUSPENDED);
    OK(bn_directory_organisation_named(directory, "acme", &brief));
    assert_string_equal(brief->legal_name, "Acme SA");
    assert_int_equal(bn_directory_organisation_named(directory, "nobody", &brief), BN_NOT_FOUND);
    assert_int_equal(bn_directory_organisation(directory, 999, &brief), BN_NOT_FOUND);
}

static void workstreams_are_known_by_slug_and_number(void **state)
{
    (void)state;
    uint32_t number = 9;
    OK(bn_directory_workstream(directory, "skills", &number));
    assert_int_equal(number, 1);
    assert_string_equal(bn_directory_workstream_slug(directory, 0), "ai");
    assert_string_equal(bn_directory_workstream_slug(directory, 2), "");
    assert_int_equal(bn_directory_workstream(directory, "no-such", &number), BN_NOT_FOUND);
    assert_int_equal(bn_directory_workstream_count(directory), 2);
}

/* Many more callers than the table starts with: each stays itself. */
static void many_callers_are_kept_apart(void **state)
{
    (void)state;
    enum { MANY = 500 };
    static struct world_party parties[MANY];
    static char slugs[MANY][BN_SLUG_SIZE];
    OK(bn_store_begin(store));
    for (size_t i = 0; i < MANY; i++) {
        snprintf(slugs[i], sizeof slugs[i], "party-%zu", i);
        struct bn_organisation row = {.id = bn_id_make(),
                                      .slug = slugs[i],
                                      .legal_name = slugs[i],
                                      .kind = 1,
                                      .state = 1,
                                      .roles = BN_ROLE_MEMBER,
                                      .version = 1,
                                      .country = ""};
        OK(bn_store_organisation_put(store, &row));
        struct bn_key key = {
            .id = bn_id_make(), .organisation = row.number, .role = BN_KEY_READER, .state = 1, .label = ""};
        bn_random_bytes(key.public_key, sizeof key.public_key);
        OK(bn_store_key_put(store, &key));
        parties[i] = (struct world_party){row.number, row.id, key.id, slugs[i]};
    }
    OK(bn_store_commit(store));
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < MANY; i++) {
            const struct bn_caller *caller;
            OK(caller_of(&parties[i], &parties[i].key, &caller));
            assert_string_equal(caller->slug, slugs[i]);
            assert_int_equal(caller->organisation, parties[i].number);
            assert_int_equal(caller->key_role, BN_KEY_READER);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_caller_is_who_its_key_proves),
        cmocka_unit_test(a_key_of_another_organisation_proves_nothing),
        cmocka_unit_test(workstreams_are_known_by_slug_and_number),
        cmocka_unit_test(what_has_changed_is_known_once_it_was_forgotten),
        cmocka_unit_test(many_callers_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

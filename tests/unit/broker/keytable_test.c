/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/keytable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES_MAX = 3000 };

/* Entries of the registry's, numbered: key, id and organisation follow from the number. */
struct list {
    Binome__V1__KeyEntry entries[ENTRIES_MAX], *pointers[ENTRIES_MAX];
    uint8_t keys[ENTRIES_MAX][BN_KEY_BYTES], ids[ENTRIES_MAX][BN_ID_BYTES];
    char slugs[ENTRIES_MAX][24];
    size_t count;
};

static void key_of(unsigned number, uint8_t key[BN_KEY_BYTES])
{
    memset(key, 0xA5, BN_KEY_BYTES);
    memcpy(key, &number, sizeof number);
}

static Binome__V1__KeyEntry *list_add(struct list *list, unsigned number, int standing)
{
    size_t i = list->count++;
    Binome__V1__KeyEntry *entry = &list->entries[i];
    binome__v1__key_entry__init(entry);
    key_of(number, list->keys[i]);
    memset(list->ids[i], 0x11, BN_ID_BYTES);
    memcpy(list->ids[i], &number, sizeof number);
    snprintf(list->slugs[i], sizeof list->slugs[i], "org-%u", number);
    entry->public_key = (ProtobufCBinaryData){BN_KEY_BYTES, list->keys[i]};
    entry->id = entry->organisation = (ProtobufCBinaryData){BN_ID_BYTES, list->ids[i]};
    entry->slug = list->slugs[i];
    entry->role = BINOME__V1__KEY_ROLE__KEY_ROLE_MEMBER;
    entry->standing = (Binome__V1__KeyStanding)standing;
    list->pointers[i] = entry;
    return entry;
}

static enum bn_code replace(struct bn_keytable *table, struct list *list, uint64_t version)
{
    Binome__V1__KeySnapshot snapshot = BINOME__V1__KEY_SNAPSHOT__INIT;
    snapshot.version = version;
    snapshot.keys = list->pointers;
    snapshot.n_keys = list->count;
    return bn_keytable_replace(table, &snapshot);
}

static enum bn_code change(struct bn_keytable *table, struct list *list, uint64_t from, uint64_t version)
{
    Binome__V1__KeyChange message = BINOME__V1__KEY_CHANGE__INIT;
    message.from = from;
    message.version = version;
    message.keys = list->pointers;
    message.n_keys = list->count;
    return bn_keytable_change(table, &message);
}

static struct bn_key *find(struct bn_keytable *table, unsigned number)
{
    uint8_t key[BN_KEY_BYTES];
    key_of(number, key);
    return bn_keytable_by_public_key(table, key);
}

struct fixture {
    struct bn_keytable *table;
    struct list list, more;
};

static int setup(void **state)
{
    assert_int_equal(bn_random_start(), BN_OK);
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->table = bn_keytable_create();
    assert_non_null(fixture->table);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    bn_keytable_destroy(&fixture->table);
    assert_null(fixture->table);
    free(fixture);
    return 0;
}

static void test_an_empty_table_knows_nobody(void **state)
{
    struct fixture *fixture = *state;
    char token[BN_TOKEN_SIZE];
    bn_token_make(token);
    assert_null(find(fixture->table, 1));
    assert_null(bn_keytable_by_token(fixture->table, token));
    assert_null(bn_keytable_by_token(fixture->table, ""));
    assert_int_equal(bn_keytable_version(fixture->table), 0);
}

static void test_each_key_of_a_snapshot_is_found_by_key_and_by_token(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < ENTRIES_MAX; i++)
        list_add(&fixture->list, i, BN_STANDING_GOOD);
    assert_int_equal(replace(fixture->table, &fixture->list, 9), BN_OK);
    assert_int_equal(bn_keytable_count(fixture->table), ENTRIES_MAX);
    assert_int_equal(bn_keytable_version(fixture->table), 9);
    for (unsigned i = 0; i < ENTRIES_MAX; i++) {
        struct bn_key *key = find(fixture->table, i);
        assert_non_null(key);
        assert_string_equal(key->slug, fixture->list.slugs[i]);
        assert_int_equal(strlen(key->token), BN_TOKEN_SIZE - 1);
        assert_ptr_equal(bn_keytable_by_token(fixture->table, key->token), key);
    }
    assert_null(find(fixture->table, ENTRIES_MAX));
}

static void test_a_token_survives_a_new_snapshot_and_the_handshakes_counted(void **state)
{
    struct fixture *fixture = *state;
    list_add(&fixture->list, 1, BN_STANDING_GOOD);
    assert_int_equal(replace(fixture->table, &fixture->list, 1), BN_OK);
    struct bn_key *key = find(fixture->table, 1);
    char token[BN_TOKEN_SIZE];
    memcpy(token, key->token, sizeof token);
    key->sessions = 3;
    list_add(&fixture->list, 2, BN_STANDING_GOOD);
    assert_int_equal(replace(fixture->table, &fixture->list, 2), BN_OK);
    key = find(fixture->table, 1);
    assert_string_equal(key->token, token);
    assert_int_equal(key->sessions, 3);
    assert_string_not_equal(find(fixture->table, 2)->token, token);
}

/* A key that a snapshot leaves out is known to nobody from then on, also not by the token of its open connections. */
static void test_a_key_that_a_snapshot_leaves_out_is_unknown(void **state)
{
    struct fixture *fixture = *state;
    list_add(&fixture->list, 1, BN_STANDING_GOOD);
    assert_int_equal(replace(fixture->table, &fixture->list, 1), BN_OK);
    char token[BN_TOKEN_SIZE];
    memcpy(token, find(fixture->table, 1)->token, sizeof token);
    uint64_t epoch = bn_keytable_epoch(fixture->table);
    list_add(&fixture->more, 2, BN_STANDING_GOOD);
    assert_int_equal(replace(fixture->table, &fixture->more, 2), BN_OK);
    assert_null(find(fixture->table, 1));
    assert_null(bn_keytable_by_token(fixture->table, token));
    assert_true(bn_keytable_epoch(fixture->table) > epoch);
}

static void test_a_change_must_begin_at_the_version_held(void **state)
{
    struct fixture *fixture = *state;
    list_add(&fixture->list, 1, BN_STANDING_GOOD);
    assert_int_equal(replace(fixture->table, &fixture->list, 5), BN_OK);
    list_add(&fixture->more, 1, BN_STANDING_REVOKED);
    assert_int_equal(change(fixture->table, &fixture->more, 6, 7), BN_FAILED_PRECONDITION);
    assert_int_equal(find(fixture->table, 1)->standing, BN_STANDING_GOOD);
    assert_int_equal(bn_keytable_version(fixture->table), 5);
    assert_int_equal(change(fixture->table, &fixture->more, 5, 7), BN_OK);
    assert_int_equal(find(fixture->table, 1)->standing, BN_STANDING_REVOKED);
    assert_int_equal(bn_keytable_version(fixture->table), 7);
}

/* Sessions keep pointers to entries: a change of standing must show through them at once. */
static void test_a_change_of_standing_is_seen_through_an_old_pointer(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 10; i++)
        list_add(&fixture->list, i, BN_STANDING_GOOD);
    assert_int_equal(replace(fixture->table, &fixture->list, 1), BN_OK);
    list_add(&fixture->more, 100, BN_STANDING_GOOD); /* makes room for the next */
    assert_int_equal(change(fixture->table, &fixture->more, 1, 2), BN_OK);
    struct bn_key *key = find(fixture->table, 4);
    uint64_t epoch = bn_keytable_epoch(fixture->table);
    fixture->more.count = 0;
    list_add(&fixture->more, 4, BN_STANDING_SUSPENDED);
    assert_int_equal(change(fixture->table, &fixture->more, 2, 3), BN_OK);
    assert_int_equal(bn_keytable_epoch(fixture->table), epoch);
    assert_int_equal(key->standing, BN_STANDING_SUSPENDED);
}

static void test_thousands_can_be_enrolled_one_by_one(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < ENTRIES_MAX; i++) {
        fixture->more.count = 0;
        list_add(&fixture->more, i, BN_STANDING_GOOD);
        assert_int_equal(change(fixture->table, &fixture->more, i, i + 1), BN_OK);
    }
    assert_int_equal(bn_keytable_count(fixture->table), ENTRIES_MAX);
    assert_true(bn_keytable_epoch(fixture->table) < 20);
    for (unsigned i = 0; i < ENTRIES_MAX; i++)
        assert_non_null(find(fixture->table, i));
}

/* A torn or foolish table must not let anybody in nor throw anybody out. */
static void test_a_wrong_entry_leaves_the_whole_table_as_it_was(void **state)
{
    struct fixture *fixture = *state;
    list_add(&fixture->list, 1, BN_STANDING_GOOD);
    assert_int_equal(replace(fixture->table, &fixture->list, 1), BN_OK);
    for (int fault = 0; fault < 7; fault++) {
        fixture->more.count = 0;
        list_add(&fixture->more, 1, BN_STANDING_REVOKED);
        Binome__V1__KeyEntry *entry = list_add(&fixture->more, 2, BN_STANDING_GOOD);
        switch (fault) {
        case 0:
            entry->public_key.len = 31;
            break;
        case 1:
            entry->id.len = 0;
            break;
        case 2:
            entry->organisation.len = 17;
            break;
        case 3:
            entry->slug = (char *)(uintptr_t) "";
            break;
        case 4:
            entry->standing = (Binome__V1__KeyStanding)0;
            break;
        case 5:
            entry->standing = (Binome__V1__KeyStanding)77;
            break;
        default:
            entry->role = (Binome__V1__KeyRole)9;
            break;
        }
        assert_int_equal(replace(fixture->table, &fixture->more, 2), BN_INVALID_ARGUMENT);
        assert_int_equal(change(fixture->table, &fixture->more, 1, 2), BN_INVALID_ARGUMENT);
        assert_int_equal(bn_keytable_version(fixture->table), 1);
        assert_int_equal(bn_keytable_count(fixture->table), 1);
        assert_int_equal(find(fixture->table, 1)->standing, BN_STANDING_GOOD);
    }
}

static void test_a_key_ends_at_its_time(void **state)
{
    struct fixture *fixture = *state;
    list_add(&fixture->list, 1, BN_STANDING_GOOD)->expires_ms = 1000;
    list_add(&fixture->list, 2, BN_STANDING_REVOKED)->expires_ms = 1000;
    list_add(&fixture->list, 3, BN_STANDING_GOOD);
    assert_int_equal(replace(fixture->table, &fixture->list, 1), BN_OK);
    assert_int_equal(bn_key_standing(find(fixture->table, 1), 999), BN_STANDING_GOOD);
    assert_int_equal(bn_key_standing(find(fixture->table, 1), 1000), BN_STANDING_EXPIRED);
    assert_int_equal(bn_key_standing(find(fixture->table, 2), 1000), BN_STANDING_REVOKED);
    assert_int_equal(bn_key_standing(find(fixture->table, 3), INT64_MAX), BN_STANDING_GOOD);
}

static void test_each_standing_has_its_rule(void **state)
{
    (void)state;
    assert_int_equal(bn_standing_rule(BN_STANDING_UNKNOWN), BN_RULE_KEY_UNKNOWN);
    assert_int_equal(bn_standing_rule(BN_STANDING_REVOKED), BN_RULE_KEY_REVOKED);
    assert_int_equal(bn_standing_rule(BN_STANDING_EXPIRED), BN_RULE_KEY_EXPIRED);
    assert_int_equal(bn_standing_rule(BN_STANDING_SUSPENDED), BN_RULE_ORGANISATION_SUSPENDED);
    assert_int_equal(bn_standing_rule(BN_STANDING_LEFT), BN_RULE_ORGANISATION_LEFT);
}

static void test_the_local_endpoint_speaks_for_an_organisation_not_for_a_key(void **state)
{
    struct fixture *fixture = *state;
    struct bn_key local = {.sessions = 5};
    bn_token_make(local.token);
    bn_keytable_speak_for(fixture->table, "org-1", &local);
    assert_int_equal(local.standing, BN_STANDING_UNKNOWN);
    list_add(&fixture->list, 1, BN_STANDING_REVOKED);
    list_add(&fixture->list, 2, BN_STANDING_SUSPENDED);
    assert_int_equal(replace(fixture->table, &fixture->list, 1), BN_OK);
    bn_keytable_speak_for(fixture->table, "org-1", &local);
    assert_int_equal(local.standing, BN_STANDING_GOOD); /* one of its keys is revoked, the organisation is not */
    assert_int_equal(local.role, BN_KEY_MEMBER);
    assert_true(bn_id_is_zero(&local.id));
    assert_memory_equal(local.organisation.bytes, fixture->list.ids[0], BN_ID_BYTES);
    assert_int_equal(local.sessions, 5);
    bn_keytable_speak_for(fixture->table, "org-2", &local);
    assert_int_equal(local.standing, BN_STANDING_SUSPENDED);
}

static void test_handshakes_are_counted_by_the_minute(void **state)
{
    (void)state;
    struct bn_key key = {0};
    for (int i = 0; i < 3; i++)
        assert_true(bn_key_handshake(&key, 1000, 3));
    assert_false(bn_key_handshake(&key, 60999, 3));
    assert_true(bn_key_handshake(&key, 61000, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_empty_table_knows_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_key_of_a_snapshot_is_found_by_key_and_by_token, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_token_survives_a_new_snapshot_and_the_handshakes_counted, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_key_that_a_snapshot_leaves_out_is_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_change_must_begin_at_the_version_held, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_change_of_standing_is_seen_through_an_old_pointer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_thousands_can_be_enrolled_one_by_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_wrong_entry_leaves_the_whole_table_as_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_key_ends_at_its_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_standing_has_its_rule, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_local_endpoint_speaks_for_an_organisation_not_for_a_key, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_handshakes_are_counted_by_the_minute, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

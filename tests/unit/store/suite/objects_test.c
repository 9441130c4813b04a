/* SPDX-License-Identifier: Apache-2.0 */
/* Objects, their history, and references to them. */
#include "scene.h"

static void check_same(const struct bn_object *a, const struct bn_object *b)
{
    assert_int_equal(a->number, b->number);
    assert_true(bn_id_equal(&a->id, &b->id));
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->owner, b->owner);
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->state_day, b->state_day);
    assert_int_equal(a->planned_state, b->planned_state);
    assert_int_equal(a->planned_day, b->planned_day);
    assert_int_equal(a->visibility, b->visibility);
    assert_int_equal(a->workstreams, b->workstreams);
    assert_int_equal(a->version, b->version);
    assert_int_equal(a->body, b->body);
    assert_int_equal(a->changed, b->changed);
    assert_int_equal(a->progress, b->progress);
    assert_int_equal(a->health, b->health);
    assert_int_equal(a->created_ms, b->created_ms);
    assert_int_equal(a->recorded_ms, b->recorded_ms);
    assert_string_equal(a->language, b->language);
    assert_int_equal(a->invited_count, b->invited_count);
    if (a->invited_count > 0)
        assert_memory_equal(a->invited, b->invited, a->invited_count * sizeof a->invited[0]);
}

static const uint32_t three[] = {2, 5, 9}, one[] = {7};

static void test_an_object_comes_back_as_it_was_put(void **state)
{
    struct bn_store *store = *state;
    struct bn_organisation acme = scene_organisation(store, "acme");
    struct bn_object found, object = {
                                .kind = BN_OBJECT_OFFER,
                                .state = 3,
                                .state_day = -5,
                                .planned_state = 4,
                                .planned_day = 21000,
                                .visibility = 2,
                                .workstreams = UINT64_C(1) << 61 | 5,
                                .progress = -1,
                                .health = 0xe4,
                                .language = "fr",
                                .invited = three,
                                .invited_count = BN_COUNT(three),
                            };
    OK(bn_store_begin(store));
    object = scene_create(store, &acme, object);
    OK(bn_store_commit(store));
    for (int round = 0; round < 2; round++, store = scene_reopen(state)) {
        OK(bn_store_object_by_number(store, object.number, NULL, &found));
        check_same(&found, &object);
        OK(bn_store_object_by_id(store, &object.id, NULL, &found));
        check_same(&found, &object);
    }
    object.state = 6;
    object.progress = 40;
    object.language = "";
    object.invited = one; /* not written */
    object.invited_count = 1;
    OK(bn_store_begin(store));
    scene_change(store, &acme, &object, true);
    OK(bn_store_object_by_number(store, object.number, NULL, &found));
    assert_int_equal(found.invited_count, 3);
    bn_store_rollback(store);
    OK(bn_store_begin(store));
    struct bn_accepted accepted = scene_accept(store, &acme, "new text");
    object.changed = object.body = accepted.sequence;
    object.version = 2;
    OK(bn_store_object_change(store, &object, true));
    OK(bn_store_commit(store));
    OK(bn_store_object_by_number(store, object.number, NULL, &found));
    check_same(&found, &object);
    assert_int_equal(bn_store_object_by_number(store, 77, NULL, &found), BN_NOT_FOUND);
    object.number = 77;
    OK(bn_store_begin(store));
    assert_int_equal(bn_store_object_change(store, &object, false), BN_NOT_FOUND);
    bn_store_rollback(store);
}

/* Ids are the clients': a request of another organisation may have the same, and must not hide or give the object. */
static void test_an_id_finds_the_object_whoever_else_used_it(void **state)
{
    struct bn_store *store = *state;
    struct bn_organisation acme = scene_organisation(store, "acme"), other = scene_organisation(store, "other");
    struct bn_object found;
    OK(bn_store_begin(store));
    struct bn_object object = scene_create(store, &other, (struct bn_object){.language = "en"});
    struct bn_accepted same = scene_accept(store, &acme, "a query that was kept");
    struct bn_id without_object = same.request;
    same.request = object.id;
    OK(bn_store_accept(store, &same, "x", 1));
    OK(bn_store_commit(store));
    OK(bn_store_object_by_id(store, &object.id, NULL, &found));
    assert_int_equal(found.number, object.number);
    assert_int_equal(bn_store_object_by_id(store, &without_object, NULL, &found), BN_NOT_FOUND);
}

static void test_the_text_of_each_version_is_found(void **state)
{
    struct bn_store *store = *state;
    struct bn_organisation acme = scene_organisation(store, "acme");
    struct bn_change change;
    uint64_t body = 0;
    OK(bn_store_begin(store));
    scene_accept(store, &acme, "before");
    struct bn_object object = scene_create(store, &acme, (struct bn_object){.language = "fr", .state = 1});
    uint64_t created = object.number;
    object.state = 2;
    scene_change(store, &acme, &object, false);
    scene_change(store, &acme, &object, true);
    uint64_t second = object.body;
    scene_change(store, &acme, &object, false);
    scene_change(store, &acme, &object, true);
    OK(bn_store_commit(store));
    store = scene_reopen(state);
    OK(bn_store_body_of_version(store, created, 1, &body));
    assert_int_equal(body, created);
    OK(bn_store_body_of_version(store, created, 2, &body));
    assert_int_equal(body, second);
    OK(bn_store_body_of_version(store, created, 3, &body));
    assert_int_equal(body, object.body);
    assert_int_equal(bn_store_body_of_version(store, created, 0, &body), BN_NOT_FOUND);
    assert_int_equal(bn_store_body_of_version(store, created, 4, &body), BN_NOT_FOUND);
    assert_int_equal(bn_store_body_of_version(store, 99, 1, &body), BN_NOT_FOUND);

    uint64_t after = 0;
    static const uint32_t types[] = {65, 61, 65, 61}, versions[] = {1, 2, 2, 3};
    for (size_t i = 0; i < BN_COUNT(types); i++, after = change.sequence) {
        OK(bn_store_change_next(store, created, after, &change));
        assert_int_equal(change.object, created);
        assert_int_equal(change.type, types[i]);
        assert_int_equal(change.version, versions[i]);
        assert_int_equal(change.state_after, 2);
    }
    assert_int_equal(bn_store_change_next(store, created, after, &change), BN_NOT_FOUND);
    assert_int_equal(bn_store_change_next(store, 1, 0, &change), BN_NOT_FOUND);
}

struct event {
    uint64_t sequence, object;
};

static size_t read_events(struct bn_store *store, struct event after, struct event *events, size_t max)
{
    size_t count = 0;
    struct bn_object object;
    for (;;) {
        enum bn_code code = bn_store_object_changed_next(store, after.sequence, after.object, &after.sequence, &object);
        if (code == BN_NOT_FOUND)
            return count;
        assert_int_equal(code, BN_OK);
        assert_true(count < max);
        after.object = object.number;
        events[count++] = after;
    }
}

/* As an organisation that leaves does: one request changes many objects. */
static void change_many(struct bn_store *store, const struct bn_organisation *by, struct bn_object *objects,
                        size_t count, struct event *events, size_t *event_count)
{
    struct bn_accepted accepted = scene_accept(store, by, "leaves");
    for (size_t i = 0; i < count; i++) {
        if (scene_below(3) == 0)
            continue;
        objects[i].changed = accepted.sequence;
        OK(bn_store_object_change(store, &objects[i], false));
        OK(bn_store_change_add(store, &(struct bn_change){.sequence = accepted.sequence, .object = objects[i].number}));
        events[(*event_count)++] = (struct event){accepted.sequence, objects[i].number};
    }
}

static void test_changes_are_read_in_their_order_from_any_point(void **state)
{
    enum { STEPS = 120, EVENTS_MAX = STEPS * STEPS };
    static struct bn_object objects[STEPS];
    static struct event events[EVENTS_MAX], read[EVENTS_MAX];
    struct bn_store *store = *state;
    struct bn_organisation acme = scene_organisation(store, "acme");
    size_t count = 0, event_count = 0;
    scene_seed();
    for (int i = 0; i < STEPS; i++) {
        OK(bn_store_begin(store));
        uint64_t what = scene_below(8);
        if (count == 0 || what < 4) {
            objects[count] = scene_create(store, &acme, (struct bn_object){.language = ""});
            if (count > 0 && what == 0) { /* and changes an older one by the same request */
                uint64_t sequence = objects[count].number;
                struct bn_object *older = &objects[scene_below(count)];
                older->changed = sequence;
                OK(bn_store_object_change(store, older, false));
                OK(bn_store_change_add(store, &(struct bn_change){.sequence = sequence, .object = older->number}));
                events[event_count++] = (struct event){sequence, older->number};
            }
            events[event_count++] = (struct event){objects[count].number, objects[count].number};
            count++;
        } else if (what < 6) {
            struct bn_object *object = &objects[scene_below(count)];
            scene_change(store, &acme, object, what == 4);
            events[event_count++] = (struct event){object->changed, object->number};
        } else if (what < 7) {
            change_many(store, &acme, objects, count, events, &event_count);
        } else {
            scene_accept(store, &acme, "nothing of an object");
        }
        OK(bn_store_commit(store));
    }
    assert_int_equal(read_events(store, (struct event){0, 0}, read, EVENTS_MAX), event_count);
    assert_memory_equal(read, events, event_count * sizeof events[0]);
    struct bn_store *reader = scene_reader(0);
    for (int trial = 0; trial < 50; trial++) {
        size_t from = scene_below(event_count);
        size_t left = read_events(reader, events[from], read, EVENTS_MAX);
        assert_int_equal(left, event_count - from - 1);
        assert_memory_equal(read, events + from + 1, left * sizeof events[0]);
    }
    bn_store_close(&reader);
}

static void test_external_references_are_unique_by_owner_and_kind(void **state)
{
    struct bn_store *store = *state;
    struct bn_external put = {.owner = 3, .kind = BN_EXTERNAL_OFFER, .scheme = "crm", .id = "42", .object = 7};
    memset(&put.content, 0x11, sizeof put.content);
    struct bn_external find = {.owner = 3, .kind = BN_EXTERNAL_OFFER, .scheme = "crm", .id = "42"};
    OK(bn_store_begin(store));
    assert_int_equal(bn_store_external_find(store, &find), BN_NOT_FOUND);
    OK(bn_store_external_put(store, &put));
    put.owner = 4;
    put.object = 8;
    OK(bn_store_external_put(store, &put));
    OK(bn_store_external_find(store, &find));
    assert_int_equal(find.object, 7);
    assert_memory_equal(&find.content, &put.content, sizeof put.content);
    put.owner = 3;
    put.object = 9;
    memset(&put.content, 0x22, sizeof put.content);
    OK(bn_store_external_put(store, &put));
    OK(bn_store_commit(store));
    OK(bn_store_external_find(store, &find));
    assert_int_equal(find.object, 9);
    assert_memory_equal(&find.content, &put.content, sizeof put.content);
    find.kind = BN_EXTERNAL_PROPOSAL;
    assert_int_equal(bn_store_external_find(store, &find), BN_NOT_FOUND);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_an_object_comes_back_as_it_was_put),
        WITH_STORE(test_an_id_finds_the_object_whoever_else_used_it),
        WITH_STORE(test_the_text_of_each_version_is_found),
        WITH_STORE(test_changes_are_read_in_their_order_from_any_point),
        WITH_STORE(test_external_references_are_unique_by_owner_and_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Who sees what, and lists, against a plain model. */
#include "scene.h"

enum { OBJECTS = 300, OWNERS = 6, VIEWS = 150, INVITED_MAX = 4 };

static struct bn_organisation owners[OWNERS];
static struct bn_object objects[OBJECTS];
static uint32_t invited[OBJECTS][INVITED_MAX];
static const char *const languages[] = {"fr", "en", ""};

static bool has(const struct bn_object *object, uint32_t organisation)
{
    for (size_t i = 0; i < object->invited_count; i++)
        if (object->invited[i] == organisation)
            return true;
    return false;
}

static bool model_sees(const struct bn_view *view, const struct bn_object *object)
{
    const bool stands[BN_RELATIONS] = {
        [BN_RELATION_ANY] = true,
        [BN_RELATION_OWNER] = object->owner == view->organisation,
        [BN_RELATION_INVITED] = has(object, view->organisation),
        [BN_RELATION_PILOT] = (object->workstreams & view->pilot_of) != 0,
        [BN_RELATION_WORKSTREAM] = (object->workstreams & view->member_of) != 0,
    };
    for (int relation = 0; relation < BN_RELATIONS; relation++)
        if (stands[relation] && (view->seen[relation] >> object->visibility & 1) != 0)
            return true;
    return false;
}

static bool model_passes(const struct bn_object_filter *filter, const struct bn_object *object)
{
    uint32_t now =
        object->planned_state != 0 && object->planned_day <= filter->today ? object->planned_state : object->state;
    return (filter->kind == 0 || filter->kind == object->kind) &&
           (filter->owner == 0 || filter->owner == object->owner) && (filter->state == 0 || filter->state == now) &&
           (filter->workstreams == 0 || (filter->workstreams & object->workstreams) != 0) &&
           (filter->language == NULL || strcmp(filter->language, object->language) == 0);
}

static struct bn_object random_object(size_t i)
{
    struct bn_object object = {
        .kind = 1 + (uint32_t)scene_below(2),
        .state = 1 + (uint32_t)scene_below(3),
        .planned_state = (uint32_t)scene_below(4),
        .planned_day = (int32_t)scene_below(10),
        .visibility = (uint32_t)scene_below(6),
        .workstreams = scene_below(3) == 0 ? UINT64_C(1) << 61 : scene_below(8),
        .language = languages[scene_below(BN_COUNT(languages))],
        .invited = invited[i],
    };
    /* In rising order, as they come back. */
    for (uint32_t owner = 0; owner < OWNERS && object.invited_count < INVITED_MAX; owner++)
        if (scene_below(3) == 0)
            invited[i][object.invited_count++] = owners[owner].number;
    return object;
}

static void fill(struct bn_store *store)
{
    static const char *const slugs[OWNERS] = {"a", "b", "c", "d", "e", "f"};
    for (size_t i = 0; i < OWNERS; i++)
        owners[i] = scene_organisation(store, slugs[i]);
    for (size_t i = 0; i < OBJECTS;) {
        OK(bn_store_begin(store));
        for (uint64_t batch = 1 + scene_below(20); batch > 0 && i < OBJECTS; batch--, i++) {
            if (scene_below(4) == 0)
                scene_accept(store, &owners[0], "nothing of an object");
            objects[i] = scene_create(store, &owners[scene_below(OWNERS)], random_object(i));
        }
        OK(bn_store_commit(store));
    }
}

static struct bn_view random_view(void)
{
    struct bn_view view = {
        .organisation = owners[scene_below(OWNERS)].number,
        .pilot_of = scene_below(2) == 0 ? UINT64_C(1) << scene_below(3) : UINT64_C(1) << 61,
        .member_of = scene_below(8),
    };
    for (int relation = 0; relation < BN_RELATIONS; relation++)
        view.seen[relation] = scene_below(3) == 0 ? 0 : (uint32_t)scene_below(64);
    return view;
}

static struct bn_object_filter random_filter(void)
{
    return (struct bn_object_filter){
        .kind = (uint32_t)scene_below(3),
        .owner = scene_below(2) == 0 ? 0 : owners[scene_below(OWNERS)].number,
        .state = (uint32_t)scene_below(4),
        .workstreams = scene_below(2) == 0 ? 0 : scene_below(8),
        .language = scene_below(2) == 0 ? NULL : languages[scene_below(2)],
        .today = (int32_t)scene_below(10),
    };
}

static void check_list(struct bn_store *store, const struct bn_object_filter *filter, const struct bn_view *view)
{
    struct bn_object found = {.number = 0};
    for (size_t i = OBJECTS; i-- > 0;) {
        if (!model_passes(filter, &objects[i]) || (view != NULL && !model_sees(view, &objects[i])))
            continue;
        OK(bn_store_object_next(store, found.number, filter, view, &found));
        assert_int_equal(found.number, objects[i].number);
        assert_int_equal(found.invited_count, objects[i].invited_count);
    }
    if (found.number != 1) /* below 1 there is nothing, and 0 starts anew */
        assert_int_equal(bn_store_object_next(store, found.number == 0 ? 0 : found.number, filter, view, &found),
                         BN_NOT_FOUND);
}

static void test_a_view_shows_what_the_model_shows(void **state)
{
    struct bn_store *store = *state;
    scene_seed();
    fill(store);
    struct bn_store *reader = scene_reader(0);
    for (int trial = 0; trial < VIEWS; trial++) {
        struct bn_view view = random_view();
        struct bn_object_filter filter = random_filter();
        check_list(trial % 2 == 0 ? store : reader, &filter, &view);
        for (size_t i = 0; i < OBJECTS; i += 7) {
            struct bn_object found;
            enum bn_code expected = model_sees(&view, &objects[i]) ? BN_OK : BN_NOT_FOUND;
            assert_int_equal(bn_store_object_by_number(reader, objects[i].number, &view, &found), expected);
            assert_int_equal(bn_store_object_by_id(store, &objects[i].id, &view, &found), expected);
        }
    }
    check_list(reader, &(struct bn_object_filter){.kind = 0}, NULL);
    bn_store_close(&reader);
}

/* The invited who are no longer so, and the newly invited. */
static void test_a_change_of_the_invited_changes_who_sees(void **state)
{
    struct bn_store *store = *state;
    scene_seed();
    for (size_t i = 0; i < 3; i++)
        owners[i] = scene_organisation(store, i == 0 ? "a" : i == 1 ? "b" : "c");
    const struct bn_view of_b = {.organisation = owners[1].number, .seen = {[BN_RELATION_INVITED] = 1 << 2}};
    const struct bn_view of_c = {.organisation = owners[2].number, .seen = {[BN_RELATION_INVITED] = 1 << 2}};
    struct bn_object found;
    OK(bn_store_begin(store));
    struct bn_object object = scene_create(
        store, &owners[0],
        (struct bn_object){.visibility = 2, .language = "", .invited = &owners[1].number, .invited_count = 1});
    OK(bn_store_object_by_id(store, &object.id, &of_b, &found));
    assert_int_equal(bn_store_object_by_id(store, &object.id, &of_c, &found), BN_NOT_FOUND);
    object.invited = &owners[2].number;
    object.changed = scene_accept(store, &owners[0], "other guests").sequence;
    OK(bn_store_object_change(store, &object, true));
    assert_int_equal(bn_store_object_by_id(store, &object.id, &of_b, &found), BN_NOT_FOUND);
    OK(bn_store_object_by_id(store, &object.id, &of_c, &found));
    object.invited_count = 0;
    OK(bn_store_object_change(store, &object, true));
    assert_int_equal(bn_store_object_by_id(store, &object.id, &of_c, &found), BN_NOT_FOUND);
    OK(bn_store_commit(store));
}

static void test_paging_neither_repeats_nor_skips_while_objects_come(void **state)
{
    enum { AT_FIRST = 60, MEANWHILE = 90 };
    struct bn_store *store = *state, *reader = scene_reader(0);
    struct bn_organisation a = scene_organisation(store, "a"), b = scene_organisation(store, "b");
    uint64_t first[AT_FIRST], mine[AT_FIRST];
    size_t mine_count = 0;
    scene_seed();
    OK(bn_store_begin(store));
    for (size_t i = 0; i < AT_FIRST; i++) {
        bool is_mine = scene_below(3) == 0;
        first[i] = scene_create(store, is_mine ? &a : &b, (struct bn_object){.language = ""}).number;
        if (is_mine)
            mine[mine_count++] = first[i];
    }
    OK(bn_store_commit(store));
    uint64_t all_before = 0, mine_before = 0;
    size_t all_left = AT_FIRST, mine_left = mine_count;
    for (int i = 0; i < MEANWHILE; i++) {
        struct bn_object found;
        if (all_left > 0) {
            OK(bn_store_object_next(reader, all_before, &(struct bn_object_filter){.kind = 0}, NULL, &found));
            assert_int_equal(found.number, first[--all_left]);
            all_before = found.number;
        }
        if (mine_left > 0) {
            const struct bn_object_filter filter = {.owner = a.number};
            OK(bn_store_object_next(reader, mine_before, &filter, NULL, &found));
            assert_int_equal(found.number, mine[--mine_left]);
            mine_before = found.number;
        }
        OK(bn_store_begin(store));
        scene_create(store, scene_below(2) == 0 ? &a : &b, (struct bn_object){.language = ""});
        OK(bn_store_commit(store));
        bn_store_checkpoint(store, true);
    }
    assert_int_equal(all_left + mine_left, 0);
    bn_store_close(&reader);
}

/* Enough for what is done behind the commits to be done, and for some to be left. */
static void test_a_list_by_owner_is_whole_at_any_time(void **state)
{
    enum { MANY = 11000, CHECK_EACH = 1500 };
    struct bn_store *store = *state, *reader = scene_reader(0);
    static uint32_t owner_of[MANY + 1];
    static const char *const slugs[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++)
        owners[i] = scene_organisation(store, slugs[i]);
    scene_seed();
    for (uint64_t made = 0; made < MANY;) {
        OK(bn_store_begin(store));
        for (int i = 0; i < 500; i++) {
            const struct bn_organisation *owner = &owners[scene_below(50) == 0 ? 0 : 1 + scene_below(2)];
            made = scene_create(store, owner, (struct bn_object){.language = ""}).number;
            owner_of[made] = owner->number;
        }
        OK(bn_store_commit(store));
        bn_store_checkpoint(store, false);
        if (made % CHECK_EACH != 0 && made < MANY)
            continue;
        const struct bn_object_filter filter = {.owner = owners[0].number};
        struct bn_object found = {.number = 0};
        for (uint64_t number = made; number > 0; number--) {
            if (owner_of[number] != owners[0].number)
                continue;
            OK(bn_store_object_next(reader, found.number, &filter, NULL, &found));
            assert_int_equal(found.number, number);
        }
        if (found.number > 1)
            assert_int_equal(bn_store_object_next(reader, found.number, &filter, NULL, &found), BN_NOT_FOUND);
    }
    bn_store_close(&reader);
    OK(bn_store_verify(scene_reopen(state), false, NULL));
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_a_view_shows_what_the_model_shows),
        WITH_STORE(test_a_change_of_the_invited_changes_who_sees),
        WITH_STORE(test_paging_neither_repeats_nor_skips_while_objects_come),
        WITH_STORE(test_a_list_by_owner_is_whole_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

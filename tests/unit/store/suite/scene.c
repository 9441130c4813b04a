/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

static struct test_random random_numbers;
static const char *place;

void scene_seed(void)
{
    random_numbers = test_random_start();
}

uint64_t scene_below(uint64_t below)
{
    return test_random_below(&random_numbers, below);
}

static struct bn_store *open_there(void)
{
    struct bn_store *store = NULL;
    struct bn_why why = {.detail = ""};
    if (bn_store_open(place, NULL, &store, &why) != BN_OK)
        fail_msg("%s: %s", why.rule, why.detail);
    return store;
}

int scene_open(void **state)
{
    OK(bn_random_start());
    place = fixture_place();
    *state = open_there();
    return 0;
}

int scene_close(void **state)
{
    struct bn_store *store = *state;
    bn_store_close(&store);
    assert_null(store);
    return 0;
}

struct bn_store *scene_reopen(void **state)
{
    struct bn_store *store = *state;
    bn_store_close(&store);
    *state = open_there();
    return *state;
}

struct bn_store *scene_reader(uint64_t read_ms_max)
{
    struct bn_store *reader = NULL;
    struct bn_why why = {.detail = ""};
    struct bn_store_options options = bn_store_options_default;
    options.read_ms_max = read_ms_max;
    if (bn_store_open_reader(place, &options, &reader, &why) != BN_OK)
        fail_msg("%s: %s", why.rule, why.detail);
    return reader;
}

struct bn_organisation scene_organisation(struct bn_store *store, const char *slug)
{
    bool alone = !bn_store_in_transaction(store);
    struct bn_organisation organisation = {
        .id = bn_id_make(), .slug = slug, .legal_name = slug, .kind = 1, .state = 1, .version = 1, .country = "FR"};
    if (alone)
        OK(bn_store_begin(store));
    OK(bn_store_organisation_put(store, &organisation));
    if (alone)
        OK(bn_store_commit(store));
    return organisation;
}

struct bn_accepted scene_accept(struct bn_store *store, const struct bn_organisation *by, const char *body)
{
    struct bn_accepted accepted = {
        .request = bn_id_make(),
        .organisation_number = by->number,
        .organisation = by->id,
        .recorded_ms = 1700000000000 + (int64_t)bn_store_next_sequence(store),
        .type = 60,
        .object = bn_store_next_sequence(store),
        .version = 1,
    };
    bn_digest_of(body, strlen(body), &accepted.digest);
    OK(bn_store_accept(store, &accepted, body, strlen(body)));
    return accepted;
}

struct bn_object scene_create(struct bn_store *store, const struct bn_organisation *by, struct bn_object object)
{
    struct bn_accepted accepted = scene_accept(store, by, "a proposal");
    object.number = object.body = object.changed = accepted.sequence;
    object.id = accepted.request;
    object.owner = by->number;
    object.version = 1;
    object.created_ms = object.recorded_ms = accepted.recorded_ms;
    if (object.kind == 0)
        object.kind = BN_OBJECT_PROPOSAL;
    OK(bn_store_object_create(store, &object));
    return object;
}

void scene_change(struct bn_store *store, const struct bn_organisation *by, struct bn_object *object, bool text)
{
    struct bn_accepted accepted = scene_accept(store, by, text ? "a new text" : "a status");
    struct bn_change change = {
        .sequence = accepted.sequence, .object = object->number, .type = text ? 61 : 65, .state_before = object->state};
    object->changed = accepted.sequence;
    if (text) {
        object->body = accepted.sequence;
        object->version++;
    }
    change.version = object->version;
    change.state_after = object->state;
    OK(bn_store_object_change(store, object, false));
    OK(bn_store_change_add(store, &change));
}

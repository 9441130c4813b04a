/* SPDX-License-Identifier: Apache-2.0 */
/* scene.h: what the tests of store.h share. They know store.h alone; where a store is kept is the fixture's affair, one
 * for each implementation. */
#ifndef BINOME_TESTS_STORE_SCENE_H
#define BINOME_TESTS_STORE_SCENE_H

#include "registry/store/store.h"
#include "test.h"

/* ---- the fixture: one file for each implementation ---- */

/* Lends a fresh, empty place for a store, as bn_store_open takes it. */
const char *fixture_place(void);

/* ---- the scene ---- */

/* Starts the random numbers of a test from the seed of this run. */
void scene_seed(void);
/* From 0 to below - 1. */
uint64_t scene_below(uint64_t below);

/* cmocka setup and teardown of each test: a fresh store in *state. */
int scene_open(void **state);
int scene_close(void **state);
/* Closes and opens the store in *state again. */
struct bn_store *scene_reopen(void **state);
struct bn_store *scene_reader(uint64_t read_ms_max);

/* A new organisation, in a transaction of its own unless one is open. Texts are static. */
struct bn_organisation scene_organisation(struct bn_store *store, const char *slug);

/* Accepts a request of a fresh id within the open transaction; the body is the text. */
struct bn_accepted scene_accept(struct bn_store *store, const struct bn_organisation *by, const char *body);

/* A new object by a new request, within the open transaction, with these values, which get number, id, body and so on.
 */
struct bn_object scene_create(struct bn_store *store, const struct bn_organisation *by, struct bn_object object);

/* A request that changes the object: sets `changed`, and with a new text body and version, too. */
void scene_change(struct bn_store *store, const struct bn_organisation *by, struct bn_object *object, bool text);

#define OK(call) assert_int_equal((call), BN_OK)

#endif

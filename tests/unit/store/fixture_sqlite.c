/* SPDX-License-Identifier: Apache-2.0 */
/* A store in a SQLite file, in a folder of its own. */
#include "suite/scene.h"

const char *fixture_place(void)
{
    static char place[TEST_PATH_SIZE];
    snprintf(place, sizeof place, "%s", test_path(test_folder(), "registry.sqlite3"));
    return place;
}

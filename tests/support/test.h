/* SPDX-License-Identifier: Apache-2.0 */
/* test.h: what the unit tests share: cmocka, temporary folders, random numbers by a printed seed, waiting.
 *
 * Header only. Everything here belongs to the one thread that runs the tests. */
#ifndef BINOME_TESTS_SUPPORT_TEST_H
#define BINOME_TESTS_SUPPORT_TEST_H

/* cmocka.h wants these before it, in this order. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- random numbers: xorshift64*, the same everywhere for the same seed --- */

struct test_random {
    uint64_t state;
};

/* The seed of this run, printed once: BINOME_SEED when set, else the time. */
static inline uint64_t test_seed(void)
{
    static uint64_t seed;
    static bool known;
    if (!known) {
        const char *given = getenv("BINOME_SEED");
        seed = given != NULL && given[0] != '\0' ? strtoull(given, NULL, 0)
                                                 : (uint64_t)time(NULL) * 1000003 + (uint64_t)getpid();
        known = true;
        fprintf(stderr, "BINOME_SEED=%llu\n", (unsigned long long)seed);
    }
    return seed;
}

static inline struct test_random test_random_start(void)
{
    uint64_t state = test_seed() * UINT64_C(0x9E3779B97F4A7C15) + 1;
    return (struct test_random){state == 0 ? 1 : state};
}

static inline uint64_t test_random_next(struct test_random *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return random->state * UINT64_C(0x2545F4914F6CDD1D);
}

/* 0 to below - 1; below is at least 1. */
static inline uint64_t test_random_below(struct test_random *random, uint64_t below)
{
    return test_random_next(random) % below;
}

static inline bool test_random_one_in(struct test_random *random, uint64_t n)
{
    return test_random_below(random, n) == 0;
}

static inline void test_random_fill(struct test_random *random, void *out, size_t size)
{
    unsigned char *bytes = out;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(test_random_next(random) >> 56);
}

/* --- temporary folders: gone when the process that made them ends, also after a failed test --- */

enum { TEST_FOLDERS_MAX = 64, TEST_PATH_SIZE = 512 };

struct test_folders {
    char paths[TEST_FOLDERS_MAX][TEST_PATH_SIZE];
    size_t count;
    pid_t owner;
};

static inline struct test_folders *test_folders_made(void)
{
    static struct test_folders folders;
    return &folders;
}

static inline int test_remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status, (void)type, (void)where;
    return remove(path);
}

static inline void test_folders_remove(void)
{
    struct test_folders *folders = test_folders_made();
    if (folders->owner != getpid())
        return; /* a fork of the one that made them */
    for (size_t i = 0; i < folders->count; i++)
        nftw(folders->paths[i], test_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    folders->count = 0;
}

/* Lends the path of a new, empty folder below $TMPDIR or /tmp, mode 0700. */
static inline const char *test_folder(void)
{
    struct test_folders *folders = test_folders_made();
    const char *root = getenv("TMPDIR");
    if (folders->owner != getpid()) {
        folders->owner = getpid();
        folders->count = 0;
        atexit(test_folders_remove);
    }
    assert_true(folders->count < TEST_FOLDERS_MAX);
    char *path = folders->paths[folders->count];
    int size = snprintf(path, TEST_PATH_SIZE, "%s/binome-test-XXXXXX", root == NULL || root[0] == '\0' ? "/tmp" : root);
    assert_true(size > 0 && size < TEST_PATH_SIZE);
    assert_non_null(mkdtemp(path));
    folders->count++;
    return path;
}

/* Lends "FOLDER/NAME", good until the 16th call after. */
static inline const char *test_path(const char *folder, const char *name)
{
    static char paths[16][TEST_PATH_SIZE];
    static unsigned next;
    char *path = paths[next++ % 16];
    int size = snprintf(path, TEST_PATH_SIZE, "%s/%s", folder, name);
    assert_true(size > 0 && size < TEST_PATH_SIZE);
    return path;
}

/* Writes a file as it stands; lends its path as test_path does. */
static inline const char *test_file(const char *folder, const char *name, const char *text)
{
    const char *path = test_path(folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* --- waiting for a condition, never for a while --- */

static inline uint64_t test_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static inline void test_breathe(void)
{
    struct timespec moment = {0, 1000000};
    nanosleep(&moment, NULL);
}

/* Looks at the condition every millisecond; fails the test when it does not hold within limit_ms. */
#define TEST_WAIT_FOR(condition, limit_ms)                                     \
    do {                                                                       \
        uint64_t test_end_ = test_now_ms() + (uint64_t)(limit_ms);             \
        while (!(condition)) {                                                 \
            if (test_now_ms() >= test_end_)                                    \
                fail_msg("waited %d ms for: %s", (int)(limit_ms), #condition); \
            test_breathe();                                                    \
        }                                                                      \
    } while (0)

/* For a struct bn_why that names a certain field and rule. */
#define TEST_WHY(why, wanted_field, wanted_rule)          \
    do {                                                  \
        assert_string_equal((why).field, (wanted_field)); \
        assert_string_equal((why).rule, (wanted_rule));   \
    } while (0)

#endif

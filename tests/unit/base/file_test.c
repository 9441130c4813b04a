/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/file.h"

#include <dirent.h>
#include <sys/stat.h>

static size_t files_in(const char *folder)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static unsigned mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    return status.st_mode & 07777;
}

static void test_a_file_is_read_whole_up_to_its_bound(void **state)
{
    (void)state;
    const char *path = test_file(test_folder(), "x", "hello");
    char *data = NULL;
    size_t size = 0;
    struct bn_why why = {0};
    assert_int_equal(bn_file_read(path, 5, &data, &size, &why), BN_OK);
    assert_int_equal(size, 5);
    assert_string_equal(data, "hello");
    free(data);
    assert_int_equal(bn_file_read(path, 4, &data, &size, &why), BN_RESOURCE_EXHAUSTED);
    TEST_WHY(why, path, "file.too_long");
    assert_int_equal(bn_file_read(path, SIZE_MAX, &data, &size, &why), BN_OK);
    free(data);
}

static void test_a_file_without_a_size_is_read_as_well(void **state)
{
    (void)state;
    char *data = NULL;
    size_t size = 0;
    assert_int_equal(bn_file_read("/proc/self/maps", 1 << 24, &data, &size, NULL), BN_OK);
    assert_true(size > 100 && data[size] == '\0');
    free(data);
}

static void test_what_is_no_regular_file_is_refused_without_waiting(void **state)
{
    (void)state;
    const char *folder = test_folder();
    char *data = NULL;
    size_t size;
    struct bn_why why = {0};
    assert_int_equal(bn_file_read(test_path(folder, "none"), 10, &data, &size, &why), BN_NOT_FOUND);
    TEST_WHY(why, test_path(folder, "none"), "file.absent");
    assert_int_equal(bn_file_read(folder, 10, &data, &size, &why), BN_FAILED_PRECONDITION);
    TEST_WHY(why, folder, "file.wrong_form");
    const char *pipe_path = test_path(folder, "pipe");
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(bn_file_read(pipe_path, 10, &data, &size, &why), BN_FAILED_PRECONDITION);
    TEST_WHY(why, pipe_path, "file.wrong_form");
    if (geteuid() != 0) {
        const char *closed = test_file(folder, "closed", "x");
        assert_int_equal(chmod(closed, 0), 0);
        assert_int_equal(bn_file_read(closed, 10, &data, &size, &why), BN_PERMISSION_DENIED);
        TEST_WHY(why, closed, "file.cannot_read");
    }
}

static void test_a_written_file_replaces_the_old_one_and_leaves_nothing_else(void **state)
{
    (void)state;
    const char *folder = test_folder(), *path = test_path(folder, "x");
    struct bn_why why = {0};
    char *data = NULL;
    size_t size;
    mode_t before = umask(0077);
    assert_int_equal(bn_file_write(path, "one", 3, 0600, &why), BN_OK);
    assert_int_equal(bn_file_write(path, "second", 6, 0644, &why), BN_OK);
    umask(before);
    assert_int_equal(mode_of(path), 0644);
    assert_int_equal(files_in(folder), 1);
    assert_int_equal(bn_file_read(path, 100, &data, &size, NULL), BN_OK);
    assert_string_equal(data, "second");
    free(data);
    assert_int_equal(bn_file_write(test_path(folder, "no/x"), "x", 1, 0600, &why), BN_NOT_FOUND);
    assert_int_equal(mkdir(test_path(folder, "d"), 0700), 0);
    assert_int_not_equal(bn_file_write(test_path(folder, "d"), "x", 1, 0600, &why), BN_OK);
    TEST_WHY(why, test_path(folder, "d"), "file.cannot_write");
    assert_int_equal(files_in(folder), 2);
}

static void test_a_file_without_a_folder_in_its_name_is_written_here(void **state)
{
    (void)state;
    char *before = getcwd(NULL, 0);
    const char *folder = test_folder();
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(bn_file_write("x", "1", 1, 0600, NULL), BN_OK);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(files_in(folder), 1);
    free(before);
}

static void test_folders_are_made_down_to_the_last(void **state)
{
    (void)state;
    const char *folder = test_folder();
    struct bn_why why = {0};
    assert_int_equal(bn_folder_make(test_path(folder, "a//b/c/"), 0700, &why), BN_OK);
    assert_int_equal(bn_folder_make(test_path(folder, "a/b/c"), 0700, &why), BN_OK);
    assert_int_equal(mode_of(test_path(folder, "a/b/c")), 0700);
    test_file(folder, "file", "x");
    assert_int_equal(bn_folder_make(test_path(folder, "file/d"), 0700, &why), BN_FAILED_PRECONDITION);
    TEST_WHY(why, test_path(folder, "file"), "file.cannot_write");
    assert_int_equal(bn_folder_make(test_path(folder, "file"), 0700, &why), BN_FAILED_PRECONDITION);
    assert_int_equal(bn_folder_make("/", 0700, &why), BN_OK);
}

static const char known_secret[] = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";
static const char known_public[] = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";

static void test_a_key_file_gives_the_pair_that_zeromq_knows(void **state)
{
    (void)state;
    const char *folder = test_folder();
    struct bn_keypair pair, back;
    struct bn_why why = {0};
    char text[BN_Z85_SIZE];
    const char *path = test_file(folder, "known", known_secret);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(bn_keyfile_read(path, &pair, &why), BN_OK);
    bn_z85_encode(pair.public_key, text);
    assert_string_equal(text, known_public);
    bn_keypair_make(&pair);
    assert_int_equal(bn_keyfile_write(test_path(folder, "new"), &pair, &why), BN_OK);
    assert_int_equal(mode_of(test_path(folder, "new")), 0600);
    assert_int_equal(bn_keyfile_read(test_path(folder, "new"), &back, &why), BN_OK);
    assert_memory_equal(&pair, &back, sizeof pair);
    bn_wipe(&back, sizeof back);
    assert_int_equal(back.secret_key[0] | back.secret_key[31], 0);
}

static void test_a_key_is_never_overwritten(void **state)
{
    (void)state;
    const char *folder = test_folder(), *path = test_path(folder, "k");
    struct bn_keypair pair, other, back;
    struct bn_why why = {0};
    bn_keypair_make(&pair);
    bn_keypair_make(&other);
    assert_int_equal(bn_keyfile_write(path, &pair, &why), BN_OK);
    assert_int_equal(bn_keyfile_write(path, &other, &why), BN_ALREADY_EXISTS);
    TEST_WHY(why, path, "file.exists");
    assert_int_equal(files_in(folder), 1);
    assert_int_equal(bn_keyfile_read(path, &back, &why), BN_OK);
    assert_memory_equal(&pair, &back, sizeof pair);
}

static void check_key_refused(const char *path, enum bn_code code, const char *rule)
{
    struct bn_keypair pair = {{7}, {7}};
    struct bn_why why = {0};
    assert_int_equal(bn_keyfile_read(path, &pair, &why), code);
    TEST_WHY(why, path, rule);
    assert_int_equal(pair.secret_key[0], 7);
    assert_null(strstr(why.detail, "D:)Q"));
}

static void test_a_key_file_that_others_may_touch_is_refused(void **state)
{
    (void)state;
    const char *folder = test_folder(), *path = test_file(folder, "k", known_secret);
    struct bn_keypair pair;
    for (unsigned mode = 0; mode < 0100; mode++) {
        assert_int_equal(chmod(path, 0600 | mode), 0);
        if (mode == 0)
            assert_int_equal(bn_keyfile_read(path, &pair, NULL), BN_OK);
        else
            check_key_refused(path, BN_FAILED_PRECONDITION, "file.mode");
    }
    assert_int_equal(chmod(path, 0600), 0);
    const char *link_path = test_path(folder, "link");
    assert_int_equal(symlink("k", link_path), 0);
    check_key_refused(link_path, BN_FAILED_PRECONDITION, "file.symbolic_link");
    check_key_refused(test_path(folder, "none"), BN_NOT_FOUND, "file.absent");
    check_key_refused(folder, BN_FAILED_PRECONDITION, "file.wrong_form");
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 65534, (gid_t)-1), 0);
        check_key_refused(path, BN_FAILED_PRECONDITION, "file.wrong_owner");
    }
}

static void test_a_key_file_holds_one_line_of_z85_and_nothing_else(void **state)
{
    (void)state;
    static const char *const forms[] = {"%s", "%s\n", "%s\r\n"};
    static const char *const bad[] = {"", "\n", " %s", "%s ", "%s\n\n", "%s\nx", "%s%s", "key: %s\n", "\n%s"};
    const char *folder = test_folder();
    struct bn_keypair pair;
    for (size_t i = 0; i < BN_COUNT(forms) + BN_COUNT(bad); i++) {
        bool good = i < BN_COUNT(forms);
        char text[256] = "";
        for (const char *at = good ? forms[i] : bad[i - BN_COUNT(forms)]; *at != '\0'; at++) {
            if (*at == '%')
                strcat(text, known_secret), at++;
            else
                strncat(text, at, 1);
        }
        const char *path = test_file(folder, "k", text);
        assert_int_equal(chmod(path, 0600), 0);
        if (good)
            assert_int_equal(bn_keyfile_read(path, &pair, NULL), BN_OK);
        else
            check_key_refused(path, BN_INVALID_ARGUMENT, "key.wrong_form");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_is_read_whole_up_to_its_bound),
        cmocka_unit_test(test_a_file_without_a_size_is_read_as_well),
        cmocka_unit_test(test_what_is_no_regular_file_is_refused_without_waiting),
        cmocka_unit_test(test_a_written_file_replaces_the_old_one_and_leaves_nothing_else),
        cmocka_unit_test(test_a_file_without_a_folder_in_its_name_is_written_here),
        cmocka_unit_test(test_folders_are_made_down_to_the_last),
        cmocka_unit_test(test_a_key_file_gives_the_pair_that_zeromq_knows),
        cmocka_unit_test(test_a_key_is_never_overwritten),
        cmocka_unit_test(test_a_key_file_that_others_may_touch_is_refused),
        cmocka_unit_test(test_a_key_file_holds_one_line_of_z85_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

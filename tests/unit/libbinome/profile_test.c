/* SPDX-License-Identifier: Apache-2.0 */
/* Profile folders, and the example of docs/ run with one. */
#include "libbinome/profile.h"
#include "support.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

/* A folder with a key file and this profile. */
static const char *a_profile(const char *yaml)
{
    const char *folder = test_folder();
    struct bn_keypair pair;
    assert_int_equal(bn_random_start(), BN_OK);
    bn_keypair_make(&pair);
    assert_int_equal(bn_keyfile_write(test_path(folder, "key.secret"), &pair, NULL), BN_OK);
    test_file(folder, "profile.yaml", yaml);
    return folder;
}

static const char *a_profile_for(const struct fake_hub *hub)
{
    static char yaml[512];
    snprintf(yaml, sizeof yaml, "hub: %s\nhub_key: \"%s\"\norganisation: acme\n", fake_hub_endpoint(hub),
             fake_hub_key(hub));
    return a_profile(yaml);
}

static void test_a_profile_is_read(void **state)
{
    (void)state;
    struct bn_profile profile;
    const char *folder = a_profile("hub: tcp://hub.example:5555\nhub_key: K\nkey_file: other.secret\n"
                                   "organisation: acme\nstats: ipc:///run/binome/stats.sock\n");
    assert_int_equal(bn_profile_load(folder, &profile, NULL), BN_OK);
    assert_string_equal(profile.hub, "tcp://hub.example:5555");
    assert_string_equal(profile.hub_key, "K");
    assert_string_equal(profile.key_file, test_path(folder, "other.secret"));
    assert_string_equal(profile.organisation, "acme");
    assert_string_equal(profile.stats, "ipc:///run/binome/stats.sock");
    bn_profile_finish(&profile);
    assert_null(profile.hub);
}

static void test_the_key_file_lies_beside_the_profile_unless_said(void **state)
{
    (void)state;
    struct bn_profile profile;
    const char *folder = a_profile("hub: tcp://hub.example:5555\n");
    assert_int_equal(bn_profile_load(folder, &profile, NULL), BN_OK);
    assert_string_equal(profile.key_file, test_path(folder, "key.secret"));
    assert_null(profile.stats);
    bn_profile_finish(&profile);
}

static void expect_fault(const char *folder, enum binome_code code, const char *rule, const char *in_field)
{
    struct binome *connection = NULL;
    struct binome_error error = {"", "", ""};
    enum binome_code got = binome_open_profile(folder, &connection, &error);
    assert_string_equal(error.rule, rule);
    assert_int_equal(got, code);
    if (strstr(error.field, in_field) == NULL)
        fail_msg("%s is not in %s", in_field, error.field);
    assert_null(connection);
}

static void test_a_wrong_profile_is_named_with_its_line(void **state)
{
    (void)state;
    expect_fault(test_folder(), BINOME_NOT_FOUND, "file.absent", "profile.yaml");
    expect_fault(a_profile("hub: tcp://hub.example:5555\nhubkey: x\n"), BINOME_INVALID_ARGUMENT, "config.unknown_key",
                 "profile.yaml:2");
    expect_fault(a_profile("organisation: acme\n"), BINOME_INVALID_ARGUMENT, "config.required", "profile.yaml");
    expect_fault(a_profile("hub: nowhere\n"), BINOME_INVALID_ARGUMENT, "endpoint.wrong_form", "");
    expect_fault(a_profile("hub: tcp://hub.example:5555\n"), BINOME_INVALID_ARGUMENT, "key.wrong_form", "server_key");
}

static void test_a_key_file_that_others_may_read_is_refused(void **state)
{
    (void)state;
    struct fake_hub *hub = fake_hub_start(NULL);
    const char *folder = a_profile_for(hub);
    assert_int_equal(chmod(test_path(folder, "key.secret"), 0640), 0);
    struct binome *connection = NULL;
    struct binome_error error;
    assert_int_equal(binome_open_profile(folder, &connection, &error), BINOME_FAILED_PRECONDITION);
    assert_string_equal(error.rule, "file.mode");
    fake_hub_stop(&hub);
}

static void test_a_profile_opens_a_connection(void **state)
{
    (void)state;
    struct fake_hub *hub = fake_hub_start(NULL);
    struct binome *connection = NULL;
    struct binome_error error;
    assert_int_equal(binome_open_profile(a_profile_for(hub), &connection, &error), BINOME_OK);
    assert_string_equal(binome_welcome(connection)->organisation, "acme");
    binome_close(&connection);
    fake_hub_stop(&hub);
}

/* Runs the example of docs/library.md; gives its exit status, and what it printed. */
static int example(const char *profile, const char *output)
{
    pid_t child;
    int status;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, output, O_WRONLY | O_APPEND, 0600);
    char *argv[] = {BINOME_EXAMPLE, (char *)(uintptr_t)profile, NULL};
    assert_int_equal(posix_spawn(&child, BINOME_EXAMPLE, &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void printed(const char *output, const char *text)
{
    char *data = NULL;
    size_t size;
    assert_int_equal(bn_file_read(output, 65536, &data, &size, NULL), BN_OK);
    if (strstr(data, text) == NULL)
        fail_msg("%s is not in: %s", text, data);
    free(data);
}

static void test_the_example_prints_the_receipt_or_the_reason(void **state)
{
    (void)state;
    struct fake_hub *hub = fake_hub_start(NULL);
    const char *profile = a_profile_for(hub), *output = test_path(test_folder(), "output");
    assert_int_equal(example(profile, output), 0);
    printed(output, "receipt 1 in a log of 1, digest ");
    fake_hub_behave(
        hub, &(struct fake_rules){.refusals = 1, .code = BN_INVALID_ARGUMENT, .rule = BN_RULE_WORKSTREAM_UNKNOWN});
    assert_int_equal(example(profile, output), 65);
    printed(output, "workstream.unknown");
    assert_int_equal(example(test_folder(), output), 69);
    printed(output, "profile.yaml");
    fake_hub_stop(&hub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_profile_is_read),
        cmocka_unit_test(test_the_key_file_lies_beside_the_profile_unless_said),
        cmocka_unit_test(test_a_wrong_profile_is_named_with_its_line),
        cmocka_unit_test(test_a_key_file_that_others_may_read_is_refused),
        cmocka_unit_test(test_a_profile_opens_a_connection),
        cmocka_unit_test(test_the_example_prints_the_receipt_or_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

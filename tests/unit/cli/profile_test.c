/* SPDX-License-Identifier: Apache-2.0 */
/* What the program does without a hub: keys, profiles, receipts on disk. */
#include "fixture.h"

#include "cli/args.h"
#include "cli/profile.h"
#include "cli/receipt.h"

#include <sys/stat.h>

static char key[] = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

static void test_a_profile_is_made_with_keys_and_read_back(void **state)
{
    (void)state;
    char *folder = strdup(test_path(test_folder(), "acme"));
    struct ran ran = RUN("profile", "make", folder, "--hub", "tcp://hub.example:5555", "--hub-key", key,
                         "--organisation", "acme", "--stats", "ipc:///run/a: b.sock");
    assert_int_equal(ran.code, 0);
    ran_free(&ran);
    struct bn_profile profile;
    struct bn_why why = {"", "", ""};
    assert_int_equal(bn_profile_load(folder, &profile, &why), BN_OK);
    assert_string_equal(profile.hub, "tcp://hub.example:5555");
    assert_string_equal(profile.hub_key, key);
    assert_string_equal(profile.stats, "ipc:///run/a: b.sock");
    struct stat status;
    assert_int_equal(stat(profile.key_file, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    bn_profile_finish(&profile);
    ran = RUN("profile", "show", folder, "--json");
    assert_int_equal(ran.code, 0);
    assert_non_null(strstr(ran.out, "\"organisation\":\"acme\""));
    ran_free(&ran);
    free(folder);
}

static void test_making_a_profile_again_keeps_the_key(void **state)
{
    (void)state;
    char *folder = strdup(test_path(test_folder(), "acme")), before[64] = "", after[64] = "";
    for (int i = 0; i < 2; i++) {
        struct ran ran = RUN("profile", "make", folder, "--hub", "tcp://hub.example:5555", "--hub-key", key);
        assert_int_equal(ran.code, 0);
        ran_free(&ran);
        FILE *file = fopen(test_path(folder, "key.public"), "r");
        assert_non_null(fgets(i == 0 ? before : after, 64, file));
        fclose(file);
    }
    assert_string_equal(before, after);
    free(folder);
}

static void test_keygen_never_overwrites_a_key(void **state)
{
    (void)state;
    char *folder = strdup(test_path(test_folder(), "keys"));
    struct ran ran = RUN("keygen", folder);
    assert_int_equal(ran.code, 0);
    assert_null(strstr(ran.out, "SECRET"));
    ran_free(&ran);
    ran = RUN("keygen", folder, "--lang", "en");
    assert_int_equal(ran.code, BN_EXIT_REFUSED);
    assert_non_null(strstr(ran.err, "file.exists"));
    ran_free(&ran);
    free(folder);
}

static void test_a_loose_key_file_or_an_absent_profile_is_a_matter_of_configuration(void **state)
{
    (void)state;
    char *folder = strdup(test_path(test_folder(), "acme")), *nowhere = strdup(test_path(folder, "nowhere"));
    struct ran ran = RUN("profile", "make", folder, "--hub", "tcp://127.0.0.1:9", "--hub-key", key);
    assert_int_equal(ran.code, 0);
    ran_free(&ran);
    assert_int_equal(chmod(test_path(folder, "key.secret"), 0644), 0);
    ran = RUN("list", "orgs", "--profile", folder);
    assert_int_equal(ran.code, BN_EXIT_CONFIG);
    assert_non_null(strstr(ran.err, "file.mode"));
    ran_free(&ran);
    ran = RUN("list", "orgs", "--profile", nowhere);
    assert_int_equal(ran.code, BN_EXIT_CONFIG);
    ran_free(&ran);
    test_file(folder, "profile.yaml", "hub: tcp://127.0.0.1:9\nhubkey: x\n");
    ran = RUN("list", "orgs", "--profile", folder);
    assert_int_equal(ran.code, BN_EXIT_CONFIG);
    assert_non_null(strstr(ran.err, "profile.yaml:2"));
    ran_free(&ran);
    free(folder);
    free(nowhere);
}

static void test_a_hub_that_is_away_gives_69_and_names_the_address(void **state)
{
    (void)state;
    char *folder = strdup(test_path(test_folder(), "acme"));
    struct ran ran = RUN("profile", "make", folder, "--hub", "tcp://127.0.0.1:1", "--hub-key", key);
    ran_free(&ran);
    ran = RUN("list", "orgs", "--profile", folder, "--lang", "en", "--timeout", "1");
    assert_int_equal(ran.code, BN_EXIT_AWAY);
    assert_non_null(strstr(ran.err, "Nobody answers at tcp://127.0.0.1:1."));
    ran_free(&ran);
    free(folder);
}

static void test_a_receipt_is_kept_with_the_bytes_that_were_sent(void **state)
{
    struct bn_cli cli;
    struct bn_args args = {.word_count = 0};
    Binome__V1__Receipt receipt = BINOME__V1__RECEIPT__INIT;
    char id[] = "0190f4c2-6d1e-7a53-9c1b-2f6a1c0e4d7b";
    const char *kept = NULL;
    (void)state;
    cli_start(&cli);
    cli.profile = test_folder();
    receipt.sequence = 7;
    receipt.request_id = id;
    assert_int_equal(bn_receipt_keep(&cli, &args, &receipt, "a\0b", 3, &kept), 0);
    char *body = bn_keep_format(&cli, "%s/receipts/receipt-%s.body", cli.profile, id);
    FILE *file = fopen(body, "r");
    char bytes[8];
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, sizeof bytes, file), 3);
    assert_memory_equal(bytes, "a\0b", 3);
    fclose(file);
    struct stat status;
    assert_int_equal(stat(kept, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    cli_finish(&cli);
}

static void test_a_receipt_whose_file_was_changed_is_told_without_a_hub(void **state)
{
    (void)state;
    const char *folder = test_folder();
    char *receipt = strdup(test_file(folder, "r.json",
                                     "{\"sequence\": \"7\", \"digest\": "
                                     "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}"));
    char *body = strdup(test_file(folder, "r.body", "something else"));
    struct ran ran = RUN("verify", receipt, body, "--lang", "en");
    assert_int_equal(ran.code, BN_EXIT_REFUSED);
    assert_non_null(strstr(ran.err, "its digest differs"));
    ran_free(&ran);
    ran = RUN("verify", receipt, body, "--json");
    assert_int_equal(ran.code, BN_EXIT_REFUSED);
    assert_non_null(strstr(ran.out, "\"verified\":false"));
    ran_free(&ran);
    free(receipt);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_profile_is_made_with_keys_and_read_back),
        cmocka_unit_test(test_making_a_profile_again_keeps_the_key),
        cmocka_unit_test(test_keygen_never_overwrites_a_key),
        cmocka_unit_test(test_a_loose_key_file_or_an_absent_profile_is_a_matter_of_configuration),
        cmocka_unit_test(test_a_hub_that_is_away_gives_69_and_names_the_address),
        cmocka_unit_test(test_a_receipt_is_kept_with_the_bytes_that_were_sent),
        cmocka_unit_test(test_a_receipt_whose_file_was_changed_is_told_without_a_hub),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

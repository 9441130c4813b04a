/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "cli/args.h"
#include "cli/explain.h"
#include "cli/keys.h"
#include "cli/lang.h"
#include "cli/profile.h"
#include "cli/verbs.h"

#include <string.h>

const struct bn_option bn_options_none[] = {{NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false}};

int bn_keys_make(struct bn_cli *cli, const char *folder, char public_text[BN_Z85_SIZE])
{
    struct bn_keypair pair;
    struct bn_why why = {"", "", ""};
    char line[BN_Z85_SIZE + 1];
    enum bn_code code = bn_folder_make(folder, 0700, &why);
    if (code == BN_OK) {
        bn_keypair_make(&pair);
        code = bn_keyfile_write(bn_keep_format(cli, "%s/key.secret", folder), &pair, &why);
        bn_z85_encode(pair.public_key, public_text);
        bn_wipe(&pair, sizeof pair);
    }
    if (code == BN_OK) {
        snprintf(line, sizeof line, "%s\n", public_text);
        code = bn_file_write(bn_keep_format(cli, "%s/key.public", folder), line, strlen(line), 0644, &why);
    }
    return code == BN_OK ? BN_EXIT_DONE : bn_explain_why(cli, code, &why);
}

static int run(struct bn_cli *cli, const struct bn_args *args)
{
    char public_text[BN_Z85_SIZE] = "";
    const char *folder = args->word_count == 1 ? args->words[0] : bn_profile_folder(cli);
    int code = bn_keys_make(cli, folder, public_text);
    if (code != BN_EXIT_DONE)
        return code;
    if (cli->json) {
        fputs("{\"public_key\":", cli->out);
        bn_json_string(cli->out, public_text);
        fputs("}\n", cli->out);
        return BN_EXIT_DONE;
    }
    bn_labelled(&cli->screen, _("Public key"), public_text);
    bn_labelled(&cli->screen, _("Secret key"), bn_keep_format(cli, "%s/key.secret", folder));
    bn_wrapped(&cli->screen, 0,
               _("Send the public key to the programme's operator. The secret key stays on this machine: never send, "
                 "copy or show it."));
    return BN_EXIT_DONE;
}

static const struct bn_command commands[] = {
    {"",
     "[DIR]",
     N_("Makes DIR/key.secret (mode 0600) and DIR/key.public; DIR is the profile's folder unless given. An "
        "existing key is never overwritten."),
     0,
     1,
     {bn_options_none},
     run},
};

static const char *const examples[] = {"binome keygen ~/.config/binome/default", "binome keygen --json", NULL};

const struct bn_verb bn_verb_keygen = {
    "keygen", N_("make a pair of keys; only the public one travels"), commands, BN_COUNT(commands), examples, false};

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/rule.h"
#include "cli/args.h"
#include "cli/explain.h"
#include "cli/keys.h"
#include "cli/lang.h"
#include "cli/profile.h"
#include "cli/verbs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct bn_option make_options[] = {
    {"hub", "ENDPOINT", N_("address of the hub: tcp://HOST:PORT"), NULL, BN_FORM_PLAIN, false},
    {"hub-key", "KEY", N_("the hub's public key, from its operator"), NULL, BN_FORM_PLAIN, false},
    {"organisation", "SLUG", N_("short name of your organisation at the hub"), NULL, BN_FORM_PLAIN, false},
    {"stats", "ENDPOINT", N_("the hub's stats socket, on the hub's machine: ipc://PATH"), NULL, BN_FORM_PLAIN, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static void yaml_line(FILE *out, const char *key, const char *value)
{
    if (value == NULL)
        return;
    fprintf(out, "%s: ", key);
    bn_json_string(out, value); /* a JSON string is a YAML string */
    fputc('\n', out);
}

static int write_yaml(struct bn_cli *cli, const char *folder, const struct bn_args *args)
{
    char *text = NULL;
    size_t size = 0;
    struct bn_why why = {"", "", ""};
    FILE *out = bn_must(open_memstream(&text, &size));
    yaml_line(out, "hub", bn_args_text(args, "hub"));
    yaml_line(out, "hub_key", bn_args_text(args, "hub-key"));
    yaml_line(out, "key_file", bn_args_text(args, "hub-key") == NULL ? NULL : "key.secret");
    yaml_line(out, "organisation", bn_args_text(args, "organisation"));
    yaml_line(out, "stats", bn_args_text(args, "stats"));
    fclose(out);
    enum bn_code code = bn_file_write(bn_keep_format(cli, "%s/profile.yaml", folder), text, size, 0644, &why);
    free(text);
    return code == BN_OK ? BN_EXIT_DONE : bn_explain_why(cli, code, &why);
}

static int make(struct bn_cli *cli, const struct bn_args *args)
{
    const char *folder = args->word_count == 1 ? args->words[0] : bn_profile_folder(cli);
    const char *hub = bn_args_text(args, "hub"), *hub_key = bn_args_text(args, "hub-key");
    struct bn_why why = {"", "", ""};
    uint8_t key[BN_KEY_BYTES];
    if (hub == NULL)
        return bn_say_error(cli, BN_EXIT_USAGE, _("The operator of your programme knows the address."), "%s",
                            _("--hub is missing"));
    if (strncmp(hub, "tcp://", 6) == 0 && hub_key == NULL)
        return bn_say_error(cli, BN_EXIT_USAGE, _("The operator of your programme knows the key."), "%s",
                            _("--hub-key is missing: over TCP every connection is encrypted"));
    if (hub_key != NULL && !bn_z85_decode(hub_key, key)) {
        bn_why_set(&why, BN_INVALID_ARGUMENT, "--hub-key", bn_rule_name(BN_RULE_KEY_FORM), "%s", "");
        bn_explain_why(cli, BN_INVALID_ARGUMENT, &why);
        return BN_EXIT_USAGE;
    }
    enum bn_code made = bn_folder_make(folder, 0700, &why);
    if (made != BN_OK)
        return bn_explain_why(cli, made, &why);
    int code = write_yaml(cli, folder, args);
    if (code != BN_EXIT_DONE)
        return code;
    char public_text[BN_Z85_SIZE] = "";
    bool has_key = access(bn_keep_format(cli, "%s/key.secret", folder), F_OK) == 0;
    if (hub_key != NULL && !has_key)
        code = bn_keys_make(cli, folder, public_text);
    if (code != BN_EXIT_DONE)
        return code;
    if (cli->json) {
        fputs("{\"folder\":", cli->out);
        bn_json_string(cli->out, folder);
        fputs(",\"public_key\":", cli->out);
        bn_json_string(cli->out, public_text);
        fputs("}\n", cli->out);
        return BN_EXIT_DONE;
    }
    fprintf(cli->out, _("The profile is in %s.\n"), folder);
    bn_labelled(&cli->screen, _("Public key"), public_text);
    if (public_text[0] != '\0')
        bn_wrapped(&cli->screen, 0, _("Send the public key to the programme's operator, who enrols it."));
    return BN_EXIT_DONE;
}

/* Lends the public key that belongs to the secret one; "" when there is none or it is unreadable. */
static const char *public_key(struct bn_cli *cli, const struct bn_profile *profile)
{
    struct bn_keypair pair;
    char text[BN_Z85_SIZE] = "";
    struct bn_why why = {"", "", ""};
    if (profile->key_file == NULL)
        return "";
    enum bn_code code = bn_keyfile_read(profile->key_file, &pair, &why);
    if (code != BN_OK) {
        bn_explain_config(cli, code, why.field, why.rule, why.detail);
        return "";
    }
    bn_z85_encode(pair.public_key, text);
    bn_wipe(&pair, sizeof pair);
    return bn_keep(cli, text);
}

static int show(struct bn_cli *cli, const struct bn_args *args)
{
    const char *folder = args->word_count == 1 ? args->words[0] : bn_profile_folder(cli);
    struct bn_profile profile;
    if (!bn_profile_read(cli, folder, &profile))
        return BN_EXIT_CONFIG;
    const char *key = public_key(cli, &profile);
    const struct {
        const char *label, *name, *value;
    } lines[] = {{_("Folder"), "folder", folder},
                 {_("Hub"), "hub", profile.hub},
                 {_("Hub's key"), "hub_key", profile.hub_key},
                 {_("Organisation"), "organisation", profile.organisation},
                 {_("Key file"), "key_file", profile.key_file},
                 {_("Public key"), "public_key", key},
                 {_("Stats socket"), "stats", profile.stats}};
    for (size_t i = 0; i < BN_COUNT(lines); i++) {
        if (!cli->json) {
            bn_labelled(&cli->screen, lines[i].label, lines[i].value);
            continue;
        }
        fprintf(cli->out, "%s\"%s\":", i == 0 ? "{" : ",", lines[i].name);
        bn_json_string(cli->out, lines[i].value == NULL ? "" : lines[i].value);
    }
    if (cli->json)
        fputs("}\n", cli->out);
    bool good = profile.key_file == NULL || key[0] != '\0';
    bn_profile_finish(&profile);
    return good ? BN_EXIT_DONE : BN_EXIT_CONFIG;
}

static const struct bn_command commands[] = {
    {"make",
     "[DIR] --hub ENDPOINT --hub-key KEY",
     N_("Makes the folder with profile.yaml, and a pair of keys when it has "
        "none."),
     0,
     1,
     {make_options},
     make},
    {"show", "[DIR]", N_("Shows which hub, organisation and key the profile uses."), 0, 1, {bn_options_none}, show},
};

static const char *const examples[] = {
    "binome profile make --hub tcp://hub.example:5555 --hub-key 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7' "
    "--organisation acme",
    "binome profile show --profile ~/binome/acme",
    NULL,
};

const struct bn_verb bn_verb_profile = {
    "profile", N_("make or show a profile: hub, keys, organisation"), commands, BN_COUNT(commands), examples, false};

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/hub.h"

#include "cli/explain.h"
#include "cli/lang.h"
#include "cli/profile.h"
#include "cli/receipt.h"

#include <stdlib.h>
#include <string.h>

/* What is wrong with the profile is this machine's matter, not refused data. */
static int open_profile(struct bn_cli *cli, const struct bn_profile *profile)
{
    struct binome_error error = {"", "", ""};
    struct binome_options options = BINOME_OPTIONS_INIT;
    options.endpoint = profile->hub;
    options.server_key = profile->hub_key;
    options.secret_key_file = profile->key_file;
    options.connect_timeout_ms = cli->timeout_ms;
    enum binome_code code = binome_open(&options, &cli->hub, &error);
    if (code == BINOME_OK)
        return BN_EXIT_DONE;
    if (error.field[0] == '\0')
        snprintf(error.field, sizeof error.field, "%s", profile->hub);
    int exit_code = bn_explain_local(cli, code, &error);
    return code == BINOME_NOT_FOUND || code == BINOME_INVALID_ARGUMENT ? BN_EXIT_CONFIG : exit_code;
}

int bn_hub_open(struct bn_cli *cli)
{
    struct bn_profile profile;
    struct bn_why why = {"", "", ""};
    if (cli->hub != NULL)
        return BN_EXIT_DONE;
    enum bn_code code = bn_profile_load(bn_profile_folder(cli), &profile, &why);
    if (code != BN_OK) {
        bn_explain_why(cli, code, &why);
        return BN_EXIT_CONFIG;
    }
    int exit_code = open_profile(cli, &profile);
    bn_profile_finish(&profile);
    return exit_code;
}

static int fetch(struct bn_cli *cli, const Binome__V1__Request *request, bool absent_is_fine,
                 struct binome_reply **reply)
{
    *reply = NULL;
    int opened = bn_hub_open(cli);
    if (opened != BN_EXIT_DONE)
        return opened;
    enum binome_code code = binome_call(cli->hub, request, cli->timeout_ms, reply);
    bn_own_reply(cli, bn_must(*reply));
    if (code == BINOME_OK)
        return BN_EXIT_DONE;
    if (absent_is_fine && code == BINOME_NOT_FOUND) {
        *reply = NULL;
        return BN_EXIT_DONE;
    }
    return bn_explain_reply(cli, *reply);
}

int bn_hub_ask(struct bn_cli *cli, const Binome__V1__Request *request, struct binome_reply **reply)
{
    return fetch(cli, request, false, reply);
}

int bn_hub_look(struct bn_cli *cli, const Binome__V1__Request *request, struct binome_reply **reply)
{
    return fetch(cli, request, true, reply);
}

/* The body is packed here, so that the bytes kept beside the receipt are the very ones that travelled. */
static int send_packed(struct bn_cli *cli, const void *body, size_t size, uint32_t type, struct binome_reply **reply)
{
    struct binome_error error = {"", "", ""};
    uint8_t id[16];
    binome_id_make(id);
    enum binome_code code = binome_send_packed(cli->hub, body, size, type, id, cli->timeout_ms, NULL, &error);
    if (code != BINOME_OK)
        return bn_explain_local(cli, code, &error);
    do
        code = binome_next(cli->hub, 1000, reply);
    while (code == BINOME_DEADLINE_EXCEEDED); /* the library ends the request at its own time limit */
    if (code != BINOME_OK)
        return bn_explain_local(cli, code, &error);
    bn_own_reply(cli, *reply);
    return (*reply)->code == BINOME_OK ? BN_EXIT_DONE : bn_explain_reply(cli, *reply);
}

static int tell(struct bn_cli *cli, const struct bn_args *args, const Binome__V1__Reply *reply, bool dry_run,
                const char *what, const void *body, size_t size)
{
    const char *kept = NULL;
    int code = BN_EXIT_DONE;
    if (reply->receipt != NULL)
        code = bn_receipt_keep(cli, args, reply->receipt, body, size, &kept);
    if (cli->json) {
        bn_print_json(cli, &reply->base);
        return code;
    }
    if (dry_run)
        fprintf(cli->out, "%s\n", _("The hub would take this. Nothing was kept."));
    else if (reply->unchanged)
        fprintf(cli->out, "%s\n", _("Nothing changed: the hub holds this very content already."));
    else
        fprintf(cli->out, "%s\n", what);
    if (reply->receipt != NULL)
        bn_receipt_print(cli, reply->receipt, code == BN_EXIT_DONE ? kept : NULL);
    return code;
}

int bn_hub_submit(struct bn_cli *cli, const struct bn_args *args, Binome__V1__Request *request, const char *what,
                  struct binome_reply **reply)
{
    struct binome_error error = {"", "", ""};
    struct binome_reply *answer = NULL;
    uint8_t *body = NULL;
    size_t size = 0;
    uint32_t type = 0;
    const char *owner = bn_args_text(args, "on-behalf-of");
    request->dry_run = bn_args_flag(args, "dry-run");
    if (owner != NULL)
        request->on_behalf_of = bn_keep(cli, owner);
    int code = bn_hub_open(cli);
    if (code != BN_EXIT_DONE)
        return code;
    enum binome_code packed = binome_pack(request, &body, &size, &type, NULL, &error);
    if (packed != BINOME_OK)
        return bn_explain_local(cli, packed, &error);
    code = send_packed(cli, body, size, type, &answer);
    if (code == BN_EXIT_DONE)
        code = tell(cli, args, answer->reply, request->dry_run, what, body, size);
    free(body);
    if (reply != NULL)
        *reply = answer;
    return code;
}

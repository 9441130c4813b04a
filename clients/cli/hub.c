/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/hub.h"

#include "cli/explain.h"
#include "cli/ids.h"
#include "cli/lang.h"
#include "cli/profile.h"
#include "cli/receipt.h"

#include <stdlib.h>
#include <string.h>

/* The library calls its options otherwise than the profile. */
static const char *name_in_profile(const char *field)
{
    static const struct {
        const char *option, *key;
    } names[] = {{"endpoint", "hub"}, {"server_key", "hub_key"}, {"secret_key_file", "key_file"}};
    for (size_t i = 0; i < BN_COUNT(names); i++)
        if (strcmp(names[i].option, field) == 0)
            return names[i].key;
    return field;
}

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
    if (code == BINOME_NOT_FOUND || code == BINOME_INVALID_ARGUMENT)
        return bn_explain_config(cli, (enum bn_code)code, name_in_profile(error.field), error.rule, error.detail);
    return bn_explain_local(cli, code, &error);
}

int bn_hub_open(struct bn_cli *cli)
{
    struct bn_profile profile;
    if (cli->hub != NULL)
        return BN_EXIT_DONE;
    if (!bn_profile_read(cli, bn_profile_folder(cli), &profile))
        return BN_EXIT_CONFIG;
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

void bn_hub_next(struct bn_cli *cli, const char *command, int code, const struct binome_reply *reply)
{
    if (cli->json || code != BN_EXIT_DONE || reply == NULL || reply->reply->receipt == NULL)
        return;
    const char *at = strstr(command, "%s"), *id = bn_id_shown(cli, reply->reply->receipt->object);
    bn_labelled(&cli->screen, _("Next"), bn_keep_format(cli, "%.*s%s", (int)(at - command), command, id));
}

int bn_hub_unchanged(struct bn_cli *cli)
{
    Binome__V1__Reply reply = BINOME__V1__REPLY__INIT;
    reply.unchanged = true;
    if (cli->json)
        bn_print_json(cli, &reply.base);
    else
        fprintf(cli->out, "%s\n", _("Nothing changed: the hub holds this very content already."));
    return BN_EXIT_DONE;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/form.h"
#include "cli/lang.h"
#include "cli/orgs.h"
#include "cli/render.h"
#include "cli/verbs.h"

static int show(struct bn_cli *cli, const struct bn_args *args)
{
    Binome__V1__OrganisationGet get = BINOME__V1__ORGANISATION_GET__INIT;
    struct binome_reply *reply;
    if (args->word_count == 1)
        get.slug = bn_keep(cli, args->words[0]);
    BN_REQUEST(request);
    BN_BODY(request, ORGANISATION_GET, organisation_get, &get);
    int code = bn_hub_ask(cli, &request, &reply);
    if (code == BN_EXIT_DONE && reply->reply->body_case == BINOME__V1__REPLY__BODY_ORGANISATION)
        bn_render_object(cli, &reply->reply->organisation->base);
    return code;
}

static int template(struct bn_cli *cli, const struct bn_args *args)
{
    (void)args;
    return bn_form_template(cli, &binome__v1__organisation__descriptor);
}

static int keys(struct bn_cli *cli, const struct bn_args *args)
{
    return bn_key_list(cli, args->word_count == 1 ? args->words[0] : "");
}

static const struct bn_command commands[] = {
    {"show", "[SLUG]", N_("Shows an organisation; without a name your own."), 0, 1, {bn_options_none}, show},
    {"list", "", N_("Lists all organisations of the programme."), 0, 0, {bn_options_none}, bn_org_list},
    {"enrol",
     "[FILE]",
     N_("Operator only: enrols an organisation, with its keys and roles."),
     0,
     1,
     {bn_options_organisation, bn_options_enrol, bn_options_submit},
     bn_org_enrol},
    {"revise",
     "[FILE]",
     N_("Shows what would change, asks, and sends. With a FILE that is the whole new text; without, the "
        "options change your own organisation."),
     0,
     1,
     {bn_options_organisation, bn_options_roles, bn_options_submit},
     bn_org_revise},
    {"suspend",
     "SLUG --reason TEXT",
     N_("Operator only: keeps an organisation out until it is resumed."),
     1,
     1,
     {bn_options_reason, bn_options_submit},
     bn_org_suspend},
    {"resume",
     "SLUG --reason TEXT",
     N_("Operator only: lets a suspended organisation in again."),
     1,
     1,
     {bn_options_reason, bn_options_submit},
     bn_org_resume},
    {"leave",
     "SLUG --reason TEXT",
     N_("Ends an organisation's part in the programme, for good."),
     1,
     1,
     {bn_options_reason, bn_options_submit},
     bn_org_leave},
    {"keys",
     "[SLUG]",
     N_("Lists the keys of an organisation; without a name your own."),
     0,
     1,
     {bn_options_none},
     keys},
    {"add-key",
     "[SLUG] KEY",
     N_("Enrols another key for your organisation."),
     1,
     2,
     {bn_options_key, bn_options_submit},
     bn_key_add},
    {"revoke-key",
     "[SLUG] KEY --reason TEXT",
     N_("Revokes a key of your organisation; its connections end at once. KEY is the public key, its label, or eight "
        "digits "
        "of its id."),
     1,
     2,
     {bn_options_reason, bn_options_submit},
     bn_key_revoke},
    {"template", "", N_("Prints an example file with comments."), 0, 0, {bn_options_none}, template},
};

static const char *const examples[] = {
    "binome org show",
    "binome org template > organisation.yaml",
    "binome org revise --website https://acme.example --label next40",
    "binome org add-key \"$(cat new/key.public)\" --key-role agent --key-label 'CRM daemon'",
    "binome org leave acme --reason 'Merged into Globex'",
    NULL,
};

const struct bn_verb bn_verb_org = {
    "org", N_("show, enrol or change organisations and their keys"), commands, BN_COUNT(commands), examples, false};

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/form.h"
#include "cli/lang.h"
#include "cli/orgs.h"
#include "cli/render.h"
#include "cli/verbs.h"

#include <string.h>

static const struct bn_option workstream_options[] = {
    {"title", "TEXT", N_("title"), "title", BN_FORM_PLAIN, false},
    {"title-fr", "TEXT", N_("title in French"), "title_fr", BN_FORM_PLAIN, false},
    {"description", "TEXT", N_("what it is about"), "description", BN_FORM_PLAIN, false},
    {"pilot", "SLUG", N_("organisation that leads it"), "pilot", BN_FORM_PLAIN, false},
    {"member", "SLUG", N_("member; repeat for more; replaces the members"), "members", BN_FORM_PLAIN, true},
    {"milestone", "NAME[:DUE[:DONE]]", N_("milestone with its dates; repeat for more"), "milestones", BN_FORM_MILESTONE,
     true},
    {"file", "FILE", N_("the whole new text as YAML or JSON"), NULL, BN_FORM_PLAIN, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static const struct bn_option programme_options[] = {
    {"name", "TEXT", N_("name of the programme"), "name", BN_FORM_PLAIN, false},
    {"description", "TEXT", N_("what it is about"), "description", BN_FORM_PLAIN, false},
    {"language", "CODE", N_("language, the first is the default; repeat for more"), "languages", BN_FORM_PLAIN, true},
    {"currency", "CODE", N_("currency, ISO 4217"), "currency", BN_FORM_PLAIN, false},
    {"retention-days", "N", N_("how long mailboxes are kept"), "retention_days", BN_FORM_PLAIN, false},
    {"answer-days", "N", N_("days to answer an introduction"), "clocks.answer_days", BN_FORM_PLAIN, false},
    {"decide-days", "N", N_("days to decide"), "clocks.decide_days", BN_FORM_PLAIN, false},
    {"contract-days", "N", N_("days to contract"), "clocks.contract_days", BN_FORM_PLAIN, false},
    {"pay-days", "N", N_("days to pay"), "clocks.pay_days", BN_FORM_PLAIN, false},
    {"file", "FILE", N_("the whole new text as YAML or JSON"), NULL, BN_FORM_PLAIN, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static int list(struct bn_cli *cli, const struct bn_args *args)
{
    return args->word_count == 1 ? bn_key_list(cli, args->words[0]) : bn_org_list(cli, args);
}

/* The new text: the file, or the present one, with the options over either. */
static ProtobufCMessage *edited(struct bn_cli *cli, const ProtobufCMessage *old, const struct bn_args *args, int *code)
{
    const char *path = bn_args_text(args, "file");
    if (path != NULL)
        return bn_form_read(cli, old->descriptor, path, args, code);
    return bn_copy_over(cli, old, args, code);
}

/* Shows what differs and asks. False: *code says why not to go on. */
static bool agreed(struct bn_cli *cli, const struct bn_args *args, const ProtobufCMessage *old,
                   const ProtobufCMessage *now, int *code)
{
    *code = BN_EXIT_DONE;
    if (bn_form_difference(cli, cli->json ? cli->err : cli->out, old, now) == 0) {
        *code = bn_hub_unchanged(cli);
        return false;
    }
    if (bn_args_flag(args, "dry-run") || bn_ask_yes(cli, _("Send these changes?")))
        return true;
    *code = BN_EXIT_USAGE;
    return false;
}

static int workstream(struct bn_cli *cli, const struct bn_args *args)
{
    Binome__V1__WorkstreamGet get = BINOME__V1__WORKSTREAM_GET__INIT;
    Binome__V1__Workstream empty = BINOME__V1__WORKSTREAM__INIT, *old = &empty;
    struct binome_reply *reply;
    get.slug = bn_keep(cli, args->words[0]);
    empty.slug = get.slug;
    BN_REQUEST(question);
    BN_BODY(question, WORKSTREAM_GET, workstream_get, &get);
    int code = bn_hub_look(cli, &question, &reply);
    if (code != BN_EXIT_DONE)
        return code;
    if (reply != NULL && reply->reply->body_case == BINOME__V1__REPLY__BODY_WORKSTREAM)
        old = reply->reply->workstream;
    if (!bn_args_fill(args) && !bn_args_flag(args, "file")) {
        if (reply == NULL)
            return bn_say_error(cli, BN_EXIT_REFUSED, _("Give at least --title to make it."),
                                _("there is no workstream \"%s\""), get.slug);
        bn_render_object(cli, &old->base);
        return BN_EXIT_DONE;
    }
    Binome__V1__WorkstreamEdit edit = BINOME__V1__WORKSTREAM_EDIT__INIT;
    edit.workstream = (Binome__V1__Workstream *)edited(cli, &old->base, args, &code);
    if (edit.workstream == NULL || !agreed(cli, args, &old->base, &edit.workstream->base, &code))
        return code;
    edit.expected_version = old->version;
    BN_REQUEST(request);
    BN_BODY(request, WORKSTREAM_EDIT, workstream_edit, &edit);
    return bn_hub_submit(cli, args, &request, _("The workstream is set."), NULL);
}

static int programme(struct bn_cli *cli, const struct bn_args *args)
{
    Binome__V1__ProgrammeGet get = BINOME__V1__PROGRAMME_GET__INIT;
    struct binome_reply *reply;
    BN_REQUEST(question);
    BN_BODY(question, PROGRAMME_GET, programme_get, &get);
    int code = bn_hub_ask(cli, &question, &reply);
    if (code != BN_EXIT_DONE)
        return code;
    Binome__V1__Programme *old = reply->reply->programme;
    if (!bn_args_fill(args) && !bn_args_flag(args, "file")) {
        bn_render_object(cli, &old->base);
        return BN_EXIT_DONE;
    }
    Binome__V1__ProgrammeEdit edit = BINOME__V1__PROGRAMME_EDIT__INIT;
    edit.programme = (Binome__V1__Programme *)edited(cli, &old->base, args, &code);
    if (edit.programme == NULL || !agreed(cli, args, &old->base, &edit.programme->base, &code))
        return code;
    edit.expected_version = old->version;
    BN_REQUEST(request);
    BN_BODY(request, PROGRAMME_EDIT, programme_edit, &edit);
    return bn_hub_submit(cli, args, &request, _("The programme is set."), NULL);
}

static const struct bn_command commands[] = {
    {"enrol",
     "[FILE]",
     N_("Enrols an organisation, with its keys and roles."),
     0,
     1,
     {bn_options_organisation, bn_options_enrol, bn_options_submit},
     bn_org_enrol},
    {"key",
     "SLUG KEY",
     N_("Enrols another key for an organisation."),
     2,
     2,
     {bn_options_key, bn_options_submit},
     bn_key_add},
    {"revoke",
     "SLUG KEY --reason TEXT",
     N_("Revokes a key; its connections end at once. KEY is the public key, its label, or eight digits "
        "of its id."),
     2,
     2,
     {bn_options_reason, bn_options_submit},
     bn_key_revoke},
    {"suspend",
     "SLUG --reason TEXT",
     N_("Keeps an organisation out until it is resumed."),
     1,
     1,
     {bn_options_reason, bn_options_submit},
     bn_org_suspend},
    {"resume",
     "SLUG --reason TEXT",
     N_("Lets a suspended organisation in again."),
     1,
     1,
     {bn_options_reason, bn_options_submit},
     bn_org_resume},
    {"list", "[SLUG]", N_("Lists the organisations, or the keys of one."), 0, 1, {bn_options_none}, list},
    {"workstream",
     "SLUG",
     N_("Shows a workstream; with options or --file makes or changes it."),
     1,
     1,
     {workstream_options, bn_options_submit},
     workstream},
    {"programme",
     "",
     N_("Shows the programme; with options or --file changes it."),
     0,
     0,
     {programme_options, bn_options_submit},
     programme},
};

static const char *const examples[] = {
    "binome admin enrol --slug acme --name 'Acme SA' --kind large-group --siren 732829320 --country FR --key "
    "\"$(cat key.public)\"",
    "binome admin revoke acme 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7' --reason 'Laptop stolen'",
    "binome admin suspend acme --reason 'Contract ended'",
    "binome admin workstream ai --pilot acme --milestone 'Steering review:2027-01-15'",
    "binome admin programme --currency EUR --answer-days 10",
    NULL,
};

const struct bn_verb bn_verb_admin = {"admin",  N_("operator: organisations, keys, workstreams, programme"),
                                      commands, BN_COUNT(commands),
                                      examples, false};

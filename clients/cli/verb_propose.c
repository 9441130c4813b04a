/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/form.h"
#include "cli/hub.h"
#include "cli/ids.h"
#include "cli/lang.h"
#include "cli/verbs.h"

#include <string.h>

const struct bn_option bn_options_submit[] = {
    {"dry-run", NULL, N_("let the hub judge it, keep nothing"), NULL, BN_FORM_PLAIN, false},
    {"receipt", "FILE", N_("write the receipt as JSON here too"), NULL, BN_FORM_PLAIN, false},
    {"body", "FILE", N_("write the message that was sent here too, for verify"), NULL, BN_FORM_PLAIN, false},
    {"on-behalf-of", "SLUG", N_("operator only: the organisation that owns it"), NULL, BN_FORM_PLAIN, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

const struct bn_option bn_options_proposal[] = {
    {"title", "TEXT", N_("title, 3 to 200 characters"), "title", BN_FORM_PLAIN, false},
    {"workstream", "SLUG", N_("workstream, such as ai"), "workstream", BN_FORM_PLAIN, false},
    {"summary", "TEXT", N_("the need in a few sentences"), "summary", BN_FORM_PLAIN, false},
    {"description", "TEXT", N_("the need in full"), "description", BN_FORM_PLAIN, false},
    {"seeks", "TEXT", N_("the partner or capability wanted"), "seeks", BN_FORM_PLAIN, false},
    {"sector", "TEXT", N_("sector of activity; repeat for more"), "sectors", BN_FORM_PLAIN, true},
    {"region", "TEXT", N_("region; repeat for more"), "regions", BN_FORM_PLAIN, true},
    {"budget", "MIN-MAX", N_("such as 50k-150kEUR"), "budget", BN_FORM_RANGE, false},
    {"support", "AMOUNT", N_("State support asked, such as 40kEUR"), "support_asked", BN_FORM_MONEY, false},
    {"trl-now", "N", N_("technology readiness now, 1 to 9"), "trl_now", BN_FORM_PLAIN, false},
    {"trl-target", "N", N_("technology readiness aimed at"), "trl_target", BN_FORM_PLAIN, false},
    {"start", "DATE", N_("start, YYYY-MM-DD"), "start_on", BN_FORM_PLAIN, false},
    {"end", "DATE", N_("end, YYYY-MM-DD"), "end_on", BN_FORM_PLAIN, false},
    {"visibility", "draft|invited|workstream|programme|public", N_("who may see it"), "visibility", BN_FORM_PLAIN,
     false},
    {"invite", "SLUG", N_("organisation invited; repeat for more"), "invited", BN_FORM_PLAIN, true},
    {"tag", "TEXT", N_("free word; repeat for more"), "tags", BN_FORM_PLAIN, true},
    {"language", "CODE", N_("language of the text: fr, en, ..."), "language", BN_FORM_PLAIN, false},
    {"partner", "NAME", N_("organisation already on board; repeat for more"), "partners", BN_FORM_PLAIN, true},
    {"ref", "SCHEME:ID", N_("how your own system calls it; makes a repeat harmless"), "external_ref", BN_FORM_REF,
     false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static const struct bn_option propose_options[] = {
    {"template", NULL, N_("print an example file with comments"), NULL, BN_FORM_PLAIN, false},
    {"submitted-on", "DATE", N_("when it was really submitted, if not today"), NULL, BN_FORM_PLAIN, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static const struct bn_option withdraw_options[] = {
    {"reason", "TEXT", N_("why; compulsory"), NULL, BN_FORM_PLAIN, false},
    {"effective-on", "DATE", N_("from which day, if not today"), NULL, BN_FORM_PLAIN, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static int propose(struct bn_cli *cli, const struct bn_args *args)
{
    int code = BN_EXIT_DONE;
    if (bn_args_flag(args, "template"))
        return bn_form_template(cli, &binome__v1__proposal__descriptor);
    const char *path = args->word_count == 1 ? args->words[0] : NULL, *on = bn_args_text(args, "submitted-on");
    if (path == NULL && !bn_args_fill(args))
        return bn_say_error(cli, BN_EXIT_USAGE, _("Start with: binome propose --template > proposal.yaml"), "%s",
                            _("give a file, or options such as --title"));
    Binome__V1__ProposalSubmit submit = BINOME__V1__PROPOSAL_SUBMIT__INIT;
    submit.proposal = (Binome__V1__Proposal *)bn_form_read(cli, &binome__v1__proposal__descriptor, path, args, &code);
    if (submit.proposal == NULL)
        return code;
    if (submit.proposal->visibility == BINOME__V1__VISIBILITY__VISIBILITY_UNSPECIFIED)
        submit.proposal->visibility = BINOME__V1__VISIBILITY__VISIBILITY_PROGRAMME;
    if (on != NULL)
        submit.submitted_on = bn_keep(cli, on);
    BN_REQUEST(request);
    BN_BODY(request, PROPOSAL_SUBMIT, proposal_submit, &submit);
    struct binome_reply *reply = NULL;
    code = bn_hub_submit(cli, args, &request, _("The proposal is submitted."), &reply);
    bn_hub_next(cli, "binome match %s", code, reply);
    return code;
}

static Binome__V1__Proposal *current(struct bn_cli *cli, const char *word, int *code)
{
    struct binome_reply *reply;
    Binome__V1__ProposalGet get = BINOME__V1__PROPOSAL_GET__INIT;
    *code = bn_id_find(cli, word, BN_ID_PROPOSAL, false, &get.id);
    if (*code != BN_EXIT_DONE)
        return NULL;
    BN_REQUEST(request);
    BN_BODY(request, PROPOSAL_GET, proposal_get, &get);
    *code = bn_hub_ask(cli, &request, &reply);
    return *code == BN_EXIT_DONE ? reply->reply->proposal : NULL;
}

static int revise(struct bn_cli *cli, const struct bn_args *args)
{
    int code = BN_EXIT_DONE;
    const char *path = args->word_count == 2 ? args->words[1] : NULL;
    if (path == NULL && !bn_args_fill(args))
        return bn_say_error(cli, BN_EXIT_USAGE, _("See the options with --help."), "%s",
                            _("say what changes: give a file, or options such as --title"));
    Binome__V1__Proposal *old = current(cli, args->words[0], &code), *now = NULL;
    if (old == NULL)
        return code;
    if (path != NULL)
        now = (Binome__V1__Proposal *)bn_form_read(cli, &binome__v1__proposal__descriptor, path, args, &code);
    else
        now = (Binome__V1__Proposal *)bn_copy_over(cli, &old->base, args, &code);
    if (now == NULL)
        return code;
    if (bn_form_difference(cli, cli->json ? cli->err : cli->out, &old->base, &now->base) == 0)
        return bn_hub_unchanged(cli);
    if (!bn_args_flag(args, "dry-run") && !bn_ask_yes(cli, _("Send these changes?")))
        return BN_EXIT_USAGE;
    Binome__V1__ProposalRevise revised = BINOME__V1__PROPOSAL_REVISE__INIT;
    revised.id = old->id;
    revised.expected_version = old->version;
    revised.proposal = now;
    BN_REQUEST(request);
    BN_BODY(request, PROPOSAL_REVISE, proposal_revise, &revised);
    return bn_hub_submit(cli, args, &request, _("The proposal is revised."), NULL);
}

static int withdraw(struct bn_cli *cli, const struct bn_args *args)
{
    const char *reason = bn_args_text(args, "reason"), *on = bn_args_text(args, "effective-on");
    if (reason == NULL)
        return bn_say_error(cli, BN_EXIT_USAGE, _("Add --reason \"...\": others were counting on it."), "%s",
                            _("--reason is missing"));
    Binome__V1__ProposalWithdraw gone = BINOME__V1__PROPOSAL_WITHDRAW__INIT;
    int code = bn_id_find(cli, args->words[0], BN_ID_PROPOSAL, false, &gone.id);
    if (code != BN_EXIT_DONE)
        return code;
    gone.reason = bn_keep(cli, reason);
    if (on != NULL)
        gone.effective_on = bn_keep(cli, on);
    BN_REQUEST(request);
    BN_BODY(request, PROPOSAL_WITHDRAW, proposal_withdraw, &gone);
    return bn_hub_submit(cli, args, &request, _("The proposal is withdrawn."), NULL);
}

static const struct bn_command commands[] = {
    {"",
     "[FILE]",
     N_("Submits a project proposal from a YAML or JSON file, from options, or both (options win). Without "
        "--visibility every organisation of the programme sees it."),
     0,
     1,
     {propose_options, bn_options_proposal, bn_options_submit},
     propose},
    {"revise",
     "ID [FILE]",
     N_("Shows what would change, asks, and sends the new version. With a FILE that is the whole "
        "new text; without, the options change the present one."),
     1,
     2,
     {bn_options_proposal, bn_options_submit},
     revise},
    {"withdraw",
     "ID --reason TEXT",
     N_("Withdraws a proposal."),
     1,
     1,
     {withdraw_options, bn_options_submit},
     withdraw},
};

static const char *const examples[] = {
    "binome propose --template > proposal.yaml",
    "binome propose proposal.yaml --dry-run",
    "binome propose --workstream ai --title 'Predict pump failures' --summary '...' --budget 50k-150kEUR --language en",
    "binome propose revise 0190f4c2-... --trl-target 8",
    "binome propose withdraw 0190f4c2-... --reason 'The site is closed'",
    NULL,
};

const struct bn_verb bn_verb_propose = {
    "propose", N_("submit, revise or withdraw a project proposal"), commands, BN_COUNT(commands), examples, false};

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/form.h"
#include "cli/hub.h"
#include "cli/ids.h"
#include "cli/lang.h"
#include "cli/verbs.h"

const struct bn_option bn_options_offer[] = {
    {"title", "TEXT", N_("title, 3 to 200 characters"), "title", BN_FORM_PLAIN, false},
    {"workstream", "SLUG", N_("workstream; repeat for more"), "workstreams", BN_FORM_PLAIN, true},
    {"summary", "TEXT", N_("the offer in a few sentences"), "summary", BN_FORM_PLAIN, false},
    {"description", "TEXT", N_("the offer in full"), "description", BN_FORM_PLAIN, false},
    {"capability", "TEXT", N_("what you can do; repeat for more"), "capabilities", BN_FORM_PLAIN, true},
    {"reference", "TEXT", N_("customer or project to show; repeat for more"), "references", BN_FORM_PLAIN, true},
    {"sector", "TEXT", N_("sector of activity; repeat for more"), "sectors", BN_FORM_PLAIN, true},
    {"region", "TEXT", N_("region; repeat for more"), "regions", BN_FORM_PLAIN, true},
    {"country", "CODE", N_("country, if not your own"), "country", BN_FORM_PLAIN, false},
    {"trl", "N", N_("technology readiness, 1 to 9"), "trl", BN_FORM_PLAIN, false},
    {"service-language", "CODE", N_("language of service; repeat for more"), "languages", BN_FORM_PLAIN, true},
    {"available-from", "DATE", N_("YYYY-MM-DD"), "available_from", BN_FORM_PLAIN, false},
    {"visibility", "draft|invited|workstream|programme|public", N_("who may see it"), "visibility", BN_FORM_PLAIN,
     false},
    {"invite", "SLUG", N_("organisation invited; repeat for more"), "invited", BN_FORM_PLAIN, true},
    {"tag", "TEXT", N_("free word; repeat for more"), "tags", BN_FORM_PLAIN, true},
    {"language", "CODE", N_("language of the text: fr, en, ..."), "language", BN_FORM_PLAIN, false},
    {"ref", "SCHEME:ID", N_("how your own system calls it; makes a repeat harmless"), "external_ref", BN_FORM_REF,
     false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static const struct bn_option publish_options[] = {
    {"template", NULL, N_("print an example file with comments"), NULL, BN_FORM_PLAIN, false},
    {"published-on", "DATE", N_("when it was really published, if not today"), NULL, BN_FORM_PLAIN, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static const struct bn_option retire_options[] = {
    {"reason", "TEXT", N_("why; compulsory"), NULL, BN_FORM_PLAIN, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static int template(struct bn_cli *cli, const struct bn_args *args)
{
    (void)args;
    return bn_form_template(cli, &binome__v1__offer__descriptor);
}

static int publish(struct bn_cli *cli, const struct bn_args *args)
{
    int code = BN_EXIT_DONE;
    if (bn_args_flag(args, "template"))
        return template(cli, args);
    const char *path = args->word_count == 1 ? args->words[0] : NULL, *on = bn_args_text(args, "published-on");
    if (path == NULL && !bn_args_fill(args))
        return bn_say_error(cli, BN_EXIT_USAGE, _("Start with: binome offer template > offer.yaml"), "%s",
                            _("give a file, or options such as --title"));
    Binome__V1__OfferPublish published = BINOME__V1__OFFER_PUBLISH__INIT;
    published.offer = (Binome__V1__Offer *)bn_form_read(cli, &binome__v1__offer__descriptor, path, args, &code);
    if (published.offer == NULL)
        return code;
    if (published.offer->visibility == BINOME__V1__VISIBILITY__VISIBILITY_UNSPECIFIED)
        published.offer->visibility = BINOME__V1__VISIBILITY__VISIBILITY_PROGRAMME;
    if (on != NULL)
        published.published_on = bn_keep(cli, on);
    BN_REQUEST(request);
    BN_BODY(request, OFFER_PUBLISH, offer_publish, &published);
    struct binome_reply *reply = NULL;
    code = bn_hub_submit(cli, args, &request, _("The offer is published."), &reply);
    bn_hub_next(cli, "binome match --offer %s", code, reply);
    return code;
}

static int revise(struct bn_cli *cli, const struct bn_args *args)
{
    int code = BN_EXIT_DONE;
    struct binome_reply *reply;
    const char *path = args->word_count == 2 ? args->words[1] : NULL;
    if (path == NULL && !bn_args_fill(args))
        return bn_say_error(cli, BN_EXIT_USAGE, _("See the options with --help."), "%s",
                            _("say what changes: give a file, or options such as --title"));
    Binome__V1__OfferGet get = BINOME__V1__OFFER_GET__INIT;
    code = bn_id_find(cli, args->words[0], BN_ID_OFFER, false, &get.id);
    if (code != BN_EXIT_DONE)
        return code;
    BN_REQUEST(question);
    BN_BODY(question, OFFER_GET, offer_get, &get);
    code = bn_hub_ask(cli, &question, &reply);
    if (code != BN_EXIT_DONE)
        return code;
    Binome__V1__Offer *old = reply->reply->offer, *now;
    if (path != NULL)
        now = (Binome__V1__Offer *)bn_form_read(cli, &binome__v1__offer__descriptor, path, args, &code);
    else
        now = (Binome__V1__Offer *)bn_copy_over(cli, &old->base, args, &code);
    if (now == NULL)
        return code;
    if (bn_form_difference(cli, cli->json ? cli->err : cli->out, &old->base, &now->base) == 0)
        return bn_hub_unchanged(cli);
    if (!bn_args_flag(args, "dry-run") && !bn_ask_yes(cli, _("Send these changes?")))
        return BN_EXIT_USAGE;
    Binome__V1__OfferRevise revised = BINOME__V1__OFFER_REVISE__INIT;
    revised.id = old->id;
    revised.expected_version = old->version;
    revised.offer = now;
    BN_REQUEST(request);
    BN_BODY(request, OFFER_REVISE, offer_revise, &revised);
    return bn_hub_submit(cli, args, &request, _("The offer is revised."), NULL);
}

static int retire(struct bn_cli *cli, const struct bn_args *args)
{
    const char *reason = bn_args_text(args, "reason");
    if (reason == NULL)
        return bn_say_error(cli, BN_EXIT_USAGE, _("Add --reason \"...\": others were counting on it."), "%s",
                            _("--reason is missing"));
    Binome__V1__OfferRetire retired = BINOME__V1__OFFER_RETIRE__INIT;
    int code = bn_id_find(cli, args->words[0], BN_ID_OFFER, false, &retired.id);
    if (code != BN_EXIT_DONE)
        return code;
    retired.reason = bn_keep(cli, reason);
    BN_REQUEST(request);
    BN_BODY(request, OFFER_RETIRE, offer_retire, &retired);
    return bn_hub_submit(cli, args, &request, _("The offer is retired."), NULL);
}

static const struct bn_command commands[] = {
    {"publish",
     "[FILE]",
     N_("Publishes a capability offer from a YAML or JSON file, from options, or both (options win). "
        "Without --visibility every organisation of the programme sees it."),
     0,
     1,
     {publish_options, bn_options_offer, bn_options_submit},
     publish},
    {"revise",
     "ID [FILE]",
     N_("Shows what would change, asks, and sends the new version. With a FILE that is the whole "
        "new text; without, the options change the present one."),
     1,
     2,
     {bn_options_offer, bn_options_submit},
     revise},
    {"retire", "ID --reason TEXT", N_("Takes an offer back."), 1, 1, {retire_options, bn_options_submit}, retire},
    {"template", "", N_("Prints an example file with comments."), 0, 0, {bn_options_none}, template},
};

static const char *const examples[] = {
    "binome offer template > offer.yaml",
    "binome offer publish offer.yaml",
    "binome offer publish --title 'Vibration analysis' --workstream ai --capability 'sensors' --language en",
    "binome offer revise 0190f4c2-... --available-from 2027-03-01",
    "binome offer retire 0190f4c2-... --reason 'Sold out until summer'",
    NULL,
};

const struct bn_verb bn_verb_offer = {
    "offer", N_("publish, revise or retire a capability offer"), commands, BN_COUNT(commands), examples, false};

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/form.h"
#include "cli/hub.h"
#include "cli/lang.h"
#include "cli/pages.h"
#include "cli/render.h"
#include "cli/verbs.h"

static const struct bn_option limit_options[] = {
    {"limit", "N", N_("how many rows at most (default 50; 0 = all)"), NULL, BN_FORM_PLAIN, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static const struct bn_option proposal_options[] = {
    {"workstream", "SLUG", N_("only of this workstream"), "workstream", BN_FORM_PLAIN, false},
    {"phase", "submitted|under-review|open|engaged|delivered|rejected|withdrawn|suspended", N_("only in this phase"),
     "phase", BN_FORM_PLAIN, false},
    {"owner", "SLUG", N_("only of this organisation; me = your own"), "owner", BN_FORM_PLAIN, false},
    {"sector", "TEXT", N_("only of this sector"), "sector", BN_FORM_PLAIN, false},
    {"language", "CODE", N_("only in this language"), "language", BN_FORM_PLAIN, false},
    {"ref", "SCHEME:ID", N_("the one with this reference"), "external_ref", BN_FORM_REF, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static const struct bn_option offer_options[] = {
    {"workstream", "SLUG", N_("only of this workstream"), "workstream", BN_FORM_PLAIN, false},
    {"state", "published|retired", N_("only in this state"), "state", BN_FORM_PLAIN, false},
    {"owner", "SLUG", N_("only of this organisation; me = your own"), "owner", BN_FORM_PLAIN, false},
    {"sector", "TEXT", N_("only of this sector"), "sector", BN_FORM_PLAIN, false},
    {"language", "CODE", N_("only in this language"), "language", BN_FORM_PLAIN, false},
    {"ref", "SCHEME:ID", N_("the one with this reference"), "external_ref", BN_FORM_REF, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static const struct bn_option organisation_options[] = {
    {"kind", "large-group|mid-size|startup|public-body|investor|academic|cluster", N_("only of this kind"), "kind",
     BN_FORM_PLAIN, false},
    {"country", "CODE", N_("only of this country"), "country", BN_FORM_PLAIN, false},
    {"state", "active|suspended|left", N_("only in this state"), "state", BN_FORM_PLAIN, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static const struct bn_option key_options[] = {
    {"organisation", "SLUG", N_("whose keys; without it your own"), "organisation", BN_FORM_PLAIN, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static int gather(struct bn_cli *cli, const struct bn_args *args, Binome__V1__Request *request, enum bn_listing listing)
{
    struct bn_pages pages;
    unsigned long limit;
    if (!bn_args_number(cli, args, "limit", 0, 1000000, 50, &limit))
        return BN_EXIT_USAGE;
    int code = bn_pages_gather(cli, request, limit, &pages);
    if (code != BN_EXIT_DONE)
        return code;
    bn_render_list(cli, listing, pages.objects, pages.count);
    if (pages.more)
        bn_remark(cli, _("There are more; see them with --limit 0."));
    return BN_EXIT_DONE;
}

static int proposals(struct bn_cli *cli, const struct bn_args *args)
{
    int code = BN_EXIT_DONE;
    ProtobufCMessage *asked = bn_form_options(cli, &binome__v1__proposal_list__descriptor, args, &code);
    if (asked == NULL)
        return code;
    Binome__V1__ProposalList list = *(Binome__V1__ProposalList *)asked; /* shallow: its page is ours */
    BN_REQUEST(request);
    BN_BODY(request, PROPOSAL_LIST, proposal_list, &list);
    return gather(cli, args, &request, BN_LIST_PROPOSALS);
}

static int offers(struct bn_cli *cli, const struct bn_args *args)
{
    int code = BN_EXIT_DONE;
    ProtobufCMessage *asked = bn_form_options(cli, &binome__v1__offer_list__descriptor, args, &code);
    if (asked == NULL)
        return code;
    Binome__V1__OfferList list = *(Binome__V1__OfferList *)asked;
    BN_REQUEST(request);
    BN_BODY(request, OFFER_LIST, offer_list, &list);
    return gather(cli, args, &request, BN_LIST_OFFERS);
}

static int organisations(struct bn_cli *cli, const struct bn_args *args)
{
    int code = BN_EXIT_DONE;
    ProtobufCMessage *asked = bn_form_options(cli, &binome__v1__organisation_list__descriptor, args, &code);
    if (asked == NULL)
        return code;
    Binome__V1__OrganisationList list = *(Binome__V1__OrganisationList *)asked;
    BN_REQUEST(request);
    BN_BODY(request, ORGANISATION_LIST, organisation_list, &list);
    return gather(cli, args, &request, BN_LIST_ORGANISATIONS);
}

static int workstreams(struct bn_cli *cli, const struct bn_args *args)
{
    Binome__V1__WorkstreamList list = BINOME__V1__WORKSTREAM_LIST__INIT;
    BN_REQUEST(request);
    BN_BODY(request, WORKSTREAM_LIST, workstream_list, &list);
    return gather(cli, args, &request, BN_LIST_WORKSTREAMS);
}

static int keys(struct bn_cli *cli, const struct bn_args *args)
{
    int code = BN_EXIT_DONE;
    Binome__V1__KeyList *list =
        (Binome__V1__KeyList *)bn_form_options(cli, &binome__v1__key_list__descriptor, args, &code);
    if (list == NULL)
        return code;
    BN_REQUEST(request);
    BN_BODY(request, KEY_LIST, key_list, list);
    return gather(cli, args, &request, BN_LIST_KEYS);
}

static const struct bn_command commands[] = {
    {"proposals", "", N_("Lists the proposals that you may see."), 0, 0, {proposal_options, limit_options}, proposals},
    {"offers", "", N_("Lists the offers that you may see."), 0, 0, {offer_options, limit_options}, offers},
    {"orgs",
     "",
     N_("Lists the organisations of the programme."),
     0,
     0,
     {organisation_options, limit_options},
     organisations},
    {"workstreams", "", N_("Lists the workstreams."), 0, 0, {limit_options}, workstreams},
    {"keys", "", N_("Lists the keys of an organisation."), 0, 0, {key_options, limit_options}, keys},
};

static const char *const examples[] = {
    "binome list proposals --workstream ai --phase open",
    "binome list offers --owner me --limit 0",
    "binome list orgs --kind startup --json",
    "binome list keys",
    NULL,
};

const struct bn_verb bn_verb_list = {"list",   N_("list proposals, offers, organisations, workstreams or keys"),
                                     commands, BN_COUNT(commands),
                                     examples, false};

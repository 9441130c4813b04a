/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"
#include "cli/explain.h"
#include "cli/hub.h"
#include "cli/ids.h"
#include "cli/lang.h"
#include "cli/render.h"
#include "cli/verbs.h"

#include <ctype.h>
#include <string.h>

static const struct bn_option options[] = {
    {"version-number", "N", N_("an earlier version of a proposal or offer"), NULL, BN_FORM_PLAIN, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static const ProtobufCMessage *object_in(const Binome__V1__Reply *reply)
{
    switch (reply->body_case) {
    case BINOME__V1__REPLY__BODY_PROPOSAL:
        return &reply->proposal->base;
    case BINOME__V1__REPLY__BODY_OFFER:
        return &reply->offer->base;
    case BINOME__V1__REPLY__BODY_ORGANISATION:
        return &reply->organisation->base;
    case BINOME__V1__REPLY__BODY_WORKSTREAM:
        return &reply->workstream->base;
    case BINOME__V1__REPLY__BODY_PROGRAMME:
        return &reply->programme->base;
    default:
        return NULL;
    }
}

/* What a name may stand for, in the order in which it is tried. */
enum guess { PROPOSAL, OFFER, ORGANISATION, WORKSTREAM };

static int look(struct bn_cli *cli, enum guess guess, char *name, uint32_t version, const ProtobufCMessage **object)
{
    Binome__V1__ProposalGet proposal = BINOME__V1__PROPOSAL_GET__INIT;
    Binome__V1__OfferGet offer = BINOME__V1__OFFER_GET__INIT;
    Binome__V1__OrganisationGet organisation = BINOME__V1__ORGANISATION_GET__INIT;
    Binome__V1__WorkstreamGet workstream = BINOME__V1__WORKSTREAM_GET__INIT;
    struct binome_reply *reply;
    BN_REQUEST(request);
    proposal.id = offer.id = organisation.slug = workstream.slug = name;
    proposal.version = offer.version = version;
    if (guess == PROPOSAL)
        BN_BODY(request, PROPOSAL_GET, proposal_get, &proposal);
    else if (guess == OFFER)
        BN_BODY(request, OFFER_GET, offer_get, &offer);
    else if (guess == ORGANISATION)
        BN_BODY(request, ORGANISATION_GET, organisation_get, &organisation);
    else
        BN_BODY(request, WORKSTREAM_GET, workstream_get, &workstream);
    int code = bn_hub_look(cli, &request, &reply);
    *object = code == BN_EXIT_DONE && reply != NULL ? object_in(reply->reply) : NULL;
    return code;
}

static int programme(struct bn_cli *cli)
{
    Binome__V1__ProgrammeGet get = BINOME__V1__PROGRAMME_GET__INIT;
    struct binome_reply *reply;
    BN_REQUEST(request);
    BN_BODY(request, PROGRAMME_GET, programme_get, &get);
    int code = bn_hub_ask(cli, &request, &reply);
    const ProtobufCMessage *object = code == BN_EXIT_DONE ? object_in(reply->reply) : NULL;
    if (object != NULL)
        bn_render_object(cli, object);
    return code;
}

/* Tries the guesses from first to last; *shown tells whether one was it. */
static int try(struct bn_cli *cli, enum guess first, enum guess last, char *name, uint32_t version, bool *shown)
{
    *shown = false;
    for (int guess = (int)first; guess <= (int)last; guess++) {
        const ProtobufCMessage *object = NULL;
        int code = look(cli, (enum guess)guess, name, version, &object);
        if (code != BN_EXIT_DONE)
            return code;
        if (object != NULL) {
            bn_render_object(cli, object);
            *shown = true;
            return BN_EXIT_DONE;
        }
    }
    return BN_EXIT_DONE;
}

static int run(struct bn_cli *cli, const struct bn_args *args)
{
    struct bn_id id;
    unsigned long version;
    bool shown;
    char *name = bn_keep(cli, args->words[0]), *found = NULL;
    if (!bn_args_number(cli, args, "version-number", 1, UINT32_MAX, 0, &version))
        return BN_EXIT_USAGE;
    if (strcmp(name, "programme") == 0)
        return programme(cli);
    bool is_id = bn_id_parse(name, &id);
    for (char *at = name; bn_id_is_part(name) && *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at); /* digits in capitals would be no short name */
    int code = is_id ? try(cli, PROPOSAL, ORGANISATION, name, (uint32_t)version, &shown)
                     : try(cli, ORGANISATION, WORKSTREAM, name, (uint32_t)version, &shown);
    if (code == BN_EXIT_DONE && !shown && bn_id_is_part(name)) /* a short name may look like a part of an id */
        code = bn_id_find(cli, name, BN_ID_PROPOSAL | BN_ID_OFFER, true, &found);
    if (code == BN_EXIT_DONE && found != NULL)
        code = try(cli, PROPOSAL, OFFER, found, (uint32_t)version, &shown);
    if (code != BN_EXIT_DONE || shown)
        return code;
    struct bn_why why;
    bn_why_set(&why, BN_NOT_FOUND, name, "", "%s", "");
    return bn_explain_why(cli, BN_NOT_FOUND, &why);
}

static const struct bn_command commands[] = {
    {"",
     "ID|SLUG|programme",
     N_("Shows one object in full: a proposal or an offer by its id, an organisation or a "
        "workstream by its short name, or the programme."),
     1,
     1,
     {options},
     run},
};

static const char *const examples[] = {
    "binome show 0190f4c2-...", "binome show 0190f4c2-... --version-number 1 --json",
    "binome show acme",         "binome show ai",
    "binome show programme",    NULL,
};

const struct bn_verb bn_verb_show = {"show",   N_("show a proposal, offer, organisation, workstream or the programme"),
                                     commands, BN_COUNT(commands),
                                     examples, false};

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/form.h"
#include "cli/hub.h"
#include "cli/ids.h"
#include "cli/lang.h"
#include "cli/render.h"
#include "cli/verbs.h"

static const struct bn_option options[] = {
    {"text", "TEXT", N_("a need in your own words"), "text", BN_FORM_PLAIN, false},
    {"offer", "ID", N_("an offer: find proposals that it fits"), "offer", BN_FORM_PLAIN, false},
    {"target", "offers|proposals", N_("what to look for, if not the usual"), NULL, BN_FORM_PLAIN, false},
    {"limit", "N", N_("how many, 1 to 100 (default 10)"), NULL, BN_FORM_PLAIN, false},
    {"workstream", "SLUG", N_("only of this workstream; repeat for more"), "filter.workstreams", BN_FORM_PLAIN, true},
    {"sector", "TEXT", N_("only of this sector; repeat for more"), "filter.sectors", BN_FORM_PLAIN, true},
    {"country", "CODE", N_("only of this country; repeat for more"), "filter.countries", BN_FORM_PLAIN, true},
    {"region", "TEXT", N_("only of this region; repeat for more"), "filter.regions", BN_FORM_PLAIN, true},
    {"kind", "large-group|mid-size|startup|public-body|investor|academic|cluster",
     N_("only of this kind of owner; repeat for more"), "filter.kinds", BN_FORM_PLAIN, true},
    {"language", "CODE", N_("only in this language; repeat for more"), "filter.languages", BN_FORM_PLAIN, true},
    {"owner", "SLUG", N_("only of this organisation; repeat for more"), "filter.owners", BN_FORM_PLAIN, true},
    {"trl-min", "N", N_("technology readiness at least"), "filter.trl_min", BN_FORM_PLAIN, false},
    {"trl-max", "N", N_("technology readiness at most"), "filter.trl_max", BN_FORM_PLAIN, false},
    {"at-least-sequence", "N", N_("number of your last receipt: wait until the index has seen it"), NULL, BN_FORM_PLAIN,
     false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static int run(struct bn_cli *cli, const struct bn_args *args)
{
    int code = BN_EXIT_DONE;
    unsigned long limit, sequence;
    const char *target = bn_args_text(args, "target");
    int sources = (args->word_count == 1) + bn_args_flag(args, "text") + bn_args_flag(args, "offer");
    if (sources != 1)
        return bn_say_error(cli, BN_EXIT_USAGE, NULL, "%s",
                            _("give exactly one of: a proposal's id, --text or --offer"));
    if (!bn_args_number(cli, args, "limit", 1, 100, 10, &limit) ||
        !bn_args_number(cli, args, "at-least-sequence", 0, 0x7fffffffffffffffUL, 0, &sequence))
        return BN_EXIT_USAGE;
    Binome__V1__MatchFind *find =
        (Binome__V1__MatchFind *)bn_form_options(cli, &binome__v1__match_find__descriptor, args, &code);
    if (find == NULL)
        return code;
    Binome__V1__MatchFind asked = *find; /* a shallow copy: the id is not the heap's */
    if (args->word_count == 1) {
        asked.source_case = BINOME__V1__MATCH_FIND__SOURCE_PROPOSAL;
        code = bn_id_find(cli, args->words[0], BN_ID_PROPOSAL, false, &asked.proposal);
    } else if (asked.source_case == BINOME__V1__MATCH_FIND__SOURCE_OFFER) {
        code = bn_id_find(cli, find->offer, BN_ID_OFFER, false, &asked.offer);
    }
    if (code != BN_EXIT_DONE)
        return code;
    if (target != NULL)
        asked.target = target[0] == 'o' || target[0] == 'O' ? BINOME__V1__MATCH_TARGET__MATCH_TARGET_OFFERS
                                                            : BINOME__V1__MATCH_TARGET__MATCH_TARGET_PROPOSALS;
    asked.limit = (uint32_t)limit;
    asked.at_least_sequence = sequence;
    BN_REQUEST(request);
    BN_BODY(request, MATCH_FIND, match_find, &asked);
    struct binome_reply *reply;
    code = bn_hub_ask(cli, &request, &reply);
    if (code == BN_EXIT_DONE && reply->reply->body_case == BINOME__V1__REPLY__BODY_MATCHES)
        bn_render_matches(cli, reply->reply->matches);
    return code;
}

static const struct bn_command commands[] = {
    {"",
     "PROPOSAL-ID | --text TEXT | --offer ID",
     N_("Finds the offers that fit a proposal or a text, or the proposals that fit an offer, best first, with a score "
        "from "
        "0 to 1000 and the reasons. Within one filter any value will do; all filters must hold."),
     0,
     1,
     {options},
     run},
};

static const char *const examples[] = {
    "binome match 0190f4c2-...",
    "binome match --text 'détection de fuites par acoustique' --country FR --limit 5",
    "binome match --offer 0190f4c2-... --workstream ai --json",
    NULL,
};

const struct bn_verb bn_verb_match = {
    "match", N_("find who fits, with scores and reasons"), commands, BN_COUNT(commands), examples, false};

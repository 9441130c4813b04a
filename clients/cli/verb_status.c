/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"
#include "cli/form.h"
#include "cli/hub.h"
#include "cli/ids.h"
#include "cli/lang.h"
#include "cli/pages.h"
#include "cli/render.h"
#include "cli/verbs.h"

#include <unistd.h>

#define HEALTH "on-track|at-risk|off-track"

static const struct bn_option options[] = {
    {"phase", "submitted|under-review|open|engaged|delivered|rejected|withdrawn|suspended", N_("the new phase"),
     "phase", BN_FORM_PLAIN, false},
    {"progress", "N", N_("0 to 100"), "progress_percent", BN_FORM_PLAIN, false},
    {"health", HEALTH, N_("how it stands"), "health.overall", BN_FORM_PLAIN, false},
    {"health-schedule", HEALTH, N_("its calendar"), "health.schedule", BN_FORM_PLAIN, false},
    {"health-cost", HEALTH, N_("its cost"), "health.cost", BN_FORM_PLAIN, false},
    {"health-scope", HEALTH, N_("its scope"), "health.scope", BN_FORM_PLAIN, false},
    {"achieved", "TEXT", N_("what was achieved"), "achieved", BN_FORM_PLAIN, false},
    {"next", "TEXT", N_("what comes next"), "next", BN_FORM_PLAIN, false},
    {"blocker", "CODE[:TEXT]", N_("what stands in the way, such as NO_BUDGET:text; repeat for more"), "blockers",
     BN_FORM_BLOCKER, true},
    {"decision", "TEXT", N_("decision asked of the committee; repeat for more"), "decisions_asked", BN_FORM_PLAIN,
     true},
    {"milestone", "NAME[:DUE[:DONE]]", N_("milestone with its dates; repeat for more"), "milestones", BN_FORM_MILESTONE,
     true},
    {"reason", "TEXT", N_("why; needed for moves that skip, go back or end"), "reason", BN_FORM_PLAIN, false},
    {"effective-on", "DATE", N_("from which day, if not today; in the future = planned"), "effective_on", BN_FORM_PLAIN,
     false},
    {"ends-on", "DATE", N_("when this phase ends, if known"), "ends_on", BN_FORM_PLAIN, false},
    {"expected-version", "N", N_("refuse when the proposal has another version"), "expected_version", BN_FORM_PLAIN,
     false},
    {"ref", "SCHEME:ID", N_("how your own system calls it; makes a repeat harmless"), "external_ref", BN_FORM_REF,
     false},
    {"template", NULL, N_("print an example file with comments"), NULL, BN_FORM_PLAIN, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static int update(struct bn_cli *cli, const struct bn_args *args)
{
    int code = BN_EXIT_DONE;
    struct bn_id id;
    if (bn_args_flag(args, "template"))
        return bn_form_template(cli, &binome__v1__status_update__descriptor);
    if (args->word_count == 0)
        return bn_say_error(cli, BN_EXIT_USAGE, _("Example: binome status ID --progress 40"), "%s",
                            _("give a proposal's id, a file, or both"));
    bool is_id =
        bn_id_parse(args->words[0], &id) || (bn_id_is_part(args->words[0]) && access(args->words[0], F_OK) != 0);
    const char *path = is_id ? (args->word_count == 2 ? args->words[1] : NULL) : args->words[0];
    if (is_id && path == NULL && !bn_args_fill(args))
        return bn_say_error(cli, BN_EXIT_USAGE, _("Example: binome status ID --progress 40"), "%s",
                            _("say what changed: --phase, --progress, --health, ..."));
    Binome__V1__StatusUpdate *read =
        (Binome__V1__StatusUpdate *)bn_form_read(cli, &binome__v1__status_update__descriptor, path, args, &code);
    if (read == NULL)
        return code;
    Binome__V1__StatusUpdate status = *read; /* a shallow copy: the id is not the heap's */
    if (is_id)
        code = bn_id_find(cli, args->words[0], BN_ID_PROPOSAL, false, &status.proposal);
    if (code != BN_EXIT_DONE)
        return code;
    BN_REQUEST(request);
    BN_BODY(request, STATUS_UPDATE, status_update, &status);
    return bn_hub_submit(cli, args, &request, _("The status is recorded."), NULL);
}

static int list(struct bn_cli *cli, const struct bn_args *args)
{
    Binome__V1__StatusList asked = BINOME__V1__STATUS_LIST__INIT;
    int code = bn_id_find(cli, args->words[0], BN_ID_PROPOSAL, false, &asked.proposal);
    if (code != BN_EXIT_DONE)
        return code;
    BN_REQUEST(request);
    BN_BODY(request, STATUS_LIST, status_list, &asked);
    struct bn_pages pages;
    code = bn_pages_gather(cli, &request, 0, &pages);
    if (code == BN_EXIT_DONE)
        bn_render_history(cli, (Binome__V1__StatusUpdate *const *)pages.objects, pages.count);
    return code;
}

static const struct bn_command commands[] = {
    {"",
     "ID [FILE] | FILE",
     N_("Reports how a proposal stands: phase, progress, health, what was achieved, what blocks."),
     0,
     2,
     {options, bn_options_submit},
     update},
    {"list", "ID", N_("Shows the history of a proposal, oldest first."), 1, 1, {bn_options_none}, list},
};

static const char *const examples[] = {
    "binome status 0190f4c2-... --phase engaged --progress 10 --health on-track",
    "binome status 0190f4c2-... --blocker 'PURCHASING_RULES:tender needed' --decision 'Raise the threshold'",
    "binome status 0190f4c2-... --milestone 'Pilot:2027-03-01'",
    "binome status list 0190f4c2-...",
    NULL,
};

const struct bn_verb bn_verb_status = {
    "status", N_("report progress, or show the history of a proposal"), commands, BN_COUNT(commands), examples, false};

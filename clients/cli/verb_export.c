/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "cli/explain.h"
#include "cli/lang.h"
#include "cli/pages.h"
#include "cli/progress.h"
#include "cli/render.h"
#include "cli/verbs.h"
#include "text/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One object a line. */
static int write_lines(struct bn_cli *cli, const char *folder, const char *name, const struct bn_pages *pages)
{
    char *text = NULL;
    size_t size = 0;
    struct bn_why why = {"", "", ""};
    FILE *out = bn_must(open_memstream(&text, &size));
    for (size_t i = 0; i < pages->count; i++) {
        char *line = bn_must(bn_message_to_text(pages->objects[i], BN_STYLE_JSON));
        fprintf(out, "%s\n", line);
        free(line);
    }
    if (fclose(out) != 0)
        bn_must(NULL);
    enum bn_code code = bn_file_write(bn_keep_format(cli, "%s/%s", folder, name), text, size, 0600, &why);
    free(text);
    if (code != BN_OK)
        return bn_explain_why(cli, code, &why);
    bn_remark(cli, "%7zu  %s/%s", pages->count, folder, name);
    return BN_EXIT_DONE;
}

static int gather_statuses(struct bn_cli *cli, const struct bn_pages *proposals, struct bn_pages *all)
{
    struct bn_progress progress;
    size_t room = 1024;
    memset(all, 0, sizeof *all);
    all->objects = bn_take(cli, room * sizeof *all->objects);
    bn_progress_start(&progress, cli, _("histories"), proposals->count);
    for (size_t i = 0; i < proposals->count; i++) {
        struct bn_pages pages;
        Binome__V1__StatusList list = BINOME__V1__STATUS_LIST__INIT;
        list.proposal = ((const Binome__V1__Proposal *)proposals->objects[i])->id;
        BN_REQUEST(request);
        BN_BODY(request, STATUS_LIST, status_list, &list);
        int code = bn_pages_gather(cli, &request, 0, &pages);
        if (code != BN_EXIT_DONE)
            return code;
        if (all->count + pages.count > room) {
            room = 2 * room + pages.count;
            ProtobufCMessage **grown = bn_take(cli, room * sizeof *grown);
            memcpy(grown, all->objects, all->count * sizeof *grown);
            all->objects = grown;
        }
        if (pages.count > 0)
            memcpy(all->objects + all->count, pages.objects, pages.count * sizeof *pages.objects);
        all->count += pages.count;
        bn_progress_at(&progress, i + 1);
    }
    bn_progress_end(&progress);
    return BN_EXIT_DONE;
}

static int run(struct bn_cli *cli, const struct bn_args *args)
{
    const char *folder = args->words[0];
    struct bn_why why = {"", "", ""};
    struct bn_pages pages, statuses;
    Binome__V1__OrganisationList organisations = BINOME__V1__ORGANISATION_LIST__INIT;
    Binome__V1__WorkstreamList workstreams = BINOME__V1__WORKSTREAM_LIST__INIT;
    Binome__V1__ProposalList proposals = BINOME__V1__PROPOSAL_LIST__INIT;
    Binome__V1__OfferList offers = BINOME__V1__OFFER_LIST__INIT;
    Binome__V1__Request requests[4] = {BINOME__V1__REQUEST__INIT, BINOME__V1__REQUEST__INIT, BINOME__V1__REQUEST__INIT,
                                       BINOME__V1__REQUEST__INIT};
    static const char *const names[] = {"organisations.jsonl", "workstreams.jsonl", "offers.jsonl", "proposals.jsonl"};
    BN_BODY(requests[0], ORGANISATION_LIST, organisation_list, &organisations);
    BN_BODY(requests[1], WORKSTREAM_LIST, workstream_list, &workstreams);
    BN_BODY(requests[2], OFFER_LIST, offer_list, &offers);
    BN_BODY(requests[3], PROPOSAL_LIST, proposal_list, &proposals);
    enum bn_code made = bn_folder_make(folder, 0700, &why);
    if (made != BN_OK)
        return bn_explain_why(cli, made, &why);
    for (size_t i = 0; i < BN_COUNT(requests); i++) {
        int code = bn_pages_gather(cli, &requests[i], 0, &pages);
        if (code == BN_EXIT_DONE)
            code = write_lines(cli, folder, names[i], &pages);
        if (code != BN_EXIT_DONE)
            return code;
    }
    /* the last page of the loop holds the proposals */
    int code = gather_statuses(cli, &pages, &statuses);
    if (code == BN_EXIT_DONE)
        code = write_lines(cli, folder, "status.jsonl", &statuses);
    if (code == BN_EXIT_DONE && cli->json) {
        fputs("{\"folder\":", cli->out);
        bn_json_string(cli->out, folder);
        fputs("}\n", cli->out);
    }
    return code;
}

static const struct bn_command commands[] = {
    {"",
     "FOLDER",
     N_("Writes what you may see as JSON lines, in a form that import reads back: organisations.jsonl, "
        "workstreams.jsonl, offers.jsonl, proposals.jsonl, status.jsonl."),
     1,
     1,
     {bn_options_none},
     run},
};

static const char *const examples[] = {"binome export backup", "binome import backup --format binome", NULL};

const struct bn_verb bn_verb_export = {
    "export", N_("write what you may see into files that import reads"), commands, BN_COUNT(commands), examples, false};

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "cli/explain.h"
#include "cli/hub.h"
#include "cli/import/run.h"
#include "cli/import/source.h"
#include "cli/lang.h"
#include "cli/pages.h"
#include "cli/render.h"
#include "cli/verbs.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

static const struct bn_option options[] = {
    {"format", "betagouv|ilab|crunchbase|binome", N_("form of the files; found out when not given"), NULL,
     BN_FORM_PLAIN, false},
    {"workstream", "SLUG", N_("where records go that name none (default startups)"), NULL, BN_FORM_PLAIN, false},
    {"dry-run", NULL, N_("let the hub judge every record, keep nothing"), NULL, BN_FORM_PLAIN, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static const char *const kind_names[BN_ITEM_KINDS] = {
    [BN_ITEM_ORGANISATION] = "organisations", [BN_ITEM_WORKSTREAM] = "workstreams", [BN_ITEM_OFFER] = "offers",
    [BN_ITEM_PROPOSAL] = "proposals",         [BN_ITEM_STATUS] = "status",
};

static const char *const kind_labels[BN_ITEM_KINDS] = {
    [BN_ITEM_ORGANISATION] = N_("organisations"),
    [BN_ITEM_WORKSTREAM] = N_("workstreams"),
    [BN_ITEM_OFFER] = N_("offers"),
    [BN_ITEM_PROPOSAL] = N_("proposals"),
    [BN_ITEM_STATUS] = N_("status changes"),
};

static int know_hub(struct bn_cli *cli, struct bn_plan *plan)
{
    Binome__V1__OrganisationList organisations = BINOME__V1__ORGANISATION_LIST__INIT;
    Binome__V1__WorkstreamList workstreams = BINOME__V1__WORKSTREAM_LIST__INIT;
    struct bn_pages pages;
    BN_REQUEST(request);
    BN_BODY(request, ORGANISATION_LIST, organisation_list, &organisations);
    int code = bn_pages_gather(cli, &request, 0, &pages);
    for (size_t i = 0; code == BN_EXIT_DONE && i < pages.count; i++)
        bn_plan_know(plan, (const Binome__V1__Organisation *)pages.objects[i]);
    if (code != BN_EXIT_DONE)
        return code;
    BN_BODY(request, WORKSTREAM_LIST, workstream_list, &workstreams);
    code = bn_pages_gather(cli, &request, 0, &pages);
    for (size_t i = 0; code == BN_EXIT_DONE && i < pages.count; i++)
        bn_plan_know_workstream(plan, ((const Binome__V1__Workstream *)pages.objects[i])->slug);
    return code;
}

/* Records that the source does not list but that the mapping makes, such as the company behind an offer, are counted as
 * read too: they were found in the files. */
static size_t read_of(const struct bn_plan *plan, int kind)
{
    size_t made = plan->items[kind].count + plan->skipped[kind] + plan->unmapped[kind];
    return plan->read[kind] > made ? plan->read[kind] : made;
}

static void print_json(struct bn_cli *cli, const struct bn_plan *plan, const struct bn_outcome *outcome,
                       const char *format, bool dry_run)
{
    FILE *out = cli->out;
    fprintf(out, "{\"format\":\"%s\",\"dry_run\":%s,\"records\":{", format, dry_run ? "true" : "false");
    for (int kind = 0; kind < BN_ITEM_KINDS; kind++)
        fprintf(out,
                "%s\"%s\":{\"read\":%zu,\"created\":%zu,\"changed\":%zu,\"unchanged\":%zu,\"refused\":%zu,"
                "\"unjudged\":%zu}",
                kind == 0 ? "" : ",", kind_names[kind], read_of(plan, kind), outcome->created[kind],
                outcome->changed[kind], outcome->unchanged[kind], outcome->refused[kind], outcome->unjudged[kind]);
    fprintf(out, "},\"mapped_with_remark\":%zu,\"remarks\":{", plan->records_remarked);
    bool first = true;
    for (int rule = 0; rule < BN_REMARK_COUNT; rule++) {
        if (plan->remarks[rule] == 0)
            continue;
        fprintf(out, "%s\"%s\":%zu", first ? "" : ",", bn_remark_name((enum bn_remark_rule)rule), plan->remarks[rule]);
        first = false;
    }
    fputs("},\"refusals\":[", out);
    for (size_t i = 0; i < plan->refusals.count; i++) {
        const struct bn_refusal *refusal = &plan->refusals.list[i];
        fprintf(out, "%s{\"file\":", i == 0 ? "" : ",");
        bn_json_string(out, refusal->place.file);
        fprintf(out, ",\"line\":%u,\"field\":", refusal->place.line);
        bn_json_string(out, refusal->field);
        fputs(",\"rule\":", out);
        bn_json_string(out, refusal->rule);
        fputs(",\"cause\":", out);
        bn_json_string(out, refusal->cause);
        fputc('}', out);
    }
    fputs("]}\n", out);
}

static void print_counts(struct bn_cli *cli, const struct bn_plan *plan, const struct bn_outcome *outcome)
{
    const struct bn_column columns[] = {
        {"", false, false},          {_("READ"), true, false},      {_("CREATED"), true, false},
        {_("CHANGED"), true, false}, {_("UNCHANGED"), true, false}, {_("REFUSED"), true, false}};
    struct bn_table *table = bn_must(bn_table_create(columns, BN_COUNT(columns)));
    for (int kind = 0; kind < BN_ITEM_KINDS; kind++) {
        if (read_of(plan, kind) == 0)
            continue;
        const size_t numbers[] = {read_of(plan, kind), outcome->created[kind], outcome->changed[kind],
                                  outcome->unchanged[kind], outcome->refused[kind]};
        const char *cells[BN_COUNT(numbers) + 1] = {_(kind_labels[kind])};
        for (size_t i = 0; i < BN_COUNT(numbers); i++)
            cells[i + 1] = bn_keep_format(cli, "%zu", numbers[i]);
        bn_must(bn_table_row(table, cells) ? table : NULL);
    }
    bn_table_print(table, &cli->screen);
    bn_table_destroy(&table);
}

static void print_words(struct bn_cli *cli, const struct bn_plan *plan, const struct bn_outcome *outcome, bool dry_run)
{
    size_t unjudged = outcome->unjudged[BN_ITEM_STATUS];
    print_counts(cli, plan, outcome);
    fprintf(cli->out, _("Mapped with a remark: %zu records\n"), plan->records_remarked);
    for (int rule = 0; rule < BN_REMARK_COUNT; rule++)
        if (plan->remarks[rule] > 0)
            fprintf(cli->out, "%7zu  %s (%s)\n", plan->remarks[rule], _(bn_remark_text((enum bn_remark_rule)rule)),
                    bn_remark_name((enum bn_remark_rule)rule));
    for (size_t i = 0; i < plan->refusals.count; i++) {
        const struct bn_refusal *refusal = &plan->refusals.list[i];
        fprintf(cli->out, "%s:%u: %s %s: ", refusal->place.file, refusal->place.line, refusal->field, refusal->rule);
        bn_text_put(cli->out, refusal->cause, -1);
        fputc('\n', cli->out);
    }
    if (dry_run)
        fprintf(cli->out, "%s\n", _("Dry run: the hub judged, nothing was kept."));
    if (unjudged > 0)
        fprintf(cli->out, _("%zu status changes could not be judged: their proposals are not at the hub yet.\n"),
                unjudged);
}

static const struct bn_format *format_of(struct bn_cli *cli, const struct bn_args *args, const struct bn_source *source)
{
    const char *name = bn_args_text(args, "format");
    for (size_t i = 0; name != NULL && bn_formats[i] != NULL; i++)
        if (strcasecmp(bn_formats[i]->name, name) == 0)
            return bn_formats[i];
    const struct bn_format *found = bn_source_detect(source);
    if (found == NULL)
        bn_say_error(cli, BN_EXIT_REFUSED, _("Name the form: --format betagouv, ilab, crunchbase or binome."), "%s",
                     _("the files have no form that this program knows"));
    return found;
}

/* Told once, in place of once a record. */
static int no_workstream(struct bn_cli *cli, const char *slug)
{
    struct bn_why why;
    Binome__V1__Param param = BINOME__V1__PARAM__INIT, *params = &param;
    param.name = bn_keep(cli, "value");
    param.value = bn_keep(cli, slug);
    const char *rule = bn_rule_name(BN_RULE_WORKSTREAM_UNKNOWN);
    bn_why_set(&why, BN_NOT_FOUND, "--workstream", rule, "%s", "");
    return bn_explain_params(cli, BN_NOT_FOUND, &why, (const Binome__V1__Param *const *)&params, 1);
}

/* What the mapping refused gets its sentence here: it knows no language. */
static void explain_refusals(struct bn_cli *cli, struct bn_plan *plan)
{
    for (size_t i = 0; i < plan->refusals.count; i++) {
        struct bn_refusal *refusal = &plan->refusals.list[i];
        enum bn_rule rule = bn_rule_find(refusal->rule);
        Binome__V1__Param param = BINOME__V1__PARAM__INIT;
        const Binome__V1__Param *params[] = {&param};
        bool is_value = rule == BN_RULE_OBJECT_ABSENT || rule == BN_RULE_DATE_FORM;
        param.name = bn_keep(cli, rule == BN_RULE_OBJECT_ABSENT ? "id" : "value");
        param.value = bn_keep(cli, refusal->cause);
        const char *met = is_value ? "" : refusal->cause;
        size_t place = strlen(refusal->field);
        if (place > 0 && strncmp(met, refusal->field, place) == 0 && strncmp(met + place, ": ", 2) == 0)
            met += place + 2;
        char *sentence = bn_explain_cause(cli, refusal->rule, params, is_value ? 1 : 0, "");
        refusal->cause = bn_keep_format(cli, "%s%s%s", sentence, met[0] == '\0' ? "" : " ", met);
    }
}

static int import(struct bn_cli *cli, const struct bn_args *args, const struct bn_source *source, struct bn_plan *plan)
{
    struct bn_why why = {"", "", ""};
    struct bn_outcome outcome;
    bool dry_run = bn_args_flag(args, "dry-run");
    const struct bn_format *format = format_of(cli, args, source);
    if (format == NULL)
        return BN_EXIT_REFUSED;
    int code = know_hub(cli, plan);
    if (code != BN_EXIT_DONE)
        return code;
    if (format != &bn_format_binome && bn_plan_named(plan, "workstream", plan->workstream) == NULL)
        return no_workstream(cli, plan->workstream);
    enum bn_code mapped = bn_source_map(source, format, plan, &why);
    if (mapped != BN_OK)
        return bn_explain_why(cli, mapped, &why);
    explain_refusals(cli, plan);
    code = bn_import_run(cli, plan, dry_run, &outcome);
    if (cli->json)
        print_json(cli, plan, &outcome, format->name, dry_run);
    else
        print_words(cli, plan, &outcome, dry_run);
    if (code != BN_EXIT_DONE) {
        bn_remark(cli, "%s", _("The import stopped. Run it again: what is there already stays as it is."));
        return code;
    }
    return plan->refusals.count > 0 ? BN_EXIT_REFUSED : BN_EXIT_DONE;
}

static int run(struct bn_cli *cli, const struct bn_args *args)
{
    struct bn_source source;
    struct bn_why why = {"", "", ""};
    const char *workstream = bn_args_text(args, "workstream");
    enum bn_code opened = bn_source_open(args->words[0], &source, &why);
    if (opened != BN_OK)
        return bn_explain_why(cli, opened, &why);
    struct bn_plan *plan =
        bn_plan_create(workstream == NULL ? "startups" : workstream, bn_date_of_ms(bn_clock_wall_ms()));
    int code = import(cli, args, &source, plan);
    bn_plan_destroy(&plan);
    bn_source_close(&source);
    return code;
}

static const struct bn_command commands[] = {
    {"",
     "FOLDER|FILE",
     N_("Operator only: loads organisations, offers, proposals and status changes, each on behalf of its "
        "owner. A second run changes nothing. docs/import.md says how each format is mapped."),
     1,
     1,
     {options},
     run},
};

static const char *const examples[] = {
    "binome import corpora/betagouv --dry-run",
    "binome import corpora/offers-ilab --format ilab --workstream startups",
    "binome import backup --format binome --json",
    NULL,
};

const struct bn_verb bn_verb_import = {"import", N_("load organisations, offers, proposals and status changes"),
                                       commands, BN_COUNT(commands),
                                       examples, false};

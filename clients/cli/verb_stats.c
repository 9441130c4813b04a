/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"
#include "cli/explain.h"
#include "cli/lang.h"
#include "cli/profile.h"
#include "cli/verbs.h"

#include <inttypes.h>
#include <string.h>

enum { ANSWER_MS = 5000, ORGANISATIONS_SHOWN = 20 };

static const struct bn_option options[] = {
    {"stats", "ENDPOINT", N_("the stats socket, if the profile does not say: ipc://PATH"), NULL, BN_FORM_PLAIN, false},
    {"watch", NULL, N_("again each second, with what happened since"), NULL, BN_FORM_PLAIN, false},
    {"count", "N", N_("stop after so many"), NULL, BN_FORM_PLAIN, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static const char *number(struct bn_cli *cli, uint64_t value)
{
    return bn_keep_format(cli, "%" PRIu64, value);
}

static const char *micros(struct bn_cli *cli, uint64_t us)
{
    if (us < 1000)
        return bn_keep_format(cli, "%" PRIu64 " µs", us);
    if (us < 1000000)
        return bn_keep_format(cli, "%.1f ms", (double)us / 1000);
    return bn_keep_format(cli, "%.2f s", (double)us / 1000000);
}

static const char *span(struct bn_cli *cli, uint64_t ms)
{
    uint64_t seconds = ms / 1000;
    char *clock = bn_keep_format(cli, "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64, seconds / 3600 % 24, seconds / 60 % 60,
                                 seconds % 60);
    return seconds < 86400 ? clock : bn_keep_format(cli, _("%" PRIu64 " d %s"), seconds / 86400, clock);
}

static void print_table(struct bn_cli *cli, struct bn_table *table)
{
    if (bn_table_rows(table) > 0) {
        fputc('\n', cli->out);
        bn_table_print(table, &cli->screen);
    }
    bn_table_destroy(&table);
}

static void row(struct bn_table *table, const char *const *cells)
{
    bn_must(bn_table_row(table, cells) ? table : NULL);
}

static void print_histograms(struct bn_cli *cli, const Binome__V1__Stats *stats)
{
    const struct bn_column columns[] = {{_("TIMES"), false, false}, {_("COUNT"), true, false}, {"p50", true, false},
                                        {"p95", true, false},       {"p99", true, false},      {_("MAX"), true, false}};
    const Binome__V1__RegistryFigures *registry = stats->registry;
    const struct {
        const char *name;
        const Binome__V1__Histogram *histogram;
    } rows[] = {{_("request to reply"), stats->latency},
                {_("commit"), registry == NULL ? NULL : registry->commit},
                {_("query"), registry == NULL ? NULL : registry->query},
                {_("match"), registry == NULL ? NULL : registry->match}};
    struct bn_table *table = bn_must(bn_table_create(columns, BN_COUNT(columns)));
    for (size_t i = 0; i < BN_COUNT(rows); i++) {
        const Binome__V1__Histogram *h = rows[i].histogram;
        if (h == NULL)
            continue;
        const char *cells[] = {rows[i].name,           number(cli, h->count),  micros(cli, h->p50_us),
                               micros(cli, h->p95_us), micros(cli, h->p99_us), micros(cli, h->max_us)};
        row(table, cells);
    }
    print_table(cli, table);
}

static uint64_t before(Binome__V1__Counter *const *counters, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(counters[i]->name, name) == 0)
            return counters[i]->value;
    return 0;
}

static void print_counters(struct bn_cli *cli, const char *heading, Binome__V1__Counter *const *counters, size_t count,
                           Binome__V1__Counter *const *old, size_t old_count, bool with_old)
{
    const struct bn_column columns[] = {
        {heading, false, true}, {_("VALUE"), true, false}, {_("PER SECOND"), true, false}};
    struct bn_table *table = bn_must(bn_table_create(columns, with_old ? 3 : 2));
    for (size_t i = 0; i < count; i++) {
        int64_t change = (int64_t)(counters[i]->value - before(old, old_count, counters[i]->name));
        const char *cells[] = {counters[i]->name, number(cli, counters[i]->value),
                               with_old && change != 0 ? bn_keep_format(cli, "%+" PRId64, change) : ""};
        row(table, cells);
    }
    print_table(cli, table);
}

static void print_organisations(struct bn_cli *cli, const Binome__V1__Stats *stats)
{
    const struct bn_column columns[] = {{_("ORGANISATION"), false, true}, {_("CONNECTIONS"), true, false},
                                        {_("REQUESTS"), true, false},     {_("REFUSED"), true, false},
                                        {_("BYTES IN"), true, false},     {_("BYTES OUT"), true, false}};
    struct bn_table *table = bn_must(bn_table_create(columns, BN_COUNT(columns)));
    for (size_t i = 0; i < stats->n_organisations && i < ORGANISATIONS_SHOWN; i++) {
        const Binome__V1__OrganisationFigures *of = stats->organisations[i];
        const char *cells[] = {of->slug,
                               number(cli, of->connections),
                               number(cli, of->requests),
                               number(cli, of->refused),
                               number(cli, of->bytes_in),
                               number(cli, of->bytes_out)};
        row(table, cells);
    }
    print_table(cli, table);
    if (stats->n_organisations > ORGANISATIONS_SHOWN)
        fprintf(cli->out, _("%zu more with --json\n"), stats->n_organisations - ORGANISATIONS_SHOWN);
}

static void print_types(struct bn_cli *cli, const Binome__V1__Stats *stats)
{
    const struct bn_column columns[] = {{_("REQUEST"), false, true}, {_("ANSWERS"), false, true}};
    struct bn_table *table = bn_must(bn_table_create(columns, BN_COUNT(columns)));
    for (size_t i = 0; i < stats->n_types; i++) {
        const Binome__V1__TypeFigures *type = stats->types[i];
        const char *answers = "";
        for (size_t c = 0; c < type->n_codes; c++)
            answers = bn_keep_format(cli, "%s%s%s %" PRIu64, answers, c == 0 ? "" : ", ",
                                     bn_code_name((enum bn_code)type->codes[c]->code), type->codes[c]->count);
        const char *cells[] = {type->name[0] == '\0' ? number(cli, type->type) : type->name, answers};
        row(table, cells);
    }
    print_table(cli, table);
}

static void print(struct bn_cli *cli, const Binome__V1__Stats *stats, const Binome__V1__Stats *old)
{
    const Binome__V1__RegistryFigures *registry = stats->registry, *old_registry = old == NULL ? NULL : old->registry;
    fprintf(cli->out, _("broker %s, up %s; registry %s"), stats->version, span(cli, stats->uptime_ms),
            stats->registry_up ? _("there") : _("AWAY"));
    if (registry != NULL)
        fprintf(cli->out, _(" (%s, up %s, restarts %" PRIu64 ")"), registry->version, span(cli, registry->uptime_ms),
                stats->registry_restarts);
    fputc('\n', cli->out);
    print_histograms(cli, stats);
    print_organisations(cli, stats);
    print_types(cli, stats);
    print_counters(cli, _("BROKER"), stats->counters, stats->n_counters, old == NULL ? NULL : old->counters,
                   old == NULL ? 0 : old->n_counters, old != NULL);
    if (registry != NULL)
        print_counters(cli, _("REGISTRY"), registry->counters, registry->n_counters,
                       old_registry == NULL ? NULL : old_registry->counters,
                       old_registry == NULL ? 0 : old_registry->n_counters, old_registry != NULL);
}

static const char *endpoint_of(struct bn_cli *cli, const struct bn_args *args)
{
    struct bn_profile profile;
    const char *given = bn_args_text(args, "stats");
    if (given != NULL)
        return given;
    if (!bn_profile_read(cli, bn_profile_folder(cli), &profile))
        return NULL;
    const char *endpoint = profile.stats == NULL ? NULL : bn_keep(cli, profile.stats);
    bn_profile_finish(&profile);
    if (endpoint == NULL)
        bn_say_error(cli, BN_EXIT_CONFIG, _("It is on the hub's machine: give --stats ipc://PATH."), "%s",
                     _("the profile names no stats socket"));
    return endpoint;
}

static int watch(struct bn_cli *cli, struct binome_stats *stats, unsigned long count)
{
    Binome__V1__Stats *old = NULL;
    struct binome_error error = {"", "", ""};
    for (unsigned long i = 0; count == 0 || i < count; i++) {
        Binome__V1__Stats *now = NULL;
        /* What one snapshot takes for its texts is forgotten with it. */
        struct bn_arena *run = cli->arena;
        enum binome_code code = binome_stats_next(stats, ANSWER_MS, &now, &error);
        if (code != BINOME_OK) {
            if (old != NULL)
                binome__v1__stats__free_unpacked(old, NULL);
            return bn_explain_local(cli, code, &error);
        }
        cli->arena = bn_must(bn_arena_create((size_t)64 << 10, (size_t)64 << 20));
        if (cli->json) {
            bn_print_json(cli, &now->base);
        } else {
            if (cli->screen.terminal && count != 1)
                fputs("\033[H\033[J", cli->out);
            print(cli, now, old);
        }
        fflush(cli->out);
        bn_arena_destroy(&cli->arena);
        cli->arena = run;
        if (old != NULL)
            binome__v1__stats__free_unpacked(old, NULL);
        old = now;
    }
    if (old != NULL)
        binome__v1__stats__free_unpacked(old, NULL);
    return BN_EXIT_DONE;
}

static int run(struct bn_cli *cli, const struct bn_args *args)
{
    struct binome_stats *stats = NULL;
    struct binome_error error = {"", "", ""};
    unsigned long count;
    bool watching = bn_args_flag(args, "watch");
    const char *endpoint = endpoint_of(cli, args);
    if (endpoint == NULL)
        return BN_EXIT_CONFIG;
    if (!bn_args_number(cli, args, "count", 1, 1000000000, watching ? 0 : 1, &count))
        return BN_EXIT_USAGE;
    enum binome_code code = binome_stats_open(endpoint, watching || count > 1, &stats, &error);
    if (code != BINOME_OK)
        return bn_explain_local(cli, code, &error);
    int result = watch(cli, stats, count);
    binome_stats_close(&stats);
    return result;
}

static const struct bn_command commands[] = {
    {"",
     "",
     N_("Shows the hub's figures: liveness, times, load by organisation and by request. Needs the stats socket, so "
        "it runs on the hub's machine."),
     0,
     0,
     {options},
     run},
};

static const char *const examples[] = {"binome stats", "binome stats --watch", "binome stats --json | jq .latency",
                                       NULL};

const struct bn_verb bn_verb_stats = {"stats", N_("show the hub's figures"), commands, BN_COUNT(commands), examples,
                                      false};

/* SPDX-License-Identifier: Apache-2.0 */
/* match-eval: ranks the documents of a judged collection for each of its queries, as a TREC run. */
#include "base/clock.h"
#include "registry/match/eval/judged.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 64, EXIT_DATA = 65 };

struct options {
    const char *docs, *queries, *out, *lang;
    uint32_t limit;
    bool like;
};

/* Scorers order by score alone: equal scores keep the index's order by a fraction. */
static void run_write(FILE *out, const struct bn_judged *judged, size_t query, const struct bn_match_answer *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        const struct bn_match_result *result = &answer->results[i];
        fprintf(out, "%s Q0 %s %zu %u.%03zu %s\n", bn_judged_query_id(judged, query),
                bn_judged_doc_id(judged, result->number), i + 1, result->score, 999 - i, bn_match_algorithm());
    }
}

static enum bn_code queries_ask(struct bn_judged *judged, const struct options *options, FILE *out)
{
    struct bn_match_answer *answer = malloc(sizeof *answer);
    enum bn_code code = answer == NULL ? BN_RESOURCE_EXHAUSTED : BN_OK;
    for (size_t i = 0; i < bn_judged_queries(judged) && code == BN_OK; i++) {
        code = bn_judged_ask(judged, i, options->like, options->limit, answer);
        if (code == BN_OK)
            run_write(out, judged, i, answer);
    }
    free(answer);
    return code;
}

static void tell(const struct bn_judged *judged, uint64_t loaded_us, uint64_t asked_us)
{
    struct bn_match_figures figures;
    size_t queries = bn_judged_queries(judged);
    bn_judged_figures(judged, &figures);
    fprintf(stderr, "%llu documents in %.2f s, %llu terms, %llu postings, %.1f MiB; %zu queries, %.3f ms each\n",
            (unsigned long long)figures.documents, (double)loaded_us / 1e6, (unsigned long long)figures.terms,
            (unsigned long long)figures.postings, (double)figures.bytes / 1048576, queries,
            queries == 0 ? 0 : (double)asked_us / 1e3 / (double)queries);
}

static int eval(const struct options *options)
{
    struct bn_judged *judged = NULL;
    struct bn_why why = {0};
    FILE *out = strcmp(options->out, "-") == 0 ? stdout : fopen(options->out, "w");
    if (out == NULL) {
        perror(options->out);
        return EXIT_DATA;
    }
    uint64_t start = bn_clock_mono_us();
    enum bn_code code = bn_judged_open(options->docs, options->queries, options->lang, &judged, &why);
    uint64_t loaded = bn_clock_mono_us();
    if (code == BN_OK) {
        code = queries_ask(judged, options, out);
        tell(judged, loaded - start, bn_clock_mono_us() - loaded);
    }
    if (code != BN_OK)
        fprintf(stderr, "match-eval: %s: %s %s\n", why.field, bn_code_name(code), why.detail);
    bn_judged_close(&judged);
    return fclose(out) == 0 && code == BN_OK ? EXIT_SUCCESS : EXIT_DATA;
}

static int usage(FILE *to, int status)
{
    fputs("usage: match-eval --docs FILE.jsonl --queries FILE.jsonl --out RUN [--lang fr|en|auto] [--limit N] "
          "[--like]\n\n"
          "Ranks the documents for each query and writes a TREC run (- is standard output).\n"
          "  --lang   language of the texts; auto (the default) finds out\n"
          "  --limit  documents for each query, at most 100 (the default)\n"
          "  --like   a query is a proposal (title, text, sectors or domain), not a text\n",
          to);
    return status;
}

int main(int argc, char **argv)
{
    static const struct option longs[] = {
        {"docs", required_argument, NULL, 'd'},  {"queries", required_argument, NULL, 'q'},
        {"out", required_argument, NULL, 'o'},   {"lang", required_argument, NULL, 'l'},
        {"limit", required_argument, NULL, 'n'}, {"like", no_argument, NULL, 'k'},
        {"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0},
    };
    struct options options = {.lang = "auto", .limit = BN_MATCH_LIMIT_MAX};
    for (int option; (option = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        switch (option) {
        case 'd':
            options.docs = optarg;
            break;
        case 'q':
            options.queries = optarg;
            break;
        case 'o':
            options.out = optarg;
            break;
        case 'l':
            options.lang = optarg;
            break;
        case 'n':
            options.limit = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'k':
            options.like = true;
            break;
        case 'h':
            return usage(stdout, EXIT_SUCCESS);
        default:
            return usage(stderr, EXIT_USAGE);
        }
    }
    if (options.docs == NULL || options.queries == NULL || options.out == NULL || optind != argc)
        return usage(stderr, EXIT_USAGE);
    if (strcmp(options.lang, "auto") == 0)
        options.lang = "";
    return eval(&options);
}

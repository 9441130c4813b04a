/* SPDX-License-Identifier: Apache-2.0 */
/* match-eval: ranks the documents of a judged collection for each of its queries, as a TREC run.
 *
 * Documents become offers and go the way of every offer: bn_match_put, bn_match_find. A query is a text, or with --like
 * a proposal. Lines of DOCS: {"id", "title", "text", "lang", "sectors": [...]}; of QUERIES: {"id", "text", "title",
 * "sectors": [...] or "domain": "..."}; only id and text are needed. */
#include "registry/match/match.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EXIT_USAGE = 64, EXIT_DATA = 65, OWNER = 2, CALLER = 1, VISIBILITY_PUBLIC = 5, SECTORS_MAX = 16 };

struct options {
    const char *docs, *queries, *out, *lang;
    uint32_t limit;
    bool like;
};

struct lines {
    json_t **items;
    size_t count;
};

static void lines_free(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        json_decref(lines->items[i]);
    free(lines->items);
}

/* One object a line, each with an id. */
static bool lines_read(const char *path, struct lines *lines)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    bool good = file != NULL;
    if (file == NULL)
        perror(path);
    for (ssize_t size; good && (size = getline(&line, &room, file)) > 0;) {
        json_error_t error;
        json_t *object = json_loadb(line, (size_t)size, JSON_ALLOW_NUL, &error);
        json_t **items = realloc(lines->items, (lines->count + 1) * sizeof(json_t *));
        if (items != NULL)
            lines->items = items;
        good = items != NULL && json_is_string(json_object_get(object, "id"));
        if (good) {
            lines->items[lines->count++] = object;
        } else {
            fprintf(stderr, "%s:%zu: not an object with an id\n", path, lines->count + 1);
            json_decref(object);
        }
    }
    free(line);
    if (file != NULL)
        fclose(file);
    return good;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static void doc_of(const json_t *object, const char *lang, uint64_t number, const char *sectors[SECTORS_MAX],
                   struct bn_match_doc *doc)
{
    const json_t *list = json_object_get(object, "sectors");
    *doc = (struct bn_match_doc){
        .number = number, .kind = BN_MATCH_OFFER, .owner = OWNER, .version = 1, .visibility = VISIBILITY_PUBLIC};
    doc->texts[BN_MATCH_TITLE] = text_of(object, "title");
    doc->texts[BN_MATCH_DESCRIPTION] = text_of(object, "text");
    doc->country = "";
    doc->language = lang;
    doc->sectors.items = sectors;
    for (size_t i = 0; i < json_array_size(list) && i < SECTORS_MAX; i++) {
        const char *sector = json_string_value(json_array_get(list, i));
        if (sector != NULL)
            sectors[doc->sectors.count++] = sector;
    }
    if (text_of(object, "domain")[0] != '\0' && doc->sectors.count < SECTORS_MAX)
        sectors[doc->sectors.count++] = text_of(object, "domain");
}

static bool docs_load(struct bn_match *match, const struct lines *docs, const char *lang)
{
    for (size_t i = 0; i < docs->count; i++) {
        struct bn_match_doc doc;
        const char *sectors[SECTORS_MAX];
        doc_of(docs->items[i], lang, i + 1, sectors, &doc);
        if (bn_match_put(match, &doc) != BN_OK) {
            fprintf(stderr, "out of memory at document %zu\n", i + 1);
            return false;
        }
    }
    return true;
}

/* The order is the index's own: equal scores keep it by a fraction. */
static void run_write(FILE *out, const char *query, const struct lines *docs, const struct bn_match_answer *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        const struct bn_match_result *result = &answer->results[i];
        fprintf(out, "%s Q0 %s %zu %u.%03zu %s\n", query, text_of(docs->items[result->number - 1], "id"), i + 1,
                result->score, 999 - i, bn_match_algorithm());
    }
}

static bool queries_run(struct bn_match *match, const struct options *options, const struct lines *queries,
                        const struct lines *docs, FILE *out)
{
    const struct bn_view view = {.organisation = CALLER, .seen = {1U << VISIBILITY_PUBLIC}};
    struct bn_match_answer *answer = malloc(sizeof *answer);
    bool good = answer != NULL;
    for (size_t i = 0; i < queries->count && good; i++) {
        struct bn_match_doc like;
        const char *sectors[SECTORS_MAX];
        doc_of(queries->items[i], options->lang, 0, sectors, &like);
        like.kind = BN_MATCH_PROPOSAL;
        struct bn_match_query query = {
            .target = BN_MATCH_OFFER,
            .like = options->like ? &like : NULL,
            .text = text_of(queries->items[i], "text"),
            .text_language = options->lang,
            .view = &view,
            .limit = options->limit,
        };
        good = bn_match_find(match, &query, answer) == BN_OK;
        if (good)
            run_write(out, text_of(queries->items[i], "id"), docs, answer);
    }
    free(answer);
    return good;
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void told(const struct bn_match *match, size_t queries, double loaded, double asked)
{
    struct bn_match_figures figures;
    bn_match_figures_take(match, &figures);
    fprintf(stderr, "%llu documents in %.2f s, %llu terms, %llu postings, %.1f MiB; %zu queries, %.3f ms each\n",
            (unsigned long long)figures.documents, loaded, (unsigned long long)figures.terms,
            (unsigned long long)figures.postings, (double)figures.bytes / 1048576, queries,
            queries == 0 ? 0 : asked * 1e3 / (double)queries);
}

static int eval(const struct options *options)
{
    struct lines docs = {0}, queries = {0};
    struct bn_match *match = bn_match_create();
    FILE *out = strcmp(options->out, "-") == 0 ? stdout : fopen(options->out, "w");
    int status = EXIT_DATA;
    if (out == NULL) {
        perror(options->out);
    } else if (match != NULL && lines_read(options->docs, &docs) && lines_read(options->queries, &queries)) {
        double start = seconds_now();
        bool loaded = docs_load(match, &docs, options->lang);
        double middle = seconds_now();
        if (loaded && queries_run(match, options, &queries, &docs, out))
            status = EXIT_SUCCESS;
        told(match, queries.count, middle - start, seconds_now() - middle);
    }
    if (out != NULL && fclose(out) != 0)
        status = EXIT_DATA;
    lines_free(&docs);
    lines_free(&queries);
    bn_match_destroy(&match);
    return status;
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

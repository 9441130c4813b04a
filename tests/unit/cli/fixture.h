/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.h: the program run within the test: arguments in, exit code and both outputs out. */
#ifndef BINOME_TESTS_UNIT_CLI_FIXTURE_H
#define BINOME_TESTS_UNIT_CLI_FIXTURE_H

#include "test.h"

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/import/plan.h"

struct ran {
    int code;
    char *out, *err;
};

/* Runs `binome` with these words; free with ran_free. */
static inline struct ran run_words(int count, char **words)
{
    struct ran ran = {0, NULL, NULL};
    size_t out_size = 0, err_size = 0;
    FILE *out = open_memstream(&ran.out, &out_size), *err = open_memstream(&ran.err, &err_size);
    assert_true(out != NULL && err != NULL);
    ran.code = bn_cli_main(count, words, out, err);
    fclose(out);
    fclose(err);
    return ran;
}

#define RUN(...) run_words((int)BN_COUNT(((char *[]){"binome", __VA_ARGS__})), (char *[]){"binome", __VA_ARGS__, NULL})

static inline void ran_free(struct ran *ran)
{
    free(ran->out);
    free(ran->err);
}

/* A run of which nothing is printed, for functions that want one. */
static inline void cli_start(struct bn_cli *cli)
{
    memset(cli, 0, sizeof *cli);
    cli->arena = bn_arena_create(4096, SIZE_MAX / 2);
    assert_non_null(cli->arena);
    cli->out = cli->err = fopen("/dev/null", "w");
    assert_non_null(cli->out);
    bn_screen_start(&cli->screen, cli->out);
}

static inline void cli_finish(struct bn_cli *cli)
{
    fclose(cli->out);
    bn_cli_free_owned(cli);
    bn_arena_destroy(&cli->arena);
}

enum { TEST_TODAY = 20782 }; /* 2026-11-25 */

/* A plan into which one JSON object after the other is mapped, each as the next line of its file. */
static inline void map_record(struct bn_plan *plan, const struct bn_format *format, enum bn_file file, unsigned line,
                              const char *json)
{
    static const char *const names[BN_FILES] = {"organisations.jsonl", "workstreams.jsonl", "proposals.jsonl",
                                                "offers.jsonl", "status.jsonl"};
    struct bn_tree *tree = NULL;
    struct bn_why why = {"", "", ""};
    if (bn_tree_parse(json, strlen(json), BN_SYNTAX_JSON, "test", &tree, &why) != BN_OK)
        fail_msg("%s %s", why.field, why.detail);
    struct bn_place place = {names[file], line};
    format->map(plan, file, bn_tree_root(tree), place);
    bn_tree_destroy(&tree);
}

#define REMARKS(plan, rule) ((plan)->remarks[BN_REMARK_##rule])

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h: every code and every rule of base/rule.h in words: what happened, where, and what to do next. */
#ifndef BINOME_CLI_EXPLAIN_H
#define BINOME_CLI_EXPLAIN_H

#include "base/rule.h"
#include "cli/cli.h"

/* Texts to be translated. {name} stands for a parameter of the rule; [with {name}|without] is the second where it is
 * not known: an error of this side brings only what its place tells. */
struct bn_explanation {
    const char *cause;
    const char *next;
};

extern const struct bn_explanation bn_explain_rules[BN_RULE_COUNT];
extern const struct bn_explanation bn_explain_codes[BN_CODES];

/* Lends (in the arena) the template with {name} filled in from the parameters, and the fitting half of each
 * [with {name}|without]; what is missing elsewhere becomes "?". */
char *bn_explain_fill(struct bn_arena *arena, const char *template, const Binome__V1__Param *const *params,
                      size_t count);

/* The program's exit code for a result; rule may be "". */
int bn_explain_exit(enum bn_code code, const char *rule);

/* Prints what a reply that is not OK says: each violation with cause, field and next step. Gives the exit code. */
int bn_explain_reply(struct bn_cli *cli, const struct binome_reply *reply);

/* The same for an error found on this side. */
int bn_explain_local(struct bn_cli *cli, enum binome_code code, const struct binome_error *error);
int bn_explain_why(struct bn_cli *cli, enum bn_code code, const struct bn_why *why);

/* The same for what is wrong with the profile or a key file, whatever its code says. Gives BN_EXIT_CONFIG. */
int bn_explain_config(struct bn_cli *cli, enum bn_code code, const char *field, const char *rule, const char *detail);

/* The same with the rule's parameters. */
int bn_explain_params(struct bn_cli *cli, enum bn_code code, const struct bn_why *why,
                      const Binome__V1__Param *const *params, size_t count);

/* The cause of one violation as a sentence in the user's language, in the run's arena. */
char *bn_explain_cause(struct bn_cli *cli, const char *rule, const Binome__V1__Param *const *params, size_t count,
                       const char *detail);

#endif

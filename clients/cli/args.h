/* SPDX-License-Identifier: Apache-2.0 */
/* args.h: the command line by the tables of verb and command; and --help, which comes from the same tables. */
#ifndef BINOME_CLI_ARGS_H
#define BINOME_CLI_ARGS_H

#include "cli/cli.h"

/* What a command line says, once it is understood. */
struct bn_line {
    const struct bn_verb *verb;
    const struct bn_command *command;
    struct bn_args args;
    bool help, version;
    char fault[256]; /* in the user's language; why it is not understood, else "" */
};

/* Reads argv[1] and on. Global options that name a place or a time are put into *cli. False with line->fault. */
bool bn_args_parse(struct bn_cli *cli, int argc, char **argv, struct bn_line *line);

/* Finds the language before anything is said: value of --lang, or NULL. */
const char *bn_args_lang(int argc, char **argv);

/* The same for --json: an error of the command line itself is then JSON too. */
bool bn_args_json(int argc, char **argv);

/* Lends the last value of the option, NULL when it was not given. */
const char *bn_args_text(const struct bn_args *args, const char *name);
bool bn_args_flag(const struct bn_args *args, const char *name);

/* Lends the n-th value (from 0) of an option that repeats, NULL when there are no more. */
const char *bn_args_nth(const struct bn_args *args, const char *name, size_t n);

/* Reads a whole number from min to max; `fallback` when the option was not given. False when it is not one: the error
 * has been printed. */
bool bn_args_number(struct bn_cli *cli, const struct bn_args *args, const char *name, unsigned long min,
                    unsigned long max, unsigned long fallback, unsigned long *value);

/* Does any given option fill a member of the message? */
bool bn_args_fill(const struct bn_args *args);

/* Option of that name in the command's tables or the global one; NULL when there is none. */
const struct bn_option *bn_option_find(const struct bn_command *command, const char *name);

void bn_help_program(struct bn_cli *cli);
void bn_help_verb(struct bn_cli *cli, const struct bn_verb *verb);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* cli.h: the program `binome`: what every verb is given, and the table of verbs.
 *
 * A verb is one file; what it can do is a table of commands, each with its options, from which the parser, --help and
 * the shell's completion come. A command gives the exit code of the program. */
#ifndef BINOME_CLI_CLI_H
#define BINOME_CLI_CLI_H

#include "base/code.h"
#include "binome/binome.h"
#include "cli/screen.h"
#include "wire/arena.h"

#include <stdbool.h>
#include <stdio.h>

enum bn_exit {
    BN_EXIT_DONE = 0,
    BN_EXIT_USAGE = 64,         /* the command line is wrong */
    BN_EXIT_REFUSED = 65,       /* the data was refused, or what was asked for is not there */
    BN_EXIT_AWAY = 69,          /* the hub is away, late or overloaded */
    BN_EXIT_QUEUED = 75,        /* taken by an agent, not yet by the hub */
    BN_EXIT_NOT_PERMITTED = 77, /* this key or organisation may not do that */
    BN_EXIT_CONFIG = 78,        /* the profile or a key file is wrong */
};

/* How an option's text becomes a member of a message (form.c). */
enum bn_form {
    BN_FORM_PLAIN,      /* as it is: text, number, or an enum's value */
    BN_FORM_MONEY,      /* 150000 or 150000.50USD */
    BN_FORM_RANGE,      /* 50000-150000EUR */
    BN_FORM_REF,        /* SCHEME:ID */
    BN_FORM_IDENTIFIER, /* SCHEME:VALUE */
    BN_FORM_SIREN,      /* VALUE, of scheme siren */
    BN_FORM_ACTIVITY,   /* NOMENCLATURE:CODE */
    BN_FORM_BLOCKER,    /* CODE[:TEXT] */
    BN_FORM_MILESTONE,  /* NAME[:DUE[:DONE]] */
};

struct bn_option {
    const char *name;     /* without the hyphens */
    const char *argument; /* NULL = a flag; "FILE", "DIR", "a|b|c" for a choice, else a word for people */
    const char *help;     /* to be translated */
    const char *field;    /* member of the message that it fills, with dots; NULL = the command reads it itself */
    enum bn_form form;
    bool repeats;
};

enum { BN_ARGS_WORDS_MAX = 64, BN_ARGS_OPTIONS_MAX = 128, BN_COMMAND_TABLES_MAX = 3 };

/* A parsed command line. Everything is lent from argv. */
struct bn_args {
    const char *words[BN_ARGS_WORDS_MAX];
    size_t word_count;
    struct {
        const struct bn_option *option;
        const char *value; /* "" for a flag */
    } options[BN_ARGS_OPTIONS_MAX];
    size_t option_count;
};

struct bn_owned; /* what is freed at the end of the run */

struct bn_cli {
    struct bn_arena *arena; /* texts and messages that live as long as the run */
    const char *profile;    /* --profile, or NULL */
    bool json, yes;
    unsigned timeout_ms; /* 0 = the library's */
    FILE *out, *err;
    struct bn_screen screen; /* of out */
    bool err_is_terminal;
    struct binome *hub; /* opened when first needed */
    const char *folder; /* of the profile in use; NULL until then */
    struct bn_owned *owned;
};

struct bn_command {
    const char *name;      /* second word; "" = the verb alone */
    const char *arguments; /* for the usage line: "ID [FILE]" */
    const char *help;      /* to be translated */
    unsigned words_min, words_max;
    const struct bn_option *tables[BN_COMMAND_TABLES_MAX]; /* each closed by a NULL name */
    int (*run)(struct bn_cli *cli, const struct bn_args *args);
};

struct bn_verb {
    const char *name;
    const char *summary; /* to be translated */
    const struct bn_command *commands;
    size_t command_count;
    const char *const *examples; /* closed by NULL */
    bool hidden;                 /* not in the list of verbs */
};

extern const struct bn_verb *const bn_verbs[]; /* closed by NULL */

/* Lends the verb of that name, NULL when there is none. */
const struct bn_verb *bn_verb_find(const char *name);

/* Options that every verb takes. */
extern const struct bn_option bn_options_global[];

/* The whole program: parses, runs, prints. Gives the exit code. */
int bn_cli_main(int argc, char **argv, FILE *out, FILE *err);

/* Memory from the run's arena; the program ends with a message when there is none. Never NULL. */
void *bn_take(struct bn_cli *cli, size_t size);
char *bn_keep(struct bn_cli *cli, const char *text);
char *bn_keep_format(struct bn_cli *cli, const char *format, ...) BN_PRINTF(2, 3);

/* The same from any arena. */
void *bn_arena_must(struct bn_arena *arena, size_t size);
char *bn_arena_must_text(struct bn_arena *arena, const char *text);

/* Ends the program with a message and BN_EXIT_AWAY when memory is NULL; gives it back otherwise. */
void *bn_must(void *memory);

/* Prints "binome: TEXT" and, unless NULL, the next step, to err; one JSON object with --json. Gives code. Texts are
 * translated already. */
int bn_say_error(struct bn_cli *cli, int code, const char *next, const char *format, ...) BN_PRINTF(4, 5);

/* Asks on the terminal. True for yes; true without asking with --yes. Where nobody can be asked: false, after an error
 * that says to use --yes. */
bool bn_ask_yes(struct bn_cli *cli, const char *question);

/* Prints a message as one line of ProtoJSON. */
void bn_print_json(struct bn_cli *cli, const ProtobufCMessage *message);

/* Writes a text as a JSON string, quotes included. */
void bn_json_string(FILE *out, const char *text);

/* Gives the run a message or an answer to free at its end; gives it back. */
void *bn_own_message(struct bn_cli *cli, void *message);
struct binome_reply *bn_own_reply(struct bn_cli *cli, struct binome_reply *reply);

/* Frees what the run was given; the end of the program does it. */
void bn_cli_free_owned(struct bn_cli *cli);

#endif

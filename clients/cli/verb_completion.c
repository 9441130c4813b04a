/* SPDX-License-Identifier: Apache-2.0 */
/* Completion for bash, printed from the table of verbs, so that it cannot drift from what the parser takes. */
#include "cli/args.h"
#include "cli/lang.h"
#include "cli/verbs.h"

#include <string.h>

static void options(FILE *out, const struct bn_option *table)
{
    for (; table != NULL && table->name != NULL; table++)
        fprintf(out, " --%s", table->name);
}

static void values(FILE *out, const struct bn_option *table)
{
    for (; table != NULL && table->name != NULL; table++) {
        if (table->argument == NULL)
            continue;
        if (strcmp(table->argument, "DIR") == 0) {
            fprintf(out, "    *' --%s') COMPREPLY=($(compgen -d -- \"$cur\")); return;;\n", table->name);
        } else if (strcmp(table->argument, "FILE") == 0) {
            fprintf(out, "    *' --%s') COMPREPLY=($(compgen -f -- \"$cur\")); return;;\n", table->name);
        } else if (strchr(table->argument, '|') != NULL) {
            fprintf(out, "    *' --%s') COMPREPLY=($(compgen -W '", table->name);
            for (const char *at = table->argument; *at != '\0'; at++)
                fputc(*at == '|' ? ' ' : *at, out);
            fputs("' -- \"$cur\")); return;;\n", out);
        }
    }
}

/* One branch a command: "verb second" decides the options; choices are by "verb second --option". */
static void command(FILE *out, const struct bn_verb *verb, const struct bn_command *command_of)
{
    fprintf(out, "  '%s %s')\n    case \" $prev\" in\n", verb->name, command_of->name);
    for (size_t t = 0; t < BN_COMMAND_TABLES_MAX; t++)
        values(out, command_of->tables[t]);
    values(out, bn_options_global);
    fputs("    esac\n    words=\"", out);
    for (size_t t = 0; t < BN_COMMAND_TABLES_MAX; t++)
        options(out, command_of->tables[t]);
    options(out, bn_options_global);
    fputs("\";;\n", out);
}

static int bash(struct bn_cli *cli, const struct bn_args *args)
{
    FILE *out = cli->out;
    (void)args;
    fputs("# Completion for binome; made by: binome completion bash\n"
          "_binome() {\n"
          "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\" verb= second= word words= i\n"
          "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "    word=\"${COMP_WORDS[i]}\"\n"
          "    case \"$word\" in\n"
          "    --profile|--lang|--timeout) ((i++)); continue;;\n"
          "    -*) [ -n \"$verb\" ] && break; continue;;\n"
          "    esac\n"
          "    if [ -z \"$verb\" ]; then verb=\"$word\"; else second=\"$word\"; break; fi\n"
          "  done\n"
          "  if [ -z \"$verb\" ]; then\n"
          "    case \" $prev\" in\n",
          out);
    values(out, bn_options_global);
    fputs("    esac\n    COMPREPLY=($(compgen -W '", out);
    for (const struct bn_verb *const *verb = bn_verbs; *verb != NULL; verb++)
        if (!(*verb)->hidden)
            fprintf(out, "%s ", (*verb)->name);
    options(out, bn_options_global);
    fputs("' -- \"$cur\"))\n    return\n  fi\n  case \"$verb\" in\n", out);
    for (const struct bn_verb *const *verb = bn_verbs; *verb != NULL; verb++) {
        fprintf(out, "  %s) words='", (*verb)->name);
        for (size_t i = 0; i < (*verb)->command_count; i++)
            if ((*verb)->commands[i].name[0] != '\0')
                fprintf(out, "%s ", (*verb)->commands[i].name);
        fputs("'\n    case \" $words \" in *\" $second \"*) ;; *) second=;; esac;;\n", out);
    }
    fputs("  esac\n  [ -z \"$second\" ] && [[ \"$cur\" != -* ]] && [ -n \"$words\" ] &&\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
          "  case \"$verb $second\" in\n",
          out);
    for (const struct bn_verb *const *verb = bn_verbs; *verb != NULL; verb++)
        for (size_t i = 0; i < (*verb)->command_count; i++)
            command(out, *verb, &(*verb)->commands[i]);
    fputs("  esac\n"
          "  if [[ \"$cur\" == -* ]]; then\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
          "  elif [ ${#COMPREPLY[@]} -eq 0 ]; then\n"
          "    COMPREPLY=($(compgen -f -- \"$cur\"))\n"
          "  fi\n"
          "}\n"
          "complete -o filenames -F _binome binome\n",
          out);
    return BN_EXIT_DONE;
}

static const struct bn_command commands[] = {
    {"bash", "", N_("Prints the completion for bash."), 0, 0, {bn_options_none}, bash},
};

static const char *const examples[] = {"source <(binome completion bash)", NULL};

const struct bn_verb bn_verb_completion = {
    "completion", N_("print the shell's completion"), commands, BN_COUNT(commands), examples, true};

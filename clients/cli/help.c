/* SPDX-License-Identifier: Apache-2.0 */
/* --help, from the same tables as the parser. */
#include "cli/args.h"
#include "cli/lang.h"

#include <string.h>

enum { OPTION_WIDTH = 30 };

static void options(struct bn_cli *cli, const struct bn_option *table)
{
    struct bn_screen screen = cli->screen;
    for (; table != NULL && table->name != NULL; table++) {
        int width = fprintf(cli->out, "  --%s%s%s", table->name, table->argument == NULL ? "" : " ",
                            table->argument == NULL ? "" : table->argument);
        if (width > OPTION_WIDTH - 2) {
            fputc('\n', cli->out);
            width = 0;
        }
        for (; width < OPTION_WIDTH; width++)
            fputc(' ', cli->out);
        /* the first line is indented already */
        int room = screen.width > OPTION_WIDTH + 20 ? screen.width - OPTION_WIDTH : 0;
        const char *help = _(table->help);
        while (room > 0 && bn_text_width(help) > room) {
            size_t cut = 0;
            for (size_t i = 0; help[i] != '\0' && bn_text_width(help) - bn_text_width(help + i) <= room; i++)
                if (help[i] == ' ')
                    cut = i;
            if (cut == 0)
                break;
            fprintf(cli->out, "%.*s\n%*s", (int)cut, help, OPTION_WIDTH, "");
            help += cut + 1;
        }
        fprintf(cli->out, "%s\n", help);
    }
}

static void heading(struct bn_cli *cli, const char *text)
{
    fputc('\n', cli->out);
    bn_colour_on(&cli->screen, BN_COLOUR_BOLD);
    fputs(text, cli->out);
    bn_colour_off(&cli->screen);
    fputc('\n', cli->out);
}

void bn_help_program(struct bn_cli *cli)
{
    fprintf(cli->out, "%s\n\n", _("Usage: binome VERB [...] [OPTION...]"));
    bn_wrapped(&cli->screen, 0,
               _("Brings the projects of large groups and the offers of startups together, through the hub of your "
                 "programme."));
    heading(cli, _("Verbs"));
    for (const struct bn_verb *const *verb = bn_verbs; *verb != NULL; verb++)
        if (!(*verb)->hidden)
            fprintf(cli->out, "  %-10s %s\n", (*verb)->name, _((*verb)->summary));
    heading(cli, _("Options of every verb"));
    options(cli, bn_options_global);
    heading(cli, _("Exit codes"));
    fprintf(cli->out, "%s\n",
            _("  0 done, 64 wrong command line, 65 data refused or not found,\n"
              "  69 hub away or too busy, 75 queued by an agent, 77 not permitted,\n"
              "  78 profile or key file wrong"));
    fprintf(cli->out, "\n%s\n", _("More with: binome VERB --help"));
}

void bn_help_verb(struct bn_cli *cli, const struct bn_verb *verb)
{
    for (size_t i = 0; i < verb->command_count; i++) {
        const struct bn_command *command = &verb->commands[i];
        fprintf(cli->out, "%s binome %s%s%s%s%s\n", i == 0 ? _("Usage:") : "      ", verb->name,
                command->name[0] == '\0' ? "" : " ", command->name, command->arguments[0] == '\0' ? "" : " ",
                command->arguments);
    }
    fputc('\n', cli->out);
    bn_wrapped(&cli->screen, 0, _(verb->summary));
    const struct bn_option *shown[32];
    size_t shown_count = 0;
    for (size_t i = 0; i < verb->command_count; i++) {
        const struct bn_command *command = &verb->commands[i];
        char *title = bn_keep_format(cli, "%s%s%s", verb->name, command->name[0] == '\0' ? "" : " ", command->name);
        heading(cli, title);
        bn_wrapped(&cli->screen, 2, _(command->help));
        for (size_t t = 0; t < BN_COMMAND_TABLES_MAX && command->tables[t] != NULL; t++) {
            bool again = false;
            for (size_t s = 0; s < shown_count; s++)
                again = again || shown[s] == command->tables[t];
            if (again) {
                fprintf(cli->out, "  %s\n", _("and the options above"));
                continue;
            }
            options(cli, command->tables[t]);
            if (shown_count < BN_COUNT(shown))
                shown[shown_count++] = command->tables[t];
        }
    }
    heading(cli, _("Options of every verb"));
    options(cli, bn_options_global);
    heading(cli, _("Examples"));
    for (const char *const *example = verb->examples; *example != NULL; example++)
        fprintf(cli->out, "  %s\n", *example);
}

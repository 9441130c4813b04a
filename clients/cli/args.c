/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include "base/id.h"
#include "cli/lang.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const struct bn_option bn_options_global[] = {
    {"profile", "DIR",
     N_("folder of the profile: hub, keys, organisation (else $BINOME_PROFILE, else "
        "~/.config/binome/default)"),
     NULL, BN_FORM_PLAIN, false},
    {"json", NULL, N_("print for programs: ProtoJSON, names as in the .proto files"), NULL, BN_FORM_PLAIN, false},
    {"lang", "fr|en", N_("language of the texts"), NULL, BN_FORM_PLAIN, false},
    {"timeout", "SECONDS", N_("how long to wait for an answer, with retries (default 30)"), NULL, BN_FORM_PLAIN, false},
    {"yes", NULL, N_("do not ask"), NULL, BN_FORM_PLAIN, false},
    {"help", NULL, N_("explain the command, with examples"), NULL, BN_FORM_PLAIN, false},
    {"version", NULL, N_("print the version"), NULL, BN_FORM_PLAIN, false},
    {NULL, NULL, NULL, NULL, BN_FORM_PLAIN, false},
};

static const struct bn_option *find_in(const struct bn_option *table, const char *name, size_t size)
{
    for (; table != NULL && table->name != NULL; table++)
        if (strlen(table->name) == size && memcmp(table->name, name, size) == 0)
            return table;
    return NULL;
}

static const struct bn_option *find(const struct bn_command *command, const char *name, size_t size)
{
    const struct bn_option *found = NULL;
    for (size_t i = 0; command != NULL && i < BN_COMMAND_TABLES_MAX && found == NULL; i++)
        found = find_in(command->tables[i], name, size);
    return found == NULL ? find_in(bn_options_global, name, size) : found;
}

const struct bn_option *bn_option_find(const struct bn_command *command, const char *name)
{
    return find(command, name, strlen(name));
}

const char *bn_args_lang(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--lang=", 7) == 0)
            return argv[i] + 7;
        if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc)
            return argv[i + 1];
    }
    return NULL;
}

bool bn_args_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

static bool fault(struct bn_line *line, const char *format, ...) BN_PRINTF(2, 3);

static bool fault(struct bn_line *line, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(line->fault, sizeof line->fault, format, list);
    va_end(list);
    return false;
}

/* The verb is the first word that is no option; its command the next, when the verb has one of that name. Options may
 * stand between: their values are skipped by what the global table says of them. */
static int find_command(int argc, char **argv, struct bn_line *line, int places[2])
{
    int words = 0;
    for (int i = 1; i < argc && words < 2; i++) {
        if (argv[i][0] == '-' && argv[i][1] != '\0') {
            const struct bn_option *option =
                argv[i][1] == '-' ? find_in(bn_options_global, argv[i] + 2, strlen(argv[i] + 2)) : NULL;
            if (words == 1 && option == NULL)
                break; /* an option of the command: what follows is no second word */
            if (option != NULL && option->argument != NULL)
                i++;
            continue;
        }
        places[words++] = i;
    }
    if (words == 0)
        return 0;
    line->verb = bn_verb_find(argv[places[0]]);
    if (line->verb == NULL)
        return fault(line, _("there is no verb \"%s\""), argv[places[0]]) ? 0 : -1;
    for (size_t i = 0; i < line->verb->command_count; i++) {
        const struct bn_command *command = &line->verb->commands[i];
        if (words == 2 && command->name[0] != '\0' && strcmp(command->name, argv[places[1]]) == 0) {
            line->command = command;
            return 2;
        }
        if (command->name[0] == '\0' && line->command == NULL)
            line->command = command;
    }
    return 1;
}

static bool take_global(struct bn_cli *cli, struct bn_line *line, const struct bn_option *option, const char *value)
{
    if (strcmp(option->name, "profile") == 0)
        cli->profile = value;
    else if (strcmp(option->name, "json") == 0)
        cli->json = true;
    else if (strcmp(option->name, "yes") == 0)
        cli->yes = true;
    else if (strcmp(option->name, "help") == 0)
        line->help = true;
    else if (strcmp(option->name, "version") == 0)
        line->version = true;
    else if (strcmp(option->name, "timeout") == 0) {
        char *end;
        double seconds = strtod(value, &end);
        if (*value == '\0' || *end != '\0' || !(seconds >= 0.001 && seconds <= 300))
            return fault(line, _("--timeout takes seconds, at most 300, not \"%s\""), value);
        cli->timeout_ms = (unsigned)(seconds * 1000 + 0.5);
    }
    return true;
}

/* "a|b|c": is value one of them? A word in capitals, or one value alone, is not a choice. */
static bool choice_holds(const char *argument, const char *value)
{
    size_t size = strlen(value);
    if (strchr(argument, '|') == NULL)
        return true;
    for (const char *at = argument; at != NULL; at = strchr(at, '|') == NULL ? NULL : strchr(at, '|') + 1) {
        size_t length = strcspn(at, "|");
        bool same = length == size;
        for (size_t i = 0; same && i < size; i++) {
            int given = value[i] == '_' ? '-' : tolower((unsigned char)value[i]);
            same = given == at[i];
        }
        if (same)
            return true;
    }
    return false;
}

static bool take_option(struct bn_cli *cli, int argc, char **argv, int *at, struct bn_line *line)
{
    const char *name = argv[*at] + 2;
    size_t size = strcspn(name, "=");
    const struct bn_option *option = find(line->command, name, size);
    if (option == NULL)
        return fault(line, _("there is no option --%.*s here"), (int)size, name);
    const char *value = name[size] == '=' ? name + size + 1 : NULL;
    if (option->argument == NULL && value != NULL)
        return fault(line, _("option --%s takes no value"), option->name);
    if (option->argument != NULL && value == NULL) {
        if (*at + 1 >= argc)
            return fault(line, _("option --%s needs a value: %s"), option->name, option->argument);
        value = argv[++*at];
    }
    if (option->argument != NULL && !choice_holds(option->argument, value))
        return fault(line, _("option --%s takes %s, not \"%s\""), option->name, option->argument, value);
    if (find_in(bn_options_global, option->name, strlen(option->name)) == option)
        return take_global(cli, line, option, value == NULL ? "" : value);
    struct bn_args *args = &line->args;
    if (!option->repeats && bn_args_text(args, option->name) != NULL)
        return fault(line, _("option --%s was given twice"), option->name);
    if (args->option_count == BN_ARGS_OPTIONS_MAX)
        return fault(line, _("too many options"));
    args->options[args->option_count].option = option;
    args->options[args->option_count++].value = value == NULL ? "" : value;
    return true;
}

static bool no_command(struct bn_line *line)
{
    char names[160] = "";
    size_t used = 0;
    for (size_t i = 0; i < line->verb->command_count && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i == 0 ? "" : ", ",
                                 line->verb->commands[i].name);
    if (line->args.word_count == 0)
        return fault(line, _("\"%s\" needs a second word: %s"), line->verb->name, names);
    return fault(line, _("there is no \"%s %.60s\"; there are: %s"), line->verb->name, line->args.words[0], names);
}

/* One key in 85 begins with a hyphen. */
static bool is_key(const struct bn_line *line, const char *word)
{
    uint8_t key[BN_KEY_BYTES];
    const char *name = word + strspn(word, "-");
    return bn_z85_decode(word, key) && find(line->command, name, strcspn(name, "=")) == NULL;
}

bool bn_args_parse(struct bn_cli *cli, int argc, char **argv, struct bn_line *line)
{
    int places[2] = {0, 0};
    memset(line, 0, sizeof *line);
    int names = find_command(argc, argv, line, places);
    if (names < 0)
        return false;
    bool options_end = false;
    for (int i = 1; i < argc; i++) {
        if ((names > 0 && i == places[0]) || (names > 1 && i == places[1]))
            continue;
        if (!options_end && strcmp(argv[i], "--") == 0) {
            options_end = true;
        } else if (!options_end && strcmp(argv[i], "-h") == 0) {
            line->help = true;
        } else if (!options_end && argv[i][0] == '-' && argv[i][1] == '-' && !is_key(line, argv[i])) {
            if (!take_option(cli, argc, argv, &i, line))
                return false;
        } else if (!options_end && argv[i][0] == '-' && argv[i][1] != '\0' && !is_key(line, argv[i])) {
            return fault(line, _("there is no option %s here"), argv[i]);
        } else {
            if (line->args.word_count == BN_ARGS_WORDS_MAX)
                return fault(line, _("too many words"));
            line->args.words[line->args.word_count++] = argv[i];
        }
    }
    if (line->help || line->version)
        return true;
    if (line->verb == NULL)
        return fault(line, _("say what to do"));
    if (line->command == NULL)
        return no_command(line);
    if (line->args.word_count < line->command->words_min)
        return fault(line, _("something is missing: %s"), line->command->arguments);
    if (line->args.word_count > line->command->words_max)
        return fault(line, _("one word too many: \"%s\""), line->args.words[line->command->words_max]);
    return true;
}

const char *bn_args_nth(const struct bn_args *args, const char *name, size_t n)
{
    for (size_t i = 0; i < args->option_count; i++)
        if (strcmp(args->options[i].option->name, name) == 0 && n-- == 0)
            return args->options[i].value;
    return NULL;
}

const char *bn_args_text(const struct bn_args *args, const char *name)
{
    return bn_args_nth(args, name, 0);
}

bool bn_args_flag(const struct bn_args *args, const char *name)
{
    return bn_args_nth(args, name, 0) != NULL;
}

bool bn_args_number(struct bn_cli *cli, const struct bn_args *args, const char *name, unsigned long min,
                    unsigned long max, unsigned long fallback, unsigned long *value)
{
    const char *text = bn_args_text(args, name);
    *value = fallback;
    if (text == NULL)
        return true;
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || number < min || number > max) {
        bn_say_error(cli, BN_EXIT_USAGE, NULL, _("--%s takes a whole number from %lu to %lu, not \"%s\""), name, min,
                     max, text);
        return false;
    }
    *value = number;
    return true;
}

bool bn_args_fill(const struct bn_args *args)
{
    for (size_t i = 0; i < args->option_count; i++)
        if (args->options[i].option->field != NULL)
            return true;
    return false;
}

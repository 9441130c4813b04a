/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "base/id.h"
#include "cli/args.h"
#include "cli/lang.h"
#include "text/message.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *bn_must(void *memory)
{
    if (memory == NULL) {
        fputs("binome: out of memory\n", stderr);
        exit(BN_EXIT_AWAY);
    }
    return memory;
}

void *bn_arena_must(struct bn_arena *arena, size_t size)
{
    return memset(bn_must(bn_arena_take(arena, size)), 0, size);
}

char *bn_arena_must_text(struct bn_arena *arena, const char *text)
{
    return bn_must(bn_arena_text(arena, text));
}

void *bn_take(struct bn_cli *cli, size_t size)
{
    return bn_arena_must(cli->arena, size);
}

char *bn_keep(struct bn_cli *cli, const char *text)
{
    return bn_arena_must_text(cli->arena, text);
}

char *bn_keep_format(struct bn_cli *cli, const char *format, ...)
{
    char *text = NULL;
    va_list list;
    va_start(list, format);
    int size = vasprintf(&text, format, list);
    va_end(list);
    bn_must(size < 0 ? NULL : text);
    char *kept = bn_keep(cli, text);
    free(text);
    return kept;
}

int bn_say_error(struct bn_cli *cli, int code, const char *next, const char *format, ...)
{
    char *text = NULL;
    va_list list;
    va_start(list, format);
    int size = vasprintf(&text, format, list);
    va_end(list);
    bn_must(size < 0 ? NULL : text);
    if (cli->json) { /* the form of explain.c, without field and rule */
        fprintf(cli->err, "{\"code\":\"%s\",\"exit\":%d,\"violations\":[{\"field\":\"\",\"rule\":\"\",\"params\":[]",
                bn_code_name(code == BN_EXIT_CONFIG ? BN_FAILED_PRECONDITION : BN_INVALID_ARGUMENT), code);
        fputs(",\"cause\":", cli->err);
        bn_json_string(cli->err, text);
        fputs(",\"next\":", cli->err);
        bn_json_string(cli->err, next == NULL ? "" : next);
        fputs(",\"detail\":\"\"}]}\n", cli->err);
    } else {
        fputs("binome: ", cli->err);
        bn_text_put(cli->err, text, -1);
        fputc('\n', cli->err);
        if (next != NULL)
            fprintf(cli->err, "  %s %s\n", _("Next:"), next);
    }
    free(text);
    return code;
}

bool bn_ask_yes(struct bn_cli *cli, const char *question)
{
    char answer[32];
    if (cli->yes)
        return true;
    if (isatty(STDIN_FILENO) != 1) {
        bn_say_error(cli, BN_EXIT_USAGE, _("Add --yes to go on without being asked."), "%s",
                     _("nobody can be asked here"));
        return false;
    }
    fprintf(cli->err, "%s %s ", question, _("[y/N]"));
    fflush(cli->err);
    if (fgets(answer, sizeof answer, stdin) == NULL)
        return false;
    return strchr("yYoO", answer[0]) != NULL && answer[0] != '\0'; /* yes, oui */
}

void bn_print_json(struct bn_cli *cli, const ProtobufCMessage *message)
{
    char *text = bn_must(bn_message_to_text(message, BN_STYLE_JSON));
    fprintf(cli->out, "%s\n", text);
    free(text);
}

void bn_json_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            fprintf(out, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, out);
    }
    fputc('"', out);
}

struct bn_owned {
    struct bn_owned *next;
    ProtobufCMessage *message;
    struct binome_reply *reply;
};

static void own(struct bn_cli *cli, ProtobufCMessage *message, struct binome_reply *reply)
{
    struct bn_owned *owned = bn_take(cli, sizeof *owned);
    *owned = (struct bn_owned){cli->owned, message, reply};
    cli->owned = owned;
}

void *bn_own_message(struct bn_cli *cli, void *message)
{
    own(cli, message, NULL);
    return message;
}

struct binome_reply *bn_own_reply(struct bn_cli *cli, struct binome_reply *reply)
{
    own(cli, NULL, reply);
    return reply;
}

void bn_cli_free_owned(struct bn_cli *cli)
{
    for (struct bn_owned *owned = cli->owned; owned != NULL; owned = owned->next) {
        if (owned->message != NULL)
            protobuf_c_message_free_unpacked(owned->message, NULL);
        if (owned->reply != NULL)
            binome_reply_free(&owned->reply);
    }
    cli->owned = NULL;
}

static int usage(struct bn_cli *cli, const struct bn_line *line)
{
    const char *verb = line->verb == NULL ? "" : line->verb->name;
    char *next = bn_keep_format(cli, "binome %s%s--help", verb, verb[0] == '\0' ? "" : " ");
    return bn_say_error(cli, BN_EXIT_USAGE, next, "%s", line->fault);
}

static int run(struct bn_cli *cli, int argc, char **argv)
{
    struct bn_line line;
    if (!bn_args_parse(cli, argc, argv, &line))
        return usage(cli, &line);
    if (line.version) {
        fprintf(cli->out, "binome %s\n", BN_VERSION);
        return BN_EXIT_DONE;
    }
    if (line.help) {
        if (line.verb == NULL)
            bn_help_program(cli);
        else
            bn_help_verb(cli, line.verb);
        return BN_EXIT_DONE;
    }
    return line.command->run(cli, &line.args);
}

int bn_cli_main(int argc, char **argv, FILE *out, FILE *err)
{
    struct bn_cli cli = {.out = out, .err = err};
    const char *lang = bn_args_lang(argc, argv);
    if (!bn_lang_start(lang))
        return bn_say_error(&cli, BN_EXIT_USAGE, NULL, "--lang: fr, en");
    if (bn_random_start() != BN_OK)
        return bn_say_error(&cli, BN_EXIT_CONFIG, NULL, "%s", _("this machine gives no random numbers"));
    cli.arena = bn_must(bn_arena_create((size_t)64 << 10, SIZE_MAX / 2));
    bn_screen_start(&cli.screen, out);
    cli.err_is_terminal = isatty(fileno(err)) == 1;
    cli.json = bn_args_json(argc, argv);
    int code = run(&cli, argc, argv);
    bn_cli_free_owned(&cli);
    binome_close(&cli.hub);
    bn_arena_destroy(&cli.arena);
    if (fflush(out) != 0 && code == BN_EXIT_DONE)
        return bn_say_error(&cli, BN_EXIT_CONFIG, NULL, "%s", _("the output could not be written"));
    return code;
}

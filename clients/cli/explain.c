/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain.h"

#include "cli/lang.h"
#include "text/message.h"

#include <stdlib.h>
#include <string.h>

static const int exits[BN_CODES] = {
    [BN_OK] = BN_EXIT_DONE,
    [BN_CANCELLED] = BN_EXIT_AWAY,
    [BN_UNKNOWN] = BN_EXIT_AWAY,
    [BN_INVALID_ARGUMENT] = BN_EXIT_REFUSED,
    [BN_DEADLINE_EXCEEDED] = BN_EXIT_AWAY,
    [BN_NOT_FOUND] = BN_EXIT_REFUSED,
    [BN_ALREADY_EXISTS] = BN_EXIT_REFUSED,
    [BN_PERMISSION_DENIED] = BN_EXIT_NOT_PERMITTED,
    [BN_RESOURCE_EXHAUSTED] = BN_EXIT_AWAY,
    [BN_FAILED_PRECONDITION] = BN_EXIT_REFUSED,
    [BN_ABORTED] = BN_EXIT_REFUSED,
    [BN_OUT_OF_RANGE] = BN_EXIT_REFUSED,
    [BN_UNIMPLEMENTED] = BN_EXIT_AWAY,
    [BN_INTERNAL] = BN_EXIT_AWAY,
    [BN_UNAVAILABLE] = BN_EXIT_AWAY,
    [BN_DATA_LOSS] = BN_EXIT_AWAY,
    [BN_UNAUTHENTICATED] = BN_EXIT_NOT_PERMITTED,
};

/* What lies on this machine is to be mended here, whatever the code says. */
static const enum bn_rule configuration[] = {
    BN_RULE_HUB_WRONG_KEY, BN_RULE_FILE_MODE,     BN_RULE_CONFIG_UNKNOWN, BN_RULE_CONFIG_VALUE, BN_RULE_CONFIG_REQUIRED,
    BN_RULE_ENDPOINT_FORM, BN_RULE_SESSION_CLOCK, BN_RULE_FILE_LINK,      BN_RULE_FILE_OWNER,
};

int bn_explain_exit(enum bn_code code, const char *rule)
{
    enum bn_rule known = bn_rule_find(rule);
    for (size_t i = 0; i < BN_COUNT(configuration); i++)
        if (known == configuration[i])
            return BN_EXIT_CONFIG;
    return (unsigned)code < BN_CODES ? exits[code] : BN_EXIT_AWAY;
}

/* NULL when there is none of that name. */
static const char *param(const char *name, size_t size, const Binome__V1__Param *const *params, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(params[i]->name) == size && memcmp(params[i]->name, name, size) == 0)
            return params[i]->value;
    return NULL;
}

/* Writes from `at` to `end` with its parameters. False when one is missing: "?" stands for it. */
static bool fill(FILE *out, const char *at, const char *end, const Binome__V1__Param *const *params, size_t count)
{
    bool whole = true;
    for (; at < end; at++) {
        const char *close = *at == '{' ? memchr(at, '}', (size_t)(end - at)) : NULL;
        if (close == NULL) {
            fputc(*at, out);
            continue;
        }
        const char *value = param(at + 1, (size_t)(close - at - 1), params, count);
        whole = whole && value != NULL;
        fputs(value == NULL ? "?" : value, out);
        at = close;
    }
    return whole;
}

/* "[with {name}|without]": the first part when its parameters are known, else the second, which may be missing. */
static void fill_choice(FILE *out, const char *at, const char *end, const Binome__V1__Param *const *params,
                        size_t count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *tried = bn_must(open_memstream(&text, &size));
    const char *bar = memchr(at, '|', (size_t)(end - at));
    bool whole = fill(tried, at, bar == NULL ? end : bar, params, count);
    fclose(tried);
    if (whole)
        fputs(bn_must(text), out);
    else if (bar != NULL)
        fill(out, bar + 1, end, params, count);
    free(text);
}

char *bn_explain_fill(struct bn_arena *arena, const char *template, const Binome__V1__Param *const *params,
                      size_t count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = bn_must(open_memstream(&text, &size));
    for (const char *at = template; *at != '\0';) {
        size_t plain = strcspn(at, "[");
        const char *close = at[plain] == '[' ? strchr(at + plain, ']') : NULL;
        plain = close == NULL ? strlen(at) : plain;
        fill(out, at, at + plain, params, count);
        at += plain;
        if (close == NULL)
            break;
        fill_choice(out, at + 1, close, params, count);
        at = close + 1;
    }
    fclose(out);
    char *kept = bn_arena_must_text(arena, bn_must(text));
    free(text);
    return kept;
}

/* A newer hub may have rules that this program does not know: the English detail is better than nothing. */
static char *unknown_rule(struct bn_cli *cli, const char *rule, const Binome__V1__Param *const *params, size_t count,
                          const char *detail)
{
    char *text = bn_keep_format(cli, _("The hub names the rule \"%s\", which this program does not know."), rule);
    for (size_t i = 0; i < count; i++)
        text = bn_keep_format(cli, "%s %s=%s", text, params[i]->name, params[i]->value);
    return detail[0] == '\0' ? text : bn_keep_format(cli, "%s %s", text, detail);
}

char *bn_explain_cause(struct bn_cli *cli, const char *rule, const Binome__V1__Param *const *params, size_t count,
                       const char *detail)
{
    enum bn_rule known = bn_rule_find(rule);
    if (known == BN_RULE_COUNT)
        return unknown_rule(cli, rule, params, count, detail);
    return bn_explain_fill(cli->arena, _(bn_explain_rules[known].cause), params, count);
}

static const struct bn_explanation *of_code(enum bn_code code)
{
    return &bn_explain_codes[(unsigned)code < BN_CODES ? code : BN_UNKNOWN];
}

struct trouble {
    enum bn_code code;
    const char *field, *rule, *detail; /* the detail without the field that many begin with */
    const Binome__V1__Param *const *params;
    size_t param_count;
};

static void print(struct bn_cli *cli, const struct trouble *trouble)
{
    enum bn_rule known = bn_rule_find(trouble->rule);
    const char *cause = trouble->rule[0] == '\0' ? _(of_code(trouble->code)->cause)
                                                 : bn_explain_cause(cli, trouble->rule, trouble->params,
                                                                    trouble->param_count, trouble->detail);
    const char *next = known == BN_RULE_COUNT ? of_code(trouble->code)->next : bn_explain_rules[known].next;
    FILE *err = cli->err;
    fputs("binome: ", err);
    bn_text_put(err, cause, -1);
    fputc('\n', err);
    if (trouble->field[0] != '\0') {
        fprintf(err, "  %s ", _("Where:"));
        bn_text_put(err, trouble->field, -1);
        fputc('\n', err);
    }
    if (trouble->detail[0] != '\0' && known != BN_RULE_COUNT) {
        fprintf(err, "  %s ", _("Detail:"));
        bn_text_put(err, trouble->detail, -1);
        fputc('\n', err);
    }
    fprintf(err, "  %s %s\n", _("Next:"), _(next));
    fprintf(err, "  %s %s%s%s\n", _("Code:"), bn_code_name(trouble->code), trouble->rule[0] == '\0' ? "" : ", ",
            trouble->rule);
}

static void json_text(FILE *out, const char *name, const char *value, bool first)
{
    fprintf(out, "%s\"%s\":", first ? "" : ",", name);
    bn_json_string(out, value);
}

static void print_json(struct bn_cli *cli, const struct trouble *troubles, size_t count, int exit_code)
{
    fprintf(cli->err, "{\"code\":\"%s\",\"exit\":%d,\"violations\":[", bn_code_name(troubles[0].code), exit_code);
    for (size_t i = 0; i < count; i++) {
        const struct trouble *trouble = &troubles[i];
        enum bn_rule known = bn_rule_find(trouble->rule);
        fputs(i == 0 ? "{" : ",{", cli->err);
        json_text(cli->err, "field", trouble->field, true);
        json_text(cli->err, "rule", trouble->rule, false);
        fputs(",\"params\":[", cli->err);
        for (size_t p = 0; p < trouble->param_count; p++) {
            fputs(p == 0 ? "{" : ",{", cli->err);
            json_text(cli->err, "name", trouble->params[p]->name, true);
            json_text(cli->err, "value", trouble->params[p]->value, false);
            fputc('}', cli->err);
        }
        fputs("]", cli->err);
        json_text(cli->err, "cause",
                  trouble->rule[0] == '\0'
                      ? _(of_code(trouble->code)->cause)
                      : bn_explain_cause(cli, trouble->rule, trouble->params, trouble->param_count, trouble->detail),
                  false);
        json_text(cli->err, "next",
                  _(known == BN_RULE_COUNT ? of_code(trouble->code)->next : bn_explain_rules[known].next), false);
        json_text(cli->err, "detail", trouble->detail, false);
        fputc('}', cli->err);
    }
    fputs("]}\n", cli->err);
}

/* exit_code is what the code and the rule give, unless it is not 0. */
static int tell(struct bn_cli *cli, const struct trouble *troubles, size_t count, int exit_code)
{
    int code = exit_code != 0 ? exit_code : bn_explain_exit(troubles[0].code, troubles[0].rule);
    if (cli->json) {
        print_json(cli, troubles, count, code);
        return code;
    }
    for (size_t i = 0; i < count; i++)
        print(cli, &troubles[i]);
    return code;
}

int bn_explain_reply(struct bn_cli *cli, const struct binome_reply *reply)
{
    const Binome__V1__Error *error = reply->reply->error;
    size_t count = error == NULL ? 0 : error->n_violations;
    struct trouble *troubles = bn_take(cli, (count + 1) * sizeof *troubles);
    for (size_t i = 0; i < count; i++)
        troubles[i] = (struct trouble){(enum bn_code)reply->code,
                                       error->violations[i]->field,
                                       error->violations[i]->rule,
                                       i == 0 ? error->detail : "",
                                       (const Binome__V1__Param *const *)error->violations[i]->params,
                                       error->violations[i]->n_params};
    if (count == 0)
        troubles[count++] =
            (struct trouble){(enum bn_code)reply->code, "", "", error == NULL ? "" : error->detail, NULL, 0};
    return tell(cli, troubles, count, 0);
}

/* The parameters of a local error are not kept apart; place and detail say them. A file, an address or a key can be
 * told from the place, or stands in quotes in the detail. */
static const char *from_place(struct bn_cli *cli, const char *name, const char *field, const char *detail)
{
    if (strcmp(name, "path") == 0 || strcmp(name, "endpoint") == 0)
        return field;
    if (strcmp(name, "key") != 0)
        return NULL;
    const char *quote = strchr(detail, '"'), *end = quote == NULL ? NULL : strchr(quote + 1, '"'), *last = field;
    if (end != NULL)
        return bn_keep_format(cli, "%.*s", (int)(end - quote - 1), quote + 1);
    for (const char *at = field; *at != '\0'; at++)
        if (*at == '.' || *at == ' ')
            last = at + 1;
    return bn_keep(cli, last);
}

static int tell_local(struct bn_cli *cli, int exit_code, enum bn_code code, const char *field, const char *rule,
                      const char *detail)
{
    enum bn_rule known = bn_rule_find(rule);
    const char *names = known == BN_RULE_COUNT ? "" : bn_rule_params(known);
    Binome__V1__Param param = BINOME__V1__PARAM__INIT, *params = &param;
    param.name = bn_keep_format(cli, "%.*s", (int)strcspn(names, " "), names);
    const char *value = from_place(cli, param.name, field, detail);
    param.value = bn_keep(cli, value == NULL ? "" : value);
    size_t place = strlen(field);
    if (place > 0 && strncmp(detail, field, place) == 0 && strncmp(detail + place, ": ", 2) == 0)
        detail += place + 2;
    struct trouble trouble = {
        code, field, rule, detail, (const Binome__V1__Param *const *)&params, value == NULL ? 0 : 1};
    return tell(cli, &trouble, 1, exit_code);
}

int bn_explain_local(struct bn_cli *cli, enum binome_code code, const struct binome_error *error)
{
    return tell_local(cli, 0, (enum bn_code)code, error->field, error->rule, error->detail);
}

int bn_explain_why(struct bn_cli *cli, enum bn_code code, const struct bn_why *why)
{
    return tell_local(cli, 0, code, why->field, why->rule, why->detail);
}

int bn_explain_config(struct bn_cli *cli, enum bn_code code, const char *field, const char *rule, const char *detail)
{
    return tell_local(cli, BN_EXIT_CONFIG, code, field, rule, detail);
}

int bn_explain_params(struct bn_cli *cli, enum bn_code code, const struct bn_why *why,
                      const Binome__V1__Param *const *params, size_t count)
{
    struct trouble trouble = {code, why->field, why->rule, why->detail, params, count};
    return tell(cli, &trouble, 1, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/render.h"

#include "cli/explain.h"
#include "cli/fields.h"
#include "cli/ids.h"
#include "cli/lang.h"
#include "cli/receipt.h"
#include "text/message.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void bn_remark(struct bn_cli *cli, const char *format, ...)
{
    va_list list;
    if (cli->json)
        return;
    va_start(list, format);
    vfprintf(cli->out, format, list);
    va_end(list);
    fputc('\n', cli->out);
}

static const ProtobufCFieldDescriptor *title_of(const ProtobufCMessageDescriptor *type)
{
    static const char *const names[] = {"title", "legal_name", "name"};
    for (size_t i = 0; i < BN_COUNT(names); i++) {
        const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(type, names[i]);
        if (field != NULL)
            return field;
    }
    return NULL;
}

static void print_members(struct bn_cli *cli, const ProtobufCMessage *object, bool of_hub)
{
    const ProtobufCFieldDescriptor *title = title_of(object->descriptor);
    for (unsigned i = 0; i < object->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &object->descriptor->fields[i];
        if (field == title || bn_field_is_hubs(object->descriptor, field) != of_hub)
            continue;
        char *text = bn_field_text(object, field);
        bn_labelled(&cli->screen, bn_field_label(field->name), text);
        free(text);
    }
}

void bn_render_object(struct bn_cli *cli, const ProtobufCMessage *object)
{
    const ProtobufCFieldDescriptor *title = title_of(object->descriptor);
    if (cli->json) {
        bn_print_json(cli, object);
        return;
    }
    if (title != NULL) {
        char *text = bn_field_text(object, title);
        bn_colour_on(&cli->screen, BN_COLOUR_BOLD);
        bn_wrapped(&cli->screen, 0, text);
        bn_colour_off(&cli->screen);
        free(text);
    }
    print_members(cli, object, true);
    print_members(cli, object, false);
}

struct column {
    const char *heading; /* to be translated */
    const char *member;
    bool right, flexible;
};

static const struct listing {
    const char *json_name;
    struct column columns[BN_COLUMNS_MAX];
} listings[] = {
    [BN_LIST_PROPOSALS] = {"proposals",
                           {{N_("ID"), "id", false, false},
                            {N_("PHASE"), "phase", false, false},
                            {N_("%"), "progress_percent", true, false},
                            {N_("OWNER"), "owner", false, true},
                            {N_("WORKSTREAM"), "workstream", false, true},
                            {N_("TITLE"), "title", false, true}}},
    [BN_LIST_OFFERS] = {"offers",
                        {{N_("ID"), "id", false, false},
                         {N_("STATE"), "state", false, false},
                         {N_("OWNER"), "owner", false, true},
                         {N_("WORKSTREAMS"), "workstreams", false, true},
                         {N_("TITLE"), "title", false, true}}},
    [BN_LIST_ORGANISATIONS] = {"organisations",
                               {{N_("SHORT NAME"), "slug", false, true},
                                {N_("KIND"), "kind", false, false},
                                {N_("STATE"), "state", false, false},
                                {N_("COUNTRY"), "country", false, false},
                                {N_("NAME"), "legal_name", false, true}}},
    [BN_LIST_WORKSTREAMS] = {"workstreams",
                             {{N_("SHORT NAME"), "slug", false, false},
                              {N_("PILOT"), "pilot", false, true},
                              {N_("MEMBERS"), "members", false, true},
                              {N_("TITLE"), "title", false, true}}},
    [BN_LIST_KEYS] = {"keys",
                      {{N_("ID"), "id", false, false},
                       {N_("PUBLIC KEY"), "public_key", false, false},
                       {N_("ROLE"), "role", false, false},
                       {N_("STATE"), "state", false, false},
                       {N_("LABEL"), "label", false, true},
                       {N_("EXPIRES"), "expires_at", false, true}}},
};

static void print_json_list(struct bn_cli *cli, const char *name, ProtobufCMessage *const *objects, size_t count)
{
    fprintf(cli->out, "{\"%s\":[", name);
    for (size_t i = 0; i < count; i++) {
        char *text = bn_must(bn_message_to_text(objects[i], BN_STYLE_JSON));
        fprintf(cli->out, "%s%s", i == 0 ? "" : ",", text);
        free(text);
    }
    fputs("]}\n", cli->out);
}

void bn_render_list(struct bn_cli *cli, enum bn_listing listing, ProtobufCMessage *const *objects, size_t count)
{
    const struct listing *shape = &listings[listing];
    struct bn_column columns[BN_COLUMNS_MAX];
    size_t width = 0;
    if (cli->json) {
        print_json_list(cli, shape->json_name, objects, count);
        return;
    }
    for (; width < BN_COLUMNS_MAX && shape->columns[width].heading != NULL; width++) {
        const struct column *column = &shape->columns[width];
        columns[width] = (struct bn_column){_(column->heading), column->right, column->flexible};
    }
    struct bn_table *table = bn_must(bn_table_create(columns, width));
    for (size_t i = 0; i < count; i++) {
        char *cells[BN_COLUMNS_MAX];
        const char *shown[BN_COLUMNS_MAX];
        for (size_t c = 0; c < width; c++) {
            const char *member = shape->columns[c].member;
            cells[c] = bn_field_text(objects[i],
                                     protobuf_c_message_descriptor_get_field_by_name(objects[i]->descriptor, member));
            shown[c] = strcmp(member, "id") == 0 ? bn_id_shown(cli, cells[c]) : cells[c];
        }
        bn_must(bn_table_row(table, shown) ? table : NULL);
        for (size_t c = 0; c < width; c++)
            free(cells[c]);
    }
    if (count == 0)
        fprintf(cli->out, "%s\n", _("Nothing to show."));
    else
        bn_table_print(table, &cli->screen);
    bn_table_destroy(&table);
}

static const char *moved_to(struct bn_cli *cli, const Binome__V1__StatusUpdate *update)
{
    if (update->phase == BINOME__V1__PHASE__PHASE_UNSPECIFIED)
        return "";
    return bn_keep(cli, bn_enum_short(&binome__v1__phase__descriptor, (int)update->phase));
}

static const char *told(struct bn_cli *cli, const Binome__V1__StatusUpdate *update)
{
    const char *parts[] = {update->source_word, update->achieved, update->next, update->reason};
    const char *text = "";
    for (size_t i = 0; i < BN_COUNT(parts); i++)
        if (parts[i][0] != '\0')
            text = bn_keep_format(cli, "%s%s%s", text, text[0] == '\0' ? "" : " · ", parts[i]);
    return text;
}

void bn_render_history(struct bn_cli *cli, Binome__V1__StatusUpdate *const *updates, size_t count)
{
    const struct bn_column columns[] = {{_("ON"), false, false}, {_("PHASE"), false, false},
                                        {_("%"), true, false},   {_("HEALTH"), false, true},
                                        {_("BY"), false, true},  {_("WHAT"), false, true}};
    if (cli->json) {
        print_json_list(cli, "updates", (ProtobufCMessage *const *)updates, count);
        return;
    }
    struct bn_table *table = bn_must(bn_table_create(columns, BN_COUNT(columns)));
    const ProtobufCFieldDescriptor *progress =
        protobuf_c_message_descriptor_get_field_by_name(&binome__v1__status_update__descriptor, "progress_percent");
    const ProtobufCFieldDescriptor *health =
        protobuf_c_message_descriptor_get_field_by_name(&binome__v1__status_update__descriptor, "health");
    for (size_t i = 0; i < count; i++) {
        char *percent = bn_field_text(&updates[i]->base, progress), *state = bn_field_text(&updates[i]->base, health);
        const char *on =
            updates[i]->effective_on[0] == '\0' ? bn_time_text(cli, updates[i]->recorded_at) : updates[i]->effective_on;
        const char *cells[] = {on, moved_to(cli, updates[i]), percent, state, updates[i]->by, told(cli, updates[i])};
        bn_must(bn_table_row(table, cells) ? table : NULL);
        free(percent);
        free(state);
    }
    if (count == 0)
        fprintf(cli->out, "%s\n", _("Nothing to show."));
    else
        bn_table_print(table, &cli->screen);
    bn_table_destroy(&table);
}

/* Words speak for themselves; of the other reasons a value alone says little. */
static const char *criterion_word(const char *criterion)
{
    static const struct {
        const char *criterion, *word;
    } words[] = {
        {"sector", N_("sector ")},         {"region", N_("region ")}, {"language", N_("language ")},
        {"workstream", N_("workstream ")}, {"trl", N_("TRL ")},
    };
    for (size_t i = 0; i < BN_COUNT(words); i++)
        if (strcmp(words[i].criterion, criterion) == 0)
            return _(words[i].word);
    return "";
}

static const char *reasons(struct bn_cli *cli, const Binome__V1__Match *match)
{
    enum { SHOWN = 6 };
    const char *text = "";
    for (size_t i = 0; i < match->n_contributions && i < SHOWN; i++) {
        const Binome__V1__Contribution *part = match->contributions[i];
        text = bn_keep_format(cli, "%s%s%s%s +%" PRIu32, text, i == 0 ? "" : ", ", criterion_word(part->criterion),
                              part->why, part->points);
    }
    if (match->n_contributions > SHOWN)
        text = bn_keep_format(cli, "%s, …", text);
    return text;
}

void bn_render_matches(struct bn_cli *cli, const Binome__V1__Matches *matches)
{
    const struct bn_column columns[] = {
        {_("SCORE"), true, false}, {_("ID"), false, false}, {_("OWNER"), false, true}, {_("TITLE"), false, true}};
    if (cli->json) {
        bn_print_json(cli, &matches->base);
        return;
    }
    if (matches->n_matches == 0) {
        const char *rule = matches->empty_because[0] == '\0' ? "match.nothing_in_common" : matches->empty_because;
        enum bn_rule known = bn_rule_find(rule);
        const char *cause = bn_explain_cause(cli, rule, NULL, 0, "");
        bn_wrapped(&cli->screen, 0, bn_keep_format(cli, "%s %s", _("No match."), cause));
        if (known != BN_RULE_COUNT)
            bn_wrapped(&cli->screen, 0, _(bn_explain_rules[known].next));
        return;
    }
    struct bn_table *table = bn_must(bn_table_create(columns, BN_COUNT(columns)));
    for (size_t i = 0; i < matches->n_matches; i++) {
        const Binome__V1__Match *match = matches->matches[i];
        const char *owner = match->owner_name[0] == '\0' ? match->owner : match->owner_name;
        const char *cells[] = {bn_keep_format(cli, "%" PRIu32, match->score), bn_id_shown(cli, match->id), owner,
                               match->title};
        bn_must(bn_table_row(table, cells) ? table : NULL);
        bn_must(bn_table_note(table, reasons(cli, match)) ? table : NULL);
    }
    bn_table_print(table, &cli->screen);
    bn_table_destroy(&table);
    bn_wrapped(&cli->screen, 0,
               bn_keep_format(cli,
                              _("%zu of %" PRIu32 " candidates; score 0 to 1000; the points after each reason add up "
                                "to it."),
                              matches->n_matches, matches->candidates));
    if (matches->behind > 0)
        fprintf(cli->out, _("The index has not seen the newest %" PRIu64 " requests yet.\n"), matches->behind);
}

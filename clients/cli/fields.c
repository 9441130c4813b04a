/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/fields.h"

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/lang.h"
#include "cli/money.h"
#include "text/message.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *label, *help;
} fields[] = {
    {"workstream", N_("Workstream"), N_("short name; see: binome list workstreams")},
    {"workstreams", N_("Workstreams"), N_("short names; see: binome list workstreams")},
    {"sectors", N_("Sectors"), N_("sectors of activity, at most 30")},
    {"regions", N_("Regions"), N_("regions, at most 30")},
    {"title", N_("Title"), N_("3 to 200 characters")},
    {"title_fr", N_("French title"), N_("title in French")},
    {"summary", N_("Summary"), N_("at most 600 characters")},
    {"description", N_("Description"), N_("at most 20,000 characters")},
    {"seeks", N_("Seeks"), N_("what kind of partner or capability is wanted, at most 5,000 characters")},
    {"budget", N_("Budget"), N_("from and to, in the smallest unit (cents), with the currency's code")},
    {"trl_now", N_("TRL now"), N_("1 to 9; 0 = not said")},
    {"trl_target", N_("TRL aimed at"), N_("1 to 9, not below trl_now")},
    {"trl", N_("TRL"), N_("1 to 9; 0 = not said")},
    {"start_on", N_("Start"), N_("YYYY-MM-DD")},
    {"end_on", N_("End"), N_("YYYY-MM-DD")},
    {"support_asked", N_("State support"), N_("State support asked; leave out when none")},
    {"visibility", N_("Visibility"), N_("who may see it")},
    {"invited", N_("Invited"), N_("short names of organisations, for visibility invited")},
    {"tags", N_("Tags"), N_("free words, at most 50 of 80 characters")},
    {"language", N_("Language"), N_("of this text: fr, en, ...")},
    {"languages", N_("Languages"), N_("languages of work: fr, en, ...")},
    {"external_ref", N_("Reference"), N_("how your own system calls it; makes a repeat harmless")},
    {"partners", N_("Partners"), N_("organisations already on board: short names or names")},
    {"capabilities", N_("Capabilities"), N_("what you can do, at most 30 of 200 characters")},
    {"references", N_("References"), N_("customers and projects to show, at most 20 of 300 characters")},
    {"available_from", N_("Available from"), N_("YYYY-MM-DD")},
    {"country", N_("Country"), N_("ISO 3166-1, two letters: FR")},
    {"slug", N_("Short name"), N_("a-z, 0-9 and hyphens; never changes")},
    {"legal_name", N_("Name"), N_("name in the company's register, at most 200 characters")},
    {"kind", N_("Kind"), N_("what kind of organisation it is")},
    {"identifiers", N_("Identifiers"), N_("scheme siren, siret, vat, lei, euid, pic, or your own")},
    {"activities", N_("Activities"), N_("naf-rev2, naf-2025 or nace-rev2, with the code")},
    {"size", N_("Size"), N_("micro, sme, mid or large (decree 2008-1354)")},
    {"contacts", N_("Contacts"), N_("personal data: shown to others only after an accepted introduction")},
    {"website", N_("Website"), N_("https://...")},
    {"labels", N_("Labels"), N_("next40, secnumcloud, ...")},
    {"proposal", N_("Proposal"), N_("its id")},
    {"phase", N_("Phase"), N_("the new phase; leave out when it stays")},
    {"progress_percent", N_("Progress"), N_("0 to 100")},
    {"health", N_("Health"), N_("on-track, at-risk or off-track: overall, schedule, cost, scope")},
    {"achieved", N_("Achieved"), N_("since the last update")},
    {"next", N_("Next steps"), N_("what comes next")},
    {"blockers", N_("Blockers"), N_("a reason code such as NO_BUDGET, and a text")},
    {"decisions_asked", N_("Decisions asked"), N_("of the steering committee")},
    {"milestones", N_("Milestones"), N_("name, due on, done on")},
    {"reason", N_("Reason"), N_("needed for moves that skip, go back or end")},
    {"effective_on", N_("Effective on"), N_("YYYY-MM-DD; leave out for today")},
    {"ends_on", N_("Ends on"), N_("YYYY-MM-DD, when known")},
    {"source_word", N_("Source's word"), N_("how your own system calls this phase or event")},
    {"expected_version", N_("Version"), N_("the version that you saw; 0 = any")},
    {"pilot", N_("Pilot"), N_("short name of the organisation that leads")},
    {"members", N_("Members"), N_("short names of organisations")},
    {"name", N_("Name"), N_("as people call it")},
    {"currency", N_("Currency"), N_("ISO 4217: EUR")},
    {"clocks", N_("Time limits"), N_("days to answer, decide, contract, pay")},
    {"retention_days", N_("Retention"), N_("days that mailboxes are kept")},
    {"id", N_("Id"), NULL},
    {"owner", N_("Owner"), NULL},
    {"version", N_("Version"), NULL},
    {"state", N_("State"), NULL},
    {"roles", N_("Roles"), NULL},
    {"phase_since", N_("Since"), NULL},
    {"recorded_at", N_("Recorded"), NULL},
    {"submitted_at", N_("Submitted"), NULL},
    {"published_at", N_("Published"), NULL},
    {"by", N_("By"), NULL},
};

const char *bn_field_label(const char *name)
{
    for (size_t i = 0; i < BN_COUNT(fields); i++)
        if (strcmp(fields[i].name, name) == 0)
            return _(fields[i].label);
    return name;
}

const char *bn_field_help(const char *path)
{
    for (size_t i = 0; i < BN_COUNT(fields); i++)
        if (strcmp(fields[i].name, path) == 0 && fields[i].help != NULL)
            return _(fields[i].help);
    return NULL;
}

bool bn_field_is_hubs(const ProtobufCMessageDescriptor *type, const ProtobufCFieldDescriptor *field)
{
    static const struct {
        const ProtobufCMessageDescriptor *type;
        uint32_t first;
    } bounds[] = {
        {&binome__v1__organisation__descriptor, 20}, {&binome__v1__key__descriptor, 20},
        {&binome__v1__programme__descriptor, 20},    {&binome__v1__workstream__descriptor, 20},
        {&binome__v1__proposal__descriptor, 30},     {&binome__v1__status_update__descriptor, 30},
        {&binome__v1__offer__descriptor, 30},
    };
    for (size_t i = 0; i < BN_COUNT(bounds); i++)
        if (bounds[i].type == type)
            return field->id >= bounds[i].first;
    return false;
}

static const void *member(const ProtobufCMessage *message, unsigned offset)
{
    return (const char *)message + offset;
}

static void print_time(FILE *out, const ProtobufCMessage *message)
{
    const Google__Protobuf__Timestamp *time = (const Google__Protobuf__Timestamp *)message;
    char text[BN_INSTANT_SIZE];
    bn_instant_format(bn_instant_ms(time->seconds, time->nanos), text);
    fprintf(out, "%.10s %.8s UTC", text, text + 11);
}

static void print_money(FILE *out, const ProtobufCMessage *message)
{
    const Binome__V1__Money *money = (const Binome__V1__Money *)message;
    char text[BN_MONEY_SIZE];
    bn_money_format(money->minor_units, money->currency, text);
    fputs(text, out);
}

static void print_range(FILE *out, const ProtobufCMessage *message)
{
    const Binome__V1__MoneyRange *range = (const Binome__V1__MoneyRange *)message;
    if (range->min != NULL)
        print_money(out, &range->min->base);
    if (range->min != NULL && range->max != NULL)
        fputs(" - ", out);
    if (range->max != NULL)
        print_money(out, &range->max->base);
}

static void print_health(FILE *out, const ProtobufCMessage *message)
{
    const Binome__V1__Health *health = (const Binome__V1__Health *)message;
    const ProtobufCMessageDescriptor *type = message->descriptor;
    const int values[] = {(int)health->overall, (int)health->schedule, (int)health->cost, (int)health->scope};
    bool any = false;
    for (size_t i = 0; i < BN_COUNT(values); i++) {
        if (values[i] == BINOME__V1__HEALTH_STATE__HEALTH_STATE_UNSPECIFIED)
            continue;
        const char *name = i == 0 ? "" : type->fields[i].name;
        fprintf(out, "%s%s%s%s", any ? ", " : "", name, i == 0 ? "" : " ",
                bn_enum_short(&binome__v1__health_state__descriptor, values[i]));
        any = true;
    }
}

static void print_milestone(FILE *out, const ProtobufCMessage *message)
{
    const Binome__V1__Milestone *milestone = (const Binome__V1__Milestone *)message;
    fputs(milestone->name, out);
    if (milestone->done_on[0] != '\0')
        fprintf(out, " (%s %s)", _("done"), milestone->done_on);
    else if (milestone->due_on[0] != '\0')
        fprintf(out, " (%s %s)", _("due"), milestone->due_on);
}

/* Texts joined by a mark: scheme and id, reason and text, ... */
static void print_joined(FILE *out, const ProtobufCMessage *message)
{
    bool any = false;
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        const char *text = *(char *const *)member(message, field->offset);
        if (text == NULL || text[0] == '\0')
            continue;
        fprintf(out, "%s%s", any ? ":" : "", text);
        any = true;
    }
}

/* "answer_days 10, pay_days 30" */
static void print_days(FILE *out, const ProtobufCMessage *message)
{
    bool any = false;
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        uint32_t days = *(const uint32_t *)member(message, field->offset);
        if (days > 0)
            fprintf(out, "%s%s %" PRIu32, any ? ", " : "", field->name, days);
        any = any || days > 0;
    }
}

static void print_message(FILE *out, const ProtobufCMessage *message)
{
    static const struct {
        const ProtobufCMessageDescriptor *type;
        void (*print)(FILE *out, const ProtobufCMessage *message);
    } printers[] = {
        {&google__protobuf__timestamp__descriptor, print_time}, {&binome__v1__money__descriptor, print_money},
        {&binome__v1__money_range__descriptor, print_range},    {&binome__v1__health__descriptor, print_health},
        {&binome__v1__milestone__descriptor, print_milestone},  {&binome__v1__external_ref__descriptor, print_joined},
        {&binome__v1__identifier__descriptor, print_joined},    {&binome__v1__activity__descriptor, print_joined},
        {&binome__v1__blocker__descriptor, print_joined},       {&binome__v1__contact__descriptor, print_joined},
        {&binome__v1__clocks__descriptor, print_days},
    };
    for (size_t i = 0; i < BN_COUNT(printers); i++) {
        if (printers[i].type == message->descriptor) {
            printers[i].print(out, message);
            return;
        }
    }
    char *text = bn_must(bn_message_to_text(message, BN_STYLE_JSON));
    fputs(text, out);
    free(text);
}

static void print_value(FILE *out, const ProtobufCFieldDescriptor *field, const void *value)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        fputs(*(char *const *)value == NULL ? "" : *(char *const *)value, out);
        break;
    case PROTOBUF_C_TYPE_ENUM:
        fputs(bn_enum_short(field->descriptor, *(const int *)value), out);
        break;
    case PROTOBUF_C_TYPE_UINT32:
        fprintf(out, "%" PRIu32, *(const uint32_t *)value);
        break;
    case PROTOBUF_C_TYPE_INT32:
        fprintf(out, "%" PRId32, *(const int32_t *)value);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        fputs(*(const protobuf_c_boolean *)value ? "true" : "false", out);
        break;
    case PROTOBUF_C_TYPE_INT64:
        fprintf(out, "%" PRId64, *(const int64_t *)value);
        break;
    case PROTOBUF_C_TYPE_UINT64:
        fprintf(out, "%" PRIu64, *(const uint64_t *)value);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        print_message(out, *(ProtobufCMessage *const *)value);
        break;
    default: /* no other type stands in the messages that people see */
        break;
    }
}

static size_t size_of(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    default:
        return 4;
    }
}

static bool is_oneof(const ProtobufCFieldDescriptor *field)
{
    return (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

static bool is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    static const char zero[sizeof(ProtobufCBinaryData)];
    const void *value = member(message, field->offset);
    if (is_oneof(field))
        return *(const uint32_t *)member(message, field->quantifier_offset) == field->id;
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return *(const size_t *)member(message, field->quantifier_offset) > 0;
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return *(char *const *)value != NULL && **(char *const *)value != '\0';
    return memcmp(value, zero, size_of(field)) != 0;
}

char *bn_field_text(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = bn_must(open_memstream(&text, &size));
    if (is_set(message, field)) {
        const void *value = member(message, field->offset);
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            size_t count = *(const size_t *)member(message, field->quantifier_offset);
            for (size_t i = 0; i < count; i++) {
                fputs(i == 0 ? "" : ", ", out);
                print_value(out, field, *(const char *const *)value + i * size_of(field));
            }
        } else {
            print_value(out, field, value);
        }
    }
    fclose(out);
    return bn_must(text);
}

static void exchange(ProtobufCMessage *a, ProtobufCMessage *b, unsigned offset, size_t size)
{
    char kept[sizeof(ProtobufCBinaryData)], *from_a = (char *)a + offset, *from_b = (char *)b + offset;
    memcpy(kept, from_a, size);
    memcpy(from_a, from_b, size);
    memcpy(from_b, kept, size);
}

void bn_field_exchange(ProtobufCMessage *into, ProtobufCMessage *from, const ProtobufCFieldDescriptor *field)
{
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    exchange(into, from, field->offset, repeated ? sizeof(void *) : size_of(field));
    if (repeated)
        exchange(into, from, field->quantifier_offset, sizeof(size_t));
    else if (is_oneof(field))
        exchange(into, from, field->quantifier_offset, sizeof(uint32_t));
}

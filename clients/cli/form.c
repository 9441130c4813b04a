/* SPDX-License-Identifier: Apache-2.0 */
/* Options become a tree, as a file would, and the tree becomes the message: one way in, one set of rules. */
#include "cli/form.h"

#include "cli/explain.h"
#include "cli/fields.h"
#include "cli/lang.h"
#include "cli/money.h"
#include "text/message.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 4 << 20 };

static const char currency_default[] = "EUR";

/* A node that can still grow. The node is the first member, so that one can be had from the other. */
struct made {
    struct bn_node node;
    struct made *last;
};

static struct made *child_new(struct bn_cli *cli, struct made *parent, const char *key, enum bn_node_type type)
{
    struct made *child = bn_take(cli, sizeof *child);
    child->node.type = type;
    child->node.key = key;
    child->node.line = child->node.column = 1;
    if (parent->last == NULL)
        parent->node.first_child = &child->node;
    else
        parent->last->node.next = &child->node;
    parent->last = child;
    parent->node.children++;
    return child;
}

static struct made *child_of(struct bn_cli *cli, struct made *parent, const char *key, enum bn_node_type type)
{
    for (const struct bn_node *node = parent->node.first_child; node != NULL; node = node->next)
        if (strcmp(node->key, key) == 0)
            return (struct made *)node;
    return child_new(cli, parent, key, type);
}

static void leaf(struct bn_cli *cli, struct made *parent, const char *key, enum bn_node_type type, const char *text)
{
    struct made *child = child_new(cli, parent, key, type);
    child->node.text = bn_keep(cli, text);
    child->node.text_size = strlen(text);
    child->node.quoted = type == BN_NODE_TEXT;
}

static void text_leaf(struct bn_cli *cli, struct made *parent, const char *key, const char *text)
{
    leaf(cli, parent, key, BN_NODE_TEXT, text);
}

static void money_into(struct bn_cli *cli, struct made *map, const struct bn_money *money)
{
    text_leaf(cli, map, "minor_units", bn_keep_format(cli, "%" PRId64, money->minor_units));
    text_leaf(cli, map, "currency", money->currency);
}

/* "FIRST:REST" into two members; without a colon everything is FIRST. */
static void split_into(struct bn_cli *cli, struct made *map, const char *value, const char *first, const char *rest)
{
    size_t size = strcspn(value, ":");
    text_leaf(cli, map, first, bn_keep_format(cli, "%.*s", (int)size, value));
    if (value[size] == ':')
        text_leaf(cli, map, rest, value + size + 1);
}

static void milestone_into(struct bn_cli *cli, struct made *map, const char *value)
{
    static const char *const names[] = {"name", "due_on", "done_on"};
    for (size_t i = 0; i < BN_COUNT(names); i++) {
        size_t size = strcspn(value, ":");
        if (size > 0)
            text_leaf(cli, map, names[i], bn_keep_format(cli, "%.*s", (int)size, value));
        if (value[size] == '\0')
            return;
        value += size + 1;
    }
}

static bool fill_map(struct bn_cli *cli, struct made *map, const struct bn_option *option, const char *value)
{
    struct bn_money min, max;
    switch (option->form) {
    case BN_FORM_MONEY:
        if (!bn_money_parse(value, strlen(value), currency_default, &max))
            return false;
        money_into(cli, map, &max);
        return true;
    case BN_FORM_RANGE:
        if (!bn_money_parse_range(value, currency_default, &min, &max))
            return false;
        money_into(cli, child_new(cli, map, "min", BN_NODE_MAP), &min);
        money_into(cli, child_new(cli, map, "max", BN_NODE_MAP), &max);
        return true;
    case BN_FORM_REF:
        split_into(cli, map, value, "scheme", "id");
        return strchr(value, ':') != NULL;
    case BN_FORM_IDENTIFIER:
        split_into(cli, map, value, "scheme", "value");
        return strchr(value, ':') != NULL;
    case BN_FORM_SIREN:
        text_leaf(cli, map, "scheme", "siren");
        text_leaf(cli, map, "value", value);
        return true;
    case BN_FORM_ACTIVITY:
        split_into(cli, map, value, "nomenclature", "code");
        return strchr(value, ':') != NULL;
    case BN_FORM_BLOCKER:
        split_into(cli, map, value, "reason", "text");
        return true;
    case BN_FORM_MILESTONE:
        milestone_into(cli, map, value);
        return true;
    case BN_FORM_PLAIN:
        break;
    }
    return false;
}

static bool is_number(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_UINT32 || field->type == PROTOBUF_C_TYPE_INT32;
}

static bool put(struct bn_cli *cli, struct made *root, const ProtobufCMessageDescriptor *type,
                const struct bn_option *option, const char *value)
{
    const char *at = option->field;
    struct made *map = root;
    for (;;) {
        size_t size = strcspn(at, ".");
        const char *key = bn_keep_format(cli, "%.*s", (int)size, at);
        const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(type, key);
        if (field == NULL)
            return true; /* an option of another message of the same command */
        if (at[size] == '.') {
            map = child_of(cli, map, key, BN_NODE_MAP);
            type = field->descriptor;
            at += size + 1;
            continue;
        }
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            map = child_of(cli, map, key, BN_NODE_LIST);
            key = NULL;
        }
        if (option->form != BN_FORM_PLAIN)
            return fill_map(cli, child_new(cli, map, key, BN_NODE_MAP), option, value);
        leaf(cli, map, key, is_number(field) ? BN_NODE_NUMBER : BN_NODE_TEXT, value);
        return true;
    }
}

ProtobufCMessage *bn_form_options(struct bn_cli *cli, const ProtobufCMessageDescriptor *type,
                                  const struct bn_args *args, int *code)
{
    struct made *root = bn_take(cli, sizeof *root);
    root->node.type = BN_NODE_MAP;
    root->node.line = root->node.column = 1;
    for (size_t i = 0; i < args->option_count; i++) {
        const struct bn_option *option = args->options[i].option;
        if (option->field == NULL || put(cli, root, type, option, args->options[i].value))
            continue;
        *code = bn_say_error(cli, BN_EXIT_USAGE, NULL, _("option --%s takes %s, not \"%s\""), option->name,
                             option->argument, args->options[i].value);
        return NULL;
    }
    ProtobufCMessage *message = NULL;
    struct bn_why why = {"", "", ""};
    enum bn_code result = bn_message_from_tree(&root->node, type, _("command line"), &message, &why);
    if (result != BN_OK) {
        *code = bn_explain_why(cli, result, &why);
        return NULL;
    }
    return bn_own_message(cli, message);
}

ProtobufCMessage *bn_form_file(struct bn_cli *cli, const ProtobufCMessageDescriptor *type, const char *path, int *code)
{
    struct bn_tree *tree = NULL;
    ProtobufCMessage *message = NULL;
    struct bn_why why = {"", "", ""};
    enum bn_code result = bn_tree_read(path, FILE_BYTES_MAX, &tree, &why);
    if (result == BN_OK)
        result = bn_message_from_tree(bn_tree_root(tree), type, strcmp(path, "-") == 0 ? "standard input" : path,
                                      &message, &why);
    bn_tree_destroy(&tree);
    if (result != BN_OK) {
        *code = bn_explain_why(cli, result, &why);
        return NULL;
    }
    return bn_own_message(cli, message);
}

bool bn_form_override(struct bn_cli *cli, ProtobufCMessage *base, const struct bn_args *args, int *code)
{
    if (!bn_args_fill(args))
        return true;
    ProtobufCMessage *given = bn_form_options(cli, base->descriptor, args, code);
    if (given == NULL)
        return false;
    bool done[128] = {false};
    for (size_t i = 0; i < args->option_count; i++) {
        if (args->options[i].option->field == NULL)
            continue;
        char *name = bn_keep_format(cli, "%.*s", (int)strcspn(args->options[i].option->field, "."),
                                    args->options[i].option->field);
        const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(base->descriptor, name);
        if (field == NULL || field->id >= BN_COUNT(done) || done[field->id])
            continue;
        bn_field_exchange(base, given, field);
        done[field->id] = true;
    }
    return true;
}

ProtobufCMessage *bn_copy_over(struct bn_cli *cli, const ProtobufCMessage *base, const struct bn_args *args, int *code)
{
    size_t size = protobuf_c_message_get_packed_size(base);
    uint8_t *packed = bn_take(cli, size + 1);
    protobuf_c_message_pack(base, packed);
    ProtobufCMessage *copy = bn_must(protobuf_c_message_unpack(base->descriptor, NULL, size, packed));
    bn_own_message(cli, copy);
    return bn_form_override(cli, copy, args, code) ? copy : NULL;
}

ProtobufCMessage *bn_form_read(struct bn_cli *cli, const ProtobufCMessageDescriptor *type, const char *path,
                               const struct bn_args *args, int *code)
{
    if (path == NULL)
        return bn_form_options(cli, type, args, code);
    ProtobufCMessage *message = bn_form_file(cli, type, path, code);
    if (message == NULL || !bn_form_override(cli, message, args, code))
        return NULL;
    return message;
}

int bn_form_template(struct bn_cli *cli, const ProtobufCMessageDescriptor *type)
{
    char *text = bn_must(bn_message_template(type, bn_field_help, bn_field_is_hubs));
    fputs(text, cli->out);
    free(text);
    return BN_EXIT_DONE;
}

static void print_side(struct bn_cli *cli, const struct bn_screen *screen, enum bn_colour colour, char sign,
                       const char *text)
{
    if (text[0] == '\0')
        return;
    bn_colour_on(screen, colour);
    bn_wrapped(screen, 2, bn_keep_format(cli, "%c %s", sign, text));
    bn_colour_off(screen);
}

size_t bn_form_difference(struct bn_cli *cli, FILE *out, const ProtobufCMessage *old, const ProtobufCMessage *new)
{
    size_t count = 0;
    struct bn_screen screen = cli->screen;
    screen.out = out;
    screen.colour = screen.colour && out == cli->out;
    for (unsigned i = 0; i < old->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &old->descriptor->fields[i];
        if (bn_field_is_hubs(old->descriptor, field))
            continue;
        char *before = bn_field_text(old, field), *after = bn_field_text(new, field);
        if (strcmp(before, after) != 0) {
            count++;
            fprintf(out, "%s\n", bn_field_label(field->name));
            print_side(cli, &screen, BN_COLOUR_RED, '-', before);
            print_side(cli, &screen, BN_COLOUR_GREEN, '+', after);
        }
        free(before);
        free(after);
    }
    return count;
}

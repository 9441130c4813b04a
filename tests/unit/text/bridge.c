/* SPDX-License-Identifier: Apache-2.0 */
/* bridge: lets json_format_test.py speak with the converter. A line in is "VERB TYPE HEX": the number of a type in
 * contract.h, and bytes; a line out is "OK HEX" or "NO sentence".
 *   json, pretty, yaml   bytes are a packed message, answered with its text
 *   from-json, from-yaml bytes are a text, answered with the packed message */
#include "contract.h"

#include "text/message.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_hex(const void *data, size_t size)
{
    const unsigned char *bytes = data;
    fputs("OK ", stdout);
    for (size_t i = 0; i < size; i++)
        printf("%02x", bytes[i]);
    putchar('\n');
}

static size_t take_hex(const char *hex, unsigned char *out)
{
    size_t size = 0;
    for (unsigned byte; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        out[size++] = (unsigned char)byte;
    out[size] = 0;
    return size;
}

static void write_text(const ProtobufCMessageDescriptor *type, enum bn_style style, const unsigned char *data,
                       size_t size)
{
    ProtobufCMessage *message = protobuf_c_message_unpack(type, NULL, size, data);
    char *text = message == NULL ? NULL : bn_message_to_text(message, style);
    if (text == NULL)
        puts("NO text");
    else
        put_hex(text, strlen(text));
    free(text);
    if (message != NULL)
        protobuf_c_message_free_unpacked(message, NULL);
}

static void read_text(const ProtobufCMessageDescriptor *type, enum bn_syntax syntax, const char *text, size_t size)
{
    struct bn_why why = {0};
    struct bn_tree *tree = NULL;
    ProtobufCMessage *message = NULL;
    enum bn_code code = bn_tree_parse(text, size, syntax, "in", &tree, &why);
    if (code == BN_OK)
        code = bn_message_from_tree(bn_tree_root(tree), type, "in", &message, &why);
    if (code != BN_OK) {
        printf("NO %s\n", why.detail);
    } else {
        size_t packed = protobuf_c_message_get_packed_size(message);
        unsigned char *bytes = malloc(packed + 1);
        assert(bytes != NULL);
        protobuf_c_message_pack(message, bytes);
        put_hex(bytes, packed);
        free(bytes);
        protobuf_c_message_free_unpacked(message, NULL);
    }
    bn_tree_destroy(&tree);
}

int main(void)
{
    static const char *const styles[] = {"json", "pretty", "yaml"}, *const syntaxes[] = {"from-json", "from-yaml"};
    char *line = NULL, verb[16];
    size_t room = 0;
    unsigned type;
    int start;
    while (getline(&line, &room, stdin) > 0 && sscanf(line, "%15s %u %n", verb, &type, &start) == 2 &&
           type < CONTRACT) {
        unsigned char *data = malloc(strlen(line) + 1);
        assert(data != NULL);
        size_t size = take_hex(line + start, data);
        for (size_t i = 0; i < BN_COUNT(styles); i++)
            if (strcmp(verb, styles[i]) == 0)
                write_text(contract[type], (enum bn_style)i, data, size);
        for (size_t i = 0; i < BN_COUNT(syntaxes); i++)
            if (strcmp(verb, syntaxes[i]) == 0)
                read_text(contract[type], (enum bn_syntax)i, (const char *)data, size);
        free(data);
        fflush(stdout);
    }
    free(line);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* form.h: messages from files and from the options of the command line. */
#ifndef BINOME_CLI_FORM_H
#define BINOME_CLI_FORM_H

#include "cli/args.h"

/* Gives (owned by the run) a message of that type from the options that fill members; NULL and *code when one is
 * wrong: the error has been printed. */
ProtobufCMessage *bn_form_options(struct bn_cli *cli, const ProtobufCMessageDescriptor *type,
                                  const struct bn_args *args, int *code);

/* Gives (owned by the run) the message in a YAML or JSON file ("-" = standard input). NULL and *code as above. */
ProtobufCMessage *bn_form_file(struct bn_cli *cli, const ProtobufCMessageDescriptor *type, const char *path, int *code);

/* Puts into `base` every member that an option fills; what an option gives replaces what was there. False and *code. */
bool bn_form_override(struct bn_cli *cli, ProtobufCMessage *base, const struct bn_args *args, int *code);

/* Gives (owned by the run) a copy of `base` with the options over it. NULL and *code. */
ProtobufCMessage *bn_copy_over(struct bn_cli *cli, const ProtobufCMessage *base, const struct bn_args *args, int *code);

/* The file if there is one (NULL = none), with the options over it; else the options alone. NULL and *code. */
ProtobufCMessage *bn_form_read(struct bn_cli *cli, const ProtobufCMessageDescriptor *type, const char *path,
                               const struct bn_args *args, int *code);

/* Prints an example file with comments. */
int bn_form_template(struct bn_cli *cli, const ProtobufCMessageDescriptor *type);

/* Prints the members that differ, old and new, but for what the hub writes. Gives how many there are. */
size_t bn_form_difference(struct bn_cli *cli, FILE *out, const ProtobufCMessage *old, const ProtobufCMessage *new);

#endif

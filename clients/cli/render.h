/* SPDX-License-Identifier: Apache-2.0 */
/* render.h: the hub's objects on the screen. */
#ifndef BINOME_CLI_RENDER_H
#define BINOME_CLI_RENDER_H

#include "cli/cli.h"

/* Prints every member that is set, with its label; title or name first, then what the hub wrote. As JSON with --json.
 */
void bn_render_object(struct bn_cli *cli, const ProtobufCMessage *object);

/* What there are lists of. */
enum bn_listing { BN_LIST_PROPOSALS, BN_LIST_OFFERS, BN_LIST_ORGANISATIONS, BN_LIST_WORKSTREAMS, BN_LIST_KEYS };

/* Prints objects of one kind as a table; with --json as one object with one list, named as in the .proto. */
void bn_render_list(struct bn_cli *cli, enum bn_listing listing, ProtobufCMessage *const *objects, size_t count);

/* Prints the history of a proposal, oldest first. */
void bn_render_history(struct bn_cli *cli, Binome__V1__StatusUpdate *const *updates, size_t count);

/* Prints matches as a table with score and reasons. */
void bn_render_matches(struct bn_cli *cli, const Binome__V1__Matches *matches);

/* A sentence, but only for people: nothing with --json. Translated already. */
void bn_remark(struct bn_cli *cli, const char *format, ...) BN_PRINTF(2, 3);

#endif

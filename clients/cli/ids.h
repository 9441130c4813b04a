/* SPDX-License-Identifier: Apache-2.0 */
/* ids.h: ids as people read and type them.
 *
 * The start of an id is the time at which it was made, so ids of one day look alike; their ends differ. On a screen of
 * limited width an id is shown by its last eight digits, and wherever a command takes an id it takes eight or more
 * digits of its end or of its start, looked up in the lists of what the caller may see. */
#ifndef BINOME_CLI_IDS_H
#define BINOME_CLI_IDS_H

#include "cli/hub.h"

/* What an id may belong to; bits. */
enum { BN_ID_PROPOSAL = 1, BN_ID_OFFER = 2 };

/* Lends the id as it is shown in a table: whole where the width is unlimited. */
const char *bn_id_shown(const struct bn_cli *cli, const char *id);

/* Is it a part of an id, eight or more digits? A whole id is none. */
bool bn_id_is_part(const char *text);

/* Does the id end or begin with these digits? Hyphens and case do not matter. */
bool bn_id_fits(const char *id, const char *part);

/* Gives *id, in the run's arena: the word itself when it is no part of an id, else the id of the one object that it
 * fits. An exit code after printing the error; with `absent_is_fine` none that fits is no error, and *id is NULL. */
int bn_id_find(struct bn_cli *cli, const char *word, unsigned kinds, bool absent_is_fine, char **id);

#endif

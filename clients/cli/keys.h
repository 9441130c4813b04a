/* SPDX-License-Identifier: Apache-2.0 */
/* keys.h: key pairs in a profile's folder. */
#ifndef BINOME_CLI_KEYS_H
#define BINOME_CLI_KEYS_H

#include "base/id.h"
#include "cli/cli.h"

/* Makes FOLDER/key.secret and FOLDER/key.public and gives the public key's text. An exit code after printing an error;
 * an existing key stays. */
int bn_keys_make(struct bn_cli *cli, const char *folder, char public_text[BN_Z85_SIZE]);

#endif

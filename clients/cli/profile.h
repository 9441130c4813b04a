/* SPDX-License-Identifier: Apache-2.0 */
/* profile.h: which profile folder a run uses. What stands in it: libbinome/profile.h. */
#ifndef BINOME_CLI_PROFILE_H
#define BINOME_CLI_PROFILE_H

#include "cli/cli.h"
#include "libbinome/profile.h"

/* Lends the folder in use: --profile, $BINOME_PROFILE, ~/.config/binome/default. */
const char *bn_profile_folder(struct bn_cli *cli);

/* Reads the profile; bn_profile_finish it. False after the error was printed: the exit code is BN_EXIT_CONFIG. */
bool bn_profile_read(struct bn_cli *cli, const char *folder, struct bn_profile *profile);

#endif

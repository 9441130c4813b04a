/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile.h"

#include <stdlib.h>

const char *bn_profile_folder(struct bn_cli *cli)
{
    const char *environment = getenv("BINOME_PROFILE"), *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
    if (cli->folder != NULL)
        return cli->folder;
    if (cli->profile != NULL)
        cli->folder = cli->profile;
    else if (environment != NULL && environment[0] != '\0')
        cli->folder = environment;
    else if (config != NULL && config[0] == '/')
        cli->folder = bn_keep_format(cli, "%s/binome/default", config);
    else
        cli->folder = bn_keep_format(cli, "%s/.config/binome/default", home == NULL ? "" : home);
    return cli->folder;
}

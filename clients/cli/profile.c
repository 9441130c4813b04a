/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile.h"

#include "base/rule.h"
#include "cli/explain.h"
#include "cli/lang.h"

#include <stdlib.h>
#include <string.h>

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

bool bn_profile_read(struct bn_cli *cli, const char *folder, struct bn_profile *profile)
{
    struct bn_why why = {"", "", ""};
    enum bn_code code = bn_profile_load(folder, profile, &why);
    if (code == BN_OK)
        return true;
    if (strcmp(why.rule, bn_rule_name(BN_RULE_FILE_ABSENT)) == 0)
        bn_say_error(cli, BN_EXIT_CONFIG,
                     _("Make it with binome profile make, or name another folder with --profile or BINOME_PROFILE."),
                     _("there is no profile in %s"), folder);
    else
        bn_explain_config(cli, code, why.field, why.rule, why.detail);
    return false;
}

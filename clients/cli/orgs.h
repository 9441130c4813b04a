/* SPDX-License-Identifier: Apache-2.0 */
/* orgs.h: what `org` and `admin` both do with organisations and keys. */
#ifndef BINOME_CLI_ORGS_H
#define BINOME_CLI_ORGS_H

#include "cli/hub.h"

/* Options for the keys and roles of an enrolment; for a key alone; for roles alone. */
extern const struct bn_option bn_options_enrol[], bn_options_key[], bn_options_roles[];

/* --reason, compulsory. */
extern const struct bn_option bn_options_reason[];

/* Each is a command: words and options are as the tables of `org` and `admin` say. */
int bn_org_enrol(struct bn_cli *cli, const struct bn_args *args);
int bn_org_revise(struct bn_cli *cli, const struct bn_args *args);
int bn_org_suspend(struct bn_cli *cli, const struct bn_args *args);
int bn_org_resume(struct bn_cli *cli, const struct bn_args *args);
int bn_org_leave(struct bn_cli *cli, const struct bn_args *args);
int bn_org_list(struct bn_cli *cli, const struct bn_args *args);
int bn_key_add(struct bn_cli *cli, const struct bn_args *args);    /* [SLUG] KEY */
int bn_key_revoke(struct bn_cli *cli, const struct bn_args *args); /* [SLUG] KEY */
int bn_key_list(struct bn_cli *cli, const char *slug);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* run.h: sends a plan through the hub, in windows, in the order that matters.
 *
 * Organisations are answered before anything that names them is sent; a proposal before its status rows; of one
 * proposal's rows one is under way at a time, since a retry could reorder them. */
#ifndef BINOME_CLI_IMPORT_RUN_H
#define BINOME_CLI_IMPORT_RUN_H

#include "cli/cli.h"
#include "cli/import/plan.h"

struct bn_outcome {
    size_t created[BN_ITEM_KINDS];
    size_t changed[BN_ITEM_KINDS];   /* other content than the hub had: a new version */
    size_t unchanged[BN_ITEM_KINDS]; /* the hub had this very content */
    size_t refused[BN_ITEM_KINDS];
    size_t unjudged[BN_ITEM_KINDS]; /* dry run: rows of a proposal that the hub does not have yet */
};

/* Sends everything; refusals go into the plan. With dry_run the hub judges and keeps nothing. Gives BN_EXIT_DONE also
 * when records were refused; another code, after the error was printed, when the import had to stop. */
int bn_import_run(struct bn_cli *cli, struct bn_plan *plan, bool dry_run, struct bn_outcome *outcome);

#endif

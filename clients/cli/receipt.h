/* SPDX-License-Identifier: Apache-2.0 */
/* receipt.h: receipts in words and in files, so that they can be verified years later. */
#ifndef BINOME_CLI_RECEIPT_H
#define BINOME_CLI_RECEIPT_H

#include "cli/args.h"

/* Prints it in words. kept (may be NULL) is the file it lies in. */
void bn_receipt_print(struct bn_cli *cli, const Binome__V1__Receipt *receipt, const char *kept);

/* Writes the receipt as JSON and the body's bytes: FOLDER/receipts/receipt-ID.json and .body, and to --receipt and
 * --body when given. *kept is the JSON file's path, in the run's arena. Gives an exit code after printing an error. */
int bn_receipt_keep(struct bn_cli *cli, const struct bn_args *args, const Binome__V1__Receipt *receipt,
                    const void *body, size_t size, const char **kept);

/* "2026-11-25 08:00:00 UTC"; "" for NULL. In the run's arena. */
const char *bn_time_text(struct bn_cli *cli, const Google__Protobuf__Timestamp *time);

#endif

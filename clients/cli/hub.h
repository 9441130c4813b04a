/* SPDX-License-Identifier: Apache-2.0 */
/* hub.h: the run's connection to the hub: questions, and submissions that leave a receipt. */
#ifndef BINOME_CLI_HUB_H
#define BINOME_CLI_HUB_H

#include "cli/args.h"

#define BN_REQUEST(name) Binome__V1__Request name = BINOME__V1__REQUEST__INIT
#define BN_BODY(request, member_case, member, pointer)                 \
    do {                                                               \
        (request).body_case = BINOME__V1__REQUEST__BODY_##member_case; \
        (request).member = (pointer);                                  \
    } while (0)

/* Opens the connection when it is not open. Gives BN_EXIT_DONE, or the exit code after the error was printed. */
int bn_hub_open(struct bn_cli *cli);

/* Asks; *reply (owned by the run) whatever its code. Gives BN_EXIT_DONE when the reply is OK, else the exit code after
 * the error was printed. */
int bn_hub_ask(struct bn_cli *cli, const Binome__V1__Request *request, struct binome_reply **reply);

/* The same, but NOT_FOUND is no error: *reply is then NULL and the exit code BN_EXIT_DONE. */
int bn_hub_look(struct bn_cli *cli, const Binome__V1__Request *request, struct binome_reply **reply);

/* Sends what changes something: obeys --dry-run and --on-behalf-of, prints the receipt in words or as JSON, and keeps
 * receipt and body (--receipt, --body, and the profile's folder receipts). what is a translated sentence such as
 * "The proposal is submitted."; *reply (may be NULL) is owned by the run. */
int bn_hub_submit(struct bn_cli *cli, const struct bn_args *args, Binome__V1__Request *request, const char *what,
                  struct binome_reply **reply);

/* After a submission that went well: prints, for people, what could come next; the command has one %s for the id. */
void bn_hub_next(struct bn_cli *cli, const char *command, int code, const struct binome_reply *reply);

/* What a revision that changes nothing is answered: a sentence, or {"unchanged":true}. Gives BN_EXIT_DONE. */
int bn_hub_unchanged(struct bn_cli *cli);

#endif

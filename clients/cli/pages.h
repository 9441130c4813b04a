/* SPDX-License-Identifier: Apache-2.0 */
/* pages.h: long lists of the hub, gathered page by page. */
#ifndef BINOME_CLI_PAGES_H
#define BINOME_CLI_PAGES_H

#include "cli/hub.h"

/* Objects in the hub's order; lent from replies that the run owns. */
struct bn_pages {
    ProtobufCMessage **objects; /* in the run's arena */
    size_t count;
    bool more; /* the limit cut the list */
};

/* Asks a ...List request (its page member is set here) until limit objects are there (0 = all). Gives an exit code
 * after printing an error. */
int bn_pages_gather(struct bn_cli *cli, Binome__V1__Request *request, size_t limit, struct bn_pages *pages);

#endif

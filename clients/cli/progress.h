/* SPDX-License-Identifier: Apache-2.0 */
/* progress.h: a bar on stderr while something long runs; only where stderr is a terminal. */
#ifndef BINOME_CLI_PROGRESS_H
#define BINOME_CLI_PROGRESS_H

#include "cli/cli.h"

struct bn_progress {
    FILE *out; /* NULL = say nothing */
    const char *what;
    size_t total;
    uint64_t shown_ms;
};

/* what is translated and lent. */
void bn_progress_start(struct bn_progress *progress, const struct bn_cli *cli, const char *what, size_t total);

/* At most ten times a second something is drawn. */
void bn_progress_at(struct bn_progress *progress, size_t done);

/* Wipes the line. */
void bn_progress_end(struct bn_progress *progress);

#endif

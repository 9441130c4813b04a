/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include "base/clock.h"

enum { BAR_WIDTH = 30, EVERY_MS = 100 };

void bn_progress_start(struct bn_progress *progress, const struct bn_cli *cli, const char *what, size_t total)
{
    *progress = (struct bn_progress){cli->err_is_terminal && !cli->json ? cli->err : NULL, what, total, 0};
}

void bn_progress_at(struct bn_progress *progress, size_t done)
{
    uint64_t now = bn_clock_mono_ms();
    if (progress->out == NULL || (progress->shown_ms != 0 && now - progress->shown_ms < EVERY_MS))
        return;
    progress->shown_ms = now;
    size_t full = progress->total == 0 ? BAR_WIDTH : done * BAR_WIDTH / progress->total;
    fprintf(progress->out, "\r%s [", progress->what);
    for (size_t i = 0; i < BAR_WIDTH; i++)
        fputc(i < full ? '#' : '.', progress->out);
    fprintf(progress->out, "] %zu/%zu", done, progress->total);
    fflush(progress->out);
}

void bn_progress_end(struct bn_progress *progress)
{
    if (progress->out != NULL && progress->shown_ms != 0)
        fputs("\r\033[K", progress->out);
}

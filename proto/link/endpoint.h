/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.h: what an endpoint's text means, and the care that a socket file needs. Inside link/ only. */
#ifndef BINOME_LINK_ENDPOINT_H
#define BINOME_LINK_ENDPOINT_H

#include "base/code.h"

#include <stdbool.h>

/* Lends the path of an ipc endpoint; NULL for any other. */
const char *bn_endpoint_path(const char *endpoint);

/* Makes way for binding to path: removes the socket file of a server that is gone. Refuses one that is alive
 * (endpoint.in_use), what is no socket (file.exists), and what cannot be looked at (file.cannot_write). */
BN_CHECK enum bn_code bn_endpoint_clear(const char *endpoint, const char *path, struct bn_why *why);

#endif

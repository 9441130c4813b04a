/* SPDX-License-Identifier: Apache-2.0 */
/* file.h: whole small files, key files, and memory that is wiped. */
#ifndef BINOME_BASE_FILE_H
#define BINOME_BASE_FILE_H

#include "base/code.h"
#include "base/id.h"

#include <stdbool.h>

/* Gives the file's bytes, with a NUL behind them that size does not count; free() it. Regular files only: anything else
 * is BN_FAILED_PRECONDITION. BN_NOT_FOUND, BN_PERMISSION_DENIED, BN_RESOURCE_EXHAUSTED above size_max, all with *why.
 */
BN_CHECK enum bn_code bn_file_read(const char *path, size_t size_max, char **data, size_t *size, struct bn_why *why);

/* Writes a whole file so that after a crash there is the old one or the new one: temporary file beside it, fsync,
 * rename, fsync of the folder. mode as for open(2), whatever the umask. */
BN_CHECK enum bn_code bn_file_write(const char *path, const void *data, size_t size, unsigned mode, struct bn_why *why);

/* Makes a folder and those above it, mode (less the umask) for the new ones. An existing folder is fine. */
BN_CHECK enum bn_code bn_folder_make(const char *path, unsigned mode, struct bn_why *why);

/* A pair of CURVE keys. Wipe the secret with bn_wipe when done. */
struct bn_keypair {
    uint8_t public_key[BN_KEY_BYTES];
    uint8_t secret_key[BN_KEY_BYTES];
};

/* A new pair (X25519 by libsodium; the same as zmq_curve_keypair makes). */
void bn_keypair_make(struct bn_keypair *pair);

/* Reads a secret key file: one line of z85. The public key is computed from it. Refused with *why: another owner than
 * this user or root, any right for group or others, a symbolic link (BN_FAILED_PRECONDITION each: the file must be put
 * right first), anything that is not one z85 line (BN_INVALID_ARGUMENT). */
BN_CHECK enum bn_code bn_keyfile_read(const char *path, struct bn_keypair *pair, struct bn_why *why);

/* Writes one with mode 0600. BN_ALREADY_EXISTS when the file is there: a key is never overwritten. */
BN_CHECK enum bn_code bn_keyfile_write(const char *path, const struct bn_keypair *pair, struct bn_why *why);

/* Overwrites memory in a way that the compiler may not leave out. */
void bn_wipe(void *data, size_t size);

#endif

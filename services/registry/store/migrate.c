/* SPDX-License-Identifier: Apache-2.0 */
/* Schema changes are numbered from 1 and never edited once released; user_version says which the database has seen.
 * Each runs in one transaction together with the new number: killed at any moment, the database is before or after. */
#include "base/rule.h"
#include "registry/store/inside.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum bn_code sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return BN_INTERNAL;
    int failed = fsync(fd);
    close(fd);
    return failed == 0 ? BN_OK : BN_INTERNAL;
}

/* A copy made by SQLite itself, on disk before anything is changed. An older copy of the same number is of
 * an attempt that did not get to its end, for the number would have gone up. */
static enum bn_code copy_before(struct bn_store *store, int64_t version)
{
    enum bn_code code = BN_RESOURCE_EXHAUSTED;
    char *copy = NULL, *folder = NULL, *sql = NULL;
    if (asprintf(&copy, "%s.before-%lld", store->path, (long long)version + 1) < 0)
        return BN_RESOURCE_EXHAUSTED;
    folder = strdup(copy);
    sql = sqlite3_mprintf("VACUUM INTO %Q", copy);
    if (folder == NULL || sql == NULL)
        goto done;
    unlink(copy);
    /* Made beforehand, so that it is nobody else's to read; SQLite takes an empty file. */
    int fd = open(copy, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    code = bn_sql_exec(store, sql);
    if (code == BN_OK)
        code = sync_path(copy, O_RDONLY);
    if (code == BN_OK)
        code = sync_path(dirname(folder), O_RDONLY | O_DIRECTORY);
done:
    sqlite3_free(sql);
    free(folder);
    free(copy);
    return code;
}

static enum bn_code apply(struct bn_store *store, const char *migration, int64_t version)
{
    char numbers[96];
    snprintf(numbers, sizeof numbers, "PRAGMA application_id = %d; PRAGMA user_version = %lld", BN_STORE_APPLICATION,
             (long long)version + 1);
    enum bn_code code = bn_sql_exec(store, "BEGIN IMMEDIATE");
    if (code == BN_OK)
        code = bn_sql_exec(store, migration);
    if (code == BN_OK)
        code = bn_sql_exec(store, numbers);
    if (code == BN_OK)
        code = bn_sql_exec(store, "COMMIT");
    if (code != BN_OK && !sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

enum bn_code bn_store_migrate(struct bn_store *store, const char *const *migrations, size_t count, struct bn_why *why)
{
    int64_t version = 0;
    enum bn_code code = bn_sql_number(store, "PRAGMA user_version", &version);
    if (code == BN_OK && version > 0 && version < (int64_t)count)
        code = copy_before(store, version);
    while (code == BN_OK && version < (int64_t)count) {
        code = apply(store, migrations[version], version);
        version += code == BN_OK;
    }
    if (code != BN_OK)
        return bn_why_set(why, code, store->path, bn_rule_name(BN_RULE_FILE_WRITE), "migration %lld: %s",
                          (long long)version + 1, store->error);
    return BN_OK;
}

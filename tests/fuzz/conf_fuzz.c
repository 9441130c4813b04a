/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files: broker.yaml, registry.yaml, profile.yaml, chosen by the first byte. What is taken is within the
 * ranges of its table and can be loaded again with the same result; a reload that is refused changes nothing. */
#include "broker/conf.h"
#include "libbinome/profile.h"
#include "registry/config.h"
#include "text/conf_file.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

union any_conf {
    struct bn_broker_conf broker;
    struct bn_registry_config registry;
    struct bn_profile profile;
};

static char path[] = "/dev/shm/binome-fuzz-conf-XXXXXX";
static int file = -1;

static void file_remove(void)
{
    unlink(path);
}

static void write_file(const uint8_t *data, size_t size)
{
    if (file < 0) {
        file = mkstemp(path);
        assert(file >= 0);
        atexit(file_remove);
    }
    int rc = ftruncate(file, 0);
    ssize_t written = pwrite(file, data, size, 0);
    assert(rc == 0 && written == (ssize_t)size);
}

static void check_ranges(const struct bn_conf_key *keys, size_t count, const void *conf)
{
    for (size_t i = 0; i < count; i++) {
        const struct bn_conf_key *key = &keys[i];
        if (key->type == BN_CONF_TEXT || key->type == BN_CONF_PATH || key->type == BN_CONF_BOOL)
            continue;
        uint64_t value;
        memcpy(&value, (const char *)conf + key->offset, sizeof value);
        assert(value >= key->min && (key->max == 0 || value <= key->max));
    }
}

static void check_same(const struct bn_conf_key *keys, size_t count, const void *a, const void *b)
{
    for (size_t i = 0; i < count; i++)
        assert(bn_conf_same(&keys[i], a, b));
}

static void check_refused(enum bn_code code, const struct bn_why *why)
{
    assert(code == BN_INVALID_ARGUMENT || code == BN_RESOURCE_EXHAUSTED);
    assert(strncmp(why->field, path, strlen(path)) == 0 && why->rule[0] != '\0' && why->detail[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct {
        const struct bn_conf_key *keys;
        size_t count;
    } tables[] = {{bn_broker_conf_keys, bn_broker_conf_count},
                  {bn_registry_keys, bn_registry_key_count},
                  {bn_profile_keys, bn_profile_key_count}};
    const struct bn_conf_key *keys = tables[data[0] % BN_COUNT(tables)].keys;
    size_t count = tables[data[0] % BN_COUNT(tables)].count;
    union any_conf conf, other;
    struct bn_why why = {.field = ""};
    memset(&conf, 0, sizeof conf);
    memset(&other, 0, sizeof other);
    write_file(data + 1, size - 1);
    enum bn_code code = bn_conf_load(path, keys, count, &conf, &why);
    if (code != BN_OK) {
        check_refused(code, &why);
        union any_conf empty;
        memset(&empty, 0, sizeof empty);
        for (size_t i = 0; i < count; i++)
            assert((keys[i].type != BN_CONF_TEXT && keys[i].type != BN_CONF_PATH) ||
                   bn_conf_same(&keys[i], &conf, &empty));
        return 0;
    }
    check_ranges(keys, count, &conf);
    if (keys == bn_broker_conf_keys) {
        code = bn_broker_conf_check(&conf.broker, &why);
        assert(code == BN_OK || (code == BN_INVALID_ARGUMENT && why.field[0] != '\0' && why.rule[0] != '\0'));
    }
    size_t waiting = 0;
    code = bn_conf_load(path, keys, count, &other, &why);
    assert(code == BN_OK);
    check_same(keys, count, &conf, &other);
    code = bn_conf_reload(path, keys, count, &conf, &waiting, &why);
    assert(code == BN_OK && waiting == 0);
    check_same(keys, count, &conf, &other);
    write_file(data + 1, (size - 1) / 2);
    code = bn_conf_reload(path, keys, count, &conf, &waiting, &why);
    if (code != BN_OK)
        check_same(keys, count, &conf, &other);
    else
        check_ranges(keys, count, &conf);
    bn_conf_finish(keys, count, &conf);
    bn_conf_finish(keys, count, &other);
    return 0;
}

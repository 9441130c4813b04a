/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/config.h"

#include <stddef.h>

#define AT(member) offsetof(struct bn_registry_config, member)

const struct bn_conf_key bn_registry_keys[] = {
    {"database", BN_CONF_PATH, AT(database), NULL, 0, 0, true, false,
     "file that holds everything; its folder must exist and be this user's alone"},
    {"link.endpoint", BN_CONF_TEXT, AT(link_endpoint), NULL, 0, 0, true, false,
     "where brokers connect: ipc://PATH, or tcp://HOST:PORT with both keys below"},
    {"link.mode", BN_CONF_MODE, AT(link_mode), "0660", 0, 0777, false, false, "rights of the ipc socket"},
    {"link.key_file", BN_CONF_PATH, AT(link_key_file), NULL, 0, 0, false, false, "this registry's key file; TCP only"},
    {"link.broker_key", BN_CONF_TEXT, AT(link_broker_key), NULL, 0, 0, false, false,
     "public key (z85) of the broker that may connect; TCP only"},
    {"readers", BN_CONF_COUNT, AT(readers), "2", 1, 16, false, false, "threads that answer queries"},
    {"limits.body_bytes_max", BN_CONF_BYTES, AT(body_bytes_max), "1MiB", 4096, 64 << 20, false, false,
     "largest body of a request; the broker's limit should be the same"},
    {"limits.queued_reads_max", BN_CONF_COUNT, AT(queued_reads_max), "1024", 1, 100000, false, true,
     "queries that may wait for a reader; beyond, RESOURCE_EXHAUSTED limit.queue"},
    {"limits.read_ms_max", BN_CONF_MILLIS, AT(read_ms_max), "2s", 10, 60000, false, false,
     "a query that takes longer is cut short"},
    {"limits.disk_free_bytes_min", BN_CONF_BYTES, AT(disk_free_bytes_min), "1GiB", 0, UINT64_C(1) << 40, false, true,
     "free space where the database lies below which writes are refused with hub.disk_full, and reads go on"},
    {"store.cache_bytes", BN_CONF_BYTES, AT(cache_bytes), "256MiB", 1 << 20, UINT64_C(64) << 30, false, false,
     "page cache of the writer"},
    {"store.reader_cache_bytes", BN_CONF_BYTES, AT(reader_cache_bytes), "16MiB", 1 << 20, UINT64_C(4) << 30, false,
     false, "page cache of each reader"},
    {"store.wal_checkpoint_bytes", BN_CONF_BYTES, AT(wal_checkpoint_bytes), "16MiB", 1 << 20, 1 << 30, false, false,
     "write-ahead log above which a checkpoint is made between two commits"},
    {"log.level", BN_CONF_TEXT, AT(log_level), "info", 0, 0, false, true, "error, warn, info or debug"},
};

const size_t bn_registry_key_count = BN_COUNT(bn_registry_keys);

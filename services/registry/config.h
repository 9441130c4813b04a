/* SPDX-License-Identifier: Apache-2.0 */
/* config.h: registry.yaml. */
#ifndef BINOME_REGISTRY_CONFIG_H
#define BINOME_REGISTRY_CONFIG_H

#include "base/conf.h"

struct bn_registry_config {
    char *database;
    char *link_endpoint;
    uint64_t link_mode;
    char *link_key_file;
    char *link_broker_key;
    uint64_t readers;
    uint64_t body_bytes_max;
    uint64_t queued_reads_max;
    uint64_t cache_bytes;
    uint64_t reader_cache_bytes;
    uint64_t wal_checkpoint_bytes;
    uint64_t read_ms_max;
    uint64_t disk_free_bytes_min;
    char *log_level;
};

extern const struct bn_conf_key bn_registry_keys[];
extern const size_t bn_registry_key_count;

#endif

#pragma once
// Files compiled into the program. The table is generated from Web/, Migrations/ and kept rules by scripts/build-web.
#include <stddef.h>

typedef struct {
    const char *path;
    const char *type;
    const char *etag;
    int immutable;
    const unsigned char *bytes;
    size_t count;
    // Empty when compression gains nothing.
    const unsigned char *gzip;
    size_t gzip_count;
    const unsigned char *brotli;
    size_t brotli_count;
} collector_asset;

typedef struct {
    const char *engine;
    const char *name;
    const unsigned char *bytes;
    size_t count;
} collector_migration;

extern const collector_asset collector_assets[];
extern const size_t collector_assets_count;
extern const collector_migration collector_migrations[];
extern const size_t collector_migrations_count;

extern const unsigned char collector_agent_rules[];
extern const size_t collector_agent_rules_count;
extern const unsigned char collector_channel_rules[];
extern const size_t collector_channel_rules_count;
extern const unsigned char collector_zone_countries[];
extern const size_t collector_zone_countries_count;

// Swift imports an array of unknown length as an opaque value; a pointer to its start can be indexed.
static inline const collector_asset *collector_asset_at(size_t index) { return &collector_assets[index]; }
static inline const collector_migration *collector_migration_at(size_t index) { return &collector_migrations[index]; }
static inline const unsigned char *collector_agent_rules_start(void) { return collector_agent_rules; }
static inline const unsigned char *collector_channel_rules_start(void) { return collector_channel_rules; }
static inline const unsigned char *collector_zone_countries_start(void) { return collector_zone_countries; }

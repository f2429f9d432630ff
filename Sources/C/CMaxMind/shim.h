#pragma once
#include <maxminddb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

// Swift cannot pass one of two types of socket addresses as their common header without rebinding memory. `bytes` are in
// network order: 4 of IPv4 or 16 of IPv6.
static inline MMDB_lookup_result_s collector_maxmind_lookup(
    const MMDB_s *database, const unsigned char *bytes, int is_ipv4, int *error) {
    struct sockaddr_storage address;
    memset(&address, 0, sizeof address);
    if (is_ipv4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
        v4->sin_family = AF_INET;
        memcpy(&v4->sin_addr, bytes, 4);
    } else {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
        v6->sin6_family = AF_INET6;
        memcpy(&v6->sin6_addr, bytes, 16);
    }
    return MMDB_lookup_sockaddr(database, (const struct sockaddr *)&address, error);
}

typedef enum {
    collector_maxmind_country,
    collector_maxmind_registered_country,
    collector_maxmind_region_code,
    collector_maxmind_region_name,
    collector_maxmind_city,
} collector_maxmind_value;

// The library takes a path as a variable number of arguments, which Swift cannot call. The text has no terminator; NULL
// when the record does not have the value.
static inline const char *collector_maxmind_text(MMDB_entry_s *entry, collector_maxmind_value value, size_t *count) {
    MMDB_entry_data_s data;
    int status = MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR;
    switch (value) {
    case collector_maxmind_country:
        status = MMDB_get_value(entry, &data, "country", "iso_code", NULL);
        break;
    case collector_maxmind_registered_country:
        status = MMDB_get_value(entry, &data, "registered_country", "iso_code", NULL);
        break;
    case collector_maxmind_region_code:
        status = MMDB_get_value(entry, &data, "subdivisions", "0", "iso_code", NULL);
        break;
    case collector_maxmind_region_name:
        status = MMDB_get_value(entry, &data, "subdivisions", "0", "names", "en", NULL);
        break;
    case collector_maxmind_city:
        status = MMDB_get_value(entry, &data, "city", "names", "en", NULL);
        break;
    }
    if (status != MMDB_SUCCESS || !data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING) return NULL;
    *count = data.data_size;
    return data.utf8_string;
}

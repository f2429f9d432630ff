#pragma once
// System calls that Swift's Glibc module hides (they need _GNU_SOURCE) or cannot express (sockaddr casts). No logic.
#include <stddef.h>
#include <stdint.h>

enum { CNET_READABLE = 0x001, CNET_WRITABLE = 0x004, CNET_FAILED = 0x008, CNET_HUNG_UP = 0x010 };

typedef struct {
    uint64_t token;
    uint32_t events;
} cnet_event;

/// Bounds the number of malloc's arenas, and gives memory of so many bytes or more back to the system as soon as it is freed.
void cnet_bound_heap(int arenas, int mapped_bytes_min);

int cnet_epoll_create(void);
/// Watches a descriptor for the events, or changes what is watched for; -1 with errno.
int cnet_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token);
int cnet_epoll_change(int epoll, int descriptor, uint32_t events, uint64_t token);
int cnet_epoll_remove(int epoll, int descriptor);
/// Waits for at most `events_max` (256 or less) events; their number, or 0 when interrupted.
int cnet_epoll_wait(int epoll, cnet_event *events, int events_max, int timeout_ms);

int cnet_eventfd(void);
/// A non-blocking socket at an IPv4 or IPv6 address, listening unless the backlog is 0; -1 with errno.
int cnet_listen(const char *host, uint16_t port, int share_port, int backlog);
int cnet_port(int descriptor);
/// Takes a connection, non-blocking, with its peer's address as text; -1 with errno.
int cnet_accept(int descriptor, char *peer, size_t peer_size);

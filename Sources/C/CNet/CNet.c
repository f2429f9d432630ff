#define _GNU_SOURCE
#include "CNet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert(CNET_READABLE == EPOLLIN && CNET_WRITABLE == EPOLLOUT, "event bits");
_Static_assert(CNET_FAILED == EPOLLERR && CNET_HUNG_UP == EPOLLHUP, "event bits");

void cnet_bound_heap(int arenas, int mapped_bytes_min) {
    mallopt(M_ARENA_MAX, arenas);
    mallopt(M_MMAP_THRESHOLD, mapped_bytes_min);
}

int cnet_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll, operation, descriptor, &event);
}

int cnet_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_ADD, descriptor, events, token);
}

int cnet_epoll_change(int epoll, int descriptor, uint32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_MOD, descriptor, events, token);
}

int cnet_epoll_remove(int epoll, int descriptor) { return control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0); }

int cnet_epoll_wait(int epoll, cnet_event *events, int events_max, int timeout_ms) {
    struct epoll_event raw[256];
    int count = epoll_wait(epoll, raw, events_max < 256 ? events_max : 256, timeout_ms);
    for (int index = 0; index < count; index++) {
        events[index] = (cnet_event){.token = raw[index].data.u64, .events = raw[index].events};
    }
    return count < 0 ? 0 : count;
}

int cnet_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static socklen_t fill(struct sockaddr_storage *storage, const char *host, uint16_t port) {
    memset(storage, 0, sizeof *storage);
    struct sockaddr_in *v4 = (struct sockaddr_in *)storage;
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)storage;
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        return sizeof *v6;
    }
    errno = EINVAL;
    return 0;
}

int cnet_listen(const char *host, uint16_t port, int share_port, int backlog) {
    struct sockaddr_storage address;
    socklen_t size = fill(&address, host, port);
    if (size == 0) return -1;
    int descriptor = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    int one = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    int shared = !share_port || setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0;
    if (shared && bind(descriptor, (struct sockaddr *)&address, size) == 0 &&
        (backlog == 0 || listen(descriptor, backlog) == 0)) {
        return descriptor;
    }
    int code = errno;
    close(descriptor);
    errno = code;
    return -1;
}

int cnet_port(int descriptor) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(descriptor, (struct sockaddr *)&address, &size) != 0) return -1;
    if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

int cnet_accept(int descriptor, char *peer, size_t peer_size) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    int accepted = accept4(descriptor, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0) return -1;
    int one = 1;
    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const void *source = address.ss_family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)&address)->sin6_addr
                                                       : (void *)&((struct sockaddr_in *)&address)->sin_addr;
    if (inet_ntop(address.ss_family, source, peer, (socklen_t)peer_size) == NULL) peer[0] = '\0';
    return accepted;
}

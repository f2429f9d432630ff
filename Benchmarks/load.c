// Load generator: keep-alive connections on loopback, new IDs in each request, results as one line of JSON.
//
// Closed loop: each connection sends its next request after the previous response. Open loop (--rate): requests are due at fixed times, and
// latency is measured from when a request was due. If no connection is free, a request waits, also beyond the end of the run, so that the latency
// of a stalled server includes all waiting requests. No request is due after the end; outstanding ones may take ten more seconds.
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "requests.h"

enum { TEMPLATES_MAX = 16, THREADS_MAX = 16, CONNECTIONS_MAX = 10000, BATCH_MAX = 1000, STATUSES = 600 };
enum { RESPONSE_BYTES = 65536, RESPONSE_HEAD_BYTES = 2048 };
// After the end of the run: how long waiting requests may still be sent, and how long to wait for responses.
static const double WAITING_SECONDS_MAX = 5, OUTSTANDING_SECONDS_MAX = 10;
static const double PAUSE_SECONDS_MAX = 0.01;

typedef struct {
    int socket;
    bool waits, wants_room, closes;
    char *bytes;  // the request that is being sent
    size_t count, sent;
    double due;
    size_t head_count, response_count, got;  // of the response; 0 until they are known
    int status;
    char head[RESPONSE_HEAD_BYTES];
} connection_t;

typedef struct {
    pthread_t thread;
    int index, epoll, connection_count, idle_count, outstanding;
    connection_t *connections, **idle;
    uint64_t event_count, due_count, unsent, errors, responses[STATUSES];
    uint32_t *latencies;  // microseconds
    size_t latency_count, latency_room;
    uint64_t measured;
    double last_response;
} worker_t;

static struct {
    int port, connections, threads, batch;
    double seconds, warm_up, rate;
    const char *path, *bodies[TEMPLATES_MAX];
    int body_count;
    bool is_get;
} options = {.threads = 1, .seconds = 10, .path = "/event"};

static request_t templates[TEMPLATES_MAX];
static int template_count;
static size_t template_bytes_max;
static double start, measured_from, finish;
static worker_t workers[THREADS_MAX];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// MARK: Connections

static void watch(worker_t *worker, connection_t *connection, int operation) {
    struct epoll_event event = {.events = EPOLLIN | (connection->wants_room ? EPOLLOUT : 0), .data.ptr = connection};
    if (epoll_ctl(worker->epoll, operation, connection->socket, &event) != 0) fail("epoll");
}

static void open_connection(worker_t *worker, connection_t *connection) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->socket < 0 || connect(connection->socket, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    int one = 1;
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connection->waits = connection->wants_room = connection->closes = false;
    watch(worker, connection, EPOLL_CTL_ADD);
}

static void reopen(worker_t *worker, connection_t *connection) {
    close(connection->socket);
    open_connection(worker, connection);
}

// Sends as much of the request as the socket accepts. Errors are detected while reading: a server may respond early and close.
static void send_rest(worker_t *worker, connection_t *connection) {
    bool is_full = false;
    while (connection->sent < connection->count) {
        ssize_t count = send(
            connection->socket, connection->bytes + connection->sent, connection->count - connection->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        is_full = count < 0 && errno == EAGAIN;
        if (count <= 0) break;
        connection->sent += (size_t)count;
    }
    if (is_full == connection->wants_room) return;
    connection->wants_room = is_full;
    watch(worker, connection, EPOLL_CTL_MOD);
}

static void send_request(worker_t *worker, connection_t *connection, double due) {
    // Threads start with different bodies, so that all bodies are in flight at any time.
    const request_t *request = &templates[(worker->due_count + (uint64_t)worker->index) % (uint64_t)template_count];
    memcpy(connection->bytes, request->bytes, request->count);
    worker->event_count = refresh_ids(request, connection->bytes, (uint64_t)worker->index, worker->event_count);
    connection->count = request->count;
    connection->sent = connection->head_count = connection->got = 0;
    connection->due = due;
    connection->waits = true;
    worker->outstanding++;
    send_rest(worker, connection);
}

// Buffers the response head until it is complete, then parses status and length.
static void read_head(connection_t *connection, const char *bytes, size_t count) {
    size_t room = RESPONSE_HEAD_BYTES - 1 - connection->got;
    size_t kept = count < room ? count : room;
    memcpy(connection->head + connection->got, bytes, kept);
    connection->head[connection->got + kept] = 0;
    char *end = strstr(connection->head, "\r\n\r\n");
    if (!end) {
        errno = 0;
        if (kept < count) fail("a response head is too long");
        return;
    }
    *end = 0;
    char *length = strcasestr(connection->head, "\r\ncontent-length:");
    connection->head_count = (size_t)(end - connection->head) + 4;
    connection->response_count = connection->head_count + (length ? strtoul(length + 17, NULL, 10) : 0);
    connection->status = atoi(connection->head + 9) % STATUSES;
    connection->closes = strcasestr(connection->head, "\r\nconnection: close") != NULL;
}

static void note_latency(worker_t *worker, double seconds) {
    if (worker->latency_count == worker->latency_room) {
        worker->latency_room = worker->latency_room * 2 + 65536;
        worker->latencies = grown(worker->latencies, worker->latency_room * sizeof *worker->latencies);
    }
    worker->latencies[worker->latency_count++] = (uint32_t)(seconds * 1e6);
}

static void note_response(worker_t *worker, const connection_t *connection) {
    worker->last_response = now();
    worker->responses[connection->status]++;
    if (connection->due < measured_from) return;
    worker->measured++;
    note_latency(worker, worker->last_response - connection->due);
}

// Reads from a connection. It becomes free when the response is complete or the connection is lost.
static void receive(worker_t *worker, connection_t *connection) {
    char buffer[RESPONSE_BYTES];
    ssize_t count = recv(connection->socket, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    bool waited = connection->waits;
    if (count <= 0) {
        worker->errors += waited;
        reopen(worker, connection);
    } else if (waited) {
        if (connection->head_count == 0) read_head(connection, buffer, (size_t)count);
        connection->got += (size_t)count;
        if (connection->head_count == 0 || connection->got < connection->response_count) return;
        note_response(worker, connection);
        connection->waits = false;
        if (connection->closes) reopen(worker, connection);
    }
    if (!waited) return;
    worker->outstanding--;
    worker->idle[worker->idle_count++] = connection;
}

// MARK: The run

// When a worker's next request is due: workers share one schedule. In a closed loop, requests are due immediately.
static double due_time(const worker_t *worker, uint64_t number) {
    if (options.rate == 0) return now();
    return start + (double)(number * (uint64_t)options.threads + (uint64_t)worker->index) / options.rate;
}

// Sends due requests while connections are free. Returns when the next one is due.
static double send_due(worker_t *worker) {
    while (true) {
        double due = due_time(worker, worker->due_count);
        double time = now();
        if (due >= finish || due > time || time > finish + WAITING_SECONDS_MAX || worker->idle_count == 0) return due;
        send_request(worker, worker->idle[--worker->idle_count], due);
        worker->due_count++;
    }
}

static void prepare(worker_t *worker, int index) {
    worker->index = index;
    worker->connection_count = options.connections / options.threads + (index < options.connections % options.threads);
    worker->epoll = epoll_create1(EPOLL_CLOEXEC);
    worker->connections = calloc((size_t)worker->connection_count, sizeof *worker->connections);
    worker->idle = grown(NULL, (size_t)worker->connection_count * sizeof *worker->idle);
    if (worker->epoll < 0 || !worker->connections) fail("start");
    for (int slot = 0; slot < worker->connection_count; slot++) {
        connection_t *connection = worker->idle[worker->idle_count++] = &worker->connections[slot];
        connection->bytes = grown(NULL, template_bytes_max);
        open_connection(worker, connection);
    }
}

static void *run(void *argument) {
    worker_t *worker = argument;
    // Otherwise the kernel may wake this thread 50 µs late, which would add to the measured latency.
    prctl(PR_SET_TIMERSLACK, 1);
    double next = send_due(worker), time = now();
    while (time < finish || (next < finish && time < finish + WAITING_SECONDS_MAX)
        || (worker->outstanding > 0 && time < finish + OUTSTANDING_SECONDS_MAX)) {
        double pause = worker->idle_count > 0 && next < finish ? next - time : PAUSE_SECONDS_MAX;
        if (pause > PAUSE_SECONDS_MAX) pause = PAUSE_SECONDS_MAX;
        struct timespec wait = {.tv_nsec = pause > 0 ? (long)(pause * 1e9) : 0};
        struct epoll_event events[256];
        int count = epoll_pwait2(worker->epoll, events, 256, &wait, NULL);
        for (int index = 0; index < count; index++) {
            connection_t *connection = events[index].data.ptr;
            if (events[index].events & EPOLLOUT) send_rest(worker, connection);
            if (events[index].events & ~(uint32_t)EPOLLOUT) receive(worker, connection);
        }
        // After receiving, so that the time for sending does not add to the latency of responses that have arrived.
        next = send_due(worker);
        time = now();
    }
    // Unsent requests have waited at least until now; without them, an overloaded server would look fast.
    for (double due; options.rate > 0 && (due = due_time(worker, worker->due_count + worker->unsent)) < finish; worker->unsent++)
        if (due >= measured_from) note_latency(worker, time - due);
    return NULL;
}

static int ascending(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

// Merges the results of all workers into the first.
static void gather(void) {
    worker_t *all = &workers[0];
    for (int index = 1; index < options.threads; index++) {
        const worker_t *worker = &workers[index];
        all->latencies = grown(all->latencies, (all->latency_count + worker->latency_count + 1) * sizeof *all->latencies);
        if (worker->latency_count > 0)
            memcpy(all->latencies + all->latency_count, worker->latencies, worker->latency_count * sizeof *all->latencies);
        all->latency_count += worker->latency_count;
        all->measured += worker->measured;
        all->due_count += worker->due_count;
        all->unsent += worker->unsent;
        all->errors += worker->errors;
        all->outstanding += worker->outstanding;
        if (worker->last_response > all->last_response) all->last_response = worker->last_response;
        for (int status = 0; status < STATUSES; status++) all->responses[status] += worker->responses[status];
    }
    qsort(all->latencies, all->latency_count, sizeof *all->latencies, ascending);
}

// A percentile of the latency in milliseconds.
static double percentile(double part) {
    return workers[0].latency_count == 0 ? 0 : workers[0].latencies[(size_t)(part * (double)(workers[0].latency_count - 1))] / 1e3;
}

static void report(void) {
    const worker_t *all = &workers[0];
    uint64_t acknowledged = 0;
    for (int status = 200; status < 300; status++) acknowledged += all->responses[status];
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double used = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    // Late responses count, and so does their time.
    double seconds = (all->last_response > finish ? all->last_response : finish) - measured_from;
    printf("{\"requests\":%lu,\"acknowledged\":%lu,\"events_acknowledged\":%lu,\"refused\":{", all->due_count, acknowledged,
        options.is_get ? 0 : acknowledged * (uint64_t)(options.batch > 0 ? options.batch : 1));
    const char *comma = "";
    for (int status = 0; status < STATUSES; status++) {
        if (all->responses[status] == 0 || status / 100 == 2) continue;
        printf("%s\"%d\":%lu", comma, status, all->responses[status]);
        comma = ",";
    }
    printf("},\"errors\":%lu,\"unanswered\":%d,\"unsent\":%lu,\"seconds\":%.3f,\"rate\":%.1f,", all->errors, all->outstanding, all->unsent,
        seconds, (double)all->measured / seconds);
    printf("\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,\"max_ms\":%.3f,\"cpu_us_per_request\":%.2f}\n", percentile(0.5),
        percentile(0.9), percentile(0.99), percentile(0.999), percentile(1), all->due_count ? used / (double)all->due_count * 1e6 : 0);
}

static void read_options(int count, char **words) {
    static const struct option names[] = {{"port", 1, 0, 'p'}, {"path", 1, 0, 'u'}, {"connections", 1, 0, 'c'}, {"threads", 1, 0, 't'},
        {"seconds", 1, 0, 's'}, {"warm-up", 1, 0, 'w'}, {"rate", 1, 0, 'r'}, {"batch", 1, 0, 'n'}, {"body", 1, 0, 'b'}, {"get", 0, 0, 'g'}, {}};
    int letter;
    while ((letter = getopt_long(count, words, "", names, NULL)) != -1) switch (letter) {
        case 'p': options.port = atoi(optarg); break;
        case 'u': options.path = optarg; break;
        case 'c': options.connections = atoi(optarg); break;
        case 't': options.threads = atoi(optarg); break;
        case 's': options.seconds = atof(optarg); break;
        case 'w': options.warm_up = atof(optarg); break;
        case 'r': options.rate = atof(optarg); break;
        case 'n': options.batch = atoi(optarg); break;
        case 'b': if (options.body_count < TEMPLATES_MAX) options.bodies[options.body_count++] = optarg; break;
        case 'g': options.is_get = true; break;
        default: exit(2);
    }
    if (options.connections == 0) options.connections = options.rate > 0 ? 512 : 64;
    bool is_possible = optind == count && options.port > 0 && options.port < 65536 && options.seconds > 0 && options.warm_up >= 0
        && options.rate >= 0 && options.threads > 0 && options.threads <= THREADS_MAX && options.connections >= options.threads
        && options.connections <= CONNECTIONS_MAX && options.batch >= 0 && options.batch <= BATCH_MAX;
    if (is_possible && options.is_get == (options.body_count == 0)) return;
    fprintf(stderr,
        "Usage: load --port N [--path /event] (--get | --body FILE [--body FILE ...] [--batch N]) [--rate R] [--connections N]\n"
        "            [--threads N] [--seconds S] [--warm-up S]\n"
        "At most %d bodies, %d connections, %d threads, %d events in a batch.\n", TEMPLATES_MAX, CONNECTIONS_MAX, THREADS_MAX, BATCH_MAX);
    exit(2);
}

int main(int count, char **words) {
    read_options(count, words);
    if (options.is_get) templates[template_count++] = get_request(options.path, options.port);
    for (int body = 0; body < options.body_count; body++)
        templates[template_count++] = post_request(options.bodies[body], options.path, options.port, options.batch);
    for (int index = 0; index < template_count; index++)
        if (templates[index].count > template_bytes_max) template_bytes_max = templates[index].count;
    for (int index = 0; index < options.threads; index++) prepare(&workers[index], index);
    start = now();
    measured_from = start + options.warm_up;
    finish = measured_from + options.seconds;
    for (int index = 1; index < options.threads; index++)
        if (pthread_create(&workers[index].thread, NULL, run, &workers[index]) != 0) fail("thread");
    run(&workers[0]);
    for (int index = 1; index < options.threads; index++) pthread_join(workers[index].thread, NULL);
    gather();
    report();
    return 0;
}

// A load generator: keep-alive connections on loopback, one thread, fresh ids in every request.
//
// Closed loop: each connection sends its next request when it has been answered. Open loop (--rate): requests are due at fixed times, and the
// latency of each counts from when it was due, so that a server that stalls is charged for those that had to wait.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TEMPLATES_MAX = 16, CONNECTIONS_MAX = 10000, ANSWER_BYTES = 65536, HEAD_BYTES = 512, STATUSES = 600 };
static const double OUTSTANDING_SECONDS_MAX = 10;

// A request as it is sent, and where its ids are.
typedef struct {
    char *bytes;
    size_t count;
    size_t *places;  // of 32 hexadecimal digits, in groups of one event
    size_t *uuids;   // of 36 characters, one for each event
    size_t place_count, uuid_count;
} request_t;

typedef struct {
    int socket;
    bool waits;
    char *bytes;  // the request that is being sent
    size_t count, sent;
    double due;
    size_t head_count;  // of the answer, 0 until it is known
    size_t got, answer_count;
    int status;
    char head[HEAD_BYTES * 4];
} connection_t;

static struct {
    int port, connections, batch;
    double seconds, warm_up, rate;
    const char *path;
    bool is_get;
} options = {.connections = 64, .seconds = 10, .path = "/event"};

static request_t templates[TEMPLATES_MAX];
static int template_count;
static connection_t *connections;
static int epoll;
static uint64_t run_mark, number;
static uint32_t *latencies;
static size_t latency_count, latency_room;
static uint64_t answers[STATUSES];
static uint64_t socket_errors, sent_count, acknowledged;
static double measured_from;

static void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, errno ? strerror(errno) : "not possible");
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *grown(void *memory, size_t bytes) {
    void *result = realloc(memory, bytes);
    if (!result) fail("memory");
    return result;
}

// MARK: Templates

static char *read_file(const char *path, size_t *count) {
    FILE *file = fopen(path, "rb");
    if (!file) fail(path);
    char *text = grown(NULL, 2 << 20);
    *count = fread(text, 1, (2 << 20) - 1, file);
    fclose(file);
    while (*count > 0 && (text[*count - 1] == '\n' || text[*count - 1] == ' ')) --*count;
    text[*count] = 0;
    if (text[0] != '{') fail("a body must be a JSON object");
    return text;
}

// Appends one record with its own event_id in front, and notes where its ids are.
static void append_record(request_t *request, const char *text, size_t count) {
    static const char *const names[] = {"\"visitor_id\":\"v_", "\"session_id\":\"s_", "\"pageview_id\":\"p_"};
    static const char event_id[] = "{\"event_id\":\"00000000-0000-7000-8000-000000000000\",";
    size_t start = request->count;
    request->uuids[request->uuid_count++] = start + 13;
    memcpy(request->bytes + start, event_id, sizeof event_id - 1);
    memcpy(request->bytes + start + sizeof event_id - 1, text + 1, count - 1);
    request->count += sizeof event_id - 1 + count - 1;
    request->bytes[request->count] = 0;
    for (int name = 0; name < 3; name++) {
        char *found = strstr(request->bytes + start, names[name]);
        if (!found) fail("a body lacks an id");
        request->places[request->place_count++] = (size_t)(found - request->bytes) + strlen(names[name]);
    }
}

static void add_template(const char *path) {
    if (template_count == TEMPLATES_MAX) fail("too many bodies");
    size_t count;
    char *text = read_file(path, &count);
    size_t records = options.batch > 0 ? (size_t)options.batch : 1;
    request_t body = {.bytes = grown(NULL, HEAD_BYTES + records * (count + 64) + 16)};
    body.places = grown(NULL, records * 3 * sizeof *body.places);
    body.uuids = grown(NULL, records * sizeof *body.uuids);
    if (options.batch > 0) body.bytes[body.count++] = '[';
    for (size_t record = 0; record < records; record++) {
        if (record > 0) body.bytes[body.count++] = ',';
        append_record(&body, text, count);
    }
    if (options.batch > 0) body.bytes[body.count++] = ']';
    char head[HEAD_BYTES];
    int head_count = snprintf(head, sizeof head,
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/156.0.0.0 Safari/537.36\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n\r\n",
        options.path, options.port, body.count);
    memmove(body.bytes + head_count, body.bytes, body.count);
    memcpy(body.bytes, head, (size_t)head_count);
    body.count += (size_t)head_count;
    for (size_t place = 0; place < body.place_count; place++) body.places[place] += (size_t)head_count;
    for (size_t place = 0; place < body.uuid_count; place++) body.uuids[place] += (size_t)head_count;
    templates[template_count++] = body;
    free(text);
}

static void add_get(void) {
    request_t get = {.bytes = grown(NULL, HEAD_BYTES)};
    get.count = (size_t)snprintf(get.bytes, HEAD_BYTES, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", options.path, options.port);
    templates[template_count++] = get;
}

// Writes the ids of a version-7 UUID, time first, of which no other request has the same.
static void refresh(const request_t *request, char *bytes) {
    static const char digits[] = "0123456789abcdef";
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    uint64_t milliseconds = (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
    for (size_t event = 0; event < request->uuid_count; event++) {
        uint64_t mark = number++;
        uint64_t high = milliseconds << 16 | 0x7000 | (mark & 0xFFF);
        uint64_t low = 0x8000000000000000 | run_mark << 32 | (mark & 0xFFFFFFFF);
        char hex[32];
        for (int digit = 0; digit < 16; digit++) {
            hex[digit] = digits[high >> (60 - digit * 4) & 15];
            hex[16 + digit] = digits[low >> (60 - digit * 4) & 15];
        }
        for (size_t place = event * 3; place < event * 3 + 3; place++) memcpy(bytes + request->places[place], hex, 32);
        char *uuid = bytes + request->uuids[event];
        memcpy(uuid, hex, 8);
        memcpy(uuid + 9, hex + 8, 4);
        memcpy(uuid + 14, hex + 12, 4);
        memcpy(uuid + 19, hex + 16, 4);
        memcpy(uuid + 24, hex + 20, 12);
    }
}

// MARK: Connections

static void open_connection(connection_t *connection) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    connection->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->socket < 0 || connect(connection->socket, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    int one = 1;
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, connection->socket, &event) != 0) fail("epoll");
    connection->waits = false;
}

static void send_request(connection_t *connection, double due) {
    const request_t *request = &templates[sent_count++ % (uint64_t)template_count];
    connection->bytes = grown(connection->bytes, request->count);
    memcpy(connection->bytes, request->bytes, request->count);
    refresh(request, connection->bytes);
    connection->count = request->count;
    connection->sent = connection->head_count = connection->got = 0;
    connection->due = due;
    connection->waits = true;
    while (connection->sent < connection->count) {
        ssize_t count = send(connection->socket, connection->bytes + connection->sent, connection->count - connection->sent, MSG_NOSIGNAL);
        // The server may have answered before the end, and closed; the answer tells.
        if (count <= 0) return;
        connection->sent += (size_t)count;
    }
}

static void note(connection_t *connection, double time) {
    connection->waits = false;
    if (connection->status == 200 || connection->status == 204) acknowledged++;
    answers[connection->status]++;
    if (connection->due < measured_from) return;
    if (latency_count == latency_room) latencies = grown(latencies, (latency_room = latency_room * 2 + 65536) * sizeof *latencies);
    latencies[latency_count++] = (uint32_t)((time - connection->due) * 1e6);
}

// Reads what has come; true when the answer is whole.
static bool receive(connection_t *connection) {
    static char buffer[ANSWER_BYTES];
    ssize_t count = recv(connection->socket, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count <= 0) {
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
        socket_errors += connection->waits;
        close(connection->socket);
        open_connection(connection);
        return false;
    }
    if (connection->head_count == 0) {
        size_t room = sizeof connection->head - 1 - connection->got;
        size_t kept = (size_t)count < room ? (size_t)count : room;
        memcpy(connection->head + connection->got, buffer, kept);
        connection->head[connection->got + kept] = 0;
        char *end = strstr(connection->head, "\r\n\r\n");
        if (end) {
            *end = 0;
            char *length = strcasestr(connection->head, "\r\ncontent-length:");
            connection->head_count = (size_t)(end - connection->head) + 4;
            connection->answer_count = connection->head_count + (length ? strtoul(length + 17, NULL, 10) : 0);
            connection->status = atoi(connection->head + 9) % STATUSES;
        }
    }
    connection->got += (size_t)count;
    return connection->head_count > 0 && connection->got >= connection->answer_count;
}

// MARK: The run

static void run(void) {
    double start = now(), end = start + options.warm_up + options.seconds, time = start;
    measured_from = start + options.warm_up;
    uint64_t due_count = 0;
    int outstanding = 0;
    connection_t **idle = grown(NULL, sizeof *idle * (size_t)options.connections);
    int idle_count = 0;
    for (int index = 0; index < options.connections; index++) idle[idle_count++] = &connections[index];
    while (time < end || (outstanding > 0 && time < end + OUTSTANDING_SECONDS_MAX)) {
        double next = options.rate > 0 ? start + (double)due_count / options.rate : time;
        while (idle_count > 0 && time < end && next <= time && next < end) {
            connection_t *connection = idle[--idle_count];
            send_request(connection, options.rate > 0 ? next : time);
            outstanding++;
            due_count++;
            if (options.rate > 0) next = start + (double)due_count / options.rate;
        }
        double pause = options.rate > 0 && idle_count > 0 && time < end ? next - time : 0.01;
        struct timespec wait = {.tv_nsec = (long)(pause < 0 ? 0 : pause > 0.01 ? 1e7 : pause * 1e9)};
        struct epoll_event events[256];
        int count = epoll_pwait2(epoll, events, 256, &wait, NULL);
        time = now();
        for (int index = 0; index < count; index++) {
            connection_t *connection = events[index].data.ptr;
            bool waited = connection->waits;
            if (receive(connection)) note(connection, time);
            if (waited && !connection->waits) {
                outstanding--;
                idle[idle_count++] = connection;
            }
        }
    }
    free(idle);
}

static int ascending(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

static double share(double part) {
    return latency_count == 0 ? 0 : latencies[(size_t)(part * (double)(latency_count - 1))] / 1e3;
}

static void report(void) {
    qsort(latencies, latency_count, sizeof *latencies, ascending);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double used = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("{\"requests\":%lu,\"acknowledged\":%lu,\"events\":%lu,\"measured\":%zu,\"rate\":%.1f,\"errors\":%lu,", sent_count, acknowledged,
        acknowledged * (uint64_t)(options.batch > 0 ? options.batch : 1), latency_count, (double)latency_count / options.seconds, socket_errors);
    printf("\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"max\":%.3f,\"own_us\":%.2f,\"statuses\":{", share(0.5), share(0.9), share(0.99),
        share(0.999), share(1), sent_count ? used / (double)sent_count * 1e6 : 0);
    bool is_first = true;
    for (int status = 0; status < STATUSES; status++) {
        if (answers[status] == 0) continue;
        printf("%s\"%d\":%lu", is_first ? "" : ",", status, answers[status]);
        is_first = false;
    }
    printf("}}\n");
}

int main(int count, char **words) {
    static const struct option names[] = {{"port", 1, 0, 'p'}, {"path", 1, 0, 'u'}, {"connections", 1, 0, 'c'}, {"seconds", 1, 0, 's'},
        {"warm-up", 1, 0, 'w'}, {"rate", 1, 0, 'r'}, {"batch", 1, 0, 'b'}, {"get", 0, 0, 'g'}, {0, 0, 0, 0}};
    int letter;
    while ((letter = getopt_long(count, words, "", names, NULL)) != -1) switch (letter) {
        case 'p': options.port = atoi(optarg); break;
        case 'u': options.path = optarg; break;
        case 'c': options.connections = atoi(optarg); break;
        case 's': options.seconds = atof(optarg); break;
        case 'w': options.warm_up = atof(optarg); break;
        case 'r': options.rate = atof(optarg); break;
        case 'b': options.batch = atoi(optarg); break;
        case 'g': options.is_get = true; break;
        default: return 2;
    }
    if (options.port < 1 || options.connections < 1 || options.connections > CONNECTIONS_MAX || options.batch < 0 || options.batch > 1000) {
        fprintf(stderr, "load: --port is needed, --connections 1 to %d, --batch up to 1000\n", CONNECTIONS_MAX);
        return 2;
    }
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    run_mark = (uint64_t)(time.tv_nsec ^ getpid() * 2654435761L) & 0x0FFFFFFF;
    if (options.is_get) add_get();
    for (; optind < count; optind++) add_template(words[optind]);
    if (template_count == 0) fail("no body was given");
    epoll = epoll_create1(0);
    connections = calloc((size_t)options.connections, sizeof *connections);
    if (epoll < 0 || !connections) fail("start");
    for (int index = 0; index < options.connections; index++) open_connection(&connections[index]);
    run();
    report();
    return 0;
}

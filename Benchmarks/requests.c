#define _GNU_SOURCE
#include "requests.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { HEAD_BYTES = 2048 };

void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, errno ? strerror(errno) : "not possible");
    exit(1);
}

void *grown(void *memory, size_t bytes) {
    void *result = realloc(memory, bytes);
    if (!result) fail("memory");
    return result;
}

static char *read_file(const char *path, size_t *count) {
    enum { FILE_BYTES_MAX = 2 << 20 };
    FILE *file = fopen(path, "rb");
    if (!file) fail(path);
    char *text = grown(NULL, FILE_BYTES_MAX);
    *count = fread(text, 1, FILE_BYTES_MAX - 1, file);
    fclose(file);
    while (*count > 0 && (text[*count - 1] == '\n' || text[*count - 1] == ' ')) --*count;
    text[*count] = 0;
    if (text[0] != '{') fail("a body must be a JSON object");
    return text;
}

// Appends one record with an event_id, and records the offsets of its IDs.
static void append_record(request_t *request, const char *text, size_t count) {
    static const char *const names[] = {"\"visitor_id\":\"v_", "\"session_id\":\"s_", "\"pageview_id\":\"p_"};
    static const char event_id[] = "{\"event_id\":\"00000000-0000-7000-8000-000000000000\",";
    size_t first = request->count;
    request->uuid_offsets[request->uuid_count++] = first + 13;
    memcpy(request->bytes + first, event_id, sizeof event_id - 1);
    memcpy(request->bytes + first + sizeof event_id - 1, text + 1, count - 1);
    request->count += sizeof event_id - 1 + count - 1;
    request->bytes[request->count] = 0;
    for (int name = 0; name < 3; name++) {
        char *found = strstr(request->bytes + first, names[name]);
        if (!found) fail("a body lacks an id");
        request->id_offsets[request->id_count++] = (size_t)(found - request->bytes) + strlen(names[name]);
    }
}

request_t post_request(const char *file, const char *path, int port, int batch) {
    size_t count, records = batch > 0 ? (size_t)batch : 1;
    char *text = read_file(file, &count);
    request_t body = {.bytes = grown(NULL, HEAD_BYTES + records * (count + 64) + 16)};
    body.id_offsets = grown(NULL, records * 3 * sizeof *body.id_offsets);
    body.uuid_offsets = grown(NULL, records * sizeof *body.uuid_offsets);
    if (batch > 0) body.bytes[body.count++] = '[';
    for (size_t record = 0; record < records; record++) {
        if (record > 0) body.bytes[body.count++] = ',';
        append_record(&body, text, count);
    }
    if (batch > 0) body.bytes[body.count++] = ']';
    char head[HEAD_BYTES];
    size_t head_count = (size_t)snprintf(head, sizeof head,
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/156.0.0.0 Safari/537.36\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n\r\n",
        path, port, body.count);
    if (head_count >= sizeof head) fail("the path is too long");
    memmove(body.bytes + head_count, body.bytes, body.count);
    memcpy(body.bytes, head, head_count);
    body.count += head_count;
    for (size_t index = 0; index < body.id_count; index++) body.id_offsets[index] += head_count;
    for (size_t index = 0; index < body.uuid_count; index++) body.uuid_offsets[index] += head_count;
    free(text);
    return body;
}

request_t get_request(const char *path, int port) {
    request_t get = {.bytes = grown(NULL, HEAD_BYTES)};
    get.count = (size_t)snprintf(get.bytes, HEAD_BYTES, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", path, port);
    if (get.count >= HEAD_BYTES) fail("the path is too long");
    return get;
}

// 26 random bits that identify this run.
static uint64_t run_mark(void) {
    static _Atomic uint64_t mark = 0;
    if (mark == 0) {
        uint64_t random, none = 0;
        if (getrandom(&random, sizeof random, 0) != sizeof random) fail("random numbers");
        // The first thread sets the value for all threads.
        atomic_compare_exchange_strong(&mark, &none, (random & 0x3FFFFFF) | 1);
    }
    return mark;
}

uint64_t refresh_ids(const request_t *request, char *bytes, uint64_t thread, uint64_t number) {
    static const char digits[] = "0123456789abcdef";
    if (request->uuid_count == 0) return number;
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    uint64_t milliseconds = (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
    for (size_t event = 0; event < request->uuid_count; event++) {
        uint64_t mark = number++;
        uint64_t high = milliseconds << 16 | 0x7000 | (mark & 0xFFF);
        uint64_t low = 0x8000000000000000 | run_mark() << 36 | thread << 32 | (mark & 0xFFFFFFFF);
        char hex[32];
        for (int digit = 0; digit < 16; digit++) {
            hex[digit] = digits[high >> (60 - digit * 4) & 15];
            hex[16 + digit] = digits[low >> (60 - digit * 4) & 15];
        }
        for (size_t index = event * 3; index < event * 3 + 3; index++) memcpy(bytes + request->id_offsets[index], hex, 32);
        char *uuid = bytes + request->uuid_offsets[event];
        memcpy(uuid, hex, 8);
        memcpy(uuid + 9, hex + 8, 4);
        memcpy(uuid + 14, hex + 12, 4);
        memcpy(uuid + 19, hex + 16, 4);
        memcpy(uuid + 24, hex + 20, 12);
    }
    return number;
}

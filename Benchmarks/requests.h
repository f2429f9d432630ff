// Requests of the load generator: built once, with new IDs written into a copy before each send.
#pragma once
#include <stddef.h>
#include <stdint.h>

// The bytes of a request, and the offsets of its IDs.
typedef struct {
    char *bytes;
    size_t count;
    size_t *id_offsets;    // of 32 hexadecimal digits, three for each event
    size_t *uuid_offsets;  // of 36 characters, one for each event
    size_t id_count, uuid_count;
} request_t;

// Prints an error and exits.
_Noreturn void fail(const char *what);

// Like `realloc`, but exits if there is no memory.
void *grown(void *memory, size_t bytes);

// A request whose body is the JSON object in the file, or an array of `batch` copies of it if `batch` is not 0.
request_t post_request(const char *file, const char *path, int port, int batch);

request_t get_request(const char *path, int port);

// Writes new version-7 UUIDs into a copy of the request: a timestamp, then bits that are unique for the run, thread and event. `number` is the
// thread's number of events before this request. Returns that number after it.
uint64_t refresh_ids(const request_t *request, char *bytes, uint64_t thread, uint64_t number);

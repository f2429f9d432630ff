// What the load generator sends: requests that are made once, and get fresh ids in place each time.
#pragma once
#include <stddef.h>
#include <stdint.h>

// A request as it is sent, and where its ids are.
typedef struct {
    char *bytes;
    size_t count;
    size_t *places;  // of 32 hexadecimal digits, in threes for one event
    size_t *uuids;   // of 36 characters, one for each event
    size_t place_count, uuid_count;
} request_t;

// Ends the program.
_Noreturn void fail(const char *what);

// As `realloc`, but never without memory.
void *grown(void *memory, size_t bytes);

// A request with the JSON object in the file, or an array of so many copies of it when `batch` is not 0.
request_t post_request(const char *file, const char *path, int port, int batch);

request_t get_request(const char *path, int port);

// Writes version-7 UUIDs into a copy of the request: the time first, then what no other request of any thread or run has. `number` is the
// thread's number of events so far; gives that after this request.
uint64_t refresh_ids(const request_t *request, char *bytes, uint64_t thread, uint64_t number);

#pragma once
#include <sqlite3.h>

// SQLITE_STATIC and SQLITE_TRANSIENT are casts, which Swift does not import. Static: the bytes stay where they are until the step is done.
static inline int collector_sqlite_bind_text(sqlite3_stmt *statement, int index, const void *bytes, int count) {
    return sqlite3_bind_text(statement, index, bytes, count, SQLITE_STATIC);
}

static inline int collector_sqlite_bind_copy(sqlite3_stmt *statement, int index, const void *bytes, int count) {
    return sqlite3_bind_text(statement, index, bytes, count, SQLITE_TRANSIENT);
}

static inline int collector_sqlite_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, int count) {
    return sqlite3_bind_blob(statement, index, bytes, count, SQLITE_TRANSIENT);
}

// A hook is a C function with a place of its own to write to, which Swift cannot hand over safely. It notes the frames in the log after each commit.
static inline int collector_sqlite_note_frames(void *frames, sqlite3 *connection, const char *database, int count) {
    (void)connection;
    (void)database;
    *(int *)frames = count;
    return SQLITE_OK;
}

static inline void collector_sqlite_watch_log(sqlite3 *connection, int *frames) {
    sqlite3_wal_hook(connection, collector_sqlite_note_frames, frames);
}

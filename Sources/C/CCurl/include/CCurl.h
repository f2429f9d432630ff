#pragma once
// libcurl, loaded when it is first used: its functions with a variable number of arguments cannot be called from Swift, and the
// program must start without the library. No logic.
#include <stddef.h>
#include <stdint.h>

/// Receives bytes; returns whether more are wanted.
typedef int (*ccurl_sink)(const char *bytes, size_t count, void *context);

typedef struct {
    const char *method;
    const char *url;
    /// Lines such as "Accept: */*".
    const char *const *fields;
    size_t field_count;
    const char *body;
    size_t body_size;
    long timeout_ms;
    /// 0 for that of libcurl.
    long connect_timeout_ms;
    /// Whether any certificate of the server is accepted.
    int skips_certificate;
    ccurl_sink head;
    ccurl_sink content;
    /// Gets the 4 or 16 bytes of an address before a connection to it; null allows all of them.
    ccurl_sink allows;
    void *context;
} ccurl_request;

/// Its texts are valid until the next call on the same thread. They are no arrays: Swift imports an array as a tuple, and compiling one
/// of 4,096 elements takes most of a minute.
typedef struct {
    /// 0, or an error of libcurl; CCURL_MISSING if the library cannot be loaded, CCURL_REFUSED if no address was allowed.
    int code;
    long status;
    const char *error;
    const char *redirect;
} ccurl_result;

enum { CCURL_MISSING = -1, CCURL_REFUSED = -2, CCURL_STOPPED = 23 };

/// Sends one request to an http or https address and follows no redirect. The context is passed to the sinks.
void ccurl_perform(const ccurl_request *request, ccurl_result *result);

typedef struct {
    /// An address of smtp or smtps, which may have a user and a password.
    const char *url;
    const char *from;
    const char *const *recipients;
    size_t recipient_count;
    const char *bytes;
    size_t size;
    int needs_tls;
    /// Null for the certificates of the system.
    const char *ca_file;
    long timeout_ms;
    long connect_timeout_ms;
} ccurl_message;

/// Sends one message; the status is the last code of the server.
void ccurl_mail(const ccurl_message *message, ccurl_result *result);

enum { CCURL_SCHEME = 1, CCURL_HOST = 5, CCURL_PORT = 6, CCURL_PATH = 7 };

/// Resolves an address against another one, or reads it by itself if that is null; the number of bytes written, or -1.
int ccurl_resolve(const char *base, const char *address, char *text, size_t size);
/// A part of an absolute address; the number of bytes written, or -1. The port is given also if it is the default one.
int ccurl_part(const char *address, int part, char *text, size_t size);

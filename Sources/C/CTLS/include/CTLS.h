#pragma once
// The server side of OpenSSL's libssl, most of whose functions are macros, and a BIO, which OpenSSL calls. No logic.
#include <stddef.h>
#include <stdint.h>

/// A certificate with its chain, its private key, and the settings of all sessions that use them. Sessions keep it alive.
typedef struct ssl_ctx_st ctls_context;
/// The TLS state of one connection.
typedef struct ssl_st ctls_session;

enum {
    CTLS_NO_CERTIFICATE = 1,
    /// A certificate after the first one cannot be read.
    CTLS_BAD_CHAIN,
    CTLS_NO_KEY,
    /// The key is protected by a password.
    CTLS_ENCRYPTED_KEY,
    CTLS_MISMATCH,
    /// OpenSSL's policy refuses the certificate or key, for example because it is too short.
    CTLS_REFUSED,
};

typedef struct {
    /// One of the above; 0 if there is a context.
    int problem;
    /// OpenSSL's reason, or null; constant text.
    const char *reason;
    /// The validity of the certificate, in seconds since 1970.
    int64_t not_before;
    int64_t not_after;
} ctls_load_result;

/// Creates a context for TLS 1.2 and 1.3 from the texts of PEM files; null with a problem.
ctls_context *ctls_context_create(
    const void *certificate, size_t certificate_size, const void *key, size_t key_size, ctls_load_result *result
);
void ctls_context_free(ctls_context *context);

/// Creates the state of a connection that was accepted, on a non-blocking socket, which it does not close; null without memory.
ctls_session *ctls_session_create(ctls_context *context, int socket);
void ctls_session_free(ctls_session *session);

/// The call has to be repeated when the socket has input, or takes output. Or the peer has sent close_notify, or the connection has failed,
/// and then the session may only be freed.
enum { CTLS_WANTS_INPUT = -1, CTLS_WANTS_OUTPUT = -2, CTLS_CLOSED = -3, CTLS_FAILED = -4 };

/// Continues the handshake; 0 when it is complete.
int ctls_handshake(ctls_session *session);
/// Reads at most one record; the number of bytes, at least one, or one of the above.
long ctls_read(ctls_session *session, void *bytes, size_t size);
/// Writes at most one record; the number of bytes, at least one, or one of the above. A call that is repeated has the same bytes at the
/// start, at any address.
long ctls_write(ctls_session *session, const void *bytes, size_t size);
/// Sends close_notify; 0 when it was sent.
int ctls_finish(ctls_session *session);
/// Whether a part of a record has been received.
int ctls_holds_record(ctls_session *session);
/// The bytes received from the socket since the start.
uint64_t ctls_received_bytes(ctls_session *session);

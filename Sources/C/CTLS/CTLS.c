#include "CTLS.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

// MARK: The BIO: OpenSSL's own one for sockets writes without MSG_NOSIGNAL, and a peer that is gone would end the process by SIGPIPE.

static int descriptor_of(BIO *bio) { return (int)(intptr_t)BIO_get_data(bio); }

static int is_temporary(int code) { return code == EAGAIN || code == EWOULDBLOCK || code == EINTR; }

static int send_bytes(BIO *bio, const char *bytes, int size) {
    BIO_clear_retry_flags(bio);
    ssize_t count = send(descriptor_of(bio), bytes, (size_t)size, MSG_NOSIGNAL);
    if (count < 0 && is_temporary(errno)) BIO_set_retry_write(bio);
    return (int)count;
}

static int receive_bytes(BIO *bio, char *bytes, int size) {
    BIO_clear_retry_flags(bio);
    ssize_t count = recv(descriptor_of(bio), bytes, (size_t)size, 0);
    if (count < 0 && is_temporary(errno)) BIO_set_retry_read(bio);
    return (int)count;
}

static long control(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *socket_method;

static void create_method(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without signals");
    if (method == NULL) return;
    BIO_meth_set_write(method, send_bytes);
    BIO_meth_set_read(method, receive_bytes);
    BIO_meth_set_ctrl(method, control);
    socket_method = method;
}

// MARK: Contexts

// Without it, OpenSSL would ask for the password on the terminal. Notes that there is one.
static int refuse_password(char *text, int size, int is_writing, void *is_encrypted) {
    (void)text, (void)size, (void)is_writing;
    if (is_encrypted != NULL) *(int *)is_encrypted = 1;
    return -1;
}

// RFC 7301 §3.2: a client that offers other protocols only is refused. The list of names has been checked by OpenSSL.
static int select_protocol(
    SSL *session, const unsigned char **name, unsigned char *size, const unsigned char *offered, unsigned int offered_size, void *context
) {
    (void)session, (void)context;
    static const unsigned char supported[] = "\x08http/1.1";
    unsigned char *found;
    int result = SSL_select_next_proto(&found, size, supported, sizeof supported - 1, offered, offered_size);
    *name = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int64_t seconds_of(const ASN1_TIME *time) {
    struct tm parts;
    return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

static int use_certificate(SSL_CTX *context, BIO *source, ctls_load_result *result) {
    X509 *leaf = PEM_read_bio_X509_AUX(source, NULL, refuse_password, NULL);
    if (leaf == NULL) return CTLS_NO_CERTIFICATE;
    result->not_before = seconds_of(X509_get0_notBefore(leaf));
    result->not_after = seconds_of(X509_get0_notAfter(leaf));
    int is_used = SSL_CTX_use_certificate(context, leaf);
    X509_free(leaf);
    if (is_used != 1) return CTLS_REFUSED;
    X509 *next;
    while ((next = PEM_read_bio_X509(source, NULL, refuse_password, NULL)) != NULL) {
        if (SSL_CTX_add0_chain_cert(context, next) != 1) {
            X509_free(next);
            return CTLS_REFUSED;
        }
    }
    // This is how the end of the file is reported.
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) return CTLS_BAD_CHAIN;
    ERR_clear_error();
    return 0;
}

static int use_key(SSL_CTX *context, BIO *source) {
    int problem = 0, is_encrypted = 0;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(source, NULL, refuse_password, &is_encrypted);
    if (key == NULL) return is_encrypted ? CTLS_ENCRYPTED_KEY : CTLS_NO_KEY;
    if (X509_check_private_key(SSL_CTX_get0_certificate(context), key) != 1) {
        problem = CTLS_MISMATCH;
    } else if (SSL_CTX_use_PrivateKey(context, key) != 1) {
        problem = CTLS_REFUSED;
    }
    EVP_PKEY_free(key);
    return problem;
}

static int configure(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // Partial writes return after each record, and idle connections own no buffers.
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    // Clients keep the sessions, in tickets.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(context, select_protocol, NULL);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 && SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
           // Of TLS 1.2, only suites with forward secrecy and authenticated encryption; those of TLS 1.3 all have both.
           SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
}

ctls_context *ctls_context_create(
    const void *certificate, size_t certificate_size, const void *key, size_t key_size, ctls_load_result *result
) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, create_method);
    *result = (ctls_load_result){.problem = CTLS_REFUSED};
    ERR_clear_error();
    SSL_CTX *context = socket_method == NULL ? NULL : SSL_CTX_new(TLS_server_method());
    BIO *certificates = BIO_new_mem_buf(certificate, (int)certificate_size);
    BIO *keys = BIO_new_mem_buf(key, (int)key_size);
    if (context != NULL && certificates != NULL && keys != NULL && configure(context)) {
        result->problem = use_certificate(context, certificates, result);
        if (result->problem == 0) result->problem = use_key(context, keys);
    }
    if (result->problem != 0) {
        result->reason = ERR_reason_error_string(ERR_peek_last_error());
        SSL_CTX_free(context);
        context = NULL;
    }
    BIO_free(certificates);
    BIO_free(keys);
    ERR_clear_error();
    return context;
}

void ctls_context_free(ctls_context *context) { SSL_CTX_free(context); }

// MARK: Sessions

ctls_session *ctls_session_create(ctls_context *context, int socket) {
    SSL *session = SSL_new(context);
    BIO *bio = session == NULL ? NULL : BIO_new(socket_method);
    if (bio == NULL) {
        SSL_free(session);
        ERR_clear_error();
        return NULL;
    }
    BIO_set_data(bio, (void *)(intptr_t)socket);
    BIO_set_init(bio, 1);
    SSL_set_bio(session, bio, bio);
    SSL_set_accept_state(session);
    return session;
}

void ctls_session_free(ctls_session *session) { SSL_free(session); }

// Leaves nothing in the thread's error queue: SSL_get_error reads it, whichever session an error belongs to.
static int outcome(SSL *session, int result) {
    int error = SSL_get_error(session, result);
    ERR_clear_error();
    if (error == SSL_ERROR_WANT_READ) return CTLS_WANTS_INPUT;
    if (error == SSL_ERROR_WANT_WRITE) return CTLS_WANTS_OUTPUT;
    return error == SSL_ERROR_ZERO_RETURN ? CTLS_CLOSED : CTLS_FAILED;
}

int ctls_handshake(ctls_session *session) {
    ERR_clear_error();
    int result = SSL_do_handshake(session);
    return result == 1 ? 0 : outcome(session, result);
}

long ctls_read(ctls_session *session, void *bytes, size_t size) {
    size_t count;
    ERR_clear_error();
    int result = SSL_read_ex(session, bytes, size, &count);
    return result == 1 ? (long)count : outcome(session, result);
}

long ctls_write(ctls_session *session, const void *bytes, size_t size) {
    size_t count;
    ERR_clear_error();
    int result = SSL_write_ex(session, bytes, size, &count);
    return result == 1 ? (long)count : outcome(session, result);
}

int ctls_finish(ctls_session *session) {
    ERR_clear_error();
    // 0: sent, and that of the peer has not been received; 1: both.
    int result = SSL_shutdown(session);
    return result >= 0 ? 0 : outcome(session, result);
}

int ctls_holds_record(ctls_session *session) {
    // SSL_has_pending does not count a header whose body has not begun.
    return SSL_has_pending(session) || strcmp(SSL_rstate_string(session), "RB") == 0;
}

uint64_t ctls_received_bytes(ctls_session *session) { return BIO_number_read(SSL_get_rbio(session)); }

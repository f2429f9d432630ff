#define _POSIX_C_SOURCE 200809L
#include "CCurl.h"

#include <dlfcn.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

// Constants of libcurl's stable binary interface (curl/curl.h, curl/urlapi.h).
enum {
    GLOBAL_DEFAULT = 3,
    OPT_TIMEOUT_MS = 155,
    OPT_NOSIGNAL = 99,
    OPT_SSL_VERIFYPEER = 64,
    OPT_SSL_VERIFYHOST = 81,
    OPT_CONNECTTIMEOUT_MS = 156,
    OPT_NOBODY = 44,
    OPT_UPLOAD = 46,
    OPT_POSTFIELDSIZE = 60,
    OPT_USE_SSL = 119,
    OPT_PROTOCOLS = 181,
    OPT_PROTOCOLS_STR = 10318,
    OPT_WRITEDATA = 10001,
    OPT_URL = 10002,
    OPT_READDATA = 10009,
    OPT_ERRORBUFFER = 10010,
    OPT_POSTFIELDS = 10015,
    OPT_HTTPHEADER = 10023,
    OPT_HEADERDATA = 10029,
    OPT_CUSTOMREQUEST = 10036,
    OPT_CAINFO = 10065,
    OPT_OPENSOCKETDATA = 10164,
    OPT_NOPROXY = 10177,
    OPT_MAIL_FROM = 10186,
    OPT_MAIL_RCPT = 10187,
    OPT_WRITEFUNCTION = 20011,
    OPT_READFUNCTION = 20012,
    OPT_HEADERFUNCTION = 20079,
    OPT_OPENSOCKETFUNCTION = 20163,
    INFO_RESPONSE_CODE = 0x200002,
    INFO_REDIRECT_URL = 0x10001f,
    PROTO_HTTP_HTTPS = 3,
    PROTO_SMTP_SMTPS = 3 << 16,
    USESSL_NONE = 0,
    USESSL_ALL = 3,
    URLPART_URL = 0,
    URL_DEFAULT_PORT = 1,
    URL_NON_SUPPORT_SCHEME = 8,
};

typedef struct curl_slist slist;

static struct {
    void *(*easy_init)(void);
    int (*easy_setopt)(void *, int, ...);
    int (*easy_perform)(void *);
    int (*easy_getinfo)(void *, int, ...);
    void (*easy_cleanup)(void *);
    const char *(*easy_strerror)(int);
    slist *(*slist_append)(slist *, const char *);
    void (*slist_free_all)(slist *);
    void *(*url)(void);
    int (*url_set)(void *, int, const char *, unsigned);
    int (*url_get)(void *, int, char **, unsigned);
    void (*url_cleanup)(void *);
    void (*free)(void *);
} curl;
static int is_loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    const char *names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
    void *library = NULL;
    for (size_t index = 0; !library && index < 2; index++) library = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    int (*global_init)(long) = dlsym(library, "curl_global_init");
    curl.easy_init = dlsym(library, "curl_easy_init");
    curl.easy_setopt = dlsym(library, "curl_easy_setopt");
    curl.easy_perform = dlsym(library, "curl_easy_perform");
    curl.easy_getinfo = dlsym(library, "curl_easy_getinfo");
    curl.easy_cleanup = dlsym(library, "curl_easy_cleanup");
    curl.easy_strerror = dlsym(library, "curl_easy_strerror");
    curl.slist_append = dlsym(library, "curl_slist_append");
    curl.slist_free_all = dlsym(library, "curl_slist_free_all");
    curl.url = dlsym(library, "curl_url");
    curl.url_set = dlsym(library, "curl_url_set");
    curl.url_get = dlsym(library, "curl_url_get");
    curl.url_cleanup = dlsym(library, "curl_url_cleanup");
    curl.free = dlsym(library, "curl_free");
    is_loaded = global_init && curl.easy_init && curl.easy_setopt && curl.easy_perform && curl.easy_getinfo
        && curl.easy_cleanup && curl.easy_strerror && curl.slist_append && curl.slist_free_all && curl.url
        && curl.url_set && curl.url_get && curl.url_cleanup && curl.free && global_init(GLOBAL_DEFAULT) == 0;
}

typedef struct {
    ccurl_sink sink;
    void *context;
} target;

static size_t take(char *bytes, size_t size, size_t count, void *given) {
    const target *to = given;
    return to->sink(bytes, size * count, to->context) ? size * count : 0;
}

// The texts of the last result of this thread.
static _Thread_local struct {
    char error[256];
    char redirect[4096];
} texts;

static const char *keep(char *to, size_t size, const char *from) {
    if (!from) from = "";
    size_t length = strnlen(from, size - 1);
    memcpy(to, from, length);
    to[length] = 0;
    return to;
}

// As in curl/curl.h.
struct curl_sockaddr {
    int family, socktype, protocol;
    unsigned addrlen;
    struct sockaddr addr;
};

typedef struct {
    const ccurl_request *request;
    int has_refused;
} gate;

// Called with each address that the name of the host has, before the connection to it: a name may have another address each time.
static int open_socket(void *given, int purpose, struct curl_sockaddr *address) {
    (void)purpose;
    gate *at = given;
    const unsigned char *bytes = NULL;
    size_t count = 0;
    if (address->family == AF_INET) {
        bytes = (const unsigned char *)&((const struct sockaddr_in *)(const void *)&address->addr)->sin_addr;
        count = 4;
    } else if (address->family == AF_INET6) {
        bytes = (const unsigned char *)&((const struct sockaddr_in6 *)(const void *)&address->addr)->sin6_addr;
        count = 16;
    }
    if (!bytes || !at->request->allows((const char *)bytes, count, at->request->context)) {
        at->has_refused = 1;
        return -1;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// Clears the result, and returns a handle; without one, the result has the reason.
static void *begin(ccurl_result *result) {
    memset(result, 0, sizeof *result);
    pthread_once(&once, load);
    void *handle = is_loaded ? curl.easy_init() : NULL;
    if (!handle) result->code = CCURL_MISSING;
    return handle;
}

// Allows some protocols, by name since 7.85 and by number before, and sets the address. Returns an error if nothing may be sent.
static int set_address(void *handle, const char *protocols, long numbers, const char *url) {
    int refused = curl.easy_setopt(handle, OPT_PROTOCOLS_STR, protocols);
    if (refused) refused = curl.easy_setopt(handle, OPT_PROTOCOLS, numbers);
    return refused ? refused : curl.easy_setopt(handle, OPT_URL, url);
}

void ccurl_perform(const ccurl_request *request, ccurl_result *result) {
    void *handle = begin(result);
    if (!handle) return;
    target head = {request->head, request->context}, content = {request->content, request->context};
    slist *fields = NULL;
    for (size_t index = 0; index < request->field_count; index++)
        fields = curl.slist_append(fields, request->fields[index]);
    char error[256] = "";
    int refused = set_address(handle, "http,https", PROTO_HTTP_HTTPS, request->url);
    curl.easy_setopt(handle, OPT_NOSIGNAL, 1L);
    curl.easy_setopt(handle, OPT_TIMEOUT_MS, request->timeout_ms);
    curl.easy_setopt(handle, OPT_ERRORBUFFER, error);
    curl.easy_setopt(handle, OPT_HTTPHEADER, fields);
    curl.easy_setopt(handle, OPT_HEADERFUNCTION, take);
    curl.easy_setopt(handle, OPT_HEADERDATA, &head);
    curl.easy_setopt(handle, OPT_WRITEFUNCTION, take);
    curl.easy_setopt(handle, OPT_WRITEDATA, &content);
    if (request->body) {
        curl.easy_setopt(handle, OPT_POSTFIELDSIZE, (long)request->body_size);
        curl.easy_setopt(handle, OPT_POSTFIELDS, request->body);
    }
    curl.easy_setopt(handle, OPT_CUSTOMREQUEST, request->method);
    if (request->connect_timeout_ms) curl.easy_setopt(handle, OPT_CONNECTTIMEOUT_MS, request->connect_timeout_ms);
    if (request->skips_certificate) {
        curl.easy_setopt(handle, OPT_SSL_VERIFYPEER, 0L);
        curl.easy_setopt(handle, OPT_SSL_VERIFYHOST, 0L);
    }
    gate at = {request, 0};
    if (request->allows) {
        // A proxy would connect to addresses that are not seen here.
        if (!refused) refused = curl.easy_setopt(handle, OPT_NOPROXY, "*");
        if (!refused) refused = curl.easy_setopt(handle, OPT_OPENSOCKETFUNCTION, open_socket);
        if (!refused) refused = curl.easy_setopt(handle, OPT_OPENSOCKETDATA, &at);
    }
    result->code = refused ? refused : curl.easy_perform(handle);
    if (result->code && at.has_refused) result->code = CCURL_REFUSED;
    curl.easy_getinfo(handle, INFO_RESPONSE_CODE, &result->status);
    const char *redirect = NULL;
    curl.easy_getinfo(handle, INFO_REDIRECT_URL, &redirect);
    result->redirect = keep(texts.redirect, sizeof texts.redirect, redirect);
    result->error = keep(texts.error, sizeof texts.error, error[0] ? error : curl.easy_strerror(result->code));
    curl.slist_free_all(fields);
    curl.easy_cleanup(handle);
}

typedef struct {
    const char *bytes;
    size_t left;
} source;

static size_t give(char *bytes, size_t size, size_t count, void *given) {
    source *from = given;
    size_t room = size * count, length = from->left < room ? from->left : room;
    memcpy(bytes, from->bytes, length);
    from->bytes += length;
    from->left -= length;
    return length;
}

static size_t drop(char *bytes, size_t size, size_t count, void *given) {
    (void)bytes, (void)given;
    return size * count;
}

void ccurl_mail(const ccurl_message *message, ccurl_result *result) {
    void *handle = begin(result);
    if (!handle) return;
    slist *recipients = NULL;
    for (size_t index = 0; index < message->recipient_count; index++)
        recipients = curl.slist_append(recipients, message->recipients[index]);
    source from = {message->bytes, message->size};
    char error[256] = "";
    int refused = set_address(handle, "smtp,smtps", PROTO_SMTP_SMTPS, message->url);
    if (!refused) refused = curl.easy_setopt(handle, OPT_USE_SSL, (long)(message->needs_tls ? USESSL_ALL : USESSL_NONE));
    if (!refused && message->ca_file) refused = curl.easy_setopt(handle, OPT_CAINFO, message->ca_file);
    if (!refused) refused = curl.easy_setopt(handle, OPT_MAIL_FROM, message->from);
    if (!refused) refused = curl.easy_setopt(handle, OPT_MAIL_RCPT, recipients);
    curl.easy_setopt(handle, OPT_NOSIGNAL, 1L);
    curl.easy_setopt(handle, OPT_TIMEOUT_MS, message->timeout_ms);
    curl.easy_setopt(handle, OPT_CONNECTTIMEOUT_MS, message->connect_timeout_ms);
    curl.easy_setopt(handle, OPT_ERRORBUFFER, error);
    curl.easy_setopt(handle, OPT_UPLOAD, 1L);
    curl.easy_setopt(handle, OPT_READFUNCTION, give);
    curl.easy_setopt(handle, OPT_READDATA, &from);
    curl.easy_setopt(handle, OPT_WRITEFUNCTION, drop);
    result->code = refused ? refused : curl.easy_perform(handle);
    curl.easy_getinfo(handle, INFO_RESPONSE_CODE, &result->status);
    result->error = keep(texts.error, sizeof texts.error, error[0] ? error : curl.easy_strerror(result->code));
    curl.slist_free_all(recipients);
    curl.easy_cleanup(handle);
}

static int read_part(void *url, int part, unsigned flags, char *text, size_t size) {
    char *found = NULL;
    if (curl.url_get(url, part, &found, flags) != 0 || !found) return -1;
    size_t length = strlen(found);
    int count = length < size ? (int)length : -1;
    if (count >= 0) memcpy(text, found, length + 1);
    curl.free(found);
    return count;
}

int ccurl_resolve(const char *base, const char *address, char *text, size_t size) {
    pthread_once(&once, load);
    void *url = is_loaded ? curl.url() : NULL;
    if (!url) return -1;
    int count = -1;
    if ((!base || curl.url_set(url, URLPART_URL, base, 0) == 0)
        && curl.url_set(url, URLPART_URL, address, URL_NON_SUPPORT_SCHEME) == 0)
        count = read_part(url, URLPART_URL, 0, text, size);
    curl.url_cleanup(url);
    return count;
}

int ccurl_part(const char *address, int part, char *text, size_t size) {
    pthread_once(&once, load);
    void *url = is_loaded ? curl.url() : NULL;
    if (!url) return -1;
    int count = -1;
    if (curl.url_set(url, URLPART_URL, address, URL_NON_SUPPORT_SCHEME) == 0)
        count = read_part(url, part, URL_DEFAULT_PORT, text, size);
    curl.url_cleanup(url);
    return count;
}

#pragma once
// Input that zlib does not write to is const only where this is asked for.
#define ZLIB_CONST
#include <zlib.h>

// inflateInit2 is a macro with a cast, which Swift does not import. 16 more than the window's bits: gzip and nothing else.
static inline int collector_zlib_inflate_gzip(z_stream *stream) {
    return inflateInit2(stream, 16 + MAX_WBITS);
}

// deflateInit2 is a macro, too. 16 more than the window's bits: a header and a checksum of gzip; 8 is zlib's default for memory.
static inline int collector_zlib_deflate_gzip(z_stream *stream) {
    return deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
}

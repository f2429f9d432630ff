#pragma once
// Input that zlib does not write to is const only where this is asked for.
#define ZLIB_CONST
#include <zlib.h>

// inflateInit2 is a macro with a cast, which Swift does not import. 16 more than the window's bits: gzip and nothing else.
static inline int collector_zlib_inflate_gzip(z_stream *stream) {
    return inflateInit2(stream, 16 + MAX_WBITS);
}

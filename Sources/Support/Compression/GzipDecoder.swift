import CZlib

/// A gzip decoder (RFC 1952) for one or more members.
///
/// The library, zlib, verifies the checksum and length of each.
@safe struct GzipDecoder: Decoder, ~Copyable {
    // Heap-allocated: zlib does not allow the stream to be moved.
    private let stream: UnsafeMutablePointer<z_stream>

    init() throws(ExpansionError) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe collector_zlib_inflate_gzip(stream) == Z_OK else {
            unsafe stream.deallocate()
            throw .tooLarge
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    func step(_ rest: UnsafeBufferPointer<UInt8>, _ scratch: UnsafeMutableBufferPointer<UInt8>) -> Step {
        let offered = UInt32(clamping: rest.count)
        unsafe stream.pointee.next_in = rest.baseAddress
        unsafe stream.pointee.avail_in = offered
        unsafe stream.pointee.next_out = scratch.baseAddress
        unsafe stream.pointee.avail_out = UInt32(scratch.count)
        let code = unsafe inflate(stream, Z_NO_FLUSH)
        let read = unsafe Int(offered - stream.pointee.avail_in)
        let written = unsafe scratch.count - Int(stream.pointee.avail_out)
        return Step(read: read, written: written, outcome: outcome(code, isAtEnd: read == rest.count))
    }

    private func outcome(_ code: Int32, isAtEnd: Bool) -> Step.Outcome {
        switch code {
        case Z_OK: return .unfinished
        case Z_STREAM_END where isAtEnd: return .finished
        case Z_STREAM_END:
            // Decode the following member. If the data is not a member, zlib reports a header error.
            unsafe inflateReset(stream)
            return .unfinished
        case Z_MEM_ERROR: return .failed(.tooLarge)
        default:
            // Includes Z_BUF_ERROR: the scratch buffer is empty, so the input ended too early.
            return .failed(.malformed)
        }
    }
}

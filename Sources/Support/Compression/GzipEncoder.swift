import CZlib

/// Compresses a stream to one gzip member (RFC 1952) without a name and a time, so that equal data has equal bytes.
@safe package struct GzipEncoder: ~Copyable {
    // Heap-allocated: zlib does not allow the stream to be moved.
    private let stream: UnsafeMutablePointer<z_stream>
    private var scratch = [UInt8](repeating: 0, count: expandedStepBytes)

    /// Nil without memory: about 256 KiB.
    package init?() {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe collector_zlib_deflate_gzip(stream) == Z_OK else {
            unsafe stream.deallocate()
            return nil
        }
        unsafe self.stream = stream
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Appends what is ready of the compressed stream to `output`.
    package mutating func append(_ bytes: [UInt8], to output: inout [UInt8]) { run(bytes, Z_NO_FLUSH, &output) }

    /// Appends the rest of the compressed stream to `output`; nothing can be added afterwards.
    package mutating func finish(to output: inout [UInt8]) { run([], Z_FINISH, &output) }

    private mutating func run(_ bytes: [UInt8], _ flush: Int32, _ output: inout [UInt8]) {
        var rest = bytes[...]
        while true {
            let offered = UInt32(clamping: rest.count)
            let (code, unread, unused) = unsafe scratch.withUnsafeMutableBufferPointer { scratch in
                unsafe rest.withUnsafeBufferPointer { input in
                    unsafe stream.pointee.next_in = input.baseAddress
                    unsafe stream.pointee.avail_in = offered
                    unsafe stream.pointee.next_out = scratch.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(scratch.count)
                    let code = unsafe deflate(stream, flush)
                    return unsafe (code, stream.pointee.avail_in, Int(stream.pointee.avail_out))
                }
            }
            output += scratch[..<(scratch.count - unused)]
            rest = rest.dropFirst(Int(offered - unread))
            // A full buffer may have left more to write. The only other result is the end of the stream.
            guard code == Z_OK, !rest.isEmpty || unused == 0 else { return }
        }
    }
}

/// Decompresses one gzip member that comes in parts.
package struct GzipParts: ~Copyable {
    private let decoder: GzipDecoder
    private var scratch = [UInt8](repeating: 0, count: expandedStepBytes)
    /// Whether the member is complete, and its checksum and length are right.
    package private(set) var isFinished = false

    package init() throws(ExpansionError) { decoder = try GzipDecoder() }

    /// Appends the output of the next part of the member; at most about a thousand times as many bytes.
    ///
    /// - Throws: `.malformed` when the data is damaged, or goes on after the member.
    package mutating func append(_ part: [UInt8], to output: inout [UInt8]) throws(ExpansionError) {
        var rest = part[...]
        while !isFinished {
            let step = unsafe scratch.withUnsafeMutableBufferPointer { scratch in
                unsafe rest.withUnsafeBufferPointer { unsafe decoder.step($0, scratch) }
            }
            output += scratch[..<step.written]
            let hadInput = !rest.isEmpty
            rest = rest.dropFirst(step.read)
            switch step.outcome {
            case .unfinished:
                // A full buffer may have left more to write.
                guard !rest.isEmpty || step.written == scratch.count else { return }
            case .finished: isFinished = true
            case .failed(let error):
                // Without input, zlib reports that there is nothing to do.
                guard !hadInput, step.written == 0 else { throw error }
                return
            }
        }
        guard rest.isEmpty else { throw .malformed }
    }
}

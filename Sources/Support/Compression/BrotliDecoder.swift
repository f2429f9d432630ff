import CBrotli
import Glibc

/// A Brotli decoder (RFC 7932), without support for the large window extension.
@safe struct BrotliDecoder: Decoder, ~Copyable {
    private let state: OpaquePointer

    init(bytesMax: Int) throws(ExpansionError) {
        // The limit is passed as the opaque pointer of the allocator, which is never dereferenced.
        let opaque = unsafe UnsafeMutableRawPointer(bitPattern: allocationBytesMax(bytesMax))
        let state = unsafe BrotliDecoderCreateInstance(
            { limit, count in count <= Int(bitPattern: limit) ? unsafe malloc(count) : nil },
            { _, address in unsafe free(address) },
            opaque
        )
        guard let state = unsafe state else { throw .tooLarge }
        unsafe self.state = state
    }

    deinit { unsafe BrotliDecoderDestroyInstance(state) }

    func step(_ rest: UnsafeBufferPointer<UInt8>, _ scratch: UnsafeMutableBufferPointer<UInt8>) -> Step {
        var unread = rest.count
        var unwritten = scratch.count
        var input = rest.baseAddress
        var output = scratch.baseAddress
        let result = unsafe BrotliDecoderDecompressStream(state, &unread, &input, &unwritten, &output, nil)
        return Step(
            read: rest.count - unread,
            written: scratch.count - unwritten,
            outcome: outcome(result, isAtEnd: unread == 0)
        )
    }

    private func outcome(_ result: BrotliDecoderResult, isAtEnd: Bool) -> Step.Outcome {
        switch result {
        case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: return .unfinished
        case BROTLI_DECODER_RESULT_SUCCESS where isAtEnd: return .finished
        case BROTLI_DECODER_RESULT_ERROR:
            let code = unsafe BrotliDecoderGetErrorCode(state).rawValue
            return .failed(allocationFailures.contains(code) ? .tooLarge : .malformed)
        default: return .failed(.malformed)
        }
    }
}

/// The library's error codes for failed allocations.
private let allocationFailures =
    BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES.rawValue...BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES.rawValue

/// The maximum size in bytes of a single allocation of the decoder.
///
/// The decoder allocates a window for the bytes it has written. A few input bytes can declare a window
/// of 16 MiB, and the decoder fills it before it returns any output. The window is at most twice the
/// declared size of the output, so a larger request means that the body exceeds the limit.
private func allocationBytesMax(_ bytesMax: Int) -> Int {
    max(codeTablesBytesMax, 2 * min(bytesMax, windowBytesMax) + windowSlackBytes)
}

/// The largest window of RFC 7932, in bytes.
private let windowBytesMax = 1 << 24
/// Bytes that the library allocates in addition to a window; 542 in version 1.0.
private let windowSlackBytes = 4096
/// Bytes of the code tables of 256 trees, which any body may require.
private let codeTablesBytesMax = 2 << 20

import CBrotli
import Glibc

/// Brotli (RFC 7932), without the large windows that are no part of it.
@safe struct BrotliDecoder: Decoder, ~Copyable {
    private let state: OpaquePointer

    init(bytesMax: Int) throws(ExpansionError) {
        // The limit travels as the allocator's opaque address, which nobody follows.
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

/// The errors of the library that mean that an allocation was refused.
private let allocationFailures =
    BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES.rawValue...BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES.rawValue

/// The largest piece of memory that the decoder may have at once.
///
/// It keeps a window of what it wrote, which a few bytes can declare to be 16 MiB, and fills it before it hands out
/// anything. The window is at most twice what the body says it expands to: whoever asks for more than that says so of a
/// body past the limit.
private func allocationBytesMax(_ bytesMax: Int) -> Int {
    max(codeTablesBytesMax, 2 * min(bytesMax, windowBytesMax) + windowSlackBytes)
}

/// The largest window of RFC 7932.
private let windowBytesMax = 1 << 24
/// What the library puts behind a window; 542 bytes in its version 1.0.
private let windowSlackBytes = 4096
/// The code tables of 256 trees, which any body may need.
private let codeTablesBytesMax = 2 << 20

/// A content coding of a request body (RFC 9110 §8.4.1).
package enum Coding: Sendable { case gzip, brotli }

/// A reason why a body could not be decompressed.
package enum ExpansionError: Error, Equatable {
    /// The data is not one complete stream: it is corrupt, truncated, or followed by other data.
    case malformed
    /// The output exceeds the limit or the available memory.
    case tooLarge
    /// `mayGoOn` returned false.
    case stopped
}

/// Decompresses `bytes[range]` and appends at most `bytesMax` bytes to `output`.
///
/// `mayGoOn` is called after each `expandedStepBytes` of output, before more output is produced.
///
/// On error, `output` is unchanged. For a body that is both too large and malformed, the error that
/// is found first is thrown.
///
/// - Parameters:
///   - bytes: A buffer that contains the body.
///   - range: The range of the body in `bytes`.
///   - coding: The content coding of the body.
///   - bytesMax: The maximum number of output bytes.
///   - output: The buffer to append to.
///   - mayGoOn: Whether to continue.
/// - Throws: `.malformed`, `.tooLarge`, or `.stopped` when `mayGoOn` returned false.
package func expand(
    _ bytes: [UInt8],
    _ range: Range<Int>,
    _ coding: Coding,
    bytesMax: Int,
    into output: inout [UInt8],
    mayGoOn: () -> Bool = { true }
) throws(ExpansionError) {
    precondition(bytesMax >= 0, "a limit must not be negative")
    let start = output.count
    do {
        switch coding {
        case .gzip: try drain(GzipDecoder(), bytes[range], bytesMax, &output, mayGoOn)
        case .brotli: try drain(BrotliDecoder(bytesMax: bytesMax), bytes[range], bytesMax, &output, mayGoOn)
        }
    } catch {
        output.removeSubrange(start...)
        throw error
    }
}

/// The number of output bytes produced between two checks of the limit.
package let expandedStepBytes = 65_536

private func drain<D: Decoder & ~Copyable>(
    _ decoder: borrowing D,
    _ body: ArraySlice<UInt8>,
    _ bytesMax: Int,
    _ output: inout [UInt8],
    _ mayGoOn: () -> Bool
) throws(ExpansionError) {
    guard !body.isEmpty else { throw .malformed }
    var scratch = [UInt8](repeating: 0, count: expandedStepBytes)
    var rest = body
    var room = bytesMax
    var steps = 0
    while true {
        if (bytesMax - room) / expandedStepBytes > steps {
            steps += 1
            guard mayGoOn() else { throw .stopped }
        }
        let step = unsafe scratch.withUnsafeMutableBufferPointer { scratch in
            unsafe rest.withUnsafeBufferPointer { unsafe decoder.step($0, scratch) }
        }
        guard step.written <= room else { throw .tooLarge }
        reserve(step.written, room, &output)
        output += scratch[..<step.written]
        room -= step.written
        rest = rest.dropFirst(step.read)
        switch step.outcome {
        case .unfinished: continue
        case .finished: return
        case .failed(let error): throw error
        }
    }
}

/// Reserves capacity for `count` more bytes.
///
/// Doubles the capacity, as an array does by default, but never exceeds the limit.
private func reserve(_ count: Int, _ room: Int, _ output: inout [UInt8]) {
    guard output.capacity - output.count < count else { return }
    output.reserveCapacity(output.count + min(room, max(count, output.count)))
}

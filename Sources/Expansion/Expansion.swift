/// A content coding of a request body (RFC 9110 §8.4.1).
package enum Coding: Sendable { case gzip, brotli }

/// Why a body was not expanded.
package enum ExpansionError: Error, Equatable {
    /// Not a whole stream of the coding: damaged, cut short, or followed by something else.
    case malformed
    /// More than the limit, or more than there is memory for.
    case tooLarge
}

/// Appends the expanded bytes of `bytes[range]` to `output`, at most `bytesMax` of them.
///
/// After an error `output` is as it was before. A body that is both too large and malformed fails with what is noticed
/// first.
package func expand(
    _ bytes: [UInt8],
    _ range: Range<Int>,
    _ coding: Coding,
    bytesMax: Int,
    into output: inout [UInt8]
) throws(ExpansionError) {
    precondition(bytesMax >= 0, "a limit is never negative")
    let start = output.count
    do {
        switch coding {
        case .gzip: try drain(GzipDecoder(), bytes[range], bytesMax, &output)
        case .brotli: try drain(BrotliDecoder(bytesMax: bytesMax), bytes[range], bytesMax, &output)
        }
    } catch {
        output.removeSubrange(start...)
        throw error
    }
}

/// What a decoder writes before the limit is looked at.
private let stepBytesMax = 65_536

private func drain<D: Decoder & ~Copyable>(
    _ decoder: borrowing D,
    _ body: ArraySlice<UInt8>,
    _ bytesMax: Int,
    _ output: inout [UInt8]
) throws(ExpansionError) {
    guard !body.isEmpty else { throw .malformed }
    var scratch = [UInt8](repeating: 0, count: stepBytesMax)
    var rest = body
    var room = bytesMax
    while true {
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

/// Makes place for `count` bytes: twice what there is, as an array does by itself, but never past the limit.
private func reserve(_ count: Int, _ room: Int, _ output: inout [UInt8]) {
    guard output.capacity - output.count < count else { return }
    output.reserveCapacity(output.count + min(room, max(count, output.count)))
}

/// A content coding of a request body (RFC 9110 §8.4.1).
package enum Coding: Sendable { case gzip, brotli }

/// Why a body was not expanded.
package enum ExpansionError: Error, Equatable {
    /// Not a whole stream of the coding: damaged, cut short, or followed by something else.
    case malformed
    /// More than the limit, or more than there is memory for.
    case tooLarge
    /// `mayGoOn` returned false.
    case stopped
}

/// Appends the expanded bytes of `bytes[range]` to `output`, at most `bytesMax` of them.
///
/// `mayGoOn` is asked after each `expandedStepBytes` of output, before the next ones are made.
///
/// After an error `output` is as it was before. A body that is both too large and malformed fails with what is noticed
/// first.
package func expand(
    _ bytes: [UInt8],
    _ range: Range<Int>,
    _ coding: Coding,
    bytesMax: Int,
    into output: inout [UInt8],
    mayGoOn: () -> Bool = { true }
) throws(ExpansionError) {
    precondition(bytesMax >= 0, "a limit is never negative")
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

/// What a decoder writes before the limit is looked at, bytes.
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

/// Makes place for `count` bytes: twice what there is, as an array does by itself, but never past the limit.
private func reserve(_ count: Int, _ room: Int, _ output: inout [UInt8]) {
    guard output.capacity - output.count < count else { return }
    output.reserveCapacity(output.count + min(room, max(count, output.count)))
}

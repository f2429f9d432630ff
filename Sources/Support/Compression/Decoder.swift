/// The result of one call of a decoder.
struct Step {
    enum Outcome: Equatable {
        /// The next call reads or writes more data, or fails.
        case unfinished
        /// The body is complete and fully consumed.
        case finished
        case failed(ExpansionError)
    }

    /// Number of body bytes consumed.
    let read: Int
    /// Number of bytes written to the scratch buffer.
    let written: Int
    let outcome: Outcome
}

/// A streaming decoder for one body in one content coding.
protocol Decoder: ~Copyable {
    /// Decodes the unread part of the body until the input or the scratch buffer is exhausted.
    func step(_ rest: UnsafeBufferPointer<UInt8>, _ scratch: UnsafeMutableBufferPointer<UInt8>) -> Step
}

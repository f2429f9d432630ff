/// What one call of a decoder came to.
struct Step {
    enum Outcome: Equatable {
        /// The next call reads or writes more, or fails.
        case unfinished
        /// The body is whole, and nothing of it is left.
        case finished
        case failed(ExpansionError)
    }

    /// How many bytes of the body were used.
    let read: Int
    /// How many bytes of the scratch were filled.
    let written: Int
    let outcome: Outcome
}

/// A coding's library with the state of one body.
protocol Decoder: ~Copyable {
    /// Goes on with `rest`, the whole of the body that was not used yet, until it or `scratch` is used up.
    func step(_ rest: UnsafeBufferPointer<UInt8>, _ scratch: UnsafeMutableBufferPointer<UInt8>) -> Step
}

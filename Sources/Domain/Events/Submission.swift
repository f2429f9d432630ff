/// A validated `/collect` body.
///
/// Its parts are ranges of `bytes`, each the JSON text of a value.
///
/// Missing parts are `{}` or `[]`, added by the parser, or nil, which is stored as NULL. Times are
/// in microseconds since 1970, UTC.
package struct Submission: Sendable {
    /// The buffer that contains all parts.
    package var bytes: [UInt8]
    /// The whole body, which is returned in the response.
    package var body: Slice
    /// When the server received the submission.
    package var receivedAt: Int64
    /// When the client sent the submission, by its own clock; nil when it did not send a time.
    package var clientTimestamp: Int64?
    /// The text of the client's address; nil when unknown.
    package var ip: Slice?
    package var browserInfo: Slice
    package var performanceData: Slice
    package var fingerprints: Slice
    package var errors: Slice
    package var network: Slice?
    package var battery: Slice?
    package var benchmarks: Slice?
    package var visitorID: Slice?
    package var sessionID: Slice?
    package var pageviewID: Slice?

    package func text(_ slice: Slice) -> String { String(decoding: bytes[slice.range], as: UTF8.self) }
    package func text(_ slice: Slice?) -> String? { slice.map { String(decoding: bytes[$0.range], as: UTF8.self) } }
}

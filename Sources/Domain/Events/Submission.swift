/// One `/collect` body, parsed and judged; its parts are places in `bytes`, each the JSON text of a value.
///
/// Parts that the sender left out are filled in by the parser (`{}` and `[]`) or nil, which is NULL.
package struct Submission: Sendable {
    package var bytes: [UInt8]
    /// The whole body as it was sent: what is answered.
    package var body: Slice
    package var receivedAt: Int64
    package var clientTimestamp: Int64?
    /// Text of the client's address; nil when unknown.
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

/// A statement with its parameters, which share one buffer.
package struct Call: Sendable {
    /// A parameter.
    ///
    /// Contains its range in the buffer (nil is NULL), whether it is in binary format, and the
    /// object id of its type (0: the server infers it).
    package typealias Parameter = (range: Range<Int>?, isBinary: Bool, type: UInt32)

    package var sql: String
    /// The bytes of all parameters.
    package var buffer: [UInt8]
    package var parameters: [Parameter]
    /// Whether the rows are requested in binary format, as `Result.binary`.
    package var wantsBinary = false

    package init(_ sql: String, _ buffer: [UInt8] = [], _ parameters: [Parameter] = []) {
        self.sql = sql
        self.buffer = buffer
        self.parameters = parameters
    }

    /// Creates a call whose parameters are all binary values of types that the server infers.
    package init(_ sql: String, _ buffer: [UInt8], ranges: [Range<Int>]) {
        self.init(sql, buffer, ranges.map { ($0, true, 0) })
    }
}

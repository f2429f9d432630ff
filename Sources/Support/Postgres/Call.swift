/// One statement with its parameters, which lie in one buffer.
package struct Call: Sendable {
    /// A parameter: where it lies in the buffer (nil is NULL), in which format, and the object id of its type (0: the server infers it).
    package typealias Parameter = (place: Range<Int>?, isBinary: Bool, type: UInt32)

    package var sql: String
    package var buffer: [UInt8]
    package var parameters: [Parameter]
    /// Whether rows are wanted in the binary formats of their types, as `Result.binary`.
    package var wantsBinary = false

    package init(_ sql: String, _ buffer: [UInt8] = [], _ parameters: [Parameter] = []) {
        self.sql = sql
        self.buffer = buffer
        self.parameters = parameters
    }

    /// All parameters are binary values of types that the server infers.
    package init(_ sql: String, _ buffer: [UInt8], places: [Range<Int>]) {
        self.init(sql, buffer, places.map { ($0, true, 0) })
    }
}

/// The size of a table of an existing database.
package struct TableSize: Sendable, Equatable {
    package var rows: Int64
    /// Whether the rows were counted; otherwise `rows` is an estimate of the database.
    package var isCounted: Bool
    /// Bytes on the disk with all indexes.
    package var bytes: Int64
    /// Whether the bytes were measured; otherwise they are those of the whole file, an upper bound.
    package var isMeasured: Bool

    package init(rows: Int64, isCounted: Bool, bytes: Int64, isMeasured: Bool = true) {
        self.rows = rows
        self.isCounted = isCounted
        self.bytes = bytes
        self.isMeasured = isMeasured
    }
}

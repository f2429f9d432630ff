/// A column of dimension codes, and where a row has its code.
///
/// An offset instead of a key path, which is several times slower to read and to write: segments have 30 of these columns.
package struct CodeColumn<Row: Sendable>: Sendable {
    package let column: Column
    /// Bytes from the start of a row; a code of four bytes is there.
    private let offset: Int

    /// `path` is that of a stored property.
    init(_ column: Column, _ path: KeyPath<Row, UInt32>) {
        guard let offset = MemoryLayout<Row>.offset(of: path) else { preconditionFailure("not a stored property") }
        (self.column, self.offset) = (column, offset)
    }

    /// The code of a row.
    package func code(_ row: Row) -> UInt32 {
        unsafe withUnsafeBytes(of: row) { bytes in unsafe bytes.load(fromByteOffset: offset, as: UInt32.self) }
    }

    /// The codes of rows.
    func codes(_ rows: [Row]) -> [UInt32] {
        unsafe rows.withUnsafeBytes { bytes in
            rows.indices.map { row in
                unsafe bytes.load(fromByteOffset: row &* MemoryLayout<Row>.stride &+ offset, as: UInt32.self)
            }
        }
    }

    /// Sets the codes of rows; as many as there are rows.
    func set(_ codes: [UInt32], in rows: inout [Row]) {
        precondition(codes.count == rows.count)
        unsafe rows.withUnsafeMutableBytes { bytes in
            for row in codes.indices {
                let start = row &* MemoryLayout<Row>.stride &+ offset
                unsafe bytes.storeBytes(of: codes[row], toByteOffset: start, as: UInt32.self)
            }
        }
    }
}

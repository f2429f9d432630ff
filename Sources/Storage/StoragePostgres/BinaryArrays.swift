/// Array parameters in PostgreSQL's binary format, in one buffer that is reused for each batch.
struct BinaryArrays {
    /// Object ids of the element types, which are fixed in PostgreSQL's catalog.
    enum Element: Int32 {
        case integer = 23
        case text = 25
        case timestamptz = 1184
        case timestamp = 1114
        case uuid = 2950
        case jsonb = 3802
    }

    private(set) var buffer: [UInt8] = []
    private(set) var ranges: [Range<Int>] = []

    /// Appends one array parameter.
    ///
    /// - Parameters:
    ///   - element: The type of the elements.
    ///   - records: The records, each of which becomes one element.
    ///   - write: Appends the value of a record to the buffer; returns false for NULL.
    mutating func append<Record>(
        _ element: Element,
        _ records: [Record],
        _ write: (Record, inout [UInt8]) -> Bool
    ) {
        let start = buffer.count
        // The number of dimensions, whether there may be NULLs, and the element type; then the
        // length and lower bound of the dimension.
        for word: Int32 in [1, 1, element.rawValue, Int32(records.count), 1] { Self.put(word, &buffer) }
        for record in records {
            let lengthAt = buffer.count
            Self.put(Int32(-1), &buffer)
            guard write(record, &buffer) else { continue }
            let length = UInt32(buffer.count - lengthAt - 4)
            for byte in 0..<4 { buffer[lengthAt + byte] = UInt8(truncatingIfNeeded: length >> UInt32(24 - byte * 8)) }
        }
        ranges.append(start..<buffer.count)
    }

    /// Appends a parameter that is not an array.
    mutating func append(_ write: (inout [UInt8]) -> Void) {
        let start = buffer.count
        write(&buffer)
        ranges.append(start..<buffer.count)
    }

    mutating func removeAll() {
        // The memory of a batch of very large records must not be kept forever.
        buffer.removeAll(keepingCapacity: buffer.capacity <= Self.keptBytesMax)
        ranges.removeAll(keepingCapacity: true)
    }

    private static let keptBytesMax = 4 << 20

    static func put(_ value: Int32, _ buffer: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { buffer.append(contentsOf: $0) }
    }

    static func put(_ value: UInt64, _ buffer: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { buffer.append(contentsOf: $0) }
    }
}

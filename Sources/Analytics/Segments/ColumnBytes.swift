/// Binary format of a column.
///
/// Header: version (1 byte), width of a row (1 byte: 0, 1, 2, 4 or 8), number of dictionary codes (4 bytes).
/// Then the codes (4 bytes each) or, for a numeric column, the base that is added to each row (8 bytes); then
/// the rows. All integers are little-endian. With width 0, every row is index 0 or the base, so constant
/// columns need no row bytes.
enum ColumnBytes {
    static let version: UInt8 = 1
    /// Limit of codes per column: indexes fit into two bytes.
    static let codesMax = 65_536
    static let headerBytes = 6

    static func encode(numbers: [UInt64]) -> [UInt8] {
        let base = numbers.min() ?? 0
        let width = width((numbers.max() ?? 0) - base)
        var bytes = header(width, 0)
        append(base, 8, to: &bytes)
        bytes.reserveCapacity(bytes.count + numbers.count * width)
        for number in numbers { append(number - base, width, to: &bytes) }
        return bytes
    }

    static func encode(codes: [UInt32]) -> [UInt8] {
        var indexes: [UInt32: UInt64] = [:]
        var dictionary: [UInt32] = []
        var rows: [UInt64] = []
        rows.reserveCapacity(codes.count)
        for code in codes {
            if let index = indexes[code] {
                rows.append(index)
            } else {
                rows.append(UInt64(dictionary.count))
                indexes[code] = UInt64(dictionary.count)
                dictionary.append(code)
            }
        }
        precondition(dictionary.count <= codesMax)
        let width = width(UInt64(max(1, dictionary.count) - 1))
        var bytes = header(width, dictionary.count)
        for code in dictionary { append(UInt64(code), 4, to: &bytes) }
        bytes.reserveCapacity(bytes.count + rows.count * width)
        for row in rows { append(row, width, to: &bytes) }
        return bytes
    }

    private static func header(_ width: Int, _ count: Int) -> [UInt8] {
        var bytes: [UInt8] = [version, UInt8(width)]
        append(UInt64(count), 4, to: &bytes)
        return bytes
    }

    private static func width(_ max: UInt64) -> Int {
        switch max {
        case 0: 0
        case ...0xff: 1
        case ...0xffff: 2
        case ...0xffff_ffff: 4
        default: 8
        }
    }

    private static func append(_ value: UInt64, _ width: Int, to bytes: inout [UInt8]) {
        for byte in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))) }
    }
}

/// A column with a validated header, whose length matches the number of rows.
struct StoredColumn {
    /// Global codes, indexed by the values of rows.
    private(set) var dictionary: [UInt32] = []
    private var base: UInt64 = 0
    private let width: Int
    private let start: Int
    private let rows: Int
    private let bytes: [UInt8]

    /// Nil when the bytes are damaged.
    init?(_ column: Column, _ bytes: [UInt8], rows: Int) {
        self.init(bytes, rows: rows, hasCodes: column.dictionary != nil)
    }

    /// Nil when the bytes are damaged.
    init?(_ bytes: [UInt8], rows: Int, hasCodes: Bool) {
        guard bytes.count >= ColumnBytes.headerBytes, bytes[0] == ColumnBytes.version else { return nil }
        let width = Int(bytes[1])
        guard [0, 1, 2, 4, 8].contains(width) else { return nil }
        let count = Int(Self.number(bytes, 2, 4))
        guard count <= ColumnBytes.codesMax else { return nil }
        let start: Int
        if hasCodes {
            start = ColumnBytes.headerBytes + 4 * count
            guard width <= 2, bytes.count == start + rows * width, count > 0 || rows == 0 else { return nil }
            dictionary.reserveCapacity(count)
            for index in 0..<count {
                let start = ColumnBytes.headerBytes + 4 * index
                let (low, high) = (UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8, start + 2)
                dictionary.append(low | UInt32(bytes[high]) << 16 | UInt32(bytes[high + 1]) << 24)
            }
        } else {
            start = ColumnBytes.headerBytes + 8
            guard count == 0, bytes.count == start + rows * width else { return nil }
            base = Self.number(bytes, ColumnBytes.headerBytes, 8)
        }
        (self.bytes, self.width, self.start, self.rows) = (bytes, width, start, rows)
    }

    /// Dictionary indexes of all rows; nil when one is out of bounds.
    func indexes() -> [UInt16]? {
        guard let (values, max) = values(UInt16.self, 0) else { return nil }
        return rows == 0 || max < UInt64(dictionary.count) ? values : nil
    }

    func codes() -> [UInt32]? { indexes()?.map { dictionary[Int($0)] } }

    /// Numbers of all rows; nil when one exceeds `max`.
    func numbers<Number: FixedWidthInteger & UnsignedInteger>(max limit: Number = .max) -> [Number]? {
        guard let (values, max) = values(Number.self, Number(truncatingIfNeeded: base)) else { return nil }
        let (largest, overflow) = base.addingReportingOverflow(max)
        return !overflow && largest <= UInt64(limit) ? values : nil
    }

    private func values<Number: FixedWidthInteger>(_: Number.Type, _ base: Number) -> ([Number], max: UInt64)? {
        switch width {
        case 0: (Array(repeating: base, count: rows), 0)
        case 1: read(UInt8.self, base)
        case 2: read(UInt16.self, base)
        case 4: read(UInt32.self, base)
        default: read(UInt64.self, base)
        }
    }

    private func read<Stored: FixedWidthInteger & UnsignedInteger, Number: FixedWidthInteger>(
        _: Stored.Type,
        _ base: Number
    ) -> ([Number], max: UInt64) {
        var max: Stored = 0
        let values = unsafe bytes.withUnsafeBytes { bytes in
            unsafe [Number](unsafeUninitializedCapacity: rows) { target, count in
                for row in 0..<rows {
                    // `init` has validated the length for this number of rows.
                    let offset = start &+ row &* MemoryLayout<Stored>.size
                    let stored = Stored(
                        littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: Stored.self)
                    )
                    max = Swift.max(max, stored)
                    unsafe target[row] = Number(truncatingIfNeeded: stored) &+ base
                }
                count = rows
            }
        }
        return (values, UInt64(max))
    }

    private static func number(_ bytes: [UInt8], _ start: Int, _ width: Int) -> UInt64 {
        var value: UInt64 = 0
        for byte in 0..<width { value |= UInt64(bytes[start + byte]) << UInt64(8 * byte) }
        return value
    }
}

extension StoredColumn {
    /// Writes the dictionary indexes of all rows; false when one is out of bounds.
    func readIndexes(into target: RowBuffer<UInt16>) -> Bool {
        let max = read(into: target, 0).max
        return rows == 0 || max < UInt64(dictionary.count)
    }

    /// Writes the numbers of all rows; nil when one exceeds `limit`.
    ///
    /// - Returns: the largest number, and the smallest; without a base, the smallest above 0.
    func read<Number: FixedWidthInteger & UnsignedInteger>(
        into target: RowBuffer<Number>,
        max limit: Number = .max
    ) -> (least: UInt64, max: UInt64)? {
        let (least, max) = read(into: target, Number(truncatingIfNeeded: base))
        let (largest, overflow) = base.addingReportingOverflow(max)
        guard !overflow, largest <= UInt64(limit) else { return nil }
        return (base > 0 ? base : least, largest)
    }

    private func read<Number: FixedWidthInteger>(
        into target: RowBuffer<Number>,
        _ base: Number
    ) -> (least: UInt64, max: UInt64) {
        func read<Stored: FixedWidthInteger & UnsignedInteger>(_ type: Stored.Type) -> (least: UInt64, max: UInt64) {
            let (least, max) = target.read(type, bytes, from: start, count: rows, base: base)
            return (UInt64(least), UInt64(max))
        }
        switch width {
        case 0:
            target.fill(rows, base)
            return (0, 0)
        case 1: return read(UInt8.self)
        case 2: return read(UInt16.self)
        case 4: return read(UInt32.self)
        default: return read(UInt64.self)
        }
    }
}

/// Memory for one value of each row of a segment, or of each index of its dictionaries.
///
/// There is room for 65,536 values: whatever a two-byte index is, it is inside, so that loops over rows check nothing.
/// Who makes one deallocates it.
@safe struct RowBuffer<Value: BitwiseCopyable> {
    /// Rows of a segment at most, and values of two bytes.
    static var capacity: Int { 65_536 }
    /// Values that `storeRun` may write beyond the end.
    private static var slack: Int { 8 }

    private let start: UnsafeMutablePointer<Value>

    /// Zeros; a scan of few rows uses few pages.
    init() { unsafe start = ZeroPages.map(Self.capacity + Self.slack) }

    func deallocate() { unsafe ZeroPages.unmap(start, Self.capacity + Self.slack) }

    @inline(__always) subscript(index: UInt16) -> Value {
        get { unsafe start[Int(index)] }
        nonmutating set { unsafe start[Int(index)] = newValue }
    }

    /// The value of a row; rows are below the capacity.
    @inline(__always) subscript(row row: Int) -> Value {
        get { self[UInt16(truncatingIfNeeded: row)] }
        nonmutating set { self[UInt16(truncatingIfNeeded: row)] = newValue }
    }

    func fill(_ count: Int, _ value: Value) {
        precondition(count <= Self.capacity)
        unsafe start.update(repeating: value, count: count)
    }

    /// Reads little-endian numbers and adds `base` to each.
    ///
    /// - Returns: the largest and, but for zeros, the least number that was read, before the addition.
    func read<Stored: FixedWidthInteger & UnsignedInteger>(
        _: Stored.Type,
        _ bytes: [UInt8],
        from first: Int,
        count: Int,
        base: Value
    ) -> (least: Stored, max: Stored) where Value: FixedWidthInteger {
        let size = MemoryLayout<Stored>.size
        precondition(count <= Self.capacity && first >= 0 && first + count * size <= bytes.count)
        // One less than each number, so that zeros are the largest.
        var (least, max): (Stored, Stored) = (.max, 0)
        unsafe bytes.withUnsafeBytes { bytes in
            for row in 0..<count {
                let stored = Stored(
                    littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: first &+ row &* size, as: Stored.self)
                )
                least = Swift.min(least, stored &- 1)
                max = Swift.max(max, stored)
                unsafe start[row] = Value(truncatingIfNeeded: stored) &+ base
            }
        }
        return (least &+ 1, max)
    }
}

extension RowBuffer where Value: SIMDScalar {
    /// Gives the rows from `first` to before `end` one value, eight at a time: up to seven rows after them are
    /// overwritten, which the next run makes good.
    @inline(__always) func storeRun(_ first: Int, _ end: Int, _ value: Value) {
        precondition(first >= 0 && end <= Self.capacity)
        var row = first
        while row < end {
            unsafe UnsafeMutableRawPointer(start + row).storeBytes(
                of: SIMD8(repeating: value),
                as: SIMD8<Value>.self
            )
            row &+= 8
        }
    }
}

extension RowBuffer<UInt16> {
    /// Writes the numbers of the rows whose mask is 1, and returns how many there are.
    func select(_ mask: RowBuffer<UInt8>, _ count: Int) -> Int {
        var selected = 0
        for row in 0..<count {
            let index = UInt16(truncatingIfNeeded: row)
            self[row: selected] = index
            selected &+= Int(mask[index] & 1)
        }
        return selected
    }
}

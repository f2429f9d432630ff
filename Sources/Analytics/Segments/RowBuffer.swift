/// Memory for one value of each row of a segment, or of each index of its dictionaries.
///
/// The capacity is 65,536 values, so every two-byte index is in bounds and loops need no checks. The creator
/// must call `deallocate`.
@safe struct RowBuffer<Value: BitwiseCopyable> {
    /// Maximum number of rows of a segment, and number of two-byte values.
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

    /// The value of a row, which must be below the capacity.
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
    /// - Returns: the largest number and the smallest nonzero number, before `base` is added.
    func read<Stored: FixedWidthInteger & UnsignedInteger>(
        _: Stored.Type,
        _ bytes: [UInt8],
        from first: Int,
        count: Int,
        base: Value
    ) -> (least: Stored, max: Stored) where Value: FixedWidthInteger {
        let size = MemoryLayout<Stored>.size
        precondition(count <= Self.capacity && first >= 0 && first + count * size <= bytes.count)
        // Tracks each number minus one, so that zero wraps to the maximum.
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
    /// Assigns a value to the rows `first..<end`, eight at a time.
    ///
    /// Up to seven rows after them are overwritten; the next run must restore them.
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
    /// Writes the indexes of rows whose mask is 1 and returns their number.
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

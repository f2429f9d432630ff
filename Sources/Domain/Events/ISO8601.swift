/// A parser for ISO 8601 dates and times as written by browsers and log shippers.
package enum ISO8601 {
    /// Parses a date and time.
    ///
    /// Accepts calendar dates of the years 1 to 9999 in extended (`2026-11-23`) or basic
    /// (`20261123`) format, alone or followed by `T` or a space and a time in the same format:
    /// hours and minutes, optional seconds (a leap second counts as the following second), an
    /// optional fraction after `.` or `,` (truncated to microseconds), and an optional `Z` or
    /// offset. Without an offset the time is UTC.
    ///
    /// Returns microseconds since 1970-01-01T00:00:00Z; nil when the text is invalid or longer than 64 bytes.
    package static func microseconds(_ bytes: some RandomAccessCollection<UInt8>) -> Int64? {
        var reader = Reader(rest: Array(bytes)[...])
        guard bytes.count <= textBytesMax, let date = reader.date() else { return nil }
        guard !reader.rest.isEmpty else { return date * 1_000_000 }
        guard reader.skip("T") || reader.skip("t") || reader.skip(" ") else { return nil }
        guard let time = reader.time(), let offset = reader.offset(), reader.rest.isEmpty else { return nil }
        let result = date * 1_000_000 + time - offset * 1_000_000
        return isStorable(result) ? result : nil
    }

    /// Whether a time in microseconds since 1970 is within the years 1 to 9999.
    static func isStorable(_ microseconds: Int64) -> Bool { storableMicroseconds.contains(microseconds) }

    /// The range of the years 1 to 9999 in microseconds since 1970, which every store can represent.
    package static let storableMicroseconds: ClosedRange<Int64> = -62_135_596_800_000_000...253_402_300_799_999_999

    private static let textBytesMax = 64

    private struct Reader {
        var rest: ArraySlice<UInt8>
        /// Whether the date contains hyphens.
        ///
        /// If so, the time must contain colons.
        var isExtended = true

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard let first = rest.first, UInt32(first) == character.value else { return false }
            rest.removeFirst()
            return true
        }

        /// Parses a number of exactly `digits` digits.
        mutating func number(_ digits: Int) -> Int64? {
            guard rest.count >= digits else { return nil }
            var value: Int64 = 0
            for byte in rest.prefix(digits) {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            rest.removeFirst(digits)
            return value
        }

        /// Parses a date.
        ///
        /// Returns seconds since 1970 of its start.
        mutating func date() -> Int64? {
            guard let year = number(4), year >= 1 else { return nil }
            isExtended = skip("-")
            guard let month = number(2), (1...12).contains(month) else { return nil }
            if isExtended, !skip("-") { return nil }
            guard let day = number(2), day >= 1, day <= daysInMonth(month, year) else { return nil }
            return CivilDate(year: year, month: month, day: day).daysSince1970 * 86400
        }

        /// Parses a time of day.
        ///
        /// Returns microseconds since midnight.
        mutating func time() -> Int64? {
            guard let hour = number(2), hour <= 23 else { return nil }
            if isExtended, !skip(":") { return nil }
            guard let minute = number(2), minute <= 59 else { return nil }
            var second: Int64 = 0
            var micro: Int64 = 0
            if isExtended ? skip(":") : startsWithDigit {
                guard let value = number(2), value <= 60 else { return nil }
                second = value
                if skip(".") || skip(",") {
                    guard let value = fraction() else { return nil }
                    micro = value
                }
            }
            return ((hour * 60 + minute) * 60 + second) * 1_000_000 + micro
        }

        /// Parses an offset.
        ///
        /// Returns seconds east of UTC; 0 for `Z` and when there is no offset.
        mutating func offset() -> Int64? {
            if rest.isEmpty || skip("Z") || skip("z") { return 0 }
            let sign: Int64
            if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
            guard let hours = number(2), hours <= 23 else { return nil }
            guard !rest.isEmpty else { return sign * hours * 3600 }
            _ = skip(":")
            guard let minutes = number(2), minutes <= 59 else { return nil }
            return sign * (hours * 60 + minutes) * 60
        }

        private var startsWithDigit: Bool { rest.first.map { (0x30...0x39).contains($0) } ?? false }

        private mutating func fraction() -> Int64? {
            guard startsWithDigit else { return nil }
            var value: Int64 = 0
            var digits = 0
            while startsWithDigit {
                let byte = rest.removeFirst()
                guard digits < 6 else { continue }
                value = value * 10 + Int64(byte - 0x30)
                digits += 1
            }
            while digits < 6 {
                value *= 10
                digits += 1
            }
            return value
        }
    }
}

private func daysInMonth(_ month: Int64, _ year: Int64) -> Int64 {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: CivilDate(year: year, month: 2, day: 1).isLeapYear ? 29 : 28
    default: 31
    }
}

/// Timestamps as text in UTC, such as `2026-11-23T17:59:41.673000Z`.
///
/// The text sorts by time, and SQLite's date functions accept it.
package enum TimestampText {
    /// The text of a time in microseconds since 1970, which must be within the years 1 to 9999; 27 bytes.
    package static func bytes(_ microseconds: Int64) -> [UInt8] {
        let (seconds, fraction) = (floorDivide(microseconds, 1_000_000), floorRemainder(microseconds, 1_000_000))
        let time = floorRemainder(seconds, CivilDate.daySeconds)
        let date = CivilDate(daysSince1970: floorDivide(seconds, CivilDate.daySeconds))
        var text = Array("0000-00-00T00:00:00.000000Z".utf8)
        put(date.year, 4, at: 0, &text)
        put(date.month, 2, at: 5, &text)
        put(date.day, 2, at: 8, &text)
        put(time / 3600, 2, at: 11, &text)
        put(time / 60 % 60, 2, at: 14, &text)
        put(time % 60, 2, at: 17, &text)
        put(fraction, 6, at: 20, &text)
        return text
    }

    /// The text of a time in seconds since 1970 to the minute, such as `2026-11-28 12:00`.
    package static func minute(_ seconds: Int64) -> String {
        let text = String(decoding: bytes(seconds * 1_000_000), as: UTF8.self)
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))"
    }

    /// The date of a time in seconds since 1970, such as `2026-11-28`.
    package static func date(_ seconds: Int64) -> String {
        String(decoding: bytes(seconds * 1_000_000).prefix(10), as: UTF8.self)
    }

    private static func put(_ value: Int64, _ digits: Int, at start: Int, _ text: inout [UInt8]) {
        var rest = value
        for index in (start..<start + digits).reversed() {
            text[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }
}

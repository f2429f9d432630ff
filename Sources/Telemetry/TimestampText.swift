/// Times as text in UTC: `2026-11-23T17:59:41.673000Z`, which sorts by time and which SQLite's date functions read.
package enum TimestampText {
    /// The text of a time that lies within the years 1 to 9999.
    package static func bytes(_ microseconds: Int64) -> [UInt8] {
        let (seconds, fraction) = floored(microseconds, 1_000_000)
        let (days, time) = floored(seconds, 86400)
        let date = civil(days)
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

    private static func put(_ value: Int64, _ digits: Int, at start: Int, _ text: inout [UInt8]) {
        var rest = value
        for index in (start..<start + digits).reversed() {
            text[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }

    private static func floored(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let remainder = (value % divisor + divisor) % divisor
        return ((value - remainder) / divisor, remainder)
    }

    /// The proleptic Gregorian date of a day counted from 1970, by eras of 400 years that start in March.
    private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floored(day + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}

import Events

/// Rule for times after the last transition of a TZif file: a POSIX `TZ` string with the extensions of RFC 8536.
struct PosixZoneRule: Equatable, Sendable {
    /// A recurring change: a day of the year and the local time on it.
    struct Change: Equatable, Sendable {
        enum Day: Equatable, Sendable {
            /// 1 to 365; February 29 is never counted.
            case julian(Int64)
            /// 0 to 365; February 29 is counted.
            case zeroBased(Int64)
            /// A weekday in a week of a month; week 5 is the last one.
            case monthly(month: Int64, week: Int64, weekday: Int64)
        }

        var day: Day
        /// Seconds after midnight of the day, from −167 to 167 hours.
        var seconds: Int64

        /// Time of the change in a year, as local seconds since 1970.
        func local(year: Int64) -> Int64 { days(year) * CivilDate.daySeconds + seconds }

        private func days(_ year: Int64) -> Int64 {
            let first = CivilDate(year: year, month: 1, day: 1)
            switch day {
            case .julian(let number): return first.daysSince1970 + number - (first.isLeapYear && number >= 60 ? 0 : 1)
            case .zeroBased(let number): return first.daysSince1970 + number
            case .monthly(let month, let week, let weekday):
                let start = CivilDate(year: year, month: month, day: 1).daysSince1970
                let next = month == 12 ? (year + 1, Int64(1)) : (year, month + 1)
                let end = CivilDate(year: next.0, month: next.1, day: 1).daysSince1970
                let day = start + floorRemainder(weekday - CivilDate.weekday(daysSince1970: start), 7) + 7 * (week - 1)
                return day < end ? day : day - 7
            }
        }
    }

    /// Seconds east of UTC.
    var standardOffset: Int64
    var daylight: (offset: Int64, start: Change, end: Change)?

    static func == (one: PosixZoneRule, other: PosixZoneRule) -> Bool {
        one.standardOffset == other.standardOffset && one.daylight?.offset == other.daylight?.offset
            && one.daylight?.start == other.daylight?.start && one.daylight?.end == other.daylight?.end
    }

    /// Parses a rule; nil when it is malformed.
    init?(_ text: [UInt8]) {
        var parser = Parser(rest: text[...])
        guard parser.name(), let standard = parser.time(hoursMax: 24) else { return nil }
        standardOffset = -standard
        guard !parser.rest.isEmpty else { return }
        guard parser.name() else { return nil }
        var offset = standardOffset + 3600
        if parser.rest.first != UInt8(ascii: ",") {
            guard let own = parser.time(hoursMax: 24) else { return nil }
            offset = -own
        }
        guard let start = parser.change(), let end = parser.change(), parser.rest.isEmpty else { return nil }
        daylight = (offset, start, end)
    }

    /// Transitions in a year and the years next to it, ascending, each with the offset that applies from then on.
    func transitions(around year: Int64) -> [(at: Int64, offset: Int64)] {
        guard let daylight else { return [] }
        let all = (year - 1...year + 1).flatMap { year in
            [
                (at: daylight.start.local(year: year) - standardOffset, offset: daylight.offset),
                (at: daylight.end.local(year: year) - daylight.offset, offset: standardOffset),
            ]
        }
        return all.sorted { $0.at < $1.at }
    }

    func offset(at seconds: Int64) -> Int64 {
        let year = CivilDate(daysSince1970: floorDivide(seconds + standardOffset, CivilDate.daySeconds)).year
        return transitions(around: year).last { $0.at <= seconds }?.offset ?? standardOffset
    }
}

private struct Parser {
    var rest: ArraySlice<UInt8>

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    /// Skips an abbreviation: three or more letters, or any text in `<` and `>`.
    mutating func name() -> Bool {
        if skip("<") {
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
            rest = rest[(end + 1)...]
            return true
        }
        let count = rest.prefix { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }.count
        rest = rest.dropFirst(count)
        return count >= 3
    }

    mutating func number(_ bounds: ClosedRange<Int64>) -> Int64? {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        guard (1...3).contains(digits.count) else { return nil }
        let value = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
        rest = rest.dropFirst(digits.count)
        return bounds.contains(value) ? value : nil
    }

    /// Parses `[+-]hh[:mm[:ss]]` to seconds.
    mutating func time(hoursMax: Int64) -> Int64? {
        let isNegative = skip("-")
        if !isNegative { _ = skip("+") }
        guard let hours = number(0...hoursMax) else { return nil }
        var seconds = hours * 3600
        if skip(":") {
            guard let minutes = number(0...59) else { return nil }
            seconds += minutes * 60
            if skip(":") {
                guard let more = number(0...59) else { return nil }
                seconds += more
            }
        }
        return isNegative ? -seconds : seconds
    }

    /// Parses `,date[/time]`; the default time is 02:00.
    mutating func change() -> PosixZoneRule.Change? {
        guard skip(","), let day = day() else { return nil }
        guard skip("/") else { return PosixZoneRule.Change(day: day, seconds: 2 * 3600) }
        return time(hoursMax: 167).map { PosixZoneRule.Change(day: day, seconds: $0) }
    }

    private mutating func day() -> PosixZoneRule.Change.Day? {
        if skip("J") { return number(1...365).map { .julian($0) } }
        guard skip("M") else { return number(0...365).map { .zeroBased($0) } }
        guard let month = number(1...12), skip("."), let week = number(1...5), skip("."), let weekday = number(0...6)
        else { return nil }
        return .monthly(month: month, week: week, weekday: weekday)
    }
}

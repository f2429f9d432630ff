import Events

/// The length of the buckets of a time series, in local time of a zone.
package enum Interval: String, CaseIterable, Sendable {
    case minute, hour, day, week, month

    /// The length of most buckets in seconds; for months, of the shortest.
    package var usualSeconds: Int64 {
        switch self {
        case .minute: 60
        case .hour: 3600
        case .day: 86_400
        case .week: 7 * 86_400
        case .month: 28 * 86_400
        }
    }
}

/// The first day of weeks, by its number in ISO 8601.
package enum Weekday: Int64, CaseIterable, Sendable {
    case monday = 1
    case tuesday, wednesday, thursday, friday, saturday, sunday
}

extension Zone {
    /// The starts of the buckets that overlap a range, in ascending order: the first is at or
    /// before `from`, all are before `to`.
    ///
    /// A repeated hour is two buckets, and a day has 23 to 25 hours at a clock change.
    package func bucketStarts(
        from: Int64,
        to: Int64,
        _ interval: Interval,
        weekStart: Weekday = .monday
    ) -> [Int64] {
        var starts =
            switch interval {
            case .minute: Array(stride(from: from - floorRemainder(from, 60), to: to, by: 60))
            case .hour: hourStarts(from: from - 4 * 3600, to: to)
            case .day, .week, .month: dateStarts(from: from, to: to, interval, weekStart)
            }
        let unused = starts.lastIndex { $0 <= from } ?? 0
        starts.removeFirst(unused)
        return starts
    }

    /// The start of the bucket that contains a time.
    package func bucketStart(_ seconds: Int64, _ interval: Interval, weekStart: Weekday = .monday) -> Int64 {
        bucketStarts(from: seconds, to: seconds + 1, interval, weekStart: weekStart).first ?? seconds
    }

    /// The start of the month that is `months` after the month of a time.
    package func monthStart(_ seconds: Int64, addingMonths months: Int64 = 0) -> Int64 {
        let date = CivilDate(daysSince1970: floorDivide(local(seconds), CivilDate.daySeconds))
        let month = date.year * 12 + date.month - 1 + months
        let first = CivilDate(year: floorDivide(month, 12), month: floorRemainder(month, 12) + 1, day: 1)
        return dateStart(local: first.daysSince1970 * CivilDate.daySeconds)
    }

    /// The start of the year that is `years` after the year of a time.
    package func yearStart(_ seconds: Int64, addingYears years: Int64 = 0) -> Int64 {
        let date = CivilDate(daysSince1970: floorDivide(local(seconds), CivilDate.daySeconds))
        let first = CivilDate(year: date.year + years, month: 1, day: 1)
        return dateStart(local: first.daysSince1970 * CivilDate.daySeconds)
    }

    /// The time with the same local time `days` calendar days later.
    package func seconds(_ seconds: Int64, addingDays days: Int64) -> Int64 {
        self.seconds(local: local(seconds) + days * CivilDate.daySeconds)
    }

    /// The start of a date, given as the local seconds of its midnight: the first time of the date
    /// if midnight is skipped.
    package func dateStart(local: Int64) -> Int64 { firstSeconds(atOrAfterLocal: local) }

    /// The number of calendar days, at least one, that cover a range which starts at the start of a day.
    package func days(from: Int64, to: Int64) -> Int64 {
        max(1, floorDivide(local(to - 1), CivilDate.daySeconds) - floorDivide(local(from), CivilDate.daySeconds) + 1)
    }

    /// The starts of hours.
    ///
    /// An hour starts when the local minutes are 0, and at a clock change that moves the local time into another hour.
    private func hourStarts(from: Int64, to: Int64) -> [Int64] {
        var starts: [Int64] = []
        let bounds = [from] + transitions(from: from, to: to) + [to]
        for (start, end) in zip(bounds, bounds.dropFirst()) {
            let (before, after) = (local(start - 1), local(start))
            let isLeap = floorDivide(before, 3600) != floorDivide(after, 3600)
            if isLeap || floorRemainder(after, 3600) == 0 { starts.append(start) }
            var next = start + 3600 - floorRemainder(after, 3600)
            while next < end {
                starts.append(next)
                next += 3600
            }
        }
        // Current offsets are whole minutes. Historical ones may not be.
        return starts.map { $0 - floorRemainder($0, 60) }
    }

    private func dateStarts(from: Int64, to: Int64, _ interval: Interval, _ weekStart: Weekday) -> [Int64] {
        var day = floorDivide(local(from), CivilDate.daySeconds)
        switch interval {
        case .week: day -= floorRemainder(CivilDate.weekday(daysSince1970: day) - weekStart.rawValue, 7)
        case .month: day -= CivilDate(daysSince1970: day).day - 1
        case .minute, .hour, .day: break
        }
        var starts: [Int64] = []
        while true {
            let start = firstSeconds(atOrAfterLocal: day * CivilDate.daySeconds)
            guard start < to || starts.isEmpty else { return starts }
            // A day that the zone skipped has no bucket.
            if starts.last.map({ $0 < start }) ?? true { starts.append(start - floorRemainder(start, 60)) }
            switch interval {
            case .week: day += 7
            case .month:
                let date = CivilDate(daysSince1970: day)
                day =
                    CivilDate(year: date.month == 12 ? date.year + 1 : date.year, month: date.month % 12 + 1, day: 1)
                    .daysSince1970
            case .minute, .hour, .day: day += 1
            }
        }
    }
}

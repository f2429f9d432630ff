import Events

/// Granularity of the buckets of a series, in the local time of a zone.
package enum Interval: String, CaseIterable, Sendable {
    case minute, hour, day, week, month

    /// Nominal length of a bucket in seconds; for a month, the shortest.
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

extension Zone {
    /// Start times of the buckets that overlap a range in seconds since 1970, ascending.
    ///
    /// The first is at or before `from`, all are before `to`. A repeated hour has two buckets, a day with a clock
    /// change has 23 to 25 hours, and weeks start on Monday.
    package func bucketStarts(from: Int64, to: Int64, _ interval: Interval) -> [Int64] {
        var starts =
            switch interval {
            case .minute: Array(stride(from: from - floorRemainder(from, 60), to: to, by: 60))
            case .hour: hourStarts(from: from - 4 * 3600, to: to)
            case .day, .week, .month: dateStarts(from: from, to: to, interval)
            }
        let unused = starts.lastIndex { $0 <= from } ?? 0
        starts.removeFirst(unused)
        return starts
    }

    /// Start of the bucket that contains a moment, in seconds since 1970.
    package func bucketStart(_ seconds: Int64, _ interval: Interval) -> Int64 {
        bucketStarts(from: seconds, to: seconds + 1, interval).first ?? seconds
    }

    /// Adds calendar days to a moment, preserving the local time.
    package func seconds(_ seconds: Int64, addingDays days: Int64) -> Int64 {
        self.seconds(local: local(seconds) + days * CivilDate.daySeconds)
    }

    /// Start of a date, given as its midnight in local seconds; the first moment after it if midnight is skipped.
    package func dateStart(local: Int64) -> Int64 { firstSeconds(atOrAfterLocal: local) }

    /// Number of calendar days, at least one, covered by a range that starts at the start of a day.
    package func days(from: Int64, to: Int64) -> Int64 {
        max(1, floorDivide(local(to - 1), CivilDate.daySeconds) - floorDivide(local(from), CivilDate.daySeconds) + 1)
    }

    /// Hours start at minute 0, and at a clock change that skips it.
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
        // Current offsets are whole minutes; those of historical times may not be.
        return starts.map { $0 - floorRemainder($0, 60) }
    }

    private func dateStarts(from: Int64, to: Int64, _ interval: Interval) -> [Int64] {
        var day = floorDivide(local(from), CivilDate.daySeconds)
        switch interval {
        case .week: day -= floorRemainder(CivilDate.weekday(daysSince1970: day) - 1, 7)
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

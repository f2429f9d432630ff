import Events

/// A time zone of the IANA database.
package struct Zone: Sendable, Equatable {
    package let name: String
    private let file: TimeZoneFile

    package static let utc = Zone(name: "UTC", file: TimeZoneFile())

    init(name: String, file: TimeZoneFile) { (self.name, self.file) = (name, file) }

    /// Offset at a moment, in seconds east of UTC.
    func offset(at seconds: Int64) -> Int64 {
        guard let last = file.transitions.last, last.at > seconds else {
            return file.rule?.offset(at: seconds) ?? file.transitions.last?.offset ?? file.firstOffset
        }
        var (low, high) = (0, file.transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if file.transitions[middle].at <= seconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? file.firstOffset : file.transitions[low - 1].offset
    }

    /// Local time at a moment, as seconds since 1970 of a UTC clock with the same date and time.
    package func local(_ seconds: Int64) -> Int64 { seconds + offset(at: seconds) }

    /// Moments between `from` and `to`, both exclusive, at which the offset changes, ascending.
    func transitions(from: Int64, to: Int64) -> [Int64] {
        var found = file.transitions.map(\.at).filter { from < $0 && $0 < to }
        let last = file.transitions.last?.at ?? .min
        if let rule = file.rule, to > last {
            let first = CivilDate(daysSince1970: floorDivide(from, CivilDate.daySeconds)).year
            let end = CivilDate(daysSince1970: floorDivide(to, CivilDate.daySeconds)).year
            var years = first
            while years <= end {
                for change in rule.transitions(around: years) {
                    if change.at > max(from, last), change.at < to, change.at > found.last ?? .min {
                        found.append(change.at)
                    }
                }
                years += 1
            }
        }
        return found.filter { offset(at: $0) != offset(at: $0 - 1) }
    }

    /// The moment at which clocks show a local time; the first of two when it is repeated.
    ///
    /// A skipped time is interpreted with the offset before the gap, as in RFC 5545 and JavaScript's Temporal.
    package func seconds(local: Int64) -> Int64 { occurrence(local) ?? local - offset(at: local - Self.reach) }

    /// The first moment at which clocks show a local time or a later one.
    func firstSeconds(atOrAfterLocal local: Int64) -> Int64 {
        if let found = occurrence(local) { return found }
        let gap = transitions(from: local - Self.reach, to: local + Self.reach)
            .first { self.local($0 - 1) < local && self.local($0) > local }
        return gap ?? local - offset(at: local)
    }

    /// Search distance in seconds, larger than any difference between local time and UTC.
    private static let reach: Int64 = 26 * 3600

    private func occurrence(_ local: Int64) -> Int64? {
        let (before, after) = (local - Self.reach, local + Self.reach)
        let offsets = [before] + transitions(from: before, to: after)
        return offsets.map { local - offset(at: $0) }.filter { self.local($0) == local }.min()
    }
}

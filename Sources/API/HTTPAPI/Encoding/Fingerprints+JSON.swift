import Reports
import Segments

extension FingerprintsReport: JSONRepresentable {
    /// One sentence about the method of counting.
    private static let reason = "Each visitor counts once, with its latest fingerprint"

    var json: JSONEncodedValue {
        let rows = bots.map { reasons, sum in
            JSONEncodedValue.object([
                ("reasons", .array(reasons.map { .text($0) })), ("visitors", JSONEncodedValue(sum.visitors)),
                ("sessions", .integer(sum.sessions)), ("events", .integer(sum.eventsReceived)),
            ])
        }
        return .object(
            [
                ("scope", .text(range == nil ? "all_time" : "range")), ("range", range?.json ?? .null),
                ("reason", .text(Self.reason)), ("visitors", .integer(visitors)),
                ("signals", .object(signals.map { ($0.name, $0.json) })), ("bots", .array(rows)),
            ] + visitorsRefused(visitorsRefusal)
        )
    }
}

extension FingerprintsReport.Signal: JSONRepresentable {
    var json: JSONEncodedValue {
        let sets = anonymitySets.map { set in
            JSONEncodedValue.object([("size", .text(Self.label(set.size))), ("visitors", .integer(set.visitors))])
        }
        let shared = shared.map {
            JSONEncodedValue.object([("hash", .text($0.hash)), ("visitors", .integer($0.visitors))])
        }
        return .object([
            ("bits", JSONEncodedValue(bits.corrected, digits: 2)),
            ("bits_seen", JSONEncodedValue(bits.seen, digits: 2)),
            ("visitors", .integer(visitors)), ("values", .integer(values)),
            ("unique_share", .share(uniqueValues, of: visitors)), ("anonymity_sets", .array(sets)),
            ("returns", JSONEncodedValue(returns?.reports)),
            ("changed_share", returns.map { .share($0.changes, of: $0.reports) } ?? .null), ("shared", .array(shared)),
        ])
    }

    /// "1", "2–9", "1,000+".
    private static func label(_ size: ClosedRange<Int64>) -> String {
        if size.lowerBound == size.upperBound { return "\(size.lowerBound)" }
        return size.upperBound == .max ? "1,000+" : "\(size.lowerBound)–\(size.upperBound)"
    }
}

extension FingerprintFrequency: JSONRepresentable {
    var json: JSONEncodedValue {
        let signals = signals.map { signal in
            (signal.name, JSONEncodedValue.object([("same", .integer(signal.same)), ("of", .integer(signal.all))]))
        }
        return .object([("signals", .object(signals))])
    }
}

import Erasure

extension Erasure: JSONRepresentable {
    /// Without the visitor, which the log does not keep.
    var json: JSONEncodedValue {
        .object([
            ("id", .text(id)), ("site", JSONEncodedValue(site)), ("origin", .text(origin.rawValue)),
            ("requested_at", .integer(requestedAt / 1_000_000)),
            ("finished_at", JSONEncodedValue(finishedAt.map { $0 / 1_000_000 })), ("step", .text(step.rawValue)),
            ("rows", .object(counts.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
            ("proof", proof?.json ?? .null), ("failure", JSONEncodedValue(failure)),
        ])
    }
}

extension Erasure.Proof: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("remaining", .integer(remaining)), ("occurrences", JSONEncodedValue(occurrences)),
            ("newer", .integer(newer)), ("mentions", .integer(mentions)),
        ])
    }
}

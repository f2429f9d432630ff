/// The decoded query of a URL.
struct Query {
    private let values: [(name: String, value: String)]

    /// The most names and values of one query.
    static let valuesMax = 40

    init(_ text: String?) {
        let parts = (text ?? "").split(separator: "&").prefix(Self.valuesMax)
        values = parts.map { part in
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (
                PercentCoding.decoded(pair[0], plusIsSpace: true),
                pair.count == 2 ? PercentCoding.decoded(pair[1], plusIsSpace: true) : ""
            )
        }
    }

    /// The first value of a name; nil when there is none or it is empty.
    subscript(name: String) -> String? { given(name).flatMap { $0.isEmpty ? nil : $0 } }

    /// The first value of a name, which may be empty; nil when there is none.
    func given(_ name: String) -> String? { values.first { $0.name == name }?.value }

    var names: [String] { values.map(\.name) }
}

/// An error for a parameter that is invalid.
struct QueryError: Error {
    let message: String
}

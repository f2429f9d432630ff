/// The query of an address, decoded.
struct Query {
    private let values: [(name: String, value: String)]

    /// Names and values of one query, at most.
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
    subscript(name: String) -> String? {
        let value = values.first { $0.name == name }?.value
        return value?.isEmpty == false ? value : nil
    }

    var names: [String] { values.map(\.name) }
}

/// A parameter that cannot be understood.
struct QueryError: Error {
    let message: String
}

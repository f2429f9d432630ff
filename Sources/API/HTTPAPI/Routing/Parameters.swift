import Reports

/// The checked parameters of a query: each is declared by its route and has an allowed value.
struct Parameters: Sendable {
    private var values: [String: String] = [:]
    /// What the sender may read: everything, but for guests of a limited share link.
    var scope = ReportScope()

    /// A query without parameters.
    init() {}

    /// Checks a query against the parameters that its route declares.
    init(_ query: Query, _ declared: [Parameter]) throws(QueryError) {
        try query.checkNames(declared)
        for parameter in declared {
            let value = parameter.kind == .emptyOrText ? query.given(parameter.name) : query[parameter.name]
            try parameter.check(value)
            values[parameter.name] = value
        }
    }

    /// Checks values, which are not empty, against the declared parameters.
    init(_ values: [String: String], _ declared: [Parameter]) throws(QueryError) {
        for parameter in declared { try parameter.check(values[parameter.name]) }
        self.values = values
    }

    /// The value of a parameter; nil when it is missing, or empty and not of the kind `.emptyOrText`.
    subscript(name: String) -> String? { values[name] }

    /// Replaces the value of a parameter.
    mutating func set(_ name: String, _ value: String?) { values[name] = value }

    /// The value of a parameter of the kind `.integer`.
    func integer(_ name: String) -> Int64? { values[name].flatMap { Int64($0) } }

    /// The value of a parameter of the kind `.words`.
    func words(_ name: String) -> [String] { values[name].map(Self.words) ?? [] }

    static func words(_ value: String) -> [String] {
        value.split(separator: ",").map(String.init)
    }
}

extension Query {
    /// Throws an error that names the first parameter that is not declared.
    func checkNames(_ declared: [Parameter]) throws(QueryError) {
        guard let unknown = names.first(where: { name in !declared.contains { $0.name == name } }) else { return }
        throw QueryError(message: "Unknown parameter: \(unknown.prefix(40))")
    }
}

/// A parameter of a query: its name and its allowed values.
struct Parameter: Sendable {
    enum Kind: Sendable, Equatable {
        case text
        /// A text that may be empty; other parameters without a value count as missing.
        case emptyOrText
        /// A whole number in digits only.
        case integer(ClosedRange<Int64>)
        /// One of these words.
        case word([String])
        /// Some of these words, separated by commas, each at most once.
        case words([String])
    }

    let name: String
    let kind: Kind
    var isRequired = false

    init(_ name: String, _ kind: Kind = .text, isRequired: Bool = false) {
        self.name = name
        self.kind = kind
        self.isRequired = isRequired
    }

    /// Throws an error with a sentence for the client when the value is not of this kind; nil is a parameter without a value.
    func check(_ value: String?) throws(QueryError) {
        guard let value else {
            guard !isRequired else { throw QueryError(message: "\(name) is missing") }
            return
        }
        switch kind {
        case .text, .emptyOrText:
            return
        case .integer(let bounds):
            let isPlain = value.utf8.allSatisfy { (0x30...0x39).contains($0) }
            guard isPlain, let number = Int64(value), bounds.contains(number) else {
                throw QueryError(message: "\(name) must be a number from \(bounds.lowerBound) to \(bounds.upperBound)")
            }
        case .word(let known):
            guard known.contains(value) else {
                throw QueryError(message: "\(name) must be \(Self.list(known))")
            }
        case .words(let known):
            let words = Parameters.words(value)
            guard !words.isEmpty, words.allSatisfy(known.contains), Set(words).count == words.count else {
                throw QueryError(message: "\(name) must be a list of \(known.joined(separator: ", "))")
            }
        }
    }

    /// "a, b or c".
    private static func list(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }
}

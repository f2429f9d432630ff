/// One statement of a migration as tokens, for its classification.
///
/// Words are in lower case, without the quotes of identifiers; a string is the token `'`, a body between dollar signs
/// the token `$`. Comments are left out. Numbers are words.
package struct SQLStatement: Sendable, Equatable {
    package let tokens: [String]

    /// The statements of a file, in order.
    package static func parse(_ sql: String) -> [SQLStatement] {
        var scanner = SQLScanner(sql)
        var statements: [SQLStatement] = []
        var tokens: [String] = []
        while let token = scanner.next() {
            if token == ";" {
                if !tokens.isEmpty { statements.append(SQLStatement(tokens: tokens)) }
                tokens = []
            } else {
                tokens.append(token)
            }
        }
        if !tokens.isEmpty { statements.append(SQLStatement(tokens: tokens)) }
        return statements
    }

    /// The first words of the statement, for a message.
    package var summary: String {
        let limit = 8
        return tokens.prefix(limit).map { $0 == "'" ? "'…'" : $0 }.joined(separator: " ")
            + (tokens.count > limit ? " …" : "")
    }
}

/// Splits SQL of both engines into tokens.
private struct SQLScanner {
    private let text: [Unicode.Scalar]
    private var at = 0

    init(_ sql: String) { text = Array(sql.unicodeScalars) }

    mutating func next() -> String? {
        skipBlanks()
        guard at < text.count else { return nil }
        switch text[at] {
        case "'":
            _ = quoted("'")
            return "'"
        case "\"": return quoted("\"")
        case "$":
            if skipDollarQuote() { return "$" }
        case let first where Self.isWord(first):
            let start = at
            while at < text.count, Self.isWord(text[at]) { at += 1 }
            return string(start..<at).lowercased()
        default: break
        }
        at += 1
        return string(at - 1..<at)
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
    }

    private func string(_ range: Range<Int>) -> String {
        String(String.UnicodeScalarView(text[range]))
    }

    private func starts(with word: String) -> Bool { text[at...].starts(with: word.unicodeScalars) }

    private mutating func skip(past end: String) {
        while at < text.count, !starts(with: end) { at += 1 }
        at = min(text.count, at + end.unicodeScalars.count)
    }

    private mutating func skipBlanks() {
        while at < text.count {
            if starts(with: "--") {
                skip(past: "\n")
            } else if starts(with: "/*") {
                skip(past: "*/")
            } else if text[at].properties.isWhitespace {
                at += 1
            } else {
                return
            }
        }
    }

    /// The text between two quotes; a doubled quote stands for itself.
    private mutating func quoted(_ quote: Unicode.Scalar) -> String {
        at += 1
        var content = String.UnicodeScalarView()
        while at < text.count {
            if text[at] == quote {
                at += 1
                guard at < text.count, text[at] == quote else { break }
            }
            content.append(text[at])
            at += 1
        }
        return String(content)
    }

    /// Skips `$tag$ … $tag$`; returns false when there is no opening tag.
    private mutating func skipDollarQuote() -> Bool {
        guard let end = text[(at + 1)...].firstIndex(where: { !Self.isWord($0) }), text[end] == "$" else {
            return false
        }
        let tag = string(at..<end + 1)
        at = end + 1
        skip(past: tag)
        return true
    }
}

import Files
import Glibc

/// Parser for `.env` files: `NAME=value` lines, `#` comments, optional `export`, quotes as in a shell.
enum DotEnv {
    /// Size limit of the file in bytes; a larger file is an error.
    static let fileBytesMax = 65_536

    /// Reads and parses a file; a missing one has no variables.
    ///
    /// Some secret managers mount the file as a named pipe.
    static func read(_ path: String) throws(FileError) -> (values: [String: String], problems: [String]) {
        do throws(FileError) {
            let bytes = try SmallFile(path, waitsForWriter: true).bytes(max: fileBytesMax)
            return parse(String(decoding: bytes, as: UTF8.self))
        } catch {
            guard error.code == ENOENT else { throw error }
            return ([:], [])
        }
    }

    /// Returns the variables and one message per invalid line; messages omit the content, which may be a secret.
    static func parse(_ text: String) -> (values: [String: String], problems: [String]) {
        var values: [String: String] = [:]
        var problems: [String] = []
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            var line = trimmed(line)
            if line.isEmpty || line.first == "#" { continue }
            if line.hasPrefix("export ") { line = trimmed(line.dropFirst(7)) }
            guard let equals = line.firstIndex(of: "=") else {
                problems.append(".env line \(number + 1): missing '='")
                continue
            }
            let name = trimmed(line[..<equals])
            guard !name.isEmpty, name.utf8.allSatisfy(isNameByte) else {
                problems.append(".env line \(number + 1): invalid variable name before '='")
                continue
            }
            guard let value = unquoted(trimmed(line[line.index(after: equals)...])) else {
                problems.append(".env line \(number + 1): unterminated quote")
                continue
            }
            values[String(name)] = value
        }
        return (values, problems)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// The value without quotes or trailing comment; nil when a quote is not closed.
    private static func unquoted(_ text: Substring) -> String? {
        guard let quote = text.first, quote == "\"" || quote == "'" else {
            guard let comment = text.commentStart else { return String(text) }
            return String(trimmed(text[..<comment]))
        }
        var value = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            if character == quote { return value }
            guard character == "\\", quote == "\"", let escaped = rest.popFirst() else {
                value.append(character)
                continue
            }
            value.append(escaped == "n" ? "\n" : escaped)
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}

extension Substring {
    /// Index of the `#` that starts a trailing comment: the first one after white space.
    fileprivate var commentStart: Index? {
        var isAfterSpace = false
        for index in indices {
            if self[index] == "#", isAfterSpace { return index }
            isAfterSpace = self[index].isWhitespace
        }
        return nil
    }
}

import Crypto
import Numbers

/// The ids that issues had under earlier grouping rules; the owner's decisions may still refer to them.
///
/// The rules are kept as they were: a change would lose decisions.
enum FormerGrouping {
    /// The ids of an error, the latest first.
    ///
    /// The last one predates hashing with the store's secret key.
    static func ids(
        _ payload: LazyJSON,
        kind: String,
        name: String,
        message: String,
        noise: String?,
        _ hash: KeyedHash
    ) -> [String] {
        let frames = payload["frames"].elements.prefix(StackFrame.countMax).map(Frame.init)
        let source = DimensionText.resource(payload["source"].text ?? "") ?? ""
        let isEngines = EngineMessage.isLikely(name: name, message: message)
        let plain = withoutIDs(message)
        let own = isEngines ? [] : [plain]
        var parts = [kind, name]
        if let first = frames.first, first.isMinified {
            parts += [first.file, "\(first.line)", "\(first.column / Frame.columnStep)"] + own
        } else if frames.contains(where: { !$0.function.isEmpty }) {
            parts += frames.map { "\($0.function)|\($0.file)" } + own
        } else {
            let subject = isEngines ? EngineMessage.subject(message) : plain
            parts += [frames.first?.file ?? source, subject ?? frames.first.map { "\($0.line)" } ?? plain]
        }
        let withLines = [kind, name] + (frames.isEmpty ? [plain, source] : frames.map(\.withLine) + own)
        let ending = noise.map { [$0] } ?? []
        let groupings = [parts, withLines].map { ($0 + ending).joined(separator: "\n") }
        return groupings.map { hash.hash($0).hexadecimal } + [stableHash(groupings[1].utf8).hexadecimal]
    }

    /// Minimum length of a hexadecimal id in digits; shorter ones may be words.
    private static let idDigitsMin = 8

    /// Replaces numbers, hexadecimal ids and UUIDs with `0`.
    private static func withoutIDs(_ message: String) -> String {
        var result: [UInt8] = []
        var rest = Array(message.utf8)[...]
        while let first = rest.first {
            let isWithinWord = result.last.map(\.isLetter) ?? false
            let id = rest.prefix { $0.isHexadecimal || $0 == UInt8(ascii: "-") }
            let isID = id.count >= idDigitsMin && id.contains(where: \.isDigit) && first.isHexadecimal
            let isEndOfWord = rest.dropFirst(id.count).first.map { !$0.isLetter } ?? true
            if isID, !isWithinWord, isEndOfWord {
                result.append(UInt8(ascii: "0"))
                rest = rest.dropFirst(id.count)
            } else if first.isDigit {
                result.append(UInt8(ascii: "0"))
                rest = rest.drop(while: \.isDigit)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private struct Frame {
        static let columnStep: Int64 = 100

        let function: String
        let file: String
        let line: Int64
        let column: Int64
        let withLine: String

        init(_ frame: LazyJSON) {
            let name = frame["function"].text ?? ""
            function = StackFrame.function(name)
            let resource = DimensionText.resource(frame["file"].text ?? "") ?? ""
            file = Self.withoutHash(resource)
            line = Int64(saturating: frame["line"].value(.frameLine) ?? 0)
            column = Int64(saturating: frame["column"].value(.frameColumn) ?? 0)
            let last = name.split(whereSeparator: { $0 == "." || $0 == "/" || $0 == " " }).last.map(String.init) ?? ""
            withLine = "\(last.contains("<") ? "" : last)|\(resource)|\(line)"
        }

        var isMinified: Bool { column > StackFrame.writtenColumnsMax || file.contains(".min.") }

        /// Length in characters of the hash that bundlers append to a file name after a hyphen or underscore.
        private static let hashLength = 8

        /// Removes a bundler's hash, as in `index-DiwrgTda.js`: a suffix of fixed length that does not look like a word.
        private static func withoutHash(_ address: String) -> String {
            let bytes = address.utf8
            let nameStart = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) } ?? bytes.startIndex
            let stem = bytes[nameStart...].prefix { $0 != UInt8(ascii: ".") }
            guard let hyphen = stem.dropLast(hashLength).last,
                hyphen == UInt8(ascii: "-") || hyphen == UInt8(ascii: "_")
            else { return address }
            let hash = stem.suffix(hashLength)
            guard hash.allSatisfy({ $0.isIdentifier || $0 == UInt8(ascii: "-") }),
                hash.dropFirst().contains(where: \.isOfNoWord)
            else { return address }
            return String(address[..<hash.startIndex].dropLast()) + String(address[hash.endIndex...])
        }
    }
}

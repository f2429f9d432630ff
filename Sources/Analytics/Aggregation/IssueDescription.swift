package import Crypto
import Segments
import Numbers

/// Groups errors into issues, consistently across engines and releases.
///
/// Errors belong to one issue if they have the same kind, name, and functions and files in their first frames.
/// Lines are ignored, so that a release that moves code does not split issues. Messages of pages count, without
/// numbers and ids; messages of engines do not. If none of these frames names a function, the file and the
/// message count: of an engine's message only the property or variable that it names, and the line only if it
/// names none. In minified code, where functions have no stable names, line and column of the first frame
/// replace the functions, with columns in steps of `columnStep` because engines differ by some characters.
package struct IssueDescription: Sendable {
    package let id: String
    package let kind: String
    package let name: String
    package let message: String
    /// Why the error is not caused by the site, one of `noises`; nil for an error of the site.
    package let noise: String?
    /// Ids of the issue under earlier grouping rules, latest first; the owner's decisions may still refer to them.
    ///
    /// The last one predates hashing with the store's secret key.
    package let formerIDs: [String]

    private static let noises: Set<String> = ["extension", "resize_observer", "script_error"]

    /// The issue for errors beyond the limit of issues.
    static let other = IssueDescription(
        id: DimensionDictionaries.otherText,
        kind: "error",
        name: DimensionDictionaries.otherText,
        message: ""
    )

    private init(id: String, kind: String, name: String, message: String) {
        (self.id, self.kind, self.name, self.message, noise, formerIDs) = (id, kind, name, message, nil, [])
    }

    package init(_ payload: LazyJSON, _ hash: KeyedHash) {
        kind = DimensionText.clean(payload["kind"].text ?? "error") ?? "error"
        name = DimensionText.clean(payload["name"].text ?? "Error") ?? "Error"
        message = DimensionText.clean(payload["message"].text ?? "") ?? ""
        noise = payload["noise"].text.flatMap { Self.noises.contains($0) ? $0 : nil }
        let frames = payload["frames"].elements.prefix(StackFrame.countMax).map(StackFrame.init)
        let source = DimensionText.resource(payload["source"].text ?? "") ?? ""
        let isEngines = EngineMessage.isLikely(name: name, message: message)
        let plain = Self.withoutIDs(message)
        var parts = [kind, name]
        if let first = frames.first, first.isMinified {
            parts +=
                [first.file, "\(first.line)", "\(first.column / StackFrame.columnStep)"] + (isEngines ? [] : [plain])
        } else if frames.contains(where: { !$0.function.isEmpty }) {
            parts += frames.map { "\($0.function)|\($0.file)" } + (isEngines ? [] : [plain])
        } else {
            let subject = isEngines ? EngineMessage.subject(message) : plain
            // Without a frame there is no line either.
            parts += [frames.first?.file ?? source, subject ?? frames.first.map { "\($0.line)" } ?? plain]
        }
        // Without noise nothing is appended, so that issues that predate noise detection keep their ids.
        let ending = noise.map { [$0] } ?? []
        id = hash.hash((parts + ending).joined(separator: "\n")).hexadecimal
        var former = [kind, name]
        if frames.isEmpty {
            former += [plain, source]
        } else {
            former += frames.map(\.former) + (isEngines ? [] : [plain])
        }
        let grouping = (former + ending).joined(separator: "\n")
        formerIDs = [hash.hash(grouping).hexadecimal, stableHash(grouping.utf8).hexadecimal]
    }

    /// Minimum length of a hexadecimal id in digits; shorter ones may be words.
    private static let idDigitsMin = 8

    /// Replaces numbers, hexadecimal ids and UUIDs with `0`, so that messages that differ only in them are equal.
    private static func withoutIDs(_ message: String) -> String {
        var result: [UInt8] = []
        var rest = Array(message.utf8)[...]
        while let first = rest.first {
            let isWithinWord = result.last.map(isLetter) ?? false
            let id = rest.prefix { isHexadecimal($0) || $0 == UInt8(ascii: "-") }
            let isID = id.count >= idDigitsMin && id.contains(where: isDigit) && isHexadecimal(first)
            let isEndOfWord = rest.dropFirst(id.count).first.map { !isLetter($0) } ?? true
            if isID, !isWithinWord, isEndOfWord {
                result.append(UInt8(ascii: "0"))
                rest = rest.dropFirst(id.count)
            } else if isDigit(first) {
                result.append(UInt8(ascii: "0"))
                rest = rest.drop(while: isDigit)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x66).contains(byte | 0x20)
    }
}

package import Crypto
import Segments
import Numbers

/// The issue that an error belongs to, the same in all engines and in all releases.
///
/// Errors with the same kind and name, and the same functions and files in their first frames, are one issue; lines do
/// not count, so that a deploy that moves code splits nothing, and of the message what pages word counts, without
/// numbers and ids, while what engines word does not. When none of these frames names a function, the file and the
/// message count, of an engine's message the property or variable that it names, and the line only if it names none. In
/// minified code, whose functions have no names of their own, the line and the column of the first frame count in place
/// of functions, columns in steps of `columnStep` since engines differ by some characters.
package struct IssueDescription: Sendable {
    package let id: String
    package let kind: String
    package let name: String
    package let message: String
    /// Why the error is not the site's, one of `noises`; nil for an error of the site.
    package let noise: String?
    /// Ids that the issue had before functions counted without their lines, the latest first; the owner's decisions may
    /// still be filed under them.
    ///
    /// The last one is of before ids were keyed with the store's secret.
    package let formerIDs: [String]

    private static let noises: Set<String> = ["extension", "resize_observer", "script_error"]

    /// The issue of errors beyond the limit of issues.
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
        // An issue of before errors were marked keeps its id.
        let ending = noise.map { [$0] } ?? []
        id = hexadecimal(hash.hash((parts + ending).joined(separator: "\n")))
        var former = [kind, name]
        if frames.isEmpty {
            former += [plain, source]
        } else {
            former += frames.map(\.former) + (isEngines ? [] : [plain])
        }
        let grouping = (former + ending).joined(separator: "\n")
        formerIDs = [hexadecimal(hash.hash(grouping)), hexadecimal(stableHash(grouping.utf8))]
    }

    /// Digits of the shortest hexadecimal id; shorter ones may be words.
    private static let idDigitsMin = 8

    /// Two messages that differ in a number, a hexadecimal id or a UUID are the same.
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

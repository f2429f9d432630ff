import Digest
import Sketches

/// The group that an error belongs to, the same for all engines.
struct IssueDescription: Sendable {
    let id: String
    let kind: String
    let name: String
    let message: String
    /// Why the error is not the site's, one of `noises`; nil for an error of the site.
    let noise: String?
    /// The text that the id is the hash of.
    private let grouping: String

    private static let framesMax = 3
    private static let noises: Set<String> = ["extension", "resize_observer", "script_error"]

    /// The id that the issue had before ids were keyed with the store's secret; the owner's decisions may still be filed under it.
    var publicID: String { hexadecimal(stableHash(grouping.utf8)) }

    /// The issue of errors beyond the limit of issues.
    static let other = IssueDescription(id: CellKey.other, kind: "error", name: CellKey.other, message: "")

    private init(id: String, kind: String, name: String, message: String) {
        (self.id, self.kind, self.name, self.message, noise, grouping) = (id, kind, name, message, nil, id)
    }

    init(_ payload: JSONTree, _ hash: KeyedHash) {
        kind = Facts.clean(payload["kind"].text ?? "error") ?? "error"
        name = Facts.clean(payload["name"].text ?? "Error") ?? "Error"
        message = Facts.clean(payload["message"].text ?? "") ?? ""
        noise = payload["noise"].text.flatMap { Self.noises.contains($0) ? $0 : nil }
        var parts = [kind, name]
        let frames = payload["frames"].elements.prefix(Self.framesMax).map { frame in
            // Columns differ from engine to engine, and so do the words that they put before a name.
            let function = Self.function(frame["function"].text ?? "")
            let file = Facts.resource(frame["file"].text ?? "") ?? ""
            return "\(function)|\(file)|\(Int64(saturating: frame["line"].value(.frameLine) ?? 0))"
        }
        if frames.isEmpty {
            parts += [Self.withoutIDs(message), Facts.resource(payload["source"].text ?? "") ?? ""]
        } else {
            parts += frames
            // Two messages thrown from one line are two issues, unless engines word them.
            if !EngineMessage.isLikely(name: name, message: message) { parts.append(Self.withoutIDs(message)) }
        }
        // An issue of before errors were marked keeps its id.
        if let noise { parts.append(noise) }
        grouping = parts.joined(separator: "\n")
        id = hexadecimal(hash.hash(grouping))
    }

    private static func function(_ name: String) -> String {
        let last = name.split(whereSeparator: { $0 == "." || $0 == "/" || $0 == " " }).last.map(String.init) ?? ""
        return last.contains("<") ? "" : last
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

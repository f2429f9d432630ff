/// Brings texts that senders chose into the form in which they are values of dimensions.
enum DimensionText {
    /// Bytes of a value; what is longer is cut.
    static let valueBytesMax = 200

    /// An address without what tells one version of a file from another.
    static func resource(_ address: String) -> String? {
        let plain = address.prefix { $0 != "?" && $0 != "#" }
        guard let slash = plain.utf8.lastIndex(of: UInt8(ascii: "/")) else { return clean(String(plain)) }
        let name = plain[plain.index(after: slash)...].split(separator: ".", omittingEmptySubsequences: false)
        let kept = name.filter { part in
            !(part.utf8.count >= 8 && part.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        }
        return clean(plain[...slash] + kept.joined(separator: "."))
    }

    /// A text as one line: lists are kept with a line for each.
    static func line(_ text: String) -> String {
        guard text.utf8.contains(0x0A) else { return text }
        return String(decoding: text.utf8.map { $0 == 0x0A ? 0x20 : $0 }, as: UTF8.self)
    }

    /// Nil for nothing; cut at a character where it is too long.
    static func clean(_ text: String) -> String? {
        guard !text.isEmpty else { return nil }
        guard text.utf8.count > valueBytesMax else { return text }
        var bytes = Array(text.utf8.prefix(valueBytesMax))
        while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
        if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self) + "…"
    }
}

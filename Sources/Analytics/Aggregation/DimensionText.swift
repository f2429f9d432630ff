/// Normalizes client-supplied texts for use as dimension values.
enum DimensionText {
    /// Length limit of a value in bytes; longer values are truncated.
    static let valueBytesMax = 200

    /// Normalizes a resource URL: removes query, fragment and hexadecimal content hashes, which vary by version.
    static func resource(_ address: String) -> String? {
        let plain = address.prefix { $0 != "?" && $0 != "#" }
        guard let slash = plain.utf8.lastIndex(of: UInt8(ascii: "/")) else { return clean(String(plain)) }
        let name = plain[plain.index(after: slash)...].split(separator: ".", omittingEmptySubsequences: false)
        let kept = name.filter { part in
            !(part.utf8.count >= 8 && part.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        }
        return clean(plain[...slash] + kept.joined(separator: "."))
    }

    /// Replaces line feeds with spaces: lists are stored with one element per line.
    static func line(_ text: String) -> String {
        guard text.utf8.contains(0x0A) else { return text }
        return String(decoding: text.utf8.map { $0 == 0x0A ? 0x20 : $0 }, as: UTF8.self)
    }

    /// Truncates text at a character boundary, marked with an ellipsis; nil for empty text.
    static func clean(_ text: String) -> String? {
        guard !text.isEmpty else { return nil }
        guard text.utf8.count > valueBytesMax else { return text }
        var bytes = Array(text.utf8.prefix(valueBytesMax))
        while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
        if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self) + "…"
    }
}

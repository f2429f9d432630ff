/// Path templates: variable segments are replaced with placeholders, so `/users/123` becomes `/users/:id`.
package enum PathTemplate {
    /// Length limits in bytes: of a template, and of a segment, above which it is treated as an id.
    static let bytesMax = 200
    static let segmentBytesMax = 40

    /// The template of a reported path, without query and fragment.
    package static func of(_ path: String) -> String {
        let plain = path.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        var result: [UInt8] = []
        for segment in plain.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst() {
            result.append(UInt8(ascii: "/"))
            result += name(Array(segment))
            guard result.count <= bytesMax else { return clipped(result) }
        }
        guard !result.isEmpty else { return plain.isEmpty ? "/" : clipped(Array(plain)) }
        return String(decoding: result, as: UTF8.self)
    }

    private static func name(_ bytes: [UInt8]) -> [UInt8] {
        let digits = bytes.count { (0x30...0x39).contains($0) }
        if bytes.isEmpty { return bytes }
        if digits == bytes.count { return Array(":id".utf8) }
        let isHex = bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) || $0 == 0x2D }
        if isHex, digits > 0, bytes.count >= 8 { return Array(":id".utf8) }
        if bytes.contains(UInt8(ascii: "@")) { return Array(":address".utf8) }
        let isMixed = digits * 4 >= bytes.count && bytes.count >= 16
        return isMixed || bytes.count > segmentBytesMax ? Array(":id".utf8) : bytes
    }

    /// Truncates at a character boundary.
    private static func clipped(_ bytes: [UInt8]) -> String {
        var end = min(bytes.count, bytesMax)
        while end > 0, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return String(decoding: bytes[..<end], as: UTF8.self) + (end < bytes.count ? "…" : "")
    }
}

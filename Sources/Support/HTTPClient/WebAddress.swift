import CCurl

/// An absolute address, parsed by libcurl.
package struct WebAddress: Equatable, Hashable, Sendable, CustomStringConvertible {
    package let text: String
    /// Lower case.
    package let scheme: String
    package let host: String
    /// That of the scheme if the address has none.
    package let port: String
    /// Without the query.
    package let path: String

    private static let bytesMax = 8192

    /// Resolves an address against another one; nil if it is not valid.
    package init?(_ address: String, base: WebAddress? = nil) {
        let clean = address.filter { !$0.isNewline && $0 != "\t" }
        guard clean.utf8.count < Self.bytesMax, let text = unsafe Self.resolve(clean, base?.text) else { return nil }
        func part(_ number: CInt) -> String? { unsafe Self.part(text, number) }
        guard let scheme = part(CInt(CCURL_SCHEME)) else { return nil }
        self.text = text
        self.scheme = scheme.lowercased()
        host = (part(CInt(CCURL_HOST)) ?? "").lowercased()
        port = part(CInt(CCURL_PORT)) ?? ""
        path = part(CInt(CCURL_PATH)) ?? "/"
    }

    package var isWeb: Bool { (scheme == "http" || scheme == "https") && !host.isEmpty }
    package var isSecure: Bool { scheme == "https" }
    package var origin: String {
        let isDefault = port.isEmpty || port == (isSecure ? "443" : "80")
        return "\(scheme)://\(host)" + (isDefault ? "" : ":\(port)")
    }
    /// The part of the path after the last slash.
    package var fileName: String {
        path.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
    }
    package var description: String { text }

    /// Whether a browser loads it in a secure page: by https, or from this machine.
    package var isTrustworthy: Bool {
        isSecure || ["localhost", "[::1]"].contains(host) || host.hasSuffix(".localhost")
            || host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." }
    }

    @unsafe private static func resolve(_ address: String, _ base: String?) -> String? {
        unsafe read { text, size in
            guard let base else { return unsafe ccurl_resolve(nil, address, text, size) }
            return unsafe ccurl_resolve(base, address, text, size)
        }
    }

    @unsafe private static func part(_ address: String, _ part: CInt) -> String? {
        unsafe read { text, size in unsafe ccurl_part(address, part, text, size) }
    }

    private static func read(_ body: (UnsafeMutablePointer<CChar>?, Int) -> CInt) -> String? {
        var buffer = [CChar](repeating: 0, count: bytesMax)
        let count = unsafe buffer.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress, $0.count) }
        return count >= 0
            ? String(decoding: buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }
}

/// Parses elements of forwarding headers.
///
/// Elements are addresses with an optional port (`192.0.2.1`, `192.0.2.1:4711`,
/// `[2001:db8::1]:4711`), or those of `Forwarded` (RFC 7239).
package enum ForwardedNode {
    /// The elements of a comma-separated list, without the empty elements that RFC 9110 §5.6.1 allows.
    package static func elements(_ list: String) -> [Substring] {
        list.split(separator: ",").map(trimmed).filter { !$0.isEmpty }
    }

    /// The values of a parameter, one for each element of `Forwarded`; empty for an element without the parameter.
    package static func parameters(named name: String, in list: String) -> [Substring] {
        split(list[...], at: ",").filter { !trimmed($0).isEmpty }.map { element in
            for pair in split(element, at: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                if parts.count == 2, trimmed(parts[0]).lowercased() == name { return unquoted(trimmed(parts[1])) }
            }
            return ""
        }
    }

    /// The address of a node without its port; nil for `unknown`, an obfuscated identifier, and
    /// anything else that is not an address.
    static func address(in node: Substring) -> IPAddress? {
        let text = trimmed(node)
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            guard isPort(text[text.index(after: end)...]) else { return nil }
            let inside = text[text.index(after: text.startIndex)..<end]
            return inside.contains(":") ? IPAddress(inside) : nil
        }
        if let address = IPAddress(text) { return address }
        guard let colon = text.firstIndex(of: ":"), isPort(text[colon...]) else { return nil }
        return IPAddress(text[..<colon])
    }

    /// Whether the text is empty, or a colon followed by one to five digits.
    private static func isPort(_ text: Substring) -> Bool {
        guard !text.isEmpty else { return true }
        let digits = text.utf8.dropFirst()
        return text.first == ":" && (1...5).contains(digits.count) && digits.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Splits at separators outside of quotes.
    ///
    /// Scans from the right, where trusted proxies append: an unterminated quote from the client
    /// must not swallow what they appended.
    private static func split(_ text: Substring, at separator: Character) -> [Substring] {
        var parts: [Substring] = []
        var end = text.endIndex
        var isQuoted = false
        for index in text.indices.reversed() {
            let character = text[index]
            if character == "\"" { isQuoted.toggle() }
            guard !isQuoted, character == separator else { continue }
            parts.append(text[text.index(after: index)..<end])
            end = index
        }
        return (parts + [text[..<end]]).reversed()
    }

    private static func unquoted(_ text: Substring) -> Substring {
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return text }
        return text.dropFirst().dropLast()
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}

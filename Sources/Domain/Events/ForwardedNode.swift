/// Elements of the forwarding headers: `192.0.2.1`, `192.0.2.1:4711`, `[2001:db8::1]:4711`, and those of `Forwarded` (RFC 7239).
package enum ForwardedNode {
    /// Elements of a comma-separated list, without the empty ones that RFC 9110 §5.6.1 allows.
    package static func elements(_ list: String) -> [Substring] {
        list.split(separator: ",").map(trimmed).filter { !$0.isEmpty }
    }

    /// The values of a parameter, one for each element of `Forwarded`; empty where the element does not have it.
    package static func parameters(named name: String, in list: String) -> [Substring] {
        split(list[...], at: ",").filter { !trimmed($0).isEmpty }.map { element in
            for pair in split(element, at: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                if parts.count == 2, trimmed(parts[0]).lowercased() == name { return unquoted(trimmed(parts[1])) }
            }
            return ""
        }
    }

    /// The address of a node, its port left out; nil for `unknown`, a hidden name, or anything else that is not an address.
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

    /// Nothing, or a colon and up to five digits.
    private static func isPort(_ text: Substring) -> Bool {
        guard !text.isEmpty else { return true }
        let digits = text.utf8.dropFirst()
        return text.first == ":" && (1...5).contains(digits.count) && digits.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Splits at a character that does not stand between quotes.
    ///
    /// Reads from the right, where our own proxies wrote: a quote that a client has left open must not swallow what they appended.
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

/// The content codings in which assets are built.
enum ContentCoding: String, CaseIterable {
    case brotli = "br"
    case gzip
    case identity

    /// The codings that the client accepts, by RFC 9110 §12.5.3; a coding with weight zero is not accepted.
    static func accepted(_ header: String?) -> Set<ContentCoding> {
        guard let header else { return [.identity] }
        var result: Set<ContentCoding> = [.identity]
        for element in header.lowercased().split(separator: ",") {
            let parts = element.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
            guard let name = parts.first, let coding = ContentCoding(rawValue: name) else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            if weight > 0 { result.insert(coding) }
        }
        return result
    }
}

/// Whether `If-None-Match` has the entity tag (RFC 9110 §13.1.2, weak comparison).
func matchesEntityTag(_ header: String, _ tag: String) -> Bool {
    header.split(separator: ",").contains { element in
        var candidate = element.drop { $0 == " " || $0 == "\t" }
        while candidate.last == " " || candidate.last == "\t" { candidate.removeLast() }
        if candidate.hasPrefix("W/") { candidate = candidate.dropFirst(2) }
        return candidate == "*" || candidate == tag[...]
    }
}

import Texts

/// Maps each referrer to exactly one source, so that sessions by source sum to all sessions.
enum Referrer {
    static let direct = "(direct)"
    static let own = "(self-referral)"
    /// For referrers that are neither an HTTP URL nor an Android app.
    static let other = "(other address)"

    private static let app = "android-app"

    /// The source of a page view's referrer; `site` is the host of the page.
    static func source(_ referrer: String?, site: String) -> String {
        guard let referrer, !referrer.isEmpty else { return direct }
        guard let (scheme, host) = parts(referrer), !host.isEmpty else { return other }
        switch scheme {
        case "http", "https":
            let host = withoutWWW(host)
            return haveSameBytes(host, withoutWWW(site.lowercased())) ? own : host
        case app: return "\(app)://\(host)"
        default: return other
        }
    }

    /// The host or the id of an Android app of a source; nil for a source without either.
    static func host(_ source: String) -> String? {
        guard source != direct, source != own, source != other else { return nil }
        let prefix = "\(app)://"
        return source.hasPrefix(prefix) ? String(source.dropFirst(prefix.count)) : source
    }

    /// Scheme and host of an absolute URL, in lower case; nil for other texts.
    private static func parts(_ address: String) -> (scheme: String, host: String)? {
        let bytes = address.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let rest = bytes[bytes.index(after: colon)...]
        guard rest.starts(with: "//".utf8) else { return nil }
        let authority = rest.dropFirst(2).prefix { byte in
            byte != UInt8(ascii: "/") && byte != UInt8(ascii: "?") && byte != UInt8(ascii: "#")
        }
        // Skip user name and password.
        let host = authority.lastIndex(of: UInt8(ascii: "@")).map { authority[authority.index(after: $0)...] }
        guard let scheme = String(bytes[..<colon]), let name = String(withoutPort(host ?? authority)) else {
            return nil
        }
        return (scheme.lowercased(), name.lowercased())
    }

    /// Site names have no port.
    private static func withoutPort(_ host: Substring.UTF8View) -> Substring.UTF8View {
        guard let colon = host.lastIndex(of: UInt8(ascii: ":")) else { return host }
        let port = host[host.index(after: colon)...]
        return port.allSatisfy { (0x30...0x39).contains($0) } ? host[..<colon] : host
    }

    private static func withoutWWW(_ host: String) -> String {
        host.hasPrefix("www.") ? String(host.dropFirst(4)) : host
    }
}

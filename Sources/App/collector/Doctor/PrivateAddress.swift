import Events
import HTTPClient

/// Addresses that only this machine or its network can reach.
///
/// The page chooses the hosts of script and endpoint: it must not make this machine send requests inside of its network.
enum PrivateAddress {
    /// Further ranges that are not public: this host, and shared address space (RFC 6598).
    private static let further = ["0.0.0.0/8", "100.64.0.0/10", "::/128"].compactMap { AddressBlock($0) }

    /// The addresses to which requests may be sent for a page: all for a private page, and public ones for others.
    static func rule(page: WebAddress?) -> @Sendable (WebAddress) -> Bool {
        let isPrivate = page.map { contains($0) } ?? false
        return { isPrivate || !contains($0) }
    }

    /// Whether the host is a private, loopback or link-local address, or `localhost`; other names are not resolved.
    static func contains(_ url: WebAddress) -> Bool {
        let host = url.host.hasSuffix(".") ? String(url.host.dropLast()) : url.host
        if host == "localhost" || host.hasSuffix(".localhost") { return true }
        // The zone of a link-local address is not part of it.
        let literal = host.hasPrefix("[") ? host.dropFirst().prefix { $0 != "]" && $0 != "%" } : host[...]
        guard let address = IPAddress(literal) else { return false }
        return (AddressBlock.loopbackAndPrivate + further).contains { $0.contains(address) }
    }
}

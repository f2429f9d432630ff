/// The request header in which trusted proxies report the client's address.
package struct ClientAddressHeader: Sendable, Hashable {
    /// The syntax of the header's value.
    package enum Form: Sendable {
        /// A list to which each proxy appends the address of its peer: `X-Forwarded-For`.
        case list
        /// A list whose elements have parameters (RFC 7239): `Forwarded`.
        case forwarded
        /// A single address, set by the proxy: `CF-Connecting-IP`, `X-Real-IP`, `True-Client-IP` and others.
        case single
    }

    /// The maximum size of a header name in bytes.
    package static let nameBytesMax = 64
    package static let xForwardedFor = ClientAddressHeader(checked: "x-forwarded-for")

    /// The header name in lower case.
    package let name: String

    /// Creates a header from its name; nil when the text is not a valid name.
    package init?(_ text: String) {
        let isToken = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
        guard isToken, (1...Self.nameBytesMax).contains(text.utf8.count) else { return nil }
        name = text.lowercased()
    }

    private init(checked name: String) { self.name = name }

    package var form: Form {
        switch name {
        case "x-forwarded-for": .list
        case "forwarded": .forwarded
        default: .single
        }
    }
}

/// A service in front of the server that sends the client's location in headers of its own.
package enum LocationProxy: String, CaseIterable, Sendable {
    case cloudflare, vercel, cloudfront
}

/// Determines the address of the client behind the owner's proxies, and the headers in which they send its location.
package struct ClientAddressRule: Sendable {
    /// The header that is read.
    ///
    /// Other forwarding headers are ignored.
    package let header: ClientAddressHeader
    /// The service whose location headers are read; nil for none.
    ///
    /// A proxy that does not set these headers forwards those that a client sends.
    package let locationProxy: LocationProxy?
    private let trustedProxies: [AddressBlock]

    package init(
        trustedProxies: [AddressBlock],
        header: ClientAddressHeader = .xForwardedFor,
        locationProxy: LocationProxy? = nil
    ) {
        self.trustedProxies = trustedProxies
        self.header = header
        self.locationProxy = locationProxy
    }

    /// The client's address: from the header if the peer is a trusted proxy and the header contains
    /// an address, otherwise the peer's address.
    ///
    /// `value` is the value of the header, with several lines joined by commas in their order.
    /// Returns nil only if `peer` is not an address.
    package func client(peer: String, value: String?) -> IPAddress? {
        guard let peer = IPAddress(peer) else { return nil }
        guard let value, isTrusted(peer) else { return peer }
        switch header.form {
        case .single: return ForwardedNode.address(in: ForwardedNode.elements(value).last ?? "") ?? peer
        case .list: return rightmostUntrusted(ForwardedNode.elements(value)) ?? peer
        case .forwarded: return rightmostUntrusted(ForwardedNode.parameters(named: "for", in: value)) ?? peer
        }
    }

    /// Whether forwarding headers from the address are trusted.
    package func isTrusted(_ address: IPAddress) -> Bool {
        trustedProxies.contains { $0.contains(address) }
    }

    /// The rightmost address that is not a trusted proxy.
    ///
    /// The rightmost nodes were added by trusted proxies. Nodes to the left of an unreadable one
    /// cannot be trusted, so the result is nil then.
    private func rightmostUntrusted(_ nodes: [Substring]) -> IPAddress? {
        for node in nodes.reversed() {
            guard let address = ForwardedNode.address(in: node) else { return nil }
            if !isTrusted(address) { return address }
        }
        return nil
    }
}

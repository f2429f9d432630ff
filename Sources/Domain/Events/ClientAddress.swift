/// The request header in which trusted proxies name the client.
package struct ClientAddressHeader: Sendable, Hashable {
    /// How the header names addresses.
    package enum Form: Sendable {
        /// Each proxy appends the address of its peer: `X-Forwarded-For`.
        case list
        /// As a list, but each element has parameters (RFC 7239): `Forwarded`.
        case forwarded
        /// The proxy sets one address: `CF-Connecting-IP`, `X-Real-IP`, `True-Client-IP` and the like.
        case single
    }

    /// Bytes of a header name.
    package static let nameBytesMax = 64
    package static let xForwardedFor = ClientAddressHeader(checked: "x-forwarded-for")

    /// In lower case.
    package let name: String

    /// Nil when the text is not a header name.
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

/// Finds the address of the client behind the owner's proxies.
package struct ClientAddressRule: Sendable {
    /// The only header that is read.
    package let header: ClientAddressHeader
    private let trustedProxies: [AddressBlock]

    package init(trustedProxies: [AddressBlock], header: ClientAddressHeader = .xForwardedFor) {
        self.trustedProxies = trustedProxies
        self.header = header
    }

    /// The client's address: from the header when the peer is a trusted proxy and the header names one, else the peer's.
    ///
    /// `value` is the header's value, several lines joined by commas in their order. Nil only when the peer itself is not an address.
    package func client(peer: String, value: String?) -> IPAddress? {
        guard let peer = IPAddress(peer) else { return nil }
        guard let value, isTrusted(peer) else { return peer }
        switch header.form {
        case .single: return ForwardedNode.address(in: ForwardedNode.elements(value).last ?? "") ?? peer
        case .list: return rightmostUntrusted(ForwardedNode.elements(value)) ?? peer
        case .forwarded: return rightmostUntrusted(ForwardedNode.parameters(named: "for", in: value)) ?? peer
        }
    }

    /// Whether the peer's forwarding headers are believed.
    package func isTrusted(_ address: IPAddress) -> Bool {
        trustedProxies.contains { $0.contains(address) }
    }

    /// Walks from the right, where our own proxies wrote; what stands left of something unreadable was written by nobody we know.
    private func rightmostUntrusted(_ nodes: [Substring]) -> IPAddress? {
        for node in nodes.reversed() {
            guard let address = ForwardedNode.address(in: node) else { return nil }
            if !isTrusted(address) { return address }
        }
        return nil
    }
}

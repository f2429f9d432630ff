/// Finds the address of the client behind the owner's proxies.
package struct ClientAddressRule: Sendable {
    private let trustedProxies: [AddressBlock]

    package init(trustedProxies: [AddressBlock]) {
        self.trustedProxies = trustedProxies
    }

    /// The client's address: the first of the forwarding headers that parses, believed only when the peer is a trusted proxy; else the peer.
    ///
    /// `connecting` is the value of `CF-Connecting-IP`, `real` of `X-Real-IP`, `forwarded` of `X-Forwarded-For`, several lines joined by
    /// commas in their order. Nil only when the peer itself is not an address.
    package func client(peer: String, connecting: String?, real: String?, forwarded: String?) -> IPAddress? {
        guard let peer = IPAddress(peer) else { return nil }
        guard isTrusted(peer) else { return peer }
        if let connecting, let address = IPAddress(trimmed(connecting[...])) { return address }
        if let real, let address = IPAddress(trimmed(real[...])) { return address }
        if let forwarded, let address = rightmostUntrusted(forwarded) { return address }
        return peer
    }

    /// Whether the peer's forwarding headers are believed.
    package func isTrusted(_ address: IPAddress) -> Bool {
        trustedProxies.contains { $0.contains(address) }
    }

    /// Walks from the right, where our own proxies wrote; what stands left of something unreadable was written by nobody we know.
    private func rightmostUntrusted(_ list: String) -> IPAddress? {
        for entry in list.split(separator: ",", omittingEmptySubsequences: false).reversed() {
            guard let address = IPAddress(trimmed(entry)) else { return nil }
            if !isTrusted(address) { return address }
        }
        return nil
    }

    private func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}

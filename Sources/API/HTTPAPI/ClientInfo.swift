import HTTPServer
import HTTPWire
import Events

/// Who sent a request, as far as it says so.
struct ClientInfo {
    /// The client's address; nil only when the peer's own is unknown.
    let address: IPAddress?
    /// Place of the user agent in the request's bytes, cut to its limit; nil when it is absent or not plain ASCII, which no browser sends.
    let userAgent: Slice?

    init(_ request: borrowing Request, _ clients: ClientAddressRule) {
        let isDefault = clients.header == .xForwardedFor
        let value = isDefault ? request.text(.xForwardedFor) : request.list(named: clients.header.name)
        address = clients.client(peer: request.peer, value: value)
        userAgent = Self.userAgent(request)
    }

    private static func userAgent(_ request: borrowing Request) -> Slice? {
        guard let place = request.head.field(.userAgent), place.count > 0 else { return nil }
        let count = min(Int(place.count), Limits.userAgentBytesMax)
        let start = Int(place.start)
        guard request.bytes[start..<start + count].allSatisfy({ $0 < 0x80 }) else { return nil }
        return Slice(start: start, count: count)
    }
}

extension ClientAddressRule {
    /// Whether the client came by TLS, as the proxy in front says; to be believed from a trusted peer alone.
    ///
    /// `X-Forwarded-Proto` in any case; of a list (`https,http`) the first, which is the client's own connection. Where `Forwarded` is the
    /// header that counts, its `proto` does as well.
    func isSecure(_ request: borrowing Request) -> Bool {
        let names = ForwardedNode.elements(request.list(named: "x-forwarded-proto") ?? "")
        if names.first?.lowercased() == "https" { return true }
        guard header.form == .forwarded, let value = request.list(named: header.name) else { return false }
        return ForwardedNode.parameters(named: "proto", in: value).first?.lowercased() == "https"
    }
}

import HTTPServer
import HTTPWire
import Locations
import Events

/// The client of a request, as far as the request identifies it.
struct ClientInfo {
    /// The client's address; nil only when the address of the peer is unknown.
    let address: IPAddress?
    /// The range of the user agent in the request's bytes, cut to its limit; nil when it is absent or not plain ASCII, which no browser sends.
    let userAgent: Slice?
    /// The location by the headers of a trusted proxy; nil when they have none.
    let proxyLocation: Location?

    /// Whether the rate limit applies.
    var isLimited = true

    init(_ request: borrowing Request, _ clients: ClientAddressRule) {
        let isDefault = clients.header == .xForwardedFor
        let value = isDefault ? request.text(.xForwardedFor) : request.list(named: clients.header.name)
        address = clients.client(peer: request.peer, value: value)
        userAgent = Self.userAgent(request)
        proxyLocation = Self.proxyLocation(request, clients)
    }

    private static func proxyLocation(_ request: borrowing Request, _ clients: ClientAddressRule) -> Location? {
        guard let proxy = clients.locationProxy, let peer = IPAddress(request.peer), clients.isTrusted(peer) else {
            return nil
        }
        let (head, bytes) = (request.head, request.bytes)
        return ProxyLocation.location(proxy) { head.list(named: $0, bytes.span) }
    }

    private static func userAgent(_ request: borrowing Request) -> Slice? {
        guard let range = request.head.field(.userAgent), range.count > 0 else { return nil }
        let count = min(Int(range.count), Limits.userAgentBytesMax)
        let start = Int(range.start)
        guard request.bytes[start..<start + count].allSatisfy({ $0 < 0x80 }) else { return nil }
        return Slice(start: start, count: count)
    }
}

extension ClientAddressRule {
    /// Whether the client's connection used TLS, according to the proxy in front; nil without such a header, and only valid from a trusted peer.
    ///
    /// Reads `X-Forwarded-Proto` without regard to case; in a list (`https,http`), the first entry is the client's own connection. Reads `proto`
    /// of `Forwarded` where that header is configured.
    func isSecure(_ request: borrowing Request) -> Bool? {
        var schemes = Array(ForwardedNode.elements(request.list(named: "x-forwarded-proto") ?? "").prefix(1))
        if header.form == .forwarded, let value = request.list(named: header.name) {
            schemes += ForwardedNode.parameters(named: "proto", in: value).prefix(1)
        }
        return schemes.isEmpty ? nil : schemes.contains { $0.lowercased() == "https" }
    }
}

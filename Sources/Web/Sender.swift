import HTTPServer
import HTTPWire
import Telemetry

/// Who sent a request, as far as it says so.
struct Sender {
    /// The client's address; nil only when the peer's own is unknown.
    let address: IPAddress?
    /// Place of the user agent in the request's bytes, cut to its limit; nil when it is absent or not plain ASCII, which no browser sends.
    let userAgent: Slice?

    init(_ request: borrowing Request, _ clients: ClientAddressRule) {
        address = clients.client(
            peer: request.peer,
            connecting: request.text(.cfConnectingIP),
            real: request.text(.xRealIP),
            forwarded: request.text(.xForwardedFor)
        )
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

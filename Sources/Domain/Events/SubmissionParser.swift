import JSON

extension Submission {
    private enum Place: Int {
        case timestamp, visitorID, sessionID, pageviewID
        case browser, performance, fingerprints, errors, network, battery, benchmarks
    }
    private static let fields: [StaticString] = [
        "timestamp", "visitor_id", "session_id", "pageview_id", "browser", "performance", "fingerprints", "errors",
        "network",
        "battery", "benchmarks",
    ]

    /// Parses and judges a `/collect` body; its parts stay as they were written.
    ///
    /// `bytes` is a buffer that holds the body; `ip` is the text of the client's address, or nil when unknown.
    package init(
        parsing bytes: consuming [UInt8],
        body: Range<Int>,
        receivedAt: Int64,
        ip: String?
    ) throws(Rejection) {
        var reader = try FieldReader(bytes, body: body, fields: Self.fields)
        let clientTimestamp = try timestamp(&reader, Place.timestamp.rawValue, Self.fields)
        let visitorID = try identifier(&reader, Place.visitorID.rawValue, Self.fields)
        let sessionID = try identifier(&reader, Place.sessionID.rawValue, Self.fields)
        let pageviewID = try identifier(&reader, Place.pageviewID.rawValue, Self.fields)
        let browser = try Self.part(&reader, .browser)
        let performance = try Self.part(&reader, .performance)
        let fingerprints = try Self.part(&reader, .fingerprints)
        let errors = try Self.part(&reader, .errors)
        let network = try Self.part(&reader, .network)
        let battery = try Self.part(&reader, .battery)
        let benchmarks = try Self.part(&reader, .benchmarks)
        if let flaw = reader.unknownFlaw { throw flaw }
        let emptyObject = reader.append("{}".utf8)
        let emptyArray = reader.append("[]".utf8)
        let address = ip.map { reader.append($0.utf8) }
        self.init(
            bytes: reader.bytes,
            body: Slice(start: body.lowerBound, count: body.count),
            receivedAt: receivedAt,
            clientTimestamp: clientTimestamp,
            ip: address,
            browserInfo: browser ?? emptyObject,
            performanceData: performance ?? emptyObject,
            fingerprints: fingerprints ?? emptyObject,
            errors: errors ?? emptyArray,
            network: network,
            battery: battery,
            benchmarks: benchmarks,
            visitorID: visitorID,
            sessionID: sessionID,
            pageviewID: pageviewID
        )
    }

    /// The JSON text of a part of any kind; nil when absent or null.
    private static func part(_ reader: inout FieldReader, _ place: Place) throws(Rejection) -> Slice? {
        guard let value = reader.value(place.rawValue) else { return nil }
        if let flaw = value.flaw { throw .invalid(field: fields[place.rawValue].description, fault: .flaw(flaw)) }
        return reader.json(value)
    }
}

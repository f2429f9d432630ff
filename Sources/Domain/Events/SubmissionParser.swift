import JSON

extension Submission {
    private enum FieldIndex: Int {
        case timestamp, visitorID, sessionID, pageviewID
        case browser, performance, fingerprints, errors, network, battery, benchmarks
    }
    private static let fields: [StaticString] = [
        "timestamp", "visitor_id", "session_id", "pageview_id", "browser", "performance", "fingerprints", "errors",
        "network",
        "battery", "benchmarks",
    ]

    /// Parses and validates a `/collect` body.
    ///
    /// Its parts are kept byte for byte.
    ///
    /// `bytes` is a buffer that contains the body. `receivedAt` is in microseconds since 1970. `ip`
    /// is the text of the client's address; nil when unknown.
    package init(
        parsing bytes: consuming [UInt8],
        body: Range<Int>,
        receivedAt: Int64,
        ip: String?
    ) throws(ValidationError) {
        var reader = try FieldReader(bytes, body: body, fields: Self.fields)
        let clientTimestamp = try timestamp(&reader, FieldIndex.timestamp.rawValue, Self.fields)
        let visitorID = try identifier(&reader, FieldIndex.visitorID.rawValue, Self.fields)
        let sessionID = try identifier(&reader, FieldIndex.sessionID.rawValue, Self.fields)
        let pageviewID = try identifier(&reader, FieldIndex.pageviewID.rawValue, Self.fields)
        let browser = try Self.part(&reader, .browser)
        let performance = try Self.part(&reader, .performance)
        let fingerprints = try Self.part(&reader, .fingerprints)
        let errors = try Self.part(&reader, .errors)
        let network = try Self.part(&reader, .network)
        let battery = try Self.part(&reader, .battery)
        let benchmarks = try Self.part(&reader, .benchmarks)
        if let textError = reader.unknownError { throw textError }
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

    /// The JSON text of a field of any type; nil when absent or null.
    private static func part(_ reader: inout FieldReader, _ field: FieldIndex) throws(ValidationError) -> Slice? {
        guard let value = reader.value(field.rawValue) else { return nil }
        if let textError = value.textError {
            throw .invalid(field: fields[field.rawValue].description, problem: .textError(textError))
        }
        return reader.json(value)
    }
}

/// The binary encoding of a record outside of a database: a version, a kind, then each field in a fixed order.
///
/// Integers are little-endian 64-bit; an optional integer is preceded by a byte that is 1 if it is
/// present. A text is its length in 32 bits, -1 for nil, followed by its bytes. Encodings of older
/// versions must remain readable, so each change requires a new version.
extension Record {
    /// The encoding version.
    ///
    /// Version 1 had no sites, no corrected clocks and no delivery reports; version 2 had no locations.
    private static let version: UInt8 = 3
    private enum Kind: UInt8 {
        case event = 0
        case submission = 1
        case deliveryReport = 2
    }

    /// Appends the encoding of the record, without bytes of its buffer that belong to no field.
    package func encode(into output: inout [UInt8]) {
        var writer = Writer(source: bytes, output: output)
        // The writer holds the only reference, so appending does not copy.
        output = []
        writer.output.append(Self.version)
        switch self {
        case .event(let event):
            writer.output.append(Kind.event.rawValue)
            writer.put(event.receivedAt)
            writer.put(event.clientTimestamp)
            writer.put(Int64(event.seq))
            writer.put((event.eventID?.high).map(Int64.init(bitPattern:)))
            writer.put((event.eventID?.low).map(Int64.init(bitPattern:)))
            for text in [event.visitorID, event.sessionID, event.pageviewID, event.eventType] { writer.put(text) }
            for text in [event.path, event.referrer, event.ipHash, event.userAgent, event.payload] { writer.put(text) }
            writer.put(event.site)
            writer.put(event.clientTimestampOriginal)
            let location = event.location
            for text in [location?.country, location?.region, location?.city, location?.source] { writer.put(text) }
        case .submission(let submission):
            writer.output.append(Kind.submission.rawValue)
            writer.put(submission.receivedAt)
            writer.put(submission.clientTimestamp)
            writer.put(submission.ip)
            writer.put(submission.browserInfo)
            writer.put(submission.performanceData)
            writer.put(submission.fingerprints)
            writer.put(submission.errors)
            for text in [submission.network, submission.battery, submission.benchmarks] { writer.put(text) }
            for text in [submission.visitorID, submission.sessionID, submission.pageviewID] { writer.put(text) }
        case .deliveryReport(let report):
            writer.output.append(Kind.deliveryReport.rawValue)
            writer.put(report.receivedAt)
            for text in [report.visitorID, report.sessionID, report.pageviewID, report.dropReasons] { writer.put(text) }
            writer.put(report.site)
            writer.put(Int64(report.emitted))
            writer.put(Int64(report.dropped))
        }
        output = writer.output
    }

    /// Decodes a record.
    ///
    /// The bytes become the record's buffer.
    ///
    /// Nil when the bytes are corrupt or of an unknown version. The body of a submission, which is
    /// only required for its response, is empty.
    package init?(decoding bytes: consuming [UInt8]) {
        guard bytes.count >= 2, 1...Self.version ~= bytes[0], let kind = Kind(rawValue: bytes[1]) else { return nil }
        let version = bytes[0]
        var reader = Reader(bytes: bytes, offset: 2)
        switch kind {
        case .event:
            guard let event = Event(&reader, version) else { return nil }
            self = .event(event)
        case .submission:
            guard let submission = Submission(&reader) else { return nil }
            self = .submission(submission)
        case .deliveryReport:
            guard version > 1, let report = DeliveryReport(&reader) else { return nil }
            self = .deliveryReport(report)
        }
    }
}

extension Event {
    fileprivate init?(_ reader: inout Reader, _ version: UInt8) {
        guard let receivedAt = reader.time(), let clientTimestamp = reader.optionalTime(),
            let seq = reader.integer().flatMap({ Int32(exactly: $0) }),
            let high = reader.optionalInteger(), let low = reader.optionalInteger(), (high == nil) == (low == nil),
            let visitorID = reader.text(), let sessionID = reader.text(), let pageviewID = reader.text(),
            let eventType = reader.text(), let path = reader.optionalText(), let referrer = reader.optionalText(),
            let ipHash = reader.optionalText(), let userAgent = reader.optionalText(), let payload = reader.text(),
            let site = version == 1 ? .some(nil) : reader.optionalText(),
            let original = version == 1 ? .some(nil) : reader.optionalTime(),
            let location = version < 3 ? .some(nil) : LocationSlices.read(&reader), reader.isAtEnd
        else { return nil }
        var eventID: EventID?
        if let high, let low { eventID = EventID(high: UInt64(bitPattern: high), low: UInt64(bitPattern: low)) }
        self.init(
            bytes: reader.bytes,
            receivedAt: receivedAt,
            clientTimestamp: clientTimestamp,
            clientTimestampOriginal: original,
            visitorID: visitorID,
            sessionID: sessionID,
            pageviewID: pageviewID,
            eventType: eventType,
            seq: seq,
            site: site,
            path: path,
            referrer: referrer,
            ipHash: ipHash,
            userAgent: userAgent,
            location: location,
            payload: payload,
            eventID: eventID
        )
    }
}

extension LocationSlices {
    /// Reads an optional location; nil when bytes are missing or invalid.
    fileprivate static func read(_ reader: inout Reader) -> LocationSlices?? {
        guard let country = reader.optionalText(), let region = reader.optionalText(),
            let city = reader.optionalText(), let source = reader.optionalText()
        else { return nil }
        guard let country, let source else {
            return country == nil && region == nil && city == nil && source == nil ? .some(nil) : nil
        }
        return LocationSlices(country: country, region: region, city: city, source: source)
    }
}

extension Submission {
    fileprivate init?(_ reader: inout Reader) {
        guard let receivedAt = reader.time(), let clientTimestamp = reader.optionalTime(),
            let ip = reader.optionalText(), let browserInfo = reader.text(), let performanceData = reader.text(),
            let fingerprints = reader.text(), let errors = reader.text(), let network = reader.optionalText(),
            let battery = reader.optionalText(), let benchmarks = reader.optionalText(),
            let visitorID = reader.optionalText(), let sessionID = reader.optionalText(),
            let pageviewID = reader.optionalText(), reader.isAtEnd
        else { return nil }
        self.init(
            bytes: reader.bytes,
            body: Slice(start: 0, count: 0),
            receivedAt: receivedAt,
            clientTimestamp: clientTimestamp,
            ip: ip,
            browserInfo: browserInfo,
            performanceData: performanceData,
            fingerprints: fingerprints,
            errors: errors,
            network: network,
            battery: battery,
            benchmarks: benchmarks,
            visitorID: visitorID,
            sessionID: sessionID,
            pageviewID: pageviewID
        )
    }
}

extension DeliveryReport {
    fileprivate init?(_ reader: inout Reader) {
        guard let receivedAt = reader.time(), let visitorID = reader.text(), let sessionID = reader.text(),
            let pageviewID = reader.text(), let dropReasons = reader.text(), let site = reader.optionalText(),
            let emitted = reader.integer().flatMap({ Int32(exactly: $0) }),
            let dropped = reader.integer().flatMap({ Int32(exactly: $0) }), reader.isAtEnd
        else { return nil }
        self.init(
            bytes: reader.bytes,
            receivedAt: receivedAt,
            visitorID: visitorID,
            sessionID: sessionID,
            pageviewID: pageviewID,
            site: site,
            emitted: emitted,
            dropped: dropped,
            dropReasons: dropReasons
        )
    }
}

private struct Writer {
    let source: [UInt8]
    var output: [UInt8]

    mutating func put(_ value: Int64) {
        let bits = UInt64(bitPattern: value)
        for shift in stride(from: UInt64(0), to: 64, by: 8) { output.append(UInt8(truncatingIfNeeded: bits >> shift)) }
    }

    mutating func put(_ value: Int64?) {
        output.append(value == nil ? 0 : 1)
        if let value { put(value) }
    }

    mutating func put(_ text: Slice?) {
        let bits = UInt32(bitPattern: text?.count ?? -1)
        for shift in stride(from: UInt32(0), to: 32, by: 8) { output.append(UInt8(truncatingIfNeeded: bits >> shift)) }
        if let text { output += source[text.range] }
    }
}

/// Decodes the output of `Writer`.
///
/// Methods return nil when bytes are missing or invalid.
private struct Reader {
    let bytes: [UInt8]
    var offset: Int

    var isAtEnd: Bool { offset == bytes.count }

    mutating func integer() -> Int64? {
        guard bytes.count - offset >= 8 else { return nil }
        defer { offset += 8 }
        return (0..<8).reduce(Int64(0)) { $0 | Int64(bytes[offset + $1]) << Int64($1 * 8) }
    }

    mutating func optionalInteger() -> Int64?? {
        guard offset < bytes.count else { return nil }
        let isPresent = bytes[offset]
        offset += 1
        switch isPresent {
        case 0: return .some(nil)
        case 1: return integer().map { .some($0) }
        default: return nil
        }
    }

    /// A time that every store can represent.
    ///
    /// Corrupt bytes may contain other times, which are invalid.
    mutating func time() -> Int64? { integer().flatMap { ISO8601.isStorable($0) ? $0 : nil } }

    mutating func optionalTime() -> Int64?? {
        guard let time = optionalInteger() else { return nil }
        guard let time else { return .some(nil) }
        return ISO8601.isStorable(time) ? .some(time) : nil
    }

    mutating func optionalText() -> Slice?? {
        guard bytes.count - offset >= 4 else { return nil }
        let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[offset + $1]) << UInt32($1 * 8) }
        offset += 4
        let count = Int(Int32(bitPattern: bits))
        guard count >= 0 else { return count == -1 ? .some(nil) : nil }
        guard count <= bytes.count - offset else { return nil }
        defer { offset += count }
        return Slice(start: offset, count: count)
    }

    mutating func text() -> Slice? { optionalText() ?? nil }
}

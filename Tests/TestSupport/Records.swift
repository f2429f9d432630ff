package import Events

/// Members of a JSON object as text.
private func object(_ members: [(name: String, json: String?)]) -> String {
    "{" + members.compactMap { member in member.json.map { "\"\(member.name)\":\($0)" } }.joined(separator: ",") + "}"
}

/// A text as JSON; for texts without anything to escape.
private func quoted(_ text: String) -> String { "\"\(text)\"" }

extension Event {
    /// An event as the parser makes it.
    ///
    /// - Parameters:
    ///   - visitor: its id.
    ///   - eventID: a UUID as text, or nil for none.
    ///   - payload: JSON text of an object.
    ///   - more: further members, each with its JSON text.
    ///   - userAgent: nil for none.
    ///   - ipHash: nil for none.
    ///   - location: that of the client.
    ///   - receivedAt: microseconds since 1970.
    /// - Returns: the event.
    /// - Throws: the parser's refusal.
    package static func sample(
        visitor: String = "v_1",
        eventID: String? = nil,
        payload: String? = nil,
        more: [(name: String, json: String?)] = [],
        userAgent: String? = nil,
        ipHash: String? = nil,
        location: Location? = nil,
        receivedAt: Int64 = 1_795_456_784_821_673
    ) throws(ValidationError) -> Event {
        let body = object(
            [
                ("visitor_id", quoted(visitor)), ("session_id", quoted("s_1")), ("pageview_id", quoted("p_1")),
                ("event_type", quoted("pageview")), ("event_id", eventID.map(quoted)), ("payload", payload),
            ] + more
        )
        return try parsed(body, userAgent: userAgent, ipHash: ipHash, location: location, receivedAt: receivedAt)
    }

    /// The event of a request's body.
    package static func parsed(
        _ body: String,
        userAgent: String? = nil,
        ipHash: String? = nil,
        location: Location? = nil,
        receivedAt: Int64
    ) throws(ValidationError) -> Event {
        var bytes = Array((userAgent ?? "").utf8)
        let start = bytes.count
        bytes += Array(body.utf8)
        let requestContext = RequestContext(
            receivedAt: receivedAt,
            userAgent: userAgent.map { _ in Slice(start: 0, count: start) },
            ipHash: ipHash.map { Array($0.utf8) },
            location: { location }
        )
        return try Event(parsing: bytes, body: start..<bytes.count, requestContext)
    }
}

extension DeliveryReport {
    /// An entry as the parser makes it.
    package static func sample(
        pageview: String = "p_1",
        visitor: String = "v_1",
        session: String = "s_1",
        site: String? = nil,
        emitted: Int = 1,
        dropped: String? = nil,
        receivedAt: Int64 = 1_795_456_784_821_673
    ) throws(ValidationError) -> DeliveryReport {
        let bytes = Array(
            object([
                ("pageview_id", quoted(pageview)), ("visitor_id", quoted(visitor)), ("session_id", quoted(session)),
                ("site", site.map(quoted)), ("emitted", String(emitted)), ("dropped", dropped),
            ]).utf8
        )
        return try DeliveryReport(parsing: bytes, body: 0..<bytes.count, receivedAt: receivedAt)
    }
}

extension Submission {
    /// A submission as the parser makes it of a body.
    package static func sample(
        _ body: String = "{}",
        ip: String? = nil,
        receivedAt: Int64 = 1_795_456_784_821_673
    ) throws(ValidationError) -> Submission {
        let bytes = Array(body.utf8)
        return try Submission(parsing: bytes, body: 0..<bytes.count, receivedAt: receivedAt, ip: ip)
    }
}

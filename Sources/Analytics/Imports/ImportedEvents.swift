import Crypto
import Events
import JSON

/// Makes events of the page views of an export.
///
/// Ids are hashes under a key of the database: the same file gives the same ids, so an event that is stored is recognized, and nobody
/// can compute the ids of the export from them.
struct ImportedEvents {
    private let format: ImportFormat
    private let site: String
    private let mode: PrivacyMode
    private let key: [UInt8]

    /// `secret` is the key of the database; `mode` the privacy mode of the site.
    init(_ format: ImportFormat, site: String, mode: PrivacyMode, secret: String) {
        (self.format, self.site, self.mode) = (format, site, mode)
        key = Array("import\n\(secret)".utf8)
    }

    /// The event of a page view, reduced to what the privacy mode of the site keeps.
    ///
    /// A page view of a visitor whom the export does not know has none, as in the mode `anonymous`.
    func event(_ view: ImportedView) throws(RowProblem) -> Event {
        let page = hash("page view", view.identity)
        var bytes = body(view, page)
        let body = bytes.indices
        bytes += view.userAgent.utf8.prefix(Limits.userAgentBytesMax)
        let userAgent = view.userAgent.isEmpty ? nil : Slice(start: body.count, count: bytes.count - body.count)
        let location = Location(
            country: view.country,
            regionCode: view.regionCode.isEmpty ? nil : view.regionCode,
            cityName: view.city.isEmpty ? nil : view.city,
            source: .sender
        )
        let context = RequestContext(receivedAt: view.time, userAgent: userAgent, ipHash: nil) { location }
        var event: Event
        do throws(ValidationError) { event = try Event(parsing: bytes, body: body, context) } catch {
            throw RowProblem(error.message)
        }
        event.eventID = EventID(hash("event", view.identity).prefix(32))
        var record = Record.event(event)
        let day = floorDivide(view.time, CivilDate.daySeconds * 1_000_000)
        // Equal for all rows of a visitor on a day; the mode `cookieless` makes the ids of it.
        let sender = PrivacySender(salt: key + Array("\n\(day)".utf8), address: view.visitor ?? "", userAgent: [])
        record.reduce(to: view.visitor == nil ? .anonymous : mode, sender)
        guard case .event(let reduced) = record else { throw RowProblem("no event") }
        return reduced
    }

    /// 64 hexadecimal digits.
    private func hash(_ kind: String, _ text: String) -> [UInt8] {
        HMAC.hex(of: Array("\(format.rawValue)\0\(site)\0\(kind)\0\(text)".utf8), key: key)
    }

    private func id(_ prefix: String, _ digits: [UInt8]) -> String {
        prefix + String(decoding: digits.prefix(32), as: UTF8.self)
    }

    private func body(_ view: ImportedView, _ page: [UInt8]) -> [UInt8] {
        var writer = ObjectWriter()
        writer.add("visitor_id", id("v_", hash("visitor", view.visitor ?? "")))
        writer.add("session_id", id("s_", hash("session", view.session)))
        writer.add("pageview_id", id("p_", page))
        writer.add("event_type", "pageview")
        writer.add("client_timestamp", String(decoding: TimestampText.bytes(view.time), as: UTF8.self))
        writer.add("site", site)
        writer.add("path", view.path)
        writer.add("referrer", view.referrer)
        writer.add("payload", object: payload(view))
        return writer.bytes
    }

    private func payload(_ view: ImportedView) -> ObjectWriter {
        var payload = ObjectWriter()
        payload.add("language", view.language)
        payload.add("screenResolution", view.screen)
        var campaign = ObjectWriter()
        for parameter in view.campaign { campaign.add(parameter.name, parameter.value) }
        if !view.campaign.isEmpty { payload.add("campaign", object: campaign) }
        var imported = ObjectWriter()
        imported.add("product", format.rawValue)
        imported.add("browser", view.agent.browser)
        imported.add("browserVersion", view.agent.browserVersion)
        imported.add("system", view.agent.system)
        imported.add("systemVersion", view.agent.systemVersion)
        imported.add("device", view.agent.device)
        payload.add("imported", object: imported)
        return payload
    }
}

/// Writes a JSON object.
private struct ObjectWriter {
    private var members: [UInt8] = []

    /// Adds a text, unless it is empty.
    mutating func add(_ name: String, _ text: String) {
        guard !text.isEmpty else { return }
        start(name)
        appendQuoted(text, to: &members)
    }

    mutating func add(_ name: String, object: ObjectWriter) {
        start(name)
        members += object.bytes
    }

    private mutating func start(_ name: String) {
        if !members.isEmpty { members.append(UInt8(ascii: ",")) }
        appendQuoted(name, to: &members)
        members.append(UInt8(ascii: ":"))
    }

    var bytes: [UInt8] { [UInt8(ascii: "{")] + members + [UInt8(ascii: "}")] }
}

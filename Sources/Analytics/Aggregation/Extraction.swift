import Channels
import Segments
import Numbers
import Events
import TimeZones
import UserAgents

/// The data extracted from one event: dimension codes, numbers within their ranges, and the rows that it adds.
struct Extraction {
    let origin: Aggregator.Origin
    var opening: Opening?
    var vitals: VitalsReport?
    var engagement: EngagementReport?
    /// The page view index is assigned by `SessionState.row`.
    var resources: [ResourceRow] = []
    var eventRows: [EventRow] = []
    /// Signs of automation.
    var hints: [String] = []
    /// The browser by client hints.
    var hintedBrowser = DimensionDictionaries.none
    var hintedVersion = DimensionDictionaries.none

    init(_ event: StoredEvent, _ origin: Aggregator.Origin, _ aggregator: inout Aggregator) {
        self.origin = origin
        let content = event.content ?? EventContent(event, isReplayed: aggregator.isReplaying)
        switch content.kind {
        case .pageView(let fields): addPageView(event, fields, &aggregator)
        case .vitals(let content): addVitals(event, content, &aggregator)
        case .engagement(let report, let invalid):
            engagement = report
            addInvalid(event, invalid, &aggregator)
        case .resources(let list, let invalid): addResources(event, list, invalid, &aggregator)
        case .error: readError(event, &aggregator)
        case .fingerprint(let content): addFingerprint(event, content, &aggregator)
        case .custom(let value): addCustom(event, value, &aggregator)
        case .nothing: break
        }
    }

    /// The type of the event that a page for missing pages sends.
    private static let notFoundType = "404"

    private mutating func add(
        _ event: StoredEvent,
        _ kind: EventKind,
        issue: UInt32,
        _ count: UInt32,
        _ aggregator: inout Aggregator
    ) {
        let name = aggregator.code(.eventName, event.type, origin)
        let row = EventRow(pageView: 0, time: event.seconds, kind: kind, name: name, issue: issue, count: count)
        eventRows.append(row)
    }

    /// Adds one row for each field with values out of range.
    private mutating func addInvalid(
        _ event: StoredEvent,
        _ fields: [NumberField],
        _ aggregator: inout Aggregator
    ) {
        guard !fields.isEmpty else { return }
        for field in NumberField.allCases {
            let count = fields.count { $0 == field }
            guard count > 0 else { continue }
            let issue = aggregator.code(.issue, field.rawValue, origin)
            add(event, .invalid, issue: issue, UInt32(clamping: count), &aggregator)
        }
    }

    // MARK: - Page views

    private mutating func addPageView(
        _ event: StoredEvent,
        _ fields: PageViewFields,
        _ aggregator: inout Aggregator
    ) {
        let source = Referrer.source(event.referrer, site: event.site)
        opening = Opening(
            agent: aggregator.agentCodes(event, origin, imported: fields.imported),
            path: aggregator.code(.path, aggregator.path(event), origin),
            release: aggregator.code(.release, fields.release, origin),
            connection: aggregator.code(.connection, fields.connection, origin),
            screen: aggregator.code(.screen, fields.screen, origin),
            language: aggregator.code(.language, fields.language, origin),
            location: location(event, fields, &aggregator),
            referrer: aggregator.code(.referrer, source, origin),
            campaign: aggregator.code(.campaign, fields.campaign.shown, origin),
            channel: aggregator.code(.channel, fields.campaign.arrival(from: source).channel(), origin),
            utmSource: aggregator.code(.utmSource, fields.campaign.source, origin),
            utmMedium: aggregator.code(.utmMedium, fields.campaign.medium, origin),
            utmTerm: aggregator.code(.utmTerm, fields.campaign.term, origin),
            utmContent: aggregator.code(.utmContent, fields.campaign.content, origin),
            imported: aggregator.code(.imported, fields.imported?.product, origin)
        )
        hints = BotHints.ofPageView(
            screen: fields.screen,
            innerWidth: fields.innerWidth,
            language: fields.language,
            isHidden: fields.isHidden
        )
    }

    /// The location of the row, or else the country by the payload, or else that of the browser's time zone.
    private func location(
        _ event: StoredEvent,
        _ fields: PageViewFields,
        _ aggregator: inout Aggregator
    ) -> LocationCodes {
        var codes = LocationCodes()
        if let location = event.location {
            codes.country = aggregator.code(.country, location.country, origin)
            codes.region = aggregator.code(.region, location.region, origin)
            codes.city = aggregator.code(.city, location.city, origin)
            codes.source = aggregator.code(.locationSource, location.source, origin)
            return codes
        }
        codes.country = aggregator.code(.country, fields.country.flatMap(Location.countryCode), origin)
        var source = Location.Source.sender
        if codes.country == DimensionDictionaries.none {
            let country = fields.timeZone.flatMap(ZoneCountries.shared.country)
            (codes.country, source) = (aggregator.code(.country, country, origin), .timeZone)
        }
        guard codes.country != DimensionDictionaries.none else { return codes }
        codes.source = aggregator.code(.locationSource, source.rawValue, origin)
        return codes
    }

    // MARK: - Vitals and resources

    private mutating func addVitals(
        _ event: StoredEvent,
        _ content: VitalsContent,
        _ aggregator: inout Aggregator
    ) {
        var report = VitalsReport(seq: event.seq)
        report.navigation = aggregator.code(.navigation, content.navigation, origin)
        report.values = content.values
        func codes(_ vital: Vital) -> (element: UInt32, part: UInt32) {
            let cause = content.causes[vital.rawValue]
            return (aggregator.code(.element, cause.element, origin), aggregator.code(.part, cause.part, origin))
        }
        (report.lcpElement, report.lcpPart) = codes(.lcp)
        (report.inpElement, report.inpPart) = codes(.inp)
        report.clsElement = codes(.cls).element
        vitals = report
        addInvalid(event, content.invalid, &aggregator)
        hints = content.hints
    }

    private mutating func addResources(
        _ event: StoredEvent,
        _ list: [ResourceContent],
        _ invalid: [NumberField],
        _ aggregator: inout Aggregator
    ) {
        for one in list {
            let name = aggregator.code(.resource, one.name, origin)
            resources.append(
                ResourceRow(pageView: 0, kind: one.kind, name: name, duration: one.duration, bytes: one.bytes)
            )
        }
        addInvalid(event, invalid, &aggregator)
    }

    // MARK: - Custom events, errors and fingerprints

    private mutating func addCustom(_ event: StoredEvent, _ value: CustomValue, _ aggregator: inout Aggregator) {
        add(event, .custom, issue: DimensionDictionaries.none, 1, &aggregator)
        switch value.amount {
        case .valid(let units):
            eventRows[eventRows.count - 1].value = units
            eventRows[eventRows.count - 1].currency = aggregator.code(.currency, value.currency, origin)
        case .outOfRange: addInvalid(event, [.eventValue], &aggregator)
        case .notDecimal, nil: break
        }
        guard event.type == Self.notFoundType else { return }
        add(event, .notFound, issue: DimensionDictionaries.none, 1, &aggregator)
        eventRows[eventRows.count - 1].path = aggregator.code(.notFound, aggregator.path(event), origin)
    }

    private mutating func readError(_ event: StoredEvent, _ aggregator: inout Aggregator) {
        let payload = LazyJSON(event.payload)
        var description = IssueDescription(payload, site: event.site, aggregator.hashes.texts)
        let checked = payload["count"].checked(.errorCount)
        var count: Int64 = 1
        if case .valid(let value) = checked { count = Int64(saturating: value) }
        let issue = aggregator.code(.issue, description.id, origin)
        if issue == DimensionDictionaries.other { description = .other }
        add(event, description.noise == nil ? .error : .noise, issue: issue, UInt32(clamping: count), &aggregator)
        if checked == .outOfRange { addInvalid(event, [.errorCount], &aggregator) }
        aggregator.add(event, description)
    }

    private mutating func addFingerprint(
        _ event: StoredEvent,
        _ content: FingerprintContent,
        _ aggregator: inout Aggregator
    ) {
        hints = content.hints
        hintedBrowser = aggregator.code(.browser, content.browser, origin)
        // Hints name the browser; the version of the user agent is that of the browser that it imitates.
        hintedVersion = aggregator.code(.browserVersion, content.browser, origin)
        // Bots are not part of the population.
        guard !aggregator.isReplaying, var reading = content.reading, aggregator.agent(event).botReasons.isEmpty else {
            return
        }
        reading.site = event.site
        aggregator.fingerprints.append(reading)
    }
}

extension Aggregator {
    /// Adds an error to its issue.
    fileprivate mutating func add(_ event: StoredEvent, _ description: IssueDescription) {
        guard !isReplaying else { return }
        let key = IssueKey(site: event.site, issue: description.id)
        issues[key, default: IssueChange(description, event)].add(event, description.culprit)
    }
}

extension AgentCodes {
    init(_ agent: UserAgent, _ origin: Aggregator.Origin, _ aggregator: inout Aggregator) {
        traffic = aggregator.code(.traffic, agent.botReasons.isEmpty ? "human" : "bot", origin)
        browser = aggregator.code(.browser, agent.browser, origin)
        system = aggregator.code(.system, agent.system, origin)
        device = aggregator.code(.device, agent.device.rawValue, origin)
        let versions = (agent.version.map(String.init), agent.systemVersion)
        browserVersion = aggregator.code(.browserVersion, Self.name(agent.browser, versions.0), origin)
        systemVersion = aggregator.code(.systemVersion, Self.name(agent.system, versions.1), origin)
        isImitated = agent.isImitated
        guard !agent.botReasons.isEmpty else { return }
        reasons = aggregator.code(.botReasons, lines: agent.botReasons.map(\.rawValue), origin)
    }

    private static func name(_ name: String, _ version: String?) -> String { version.map { "\(name) \($0)" } ?? name }
}

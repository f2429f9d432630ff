import JSON
import Channels
import Segments
import Numbers
import Events
import TimeZones
import UserAgents

/// The data extracted from one event: dimension codes, numbers within their ranges, and the rows that it adds.
struct Extraction {
    let event: StoredEvent
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

    init(_ event: StoredEvent, _ origin: Aggregator.Origin) { (self.event, self.origin) = (event, origin) }

    mutating func read(_ aggregator: inout Aggregator) {
        switch OwnEventType(rawValue: event.type) {
        case .pageview: readPageView(&aggregator)
        case .webvitals: readVitals(&aggregator)
        case .engagement: readEngagement(&aggregator)
        case .resources: readResources(&aggregator)
        case .error: readError(&aggregator)
        case .fingerprint: readFingerprint(&aggregator)
        case .navigation, .frames: break
        case nil:
            readCustom(&aggregator)
            guard event.type == Self.notFoundType else { return }
            add(.notFound, issue: DimensionDictionaries.none, 1, &aggregator)
            eventRows[eventRows.count - 1].path = aggregator.code(.notFound, aggregator.path(event), origin)
        }
    }

    /// The type of the event that a page for missing pages sends.
    private static let notFoundType = "404"

    private mutating func add(_ kind: EventKind, issue: UInt32, _ count: UInt32, _ aggregator: inout Aggregator) {
        let name = aggregator.code(.eventName, event.type, origin)
        let row = EventRow(pageView: 0, time: event.seconds, kind: kind, name: name, issue: issue, count: count)
        eventRows.append(row)
    }

    /// Adds one row for each field with values out of range.
    private mutating func addInvalid(_ fields: [NumberField], _ aggregator: inout Aggregator) {
        guard !fields.isEmpty else { return }
        for field in NumberField.allCases {
            let count = fields.count { $0 == field }
            guard count > 0 else { continue }
            let issue = aggregator.code(.issue, field.rawValue, origin)
            add(.invalid, issue: issue, UInt32(clamping: count), &aggregator)
        }
    }

    // MARK: - Page views

    /// Members of a `pageview` payload.
    private struct PageViewFields {
        var language: String?
        var screen: String?
        var release: String?
        var connection: String?
        var country: String?
        var timeZone: String?
        var campaign = CampaignFields()
        var innerWidth: Double?
        var isHidden = false
    }

    private mutating func readPageView(_ aggregator: inout Aggregator) {
        let fields = Self.pageView(Payload(event.payload))
        let source = Referrer.source(event.referrer, site: event.site)
        let agent = aggregator.agent(event)
        opening = Opening(
            agent: AgentCodes(agent, origin, &aggregator),
            path: aggregator.code(.path, aggregator.path(event), origin),
            release: aggregator.code(.release, fields.release, origin),
            connection: aggregator.code(.connection, fields.connection, origin),
            screen: aggregator.code(.screen, fields.screen, origin),
            language: aggregator.code(.language, fields.language, origin),
            location: location(fields, &aggregator),
            referrer: aggregator.code(.referrer, source, origin),
            campaign: aggregator.code(.campaign, fields.campaign.shown, origin),
            channel: aggregator.code(.channel, fields.campaign.arrival(from: source).channel(), origin),
            utmSource: aggregator.code(.utmSource, fields.campaign.source, origin),
            utmMedium: aggregator.code(.utmMedium, fields.campaign.medium, origin),
            utmTerm: aggregator.code(.utmTerm, fields.campaign.term, origin),
            utmContent: aggregator.code(.utmContent, fields.campaign.content, origin)
        )
        hints = BotHints.ofPageView(
            screen: fields.screen,
            innerWidth: fields.innerWidth,
            language: fields.language,
            isHidden: fields.isHidden
        )
    }

    /// The location of the row, or else the country by the payload, or else that of the browser's time zone.
    private func location(_ fields: PageViewFields, _ aggregator: inout Aggregator) -> LocationCodes {
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

    private static func pageView(_ payload: Payload) -> PageViewFields {
        var fields = PageViewFields()
        var members = PayloadMembers(payload.range)
        while let member = payload.next(&members) {
            if payload.has(member, "language") {
                fields.language = payload.text(member.value)
            } else if payload.has(member, "screenResolution") {
                fields.screen = payload.text(member.value)
            } else if payload.has(member, "release") {
                fields.release = payload.text(member.value)
            } else if payload.has(member, "connection") {
                fields.connection = payload.text(member.value)
            } else if payload.has(member, "country") {
                fields.country = payload.text(member.value)
            } else if payload.has(member, "timeZone") {
                fields.timeZone = payload.text(member.value)
            } else if payload.has(member, "campaign") {
                fields.campaign = CampaignFields(payload, member.value)
            } else if payload.has(member, "innerWidth") {
                fields.innerWidth = payload.number(member.value)
            } else if payload.has(member, "hidden") {
                fields.isHidden = member.value.kind == .true
            }
        }
        return members.isDamaged ? PageViewFields() : fields
    }

    // MARK: - Vitals and engagement

    private mutating func readVitals(_ aggregator: inout Aggregator) {
        let payload = Payload(event.payload)
        guard let fields = VitalsFields(payload), fields.navigation != VitalsFields.softNavigation else { return }
        var report = VitalsReport(seq: event.seq)
        report.navigation = aggregator.code(.navigation, fields.navigation, origin)
        var invalid: [NumberField] = []
        for vital in Vital.allCases {
            guard let number = fields.values[vital.rawValue] else { continue }
            switch payload.checked(number, .of(vital)) {
            case .missing: break
            case .outOfRange: invalid.append(.of(vital))
            case .valid(let value):
                let kept = Self.kept(vital == .cls ? value * VitalsFields.layoutShiftScale : value)
                report.values[vital.rawValue] = kept
                attribute(vital, kept, fields, payload, &report, &aggregator)
            }
        }
        vitals = report
        addInvalid(invalid, &aggregator)
        hints = BotHints.ofVitals(
            lcp: fields.values[Vital.lcp.rawValue].flatMap(payload.number),
            fcp: fields.values[Vital.fcp.rawValue].flatMap(payload.number),
            ttfb: fields.values[Vital.ttfb.rawValue].flatMap(payload.number)
        )
    }

    /// Rounds up to the next 32-bit number, so that a value above a threshold stays above it.
    private static func kept(_ value: Double) -> Float {
        let nearest = Float(value)
        return Double(nearest) < value ? nearest.nextUp : nearest
    }

    /// Records the attribution of a value; the rating uses the rounded value, as stored.
    private func attribute(
        _ vital: Vital,
        _ value: Float,
        _ fields: VitalsFields,
        _ payload: Payload,
        _ report: inout VitalsReport,
        _ aggregator: inout Aggregator
    ) {
        guard let attribution = fields.attributions[vital.rawValue] else { return }
        let scale = vital == .cls ? VitalsFields.layoutShiftScale : 1
        guard !Attribution.isGood(vital, Double(value) / scale) else { return }
        let cause = Attribution.cause(vital, Double(value) / scale, payload.tree(attribution))
        let element = aggregator.code(.element, cause.element, origin)
        let part = aggregator.code(.part, cause.part, origin)
        switch vital {
        case .lcp: (report.lcpElement, report.lcpPart) = (element, part)
        case .inp: (report.inpElement, report.inpPart) = (element, part)
        case .cls: report.clsElement = element
        case .fcp, .ttfb: break
        }
    }

    private mutating func readEngagement(_ aggregator: inout Aggregator) {
        let payload = Payload(event.payload)
        var members = PayloadMembers(payload.range)
        var (engaged, depth) = (CheckedNumber.missing, CheckedNumber.missing)
        while let member = payload.next(&members) {
            if payload.has(member, "engagedMs") {
                engaged = payload.checked(member.value, .engagement)
            } else if payload.has(member, "scrollDepth") {
                depth = payload.checked(member.value, .scrollDepth)
            }
        }
        guard !members.isDamaged else { return }
        var report = EngagementReport(seq: event.seq)
        if case .valid(let value) = engaged { report.milliseconds = UInt32(saturating: value.rounded()) }
        if case .valid(let value) = depth { report.scrollDepth = UInt8(saturating: value.rounded()) }
        engagement = report
        let invalid: [NumberField] =
            (engaged == .outOfRange ? [.engagement] : []) + (depth == .outOfRange ? [.scrollDepth] : [])
        addInvalid(invalid, &aggregator)
    }

    // MARK: - Resources

    /// The most resources of each kind per event.
    private static let resourcesMax = 10

    private mutating func readResources(_ aggregator: inout Aggregator) {
        let payload = Payload(event.payload)
        var members = PayloadMembers(payload.range)
        var (slowest, thirdParties): (JSONValue?, JSONValue?) = (nil, nil)
        while let member = payload.next(&members) {
            if payload.has(member, "slowest") {
                slowest = member.value
            } else if payload.has(member, "thirdParties") {
                thirdParties = member.value
            }
        }
        guard !members.isDamaged else { return }
        var invalid: [NumberField] = []
        for (kind, list) in [(ResourceKind.slow, slowest), (.thirdParty, thirdParties)] {
            guard let list else { continue }
            for element in payload.elements(list, max: Self.resourcesMax) {
                guard let fields = ResourceFields(payload, element, kind) else { continue }
                let (duration, bytes) = (fields.duration, fields.bytes)
                if duration == .outOfRange { invalid.append(.resourceDuration) }
                if bytes == .outOfRange { invalid.append(.resourceBytes) }
                guard case .valid(let milliseconds) = duration else { continue }
                var count: UInt64 = 0
                if case .valid(let value) = bytes { count = UInt64(saturating: value) }
                let name = aggregator.code(.resource, fields.name, origin)
                resources.append(
                    ResourceRow(pageView: 0, kind: kind, name: name, duration: Self.kept(milliseconds), bytes: count)
                )
            }
        }
        addInvalid(invalid, &aggregator)
    }

    // MARK: - Custom events, errors and fingerprints

    private mutating func readCustom(_ aggregator: inout Aggregator) {
        add(.custom, issue: DimensionDictionaries.none, 1, &aggregator)
        let payload = Payload(event.payload)
        var members = PayloadMembers(payload.range)
        var (value, currency): (JSONValue?, JSONValue?) = (nil, nil)
        while let member = payload.next(&members) {
            if payload.has(member, "value") {
                value = member.value
            } else if payload.has(member, "currency") {
                currency = member.value
            }
        }
        guard !members.isDamaged, let value, let text = payload.decimalText(value) else { return }
        switch DecimalAmount.units(text) {
        case .valid(let units):
            eventRows[eventRows.count - 1].value = units
            let name = currency.flatMap(payload.text).flatMap(DecimalAmount.currency)
            eventRows[eventRows.count - 1].currency = aggregator.code(.currency, name, origin)
        case .outOfRange: addInvalid([.eventValue], &aggregator)
        case .notDecimal: break
        }
    }

    private mutating func readError(_ aggregator: inout Aggregator) {
        let payload = LazyJSON(event.payload)
        var description = IssueDescription(payload, site: event.site, aggregator.hashes.texts)
        let checked = payload["count"].checked(.errorCount)
        var count: Int64 = 1
        if case .valid(let value) = checked { count = Int64(saturating: value) }
        let issue = aggregator.code(.issue, description.id, origin)
        if issue == DimensionDictionaries.other { description = .other }
        add(description.noise == nil ? .error : .noise, issue: issue, UInt32(clamping: count), &aggregator)
        if checked == .outOfRange { addInvalid([.errorCount], &aggregator) }
        aggregator.add(event, description)
    }

    private mutating func readFingerprint(_ aggregator: inout Aggregator) {
        let reported = LazyJSON(event.payload)["fingerprints"]
        hints = reported["automation"].elements.compactMap(\.text)
        let browser = ClientHints(reported["signals"]["hints"])?.browser
        hintedBrowser = aggregator.code(.browser, browser, origin)
        // Hints name the browser; the version of the user agent is that of the browser that it imitates.
        hintedVersion = aggregator.code(.browserVersion, browser, origin)
        // Bots are not part of the population.
        guard !aggregator.isReplaying, hints.isEmpty, aggregator.agent(event).botReasons.isEmpty,
            let fingerprint = FingerprintReading(event, reported)
        else { return }
        aggregator.fingerprints.append(fingerprint)
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

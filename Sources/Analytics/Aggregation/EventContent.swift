import JSON
import Segments
import Numbers
import UserAgents

/// What an event reports, read from its payload without knowledge of other events.
///
/// Reading takes much of the time of an aggregation and needs no state, so another thread can do it in advance.
package struct EventContent: Sendable {
    /// Indirect: the values are of very different sizes.
    indirect enum Kind: Sendable {
        case pageView(PageViewFields)
        case vitals(VitalsContent)
        case engagement(EngagementReport, invalid: [NumberField])
        case resources([ResourceContent], invalid: [NumberField])
        /// Read with its issue, which depends on the site that the event is attributed to.
        case error
        case fingerprint(FingerprintContent)
        case custom(CustomValue)
        /// Nothing that figures need, or a payload that is not valid JSON.
        case nothing
    }

    let kind: Kind

    /// `isReplayed`: whether the event is added again to its session, which needs fewer values.
    package init(_ event: StoredEvent, isReplayed: Bool = false) {
        kind =
            switch OwnEventType(rawValue: event.type) {
            case .pageview: .pageView(PageViewFields(Payload(event.payload)))
            case .webvitals: VitalsContent(Payload(event.payload)).map { Kind.vitals($0) } ?? .nothing
            case .engagement: Self.engagement(event)
            case .resources: Self.resources(Payload(event.payload))
            case .error: .error
            case .fingerprint: .fingerprint(FingerprintContent(event, isReplayed: isReplayed))
            case .navigation, .frames: .nothing
            case nil: .custom(CustomValue(Payload(event.payload)))
            }
    }

    // MARK: - Engagement

    private static func engagement(_ event: StoredEvent) -> Kind {
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
        guard !members.isDamaged else { return .nothing }
        var report = EngagementReport(seq: event.seq)
        if case .valid(let value) = engaged { report.milliseconds = UInt32(saturating: value.rounded()) }
        if case .valid(let value) = depth { report.scrollDepth = UInt8(saturating: value.rounded()) }
        let invalid: [NumberField] =
            (engaged == .outOfRange ? [.engagement] : []) + (depth == .outOfRange ? [.scrollDepth] : [])
        return .engagement(report, invalid: invalid)
    }

    // MARK: - Resources

    /// The most resources of each kind per event.
    private static let resourcesMax = 10

    private static func resources(_ payload: Payload) -> Kind {
        var members = PayloadMembers(payload.range)
        var (slowest, thirdParties): (JSONValue?, JSONValue?) = (nil, nil)
        while let member = payload.next(&members) {
            if payload.has(member, "slowest") {
                slowest = member.value
            } else if payload.has(member, "thirdParties") {
                thirdParties = member.value
            }
        }
        guard !members.isDamaged else { return .nothing }
        var (resources, invalid): ([ResourceContent], [NumberField]) = ([], [])
        for (kind, list) in [(ResourceKind.slow, slowest), (.thirdParty, thirdParties)] {
            guard let list else { continue }
            for element in payload.elements(list, max: resourcesMax) {
                guard let fields = ResourceFields(payload, element, kind) else { continue }
                if fields.duration == .outOfRange { invalid.append(.resourceDuration) }
                if fields.bytes == .outOfRange { invalid.append(.resourceBytes) }
                guard case .valid(let milliseconds) = fields.duration else { continue }
                var bytes: UInt64 = 0
                if case .valid(let value) = fields.bytes { bytes = UInt64(saturating: value) }
                resources.append(
                    ResourceContent(
                        kind: kind,
                        name: fields.name,
                        duration: StoredNumber.float(milliseconds),
                        bytes: bytes
                    )
                )
            }
        }
        return .resources(resources, invalid: invalid)
    }
}

/// A slow resource or a third party of a page view.
struct ResourceContent: Sendable {
    var kind: ResourceKind
    var name: String
    /// Milliseconds.
    var duration: Float
    var bytes: UInt64
}

/// The values of a `webvitals` payload within their ranges, and what they are attributed to.
struct VitalsContent: Sendable {
    var navigation: String?
    /// Values indexed by `Vital.rawValue`, as in `VitalsReport`; NaN when not reported.
    var values = InlineArray<5, Float>(repeating: .nan)
    /// The causes of values that are not good; empty for the others.
    var causes = InlineArray<5, Attribution.Cause>(repeating: Attribution.Cause())
    /// Fields with values out of range.
    var invalid: [NumberField] = []
    /// Signs of automation.
    var hints: [String]

    /// Nil for a soft navigation, and when the payload is not valid JSON.
    init?(_ payload: Payload) {
        guard let fields = VitalsFields(payload), fields.navigation != VitalsFields.softNavigation else { return nil }
        navigation = fields.navigation
        hints = BotHints.ofVitals(
            lcp: fields.values[Vital.lcp.rawValue].flatMap(payload.number),
            fcp: fields.values[Vital.fcp.rawValue].flatMap(payload.number),
            ttfb: fields.values[Vital.ttfb.rawValue].flatMap(payload.number)
        )
        for vital in Vital.allCases {
            guard let number = fields.values[vital.rawValue] else { continue }
            switch payload.checked(number, .of(vital)) {
            case .missing: break
            case .outOfRange: invalid.append(.of(vital))
            case .valid(let value):
                let scale = vital == .cls ? VitalsFields.layoutShiftScale : 1
                let stored = StoredNumber.float(value * scale)
                values[vital.rawValue] = stored
                // The rating uses the rounded value, as stored.
                let rated = Double(stored) / scale
                guard let attribution = fields.attributions[vital.rawValue], !Attribution.isGood(vital, rated) else {
                    continue
                }
                causes[vital.rawValue] = Attribution.cause(vital, rated, payload.tree(attribution))
            }
        }
    }
}

/// Numbers as segments store them.
enum StoredNumber {
    /// Rounds up to the next 32-bit number, so that a value above a threshold stays above it.
    static func float(_ value: Double) -> Float {
        let nearest = Float(value)
        return Double(nearest) < value ? nearest.nextUp : nearest
    }
}

/// The value of a custom event.
struct CustomValue: Sendable {
    /// In units of 1/10,000; nil for none.
    var amount: DecimalAmount?
    var currency: String?

    init(_ payload: Payload) {
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
        amount = DecimalAmount.units(text)
        self.currency = currency.flatMap(payload.text).flatMap(DecimalAmount.currency)
    }
}

/// What a `fingerprint_ready` event reports.
struct FingerprintContent: Sendable {
    /// Signs of automation.
    var hints: [String]
    /// The browser by client hints.
    var browser: String?
    /// Nil for a bot by the hints, for a replayed event, and without a valid signal.
    var reading: FingerprintReading?

    init(_ event: StoredEvent, isReplayed: Bool) {
        let reported = LazyJSON(event.payload)["fingerprints"]
        hints = reported["automation"].elements.compactMap(\.text)
        browser = ClientHints(reported["signals"]["hints"])?.browser
        if !isReplayed, hints.isEmpty { reading = FingerprintReading(event, reported) }
    }
}

import JSON
import Segments

/// The members of a `pageview` payload that are aggregated.
struct PageViewFields: Sendable {
    var language: String?
    var screen: String?
    var release: String?
    var connection: String?
    var country: String?
    var timeZone: String?
    var campaign = CampaignFields()
    var innerWidth: Double?
    var isHidden = false
    /// Nil unless the page view comes from an export of another product.
    var imported: ImportedFields?

    /// Empty when the payload is not valid JSON.
    init(_ payload: Payload) {
        var fields = PageViewFields()
        var members = PayloadMembers(payload.range)
        while let member = payload.next(&members) { fields.read(member, payload) }
        if !members.isDamaged { self = fields }
    }

    private init() {}

    private mutating func read(_ member: JSONMember, _ payload: Payload) {
        if payload.has(member, "language") {
            language = payload.text(member.value)
        } else if payload.has(member, "screenResolution") {
            screen = payload.text(member.value)
        } else if payload.has(member, "release") {
            release = payload.text(member.value)
        } else if payload.has(member, "connection") {
            connection = payload.text(member.value)
        } else if payload.has(member, "country") {
            country = payload.text(member.value)
        } else if payload.has(member, "timeZone") {
            timeZone = payload.text(member.value)
        } else if payload.has(member, "campaign") {
            campaign = CampaignFields(payload, member.value)
        } else if payload.has(member, "innerWidth") {
            innerWidth = payload.number(member.value)
        } else if payload.has(member, "hidden") {
            isHidden = member.value.kind == .true
        } else if payload.has(member, "imported") {
            imported = ImportedFields(payload, member.value)
        }
    }
}

/// The members of a `webvitals` payload that are aggregated.
struct VitalsFields {
    static let softNavigation = "soft-navigation"
    /// CLS scores are stored in thousandths.
    static let layoutShiftScale = 1000.0

    var navigation: String?
    /// Values indexed by `Vital.rawValue`.
    var values = InlineArray<5, JSONValue?>(repeating: nil)
    var attributions = InlineArray<5, JSONValue?>(repeating: nil)

    /// Nil when the payload is not valid JSON.
    init?(_ payload: Payload) {
        var members = PayloadMembers(payload.range)
        var attribution: JSONValue?
        while let member = payload.next(&members) {
            if payload.has(member, "navigationType") {
                // No navigation type is empty.
                navigation = payload.text(member.value).flatMap { $0.isEmpty ? nil : $0 }
            } else if payload.has(member, "attribution") {
                attribution = member.value
            } else if let vital = Self.vital(payload, member) {
                values[vital.rawValue] = member.value
            }
        }
        guard !members.isDamaged else { return nil }
        guard let attribution, attribution.kind == .object else { return }
        var parts = PayloadMembers(attribution.range)
        while let member = payload.next(&parts) {
            if let vital = Self.vital(payload, member) { attributions[vital.rawValue] = member.value }
        }
    }

    private static func vital(_ payload: Payload, _ member: JSONMember) -> Vital? {
        if payload.has(member, "LCP") { return .lcp }
        if payload.has(member, "INP") { return .inp }
        if payload.has(member, "CLS") { return .cls }
        if payload.has(member, "FCP") { return .fcp }
        return payload.has(member, "TTFB") ? .ttfb : nil
    }
}

/// The members of a resource or third party that are aggregated.
struct ResourceFields {
    var name: String
    var duration = CheckedNumber.missing
    var bytes = CheckedNumber.missing

    /// Nil when the value has no name.
    init?(_ payload: Payload, _ value: JSONValue, _ kind: ResourceKind) {
        guard value.kind == .object else { return nil }
        var members = PayloadMembers(value.range)
        var name: String?
        while let member = payload.next(&members) {
            switch kind {
            case .slow where payload.has(member, "name"):
                name = payload.text(member.value).flatMap(DimensionText.resource)
            case .thirdParty where payload.has(member, "host"):
                name = payload.text(member.value).flatMap(DimensionText.clean)
            case .slow where payload.has(member, "transferSize"), .thirdParty where payload.has(member, "bytes"):
                bytes = payload.checked(member.value, .resourceBytes)
            case .slow, .thirdParty:
                guard payload.has(member, "duration") else { continue }
                duration = payload.checked(member.value, .resourceDuration)
            }
        }
        guard !members.isDamaged, let name else { return nil }
        self.name = name
    }
}

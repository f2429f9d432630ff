import Channels
import JSON

/// The campaign parameters of a page view's address that are aggregated.
struct CampaignFields: Sendable {
    var name: String?
    var source: String?
    var medium: String?
    var term: String?
    var content: String?
    /// Names of click ids of advertisements with a value.
    private var clickIDs: Set<String> = []

    init() {}

    /// Empty when the value is not an object of valid JSON.
    init(_ payload: Payload, _ value: JSONValue) {
        guard value.kind == .object else { return }
        var fields = CampaignFields()
        var members = PayloadMembers(value.range)
        while let member = payload.next(&members) {
            if payload.has(member, "utm_campaign") {
                fields.name = payload.text(member.value)
            } else if payload.has(member, "utm_source") {
                fields.source = payload.text(member.value)
            } else if payload.has(member, "utm_medium") {
                fields.medium = payload.text(member.value)
            } else if payload.has(member, "utm_term") {
                fields.term = payload.text(member.value)
            } else if payload.has(member, "utm_content") {
                fields.content = payload.text(member.value)
            } else if let name = payload.name(member), ChannelRules.shared.isClickID(name) {
                let hasValue = payload.text(member.value)?.isEmpty == false
                if hasValue { fields.clickIDs.insert(name) } else { fields.clickIDs.remove(name) }
            }
        }
        if !members.isDamaged { self = fields }
    }

    /// The campaign name, or the source if the campaign has no name.
    var shown: String? { name.flatMap { $0.isEmpty ? nil : $0 } ?? source }

    /// The input of the session's channel; `source` is that of `Referrer.source`.
    func arrival(from source: String) -> Arrival {
        var arrival = Arrival()
        arrival.host = Referrer.host(source)
        arrival.hasOtherReferrer = source == Referrer.other
        (arrival.source, arrival.medium) = (self.source, medium)
        arrival.hasCampaign = [name, term, content].contains { $0?.isEmpty == false }
        // The first by name: PostgreSQL does not keep the order of the parameters.
        arrival.clickID = clickIDs.min()
        return arrival
    }
}

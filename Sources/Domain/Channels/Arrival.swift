/// How a visitor came to the first page of a session.
package struct Arrival: Sendable {
    /// Host of the referrer in lower case without `www.`, or the id of an Android app; nil for none or one of the site itself.
    package var host: String?
    /// Whether there is a referrer of another site whose host is unknown.
    package var hasOtherReferrer = false
    package var source: String?
    package var medium: String?
    /// Whether the address has another campaign parameter.
    package var hasCampaign = false
    /// The name of a click id of an advertisement.
    package var clickID: String?

    package init() {}

    /// The channel of the session; docs/figures.md lists the rules in this order.
    package func channel(_ rules: ChannelRules = .shared) -> String { rules.name(key(rules)) }

    private func key(_ rules: ChannelRules) -> String {
        let medium = medium.flatMap(rules.channel(medium:))
        let source = source.flatMap(rules.channel(source:)) ?? host.flatMap(rules.channel(host:))
        // An advertisement: the channel of its medium or click id, or else of its source.
        if medium == "paid" || medium == nil, let click = clickID.flatMap(rules.channel(clickID:)) { return click }
        if medium == "paid" { return source == "search" || source == "social" ? "paid_\(source ?? "")" : "paid" }
        if let medium { return medium }
        if let source, source != "referral" { return source }
        if hasCampaign || !(self.source ?? "").isEmpty || !(self.medium ?? "").isEmpty { return "campaign" }
        return host != nil || hasOtherReferrer ? "referral" : "direct"
    }
}

import JSON
import UserAgents

/// What a page view of another product's export says about its origin and its browser, which has no user agent then.
struct ImportedFields: Sendable {
    /// The product, such as `umami`.
    private(set) var product = ""
    private var browser = ""
    private var browserVersion = ""
    private var system = ""
    private var systemVersion = ""
    private var device = ""

    /// Nil when the value is not an object of valid JSON with a product.
    init?(_ payload: Payload, _ value: JSONValue) {
        guard value.kind == .object else { return nil }
        var members = PayloadMembers(value.range)
        while let member = payload.next(&members) {
            let text = payload.text(member.value) ?? ""
            if payload.has(member, "product") {
                product = text
            } else if payload.has(member, "browser") {
                browser = text
            } else if payload.has(member, "browserVersion") {
                browserVersion = text
            } else if payload.has(member, "system") {
                system = text
            } else if payload.has(member, "systemVersion") {
                systemVersion = text
            } else if payload.has(member, "device") {
                device = text
            }
        }
        guard !members.isDamaged, !product.isEmpty else { return nil }
    }

    var agent: UserAgent {
        UserAgent(
            browser: browser,
            version: browserVersion,
            system: system,
            systemVersion: systemVersion,
            device: device
        )
    }

    /// What distinguishes `agent` from others.
    var agentKey: String { [browser, browserVersion, system, systemVersion, device].joined(separator: "\u{1F}") }
}

import Alerts
import Events
import HTTPClient
import HTTPServer
import Reports
import Segments

/// Reads rules and channels from the bodies of requests.
enum AlertBody {
    static let channelsSentence = "channels must be ids of channels, each once"
    private static let wordBytesMax = 40

    // MARK: - Rules

    static func rule(_ request: borrowing Request, id: String) throws(QueryError) -> AlertRule {
        let names: Set<String> = [
            "kind", "site", "name", "vital", "threshold", "minutes", "samples_min", "channels", "enabled",
        ]
        let body = try JSONBody(request, names: names)
        guard let kind = AlertKind(rawValue: try body.text("kind", bytesMax: wordBytesMax) ?? "") else {
            let kinds = AlertKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw QueryError(message: "kind must be one of \(kinds)")
        }
        let name = try line(body, "name", bytesMax: AlertRule.nameBytesMax) ?? ""
        var rule = AlertRule(id: id, kind: kind, name: name, createdAt: WallClock.seconds)
        rule.site = try line(body, "site", bytesMax: AlertRule.siteBytesMax)
        if kind.isAboutServer, rule.site != nil { throw misplaced("site") }
        rule.vital = try vital(body, kind)
        rule.threshold = try threshold(body, rule)
        try readSamples(body, &rule)
        rule.channels = try body.texts("channels", countMax: AlertRule.channelsMax, bytesMax: wordBytesMax) ?? []
        let areIDs = rule.channels.allSatisfy { !$0.contains(" ") }
        guard areIDs, Set(rule.channels).count == rule.channels.count else {
            throw QueryError(message: channelsSentence)
        }
        rule.isEnabled = try body.boolean("enabled") ?? true
        return rule
    }

    private static func misplaced(_ name: String) -> QueryError {
        QueryError(message: "\(name) does not apply to this kind")
    }

    private static func vital(_ body: JSONBody, _ kind: AlertKind) throws(QueryError) -> Vital? {
        let name = try body.text("vital", bytesMax: wordBytesMax)
        guard kind == .vital else {
            guard name == nil else { throw misplaced("vital") }
            return nil
        }
        guard let vital = Vital.allCases.first(where: { $0.name == name }) else {
            throw QueryError(message: "vital must be one of \(Vital.allCases.map(\.name).joined(separator: ", "))")
        }
        return vital
    }

    private static func threshold(_ body: JSONBody, _ rule: AlertRule) throws(QueryError) -> Double? {
        let given = try body.number("threshold")
        guard let allowed = rule.kind.thresholds else {
            guard given == nil else { throw misplaced("threshold") }
            return nil
        }
        guard let given else { return rule.kind.thresholdDefault(rule.vital) }
        guard allowed.contains(given) else {
            throw QueryError(message: "threshold must be a number from \(allowed.lowerBound) to \(allowed.upperBound)")
        }
        return given
    }

    private static func readSamples(_ body: JSONBody, _ rule: inout AlertRule) throws(QueryError) {
        let minutes = try body.integer("minutes", in: AlertRule.windows)
        let samples = try body.integer("samples_min", in: AlertRule.samples)
        if minutes != nil, !rule.kind.hasWindow { throw misplaced("minutes") }
        if samples != nil, !rule.kind.hasSamples { throw misplaced("samples_min") }
        rule.minutes = minutes ?? AlertRule.windowDefault
        rule.samplesMin = samples ?? rule.kind.samplesDefault ?? 1
    }

    // MARK: - Channels

    static func channel(_ request: borrowing Request, id: String, isNew: Bool) throws(QueryError) -> AlertChannel {
        let body = try JSONBody(request, names: ["kind", "name", "target", "secret"])
        guard let kind = AlertChannel.Kind(rawValue: try body.text("kind", bytesMax: wordBytesMax) ?? "") else {
            throw QueryError(message: "kind must be webhook or email")
        }
        let name = try line(body, "name", bytesMax: AlertRule.nameBytesMax) ?? ""
        let target = try body.text("target", bytesMax: AlertChannel.addressBytesMax) ?? ""
        let secret = try body.text("secret", bytesMax: AlertChannel.secretBytes.upperBound)
        try check(secret, kind, isNew: isNew)
        return AlertChannel(
            id: id,
            kind: kind,
            name: name,
            target: kind == .webhook ? try webhook(target) : try recipients(target),
            secret: secret,
            createdAt: WallClock.seconds
        )
    }

    private static func check(_ secret: String?, _ kind: AlertChannel.Kind, isNew: Bool) throws(QueryError) {
        guard kind == .webhook else {
            guard secret == nil else { throw misplaced("secret") }
            return
        }
        guard let secret else {
            guard !isNew else { throw QueryError(message: "secret is missing: messages are signed with it") }
            return
        }
        let isPrintable = secret.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard isPrintable, AlertChannel.secretBytes.contains(secret.utf8.count) else {
            let (least, most) = (AlertChannel.secretBytes.lowerBound, AlertChannel.secretBytes.upperBound)
            throw QueryError(message: "secret must have \(least) to \(most) printable ASCII characters")
        }
    }

    private static func webhook(_ text: String) throws(QueryError) -> String {
        let isPrintable = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard isPrintable, let url = WebAddress(text), url.isWeb else {
            throw QueryError(message: "target must be an http or https address, such as https://example.com/hook")
        }
        let authority = text.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else { throw QueryError(message: "target must have no user and no password") }
        return text
    }

    private static func recipients(_ text: String) throws(QueryError) -> String {
        let addresses = text.split { $0 == "," || $0 == " " }.map(String.init)
        let isValid = addresses.allSatisfy { MailMessage.isAddress($0) }
        guard isValid, (1...AlertChannel.recipientsMax).contains(addresses.count) else {
            throw QueryError(
                message: "target must have 1 to \(AlertChannel.recipientsMax) e-mail addresses, separated by commas"
            )
        }
        return addresses.joined(separator: ",")
    }

    /// A text of one line; nil when the member is missing.
    private static func line(_ body: JSONBody, _ name: String, bytesMax: Int) throws(QueryError) -> String? {
        guard let text = try body.text(name, bytesMax: bytesMax) else { return nil }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw QueryError(message: "\(name) must not contain control characters")
        }
        return text
    }
}

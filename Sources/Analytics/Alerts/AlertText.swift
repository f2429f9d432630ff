import Events

/// Words and numbers of messages.
enum AlertText {
    /// The name of the errors of issues beyond the limit of a site.
    static let otherIssue = "(other)"
    /// The most characters of a line with text that visitors have sent.
    static let lineMax = 200

    /// A number with at most two digits after the point, or three below 1.
    static func number(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1e15 else { return "–" }
        let scale = value.magnitude < 1 ? 1000.0 : 100
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() ? String(Int64(rounded)) : "\(rounded)"
    }

    /// One line: control characters and line ends become spaces, and the rest of a long one is cut off.
    static func line(_ text: String) -> String {
        let clean = text.unicodeScalars.map { scalar -> Character in
            let isControl =
                scalar.value < 0x20 || scalar.value == 0x7F || scalar.properties.isWhitespace
                || scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
            return isControl ? " " : Character(scalar)
        }
        return clean.count > lineMax ? String(clean.prefix(lineMax)) + "…" : String(clean)
    }

    /// " on shop.example"; empty for all sites.
    static func scope(site: String?) -> String { site.map { $0.isEmpty ? "" : " on \(line($0))" } ?? "" }

    static func scope(_ rule: AlertRule) -> String {
        scope(site: rule.site) + (rule.kind.hasWindow ? " in \(rule.minutes) minutes" : "")
    }
}

extension AlertText {
    /// A time in UTC, such as 2026-11-23 17:59 UTC.
    static func time(_ seconds: Int64) -> String {
        let text = String(decoding: TimestampText.bytes(seconds * 1_000_000), as: UTF8.self)
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
    }

    /// The date, such as 2026-11-23, of local seconds since 1970.
    static func date(_ local: Int64) -> String {
        String(decoding: TimestampText.bytes(local * 1_000_000).prefix(10), as: UTF8.self)
    }
}

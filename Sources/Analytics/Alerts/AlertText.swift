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

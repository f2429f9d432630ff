/// A page view as an export describes it; empty texts are unknown.
struct ImportedView: Equatable {
    /// What distinguishes it from all other page views of the export.
    var identity: String
    /// The export's id of the visitor; nil when it does not distinguish visitors.
    var visitor: String?
    /// The export's id of the visit.
    var session = ""
    /// Microseconds since 1970, UTC.
    var time: Int64
    var path: String
    var referrer = ""
    var campaign: [Parameter] = []
    var language = ""
    /// Such as `1920x1080`.
    var screen = ""
    var country = ""
    /// An ISO 3166-2 code, with or without the country.
    var regionCode = ""
    var city = ""
    var userAgent = ""
    var agent = ImportedAgent()

    /// A parameter of a campaign, such as `utm_source`.
    struct Parameter: Equatable {
        var name: String
        var value: String
    }
}

/// Browser, system and device by the names of the export; empty texts are unknown.
struct ImportedAgent: Equatable {
    var browser = ""
    var browserVersion = ""
    var system = ""
    var systemVersion = ""
    var device = ""
}

/// What an export has besides page views, and is not imported.
package enum LeftOut: String, CaseIterable, Sendable {
    case events = "events that are no page views"
    case bots = "page views of bots"
}

/// A part of an export.
enum ImportItem: Equatable {
    case view(ImportedView)
    case leftOut(LeftOut)
    /// `at` is its line, or the visit and action.
    case problem(at: String, text: String)
}

/// Texts that several formats have.
enum ImportText {
    /// The path of an address or of a path with a query.
    static func path(_ text: String) -> String {
        var rest = text[...]
        if let scheme = rest.firstRange(of: "://"), !rest[..<scheme.lowerBound].contains("/") {
            rest = rest[scheme.upperBound...]
            guard let slash = rest.firstIndex(of: "/") else { return "/" }
            rest = rest[slash...]
        }
        return String(rest.prefix { $0 != "?" && $0 != "#" })
    }

    /// `1280x768` of two positive numbers; empty for others.
    static func screen(_ width: Substring?, _ height: Substring?) -> String {
        guard let width = width.flatMap({ Int($0) }), let height = height.flatMap({ Int($0) }),
            (1...100_000).contains(width), (1...100_000).contains(height)
        else { return "" }
        return "\(width)x\(height)"
    }

    /// Name and version of `Chrome 86` or `Mac OS X 10.15`; the version is empty if the last word is none.
    static func versioned(_ text: String) -> (name: String, version: String) {
        let trimmed = text.trimmingSpaces
        guard let space = trimmed.lastIndex(of: " ") else { return (trimmed, "") }
        let last = trimmed[trimmed.index(after: space)...]
        guard last.first?.isNumber == true else { return (trimmed, "") }
        return (String(trimmed[..<space]).trimmingSpaces, String(last))
    }
}

extension String {
    var trimmingSpaces: String {
        let start = drop { $0 == " " }
        guard let last = start.lastIndex(where: { $0 != " " }) else { return "" }
        return String(start[...last])
    }
}

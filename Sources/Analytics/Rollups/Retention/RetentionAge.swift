package import Storage
package import Texts

/// How long rows are kept: an age after which they are removed, or for good.
package enum RetentionAge: Sendable, Equatable {
    case kept
    /// An age in seconds.
    case seconds(Int64)

    /// The ages that can be set, in seconds: a day to 100 years.
    private static let secondsAllowed = RetentionPolicy.ageMin...100 * 365 * 86_400
    private static let units: [(letter: Character, seconds: Int64)] = [
        ("h", 3600), ("d", 86_400), ("w", 7 * 86_400), ("y", 365 * 86_400),
    ]
    /// What a text must be, as the end of a sentence.
    package static let rule = "an age of at least one day, such as 30d, 26w or 2y, or 'keep'"

    /// Parses `keep`, or a number with the unit h, d, w or y; nil when the text is neither, or out of range.
    package init?(_ text: String) {
        guard text != "keep" else {
            self = .kept
            return
        }
        guard let unit = Self.units.first(where: { $0.letter == text.last }), let count = UInt32(text.dropLast()),
            Self.secondsAllowed.contains(Int64(count) * unit.seconds)
        else { return nil }
        self = .seconds(Int64(count) * unit.seconds)
    }

    /// The age of a stored number; nil for none.
    package init?(stored: SQLValue) {
        guard let number = stored.integer else { return nil }
        self = number > 0 ? .seconds(number) : .kept
    }

    /// What the database stores.
    package var stored: Int64 { seconds ?? 0 }

    /// The age in seconds; nil when the rows are kept.
    package var seconds: Int64? {
        switch self {
        case .kept: nil
        case .seconds(let seconds): seconds
        }
    }

    /// A text that `init` parses: `keep`, days, or hours.
    package var text: String {
        switch self {
        case .kept: "keep"
        case .seconds(let seconds): seconds % 86_400 == 0 ? "\(seconds / 86_400)d" : "\(seconds / 3600)h"
        }
    }
}

/// The ages that the owner has set for a site; nil is that of the server.
package struct SiteRetention: Sendable, Equatable {
    package var events: RetentionAge?
    package var pageViews: RetentionAge?

    package init(events: RetentionAge? = nil, pageViews: RetentionAge? = nil) {
        (self.events, self.pageViews) = (events, pageViews)
    }

    /// Whether the site has no ages of its own.
    package var isEmpty: Bool { self == SiteRetention() }

    /// The ages of each site that has some.
    package static func read(_ database: any Database) throws(StoreError) -> [ByteText: SiteRetention] {
        var found: [ByteText: SiteRetention] = [:]
        for row in try database.rows("select site, events, pageviews from site_retention") {
            found[ByteText(row[0].text ?? "")] = SiteRetention(
                events: RetentionAge(stored: row[1]),
                pageViews: RetentionAge(stored: row[2])
            )
        }
        return found
    }
}

import Numbers

/// Figures on the tracking of one site, or of all sites, from the page views of a range.
package struct TrackingFigures: Equatable, Sendable {
    /// A version of the tracker that page views have reported.
    package struct Version: Equatable, Sendable {
        /// Empty for page views without a version: of earlier trackers and of other clients.
        package var name: String
        package var pageViews: Int64
        /// The time of its latest page view in seconds since 1970.
        package var lastSeen: Int64
    }

    /// The most versions of a list; the others are summed up as `otherVersion`.
    static let versionsMax = 8
    static let otherVersion = "(other)"
    private static let versionBytesMax = 32

    /// The page views whose `pageview` event was received.
    package private(set) var pageViews: Int64 = 0
    package internal(set) var delivery = DataQualityReport.Delivery()
    /// Page views with a delivery report that loaded a page at least `PageView.settledSeconds` ago while it was visible, and those of
    /// them without vitals.
    package private(set) var loads: Int64 = 0
    package private(set) var loadsWithoutVitals: Int64 = 0
    /// Page views with a time of the browser, and those whose clock was off by more than a minute, so that the server corrected it.
    package private(set) var clocks: Int64 = 0
    package private(set) var wrongClocks: Int64 = 0
    /// Page views of a tag that measures only a share of the visitors.
    package private(set) var sampled: Int64 = 0
    private var skews: [Int64] = []
    private var versionsByName: [String: Version] = [:]

    package init() {}

    /// The versions with the most page views first; ties are ordered by name.
    package var versions: [Version] {
        let sorted = versionsByName.values.sorted {
            $0.pageViews == $1.pageViews ? $0.name < $1.name : $0.pageViews > $1.pageViews
        }
        let rest = sorted.dropFirst(Self.versionsMax)
        guard let latest = rest.map(\.lastSeen).max() else { return sorted }
        let sum = rest.reduce(Int64(0)) { $0 + $1.pageViews }
        return sorted.prefix(Self.versionsMax) + [Version(name: Self.otherVersion, pageViews: sum, lastSeen: latest)]
    }

    /// The median of how far wrong clocks are ahead, in seconds; nil if there are none.
    package var medianSkew: Int64? {
        let sorted = skews.sorted()
        return sorted.isEmpty ? nil : sorted[(sorted.count - 1) / 2]
    }

    /// Adds a page view; `now` is in seconds since 1970.
    mutating func add(_ view: PageView, now: Int64) {
        pageViews += 1
        if view.isSampled { sampled += 1 }
        if let client = view.clientTime {
            clocks += 1
            if let original = view.originalTime {
                wrongClocks += 1
                skews.append((original - client) / 1_000_000)
            }
        }
        let name = Self.versionName(view.tracker)
        var version = versionsByName[name] ?? Version(name: name, pageViews: 0, lastSeen: view.time)
        version.pageViews += 1
        version.lastSeen = max(version.lastSeen, view.time)
        versionsByName[name] = version
        guard let emitted = view.emitted else { return }
        delivery.add(emitted: emitted, dropped: view.dropped, received: view.received)
        guard view.isVisibleLoad, view.time <= now - PageView.settledSeconds else { return }
        loads += 1
        if !view.hasVitals { loadsWithoutVitals += 1 }
    }

    /// The name of a version that a sender has reported: anything but letters, digits and `.+-` is none.
    private static func versionName(_ text: String?) -> String {
        guard let text, !text.isEmpty else { return "" }
        let isName =
            text.utf8.count <= versionBytesMax
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        return isName ? text : otherVersion
    }
}

extension TrackingFigures {
    /// The facts of one page view.
    package struct PageView: Sendable {
        /// Seconds after which a page view without vitals will hardly send them.
        package static let settledSeconds: Int64 = 1800

        /// When it was received, in seconds since 1970.
        package var time: Int64
        package var tracker: String?
        package var isSampled = false
        /// Whether it loaded a page that was visible.
        package var isVisibleLoad = false
        package var hasVitals = false
        /// Microseconds since 1970: the time of the browser as corrected, and as sent if the server corrected it.
        package var clientTime: Int64?
        package var originalTime: Int64?
        /// Nil without a delivery report.
        package var emitted: Int64?
        package var dropped: Int64 = 0
        package var received: Int64 = 0

        package init(time: Int64) { self.time = time }
    }
}

import Texts
package import TimeZones

/// What the guests of a share link may read; by default all data.
package struct ShareLimits: Sendable, Hashable {
    /// The time that they may ask about.
    package enum Period: Sendable, Hashable {
        /// Seconds since 1970, UTC: `from` is inclusive, `to` exclusive; nil for no bound.
        case fixed(from: Int64?, to: Int64?)
        /// So many days up to the time of a request.
        case days(Int64)
    }

    /// The days of `Period.days`.
    package static let days: ClosedRange<Int64> = 1...3660

    /// Nil for all sites.
    package var site: String?
    /// Nil for all time.
    package var period: Period?
    /// In the order of the page, each once; nil for all views.
    package var views: [OwnerView]?

    /// The parts of `period`, of which those that it does not have are nil.
    package var bounds: (from: Int64?, to: Int64?, days: Int64?) {
        switch period {
        case nil: (nil, nil, nil)
        case .fixed(let from, let to): (from, to, nil)
        case .days(let days): (nil, nil, days)
        }
    }

    /// Whether guests may read all data.
    package var isEmpty: Bool { self == ShareLimits() }

    package init(site: String? = nil, period: Period? = nil, views: [OwnerView]? = nil) {
        (self.site, self.period) = (site, period)
        self.views = views.map { chosen in OwnerView.allCases.filter(chosen.contains) }
    }

    /// The scope of a request at a moment in seconds since 1970; days are counted in a time zone.
    package func scope(now: Int64, zone: Zone) -> ReportScope {
        switch period {
        case nil: ReportScope(site: site)
        case .fixed(let from, let to):
            ReportScope(site: site, times: (from ?? .min)..<max(from ?? .min, to ?? .max))
        case .days(let days): ReportScope(site: site, times: zone.seconds(now, addingDays: -days)..<Int64.max)
        }
    }
}

/// The part of the data that a request may read: all of it, unless it is from a guest of a limited share link.
package struct ReportScope: Sendable, Hashable {
    /// Nil for all sites.
    package var site: String?
    /// Seconds since 1970; nil for all time.
    package var times: Range<Int64>?

    package init(site: String? = nil, times: Range<Int64>? = nil) { (self.site, self.times) = (site, times) }

    /// Whether it has all data.
    package var isEverything: Bool { site == nil && times == nil }

    /// Whether it has events of a site at a moment in seconds since 1970.
    package func contains(site: String, seconds: Int64) -> Bool {
        haveSameBytes(self.site ?? site, site) && (times?.contains(seconds) ?? true)
    }
}

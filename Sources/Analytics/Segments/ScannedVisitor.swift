/// The measure by which visitors are sorted, the largest first.
package enum VisitorOrder: Sendable { case lastSeen, pageViews, sessions, errors }

/// A position in a sorted list of visitors; visitors with equal measures are sorted by number, the newest first.
package struct VisitorPosition: Equatable, Comparable, Sendable {
    /// Seconds since 1970 when sorted by `lastSeen`.
    package var measure: Int64
    package var number: UInt32

    package init(measure: Int64, number: UInt32) { (self.measure, self.number) = (measure, number) }

    package static func < (one: VisitorPosition, other: VisitorPosition) -> Bool {
        (one.measure, one.number) < (other.measure, other.number)
    }
}

/// A visitor with at least one matching page view.
package struct ScannedVisitor: Equatable, Sendable {
    package let position: VisitorPosition
    /// Times of the first and the last matching page view in seconds since 1970.
    package internal(set) var firstSeen = Int64.max
    package internal(set) var lastSeen = Int64.min
    /// Sessions whose first page view is within the range.
    package internal(set) var sessions: Int64 = 0
    package internal(set) var pageViews: Int64 = 0
    package internal(set) var errors: Int64 = 0
    /// Key and codes of the session of the last matching page view.
    package internal(set) var sessionKey: UInt64 = 0
    package internal(set) var codes: [Column: UInt32] = [:]

    init(_ position: VisitorPosition) { self.position = position }
}

/// One page of a sorted list of visitors.
package struct VisitorScanResult: Sendable {
    package var visitors: [ScannedVisitor] = []
    /// Number of visitors on all pages.
    package var count: Int64 = 0
    package var hasMore = false
    package var damagedSegments = 0
    /// Whether some visitors share a number, so that they cannot be listed.
    package var hasTooManyVisitors = false
}

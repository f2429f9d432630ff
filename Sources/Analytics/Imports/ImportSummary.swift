import Crypto
import Events

/// What a file of an export has.
package struct ImportSummary: Sendable, Equatable {
    /// Rows or actions of all kinds.
    package var rows: Int64 = 0
    package var pageViews: Int64 = 0
    /// Distinct visitors and sessions of the page views, without those that the export does not know.
    package var visitors: Int64 = 0
    package var sessions: Int64 = 0
    /// Page views without a visitor.
    package var anonymousViews: Int64 = 0
    package var leftOut: [LeftOut: Int64] = [:]
    /// Rows that cannot be read, and the first of them with their positions.
    package var problems: Int64 = 0
    package var namedProblems: [String] = []
    /// Microseconds since 1970 of the first and last page view; nil without any.
    package var first: Int64?
    package var last: Int64?

    mutating func add(problem text: String, at position: String) {
        problems += 1
        if namedProblems.count < ImportLimits.namedProblemsMax { namedProblems.append("\(position): \(text)") }
    }

    mutating func add(time: Int64) {
        first = min(first ?? time, time)
        last = max(last ?? time, time)
    }
}

/// Counts distinct visitors and sessions by 64-bit hashes.
struct DistinctIDs {
    private let hash = KeyedHash.ofImports
    private(set) var visitors: Set<UInt64> = []
    private(set) var sessions: Set<UInt64> = []

    /// Returns whether the event has a visitor.
    mutating func add(_ event: Event) -> Bool {
        let visitor = event.text(event.visitorID)
        guard visitor != anonymousVisitor else { return false }
        visitors.insert(hash.hash(visitor))
        sessions.insert(hash.hash("\(visitor)\n\(event.text(event.sessionID))"))
        return true
    }
}

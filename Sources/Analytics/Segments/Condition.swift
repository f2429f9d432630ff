/// A condition that page views or custom events meet: that of a goal, or of a step of a funnel.
package struct Condition: Sendable, Equatable {
    package enum Subject: Sendable, Equatable {
        /// Counted page views with one of these paths.
        case pages(Set<UInt32>)
        /// Custom events with this name; nil for a name that no event has.
        case events(UInt32?, only: EventKeys?)
    }

    package var subject: Subject
    /// Codes of the sites whose sessions can meet it; nil for all.
    package var sites: Set<UInt32>?

    package init(_ subject: Subject, sites: Set<UInt32>? = nil) { (self.subject, self.sites) = (subject, sites) }
}

extension ScanQuery {
    /// Selects sessions that meet one of some conditions at any time or, negated, none of them.
    package struct ConditionFilter: Sendable, Equatable {
        package var conditions: [Condition]
        package var isNegated: Bool

        package init(_ conditions: [Condition], isNegated: Bool = false) {
            (self.conditions, self.isNegated) = (conditions, isNegated)
        }
    }
}

/// Chosen ones of the events of one name: those of a session and second, by their index in the order of ids.
package struct EventKeys: Sendable, Equatable {
    private struct Key: Hashable {
        var second: Int64
        var index: UInt32
    }

    private var chosen: [UInt64: Set<Key>] = [:]
    package private(set) var count = 0

    package init() {}

    package mutating func insert(session: UInt64, second: Int64, index: UInt32) {
        if chosen[session, default: []].insert(Key(second: second, index: index)).inserted { count += 1 }
    }

    func hasSession(_ session: UInt64) -> Bool { chosen[session] != nil }

    func contains(session: UInt64, second: Int64, index: UInt32) -> Bool {
        chosen[session]?.contains(Key(second: second, index: index)) == true
    }
}

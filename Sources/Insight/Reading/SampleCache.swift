import Guarded

/// Cells that were added up for a question a moment ago: the panels of a page ask the same.
package final class SampleCache: Sendable {
    /// Questions that are remembered, and for how many seconds.
    static let questionsMax = 8
    static let seconds = 20.0

    private let held = Guarded<[(question: Question, cells: EventCells, at: ContinuousClock.Instant)]>([])

    package init() {}

    subscript(question: Question) -> EventCells? {
        get {
            held.withLock { held in
                held.first { $0.question == question && $0.at.duration(to: .now) < .seconds(Self.seconds) }?.cells
            }
        }
        set {
            guard let newValue else { return }
            held.withLock { held in
                held.removeAll { $0.question == question || $0.at.duration(to: .now) >= .seconds(Self.seconds) }
                if held.count >= Self.questionsMax { held.removeFirst() }
                held.append((question, newValue, .now))
            }
        }
    }
}

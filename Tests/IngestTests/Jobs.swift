import Events
import TestSupport

@testable import Ingest

extension Entry {
    static func samples(_ count: Int) throws -> [Entry] {
        try (0..<count).map { Entry(record: .event(try Event.sample()), ticket: UInt64($0)) }
    }
}

extension IngestState {
    /// A state whose writers have all been connected to the store.
    static func connected(hasJournal: Bool = true, hasBacklog: Bool = false, writers: Int = 2) -> IngestState {
        var state = IngestState(writers: writers, hasJournal: hasJournal)
        state.isSchemaReady = true
        for _ in 0..<writers { _ = state.writerConnected() }
        state.hasBacklog = hasBacklog
        return state
    }

    /// A job of a writer, as a word and the number of records.
    mutating func writer(_ number: Int, mayGather: Bool = false) -> String {
        switch job(ofWriter: number, mayGather: mayGather) {
        case .write(let entries): "write \(entries.count)"
        case .gather(let count): "gather \(count)"
        case .drain: "drain"
        case .sleep: "sleep"
        case .end: "end"
        }
    }

    /// A job of the journal thread.
    mutating func keeper(isTick: Bool = false) -> String {
        switch jobOfJournal(isTick: isTick) {
        case .keep(let entries): "keep \(entries.count)"
        case .sleep: "sleep"
        case .end: "end"
        }
    }
}

import Storage
import Events
import TestSupport

/// Databases with random events.
enum RandomDatabase {
    private static let eventsOfBatch = 500

    /// Stores events as the server does, in the order in which they were sent.
    @discardableResult
    static func fill(_ database: Database, _ events: RandomEvents) throws -> any Store {
        let store = try database.migrated()
        try database.shareHashKey()
        try append(events.events()[...], store)
        return store
    }

    static func append(_ events: ArraySlice<Event>, _ store: any Store) throws {
        let writer = try store.makeWriter()
        var rest = events
        while !rest.isEmpty {
            _ = try writer.append(Batch(events: Array(rest.prefix(eventsOfBatch))))
            rest = rest.dropFirst(eventsOfBatch)
        }
    }
}

import Reports
import Rollups
import Storage
import Events
import TestSupport
import Testing
import Aggregation

@Suite struct `Times of stored events` {
    @Test(arguments: Engine.allCases, [0, 499_500, 999_499, 999_500, 999_863, 999_999] as [Int64])
    func `are read back to the microsecond`(engine: Engine, fraction: Int64) throws {
        let time = 1_791_074_726_000_000 + fraction
        let testDatabase = try Database(engine)
        let store = try testDatabase.migrated()
        _ = try store.makeWriter().append(Batch(events: [Event.sample(receivedAt: time)]))
        let database = try store.makeDatabase()
        let rows = try database.rows("select \(StoredEvent.columns(database.dialect)) from collector_events")
        #expect(withExtendedLifetime(testDatabase) { rows }.compactMap(StoredEvent.init).map(\.receivedAt) == [time])
    }
}

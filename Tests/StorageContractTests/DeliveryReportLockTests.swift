import Dispatch
import Postgres
import Storage
import Synchronization
import Events
import TestSupport
import Testing

/// Two writers of one PostgreSQL that have words of the same page views.
@Suite(.onOneServer("locks are those of the shards")) struct DeliveryReportLockTests {
    private static let milliseconds: Int32 = 10_000

    /// What comes beside the words, since each has its own way into the database.
    enum Company: String, CaseIterable, Sendable {
        case none
        case events
        case submissions
    }

    private func batch(_ company: Company, _ reports: [DeliveryReport]) throws -> Batch {
        Batch(
            events: company == .events ? [try Event.sample()] : [],
            submissions: company == .submissions ? [try Submission.sample()] : [],
            reports: reports
        )
    }

    @Test(arguments: Company.allCases, Company.allCases)
    func `transactions wait for each other without deadlocks, in any order`(first: Company, second: Company) throws {
        let database = try Database(.postgresql)
        let store = try database.migrated()
        let reports = try (0..<9).map { try DeliveryReport.sample(pageview: "p_\($0)", emitted: 1) }
        let later = try (0..<9).map { try DeliveryReport.sample(pageview: "p_\($0)", emitted: 2) }
        let jobs = [
            (try store.makeWriter(), try batch(first, later)),
            (try store.makeWriter(), try batch(second, later.reversed())),
        ]
        _ = try jobs[0].0.append(Batch(reports: reports))
        // Held in the middle, so that each has taken what comes before it in its own order.
        let name = try #require(try database.column("select current_database()").first ?? nil)
        let other = try Connection(url: Cluster.shared.get().url(name), timeoutMilliseconds: Self.milliseconds)
        let hold = "begin; update delivery_reports set emitted = emitted where pageview_id = 'p_4'"
        _ = try other.execute(hold, timeoutMilliseconds: Self.milliseconds)
        let results = Mutex<[Swift.Result<Appended, StoreError>]>([])
        let writing = DispatchGroup()
        for (writer, batch) in jobs {
            DispatchQueue(label: "writer").async(group: writing) {
                let result = Swift.Result { () throws(StoreError) in try writer.append(batch) }
                results.withLock { $0.append(result) }
            }
        }
        let waiting = "select count(*) from pg_stat_activity where datname = '\(name)' and wait_event_type = 'Lock'"
        while try database.column(waiting) != ["2"], results.withLock({ $0.isEmpty }) {}
        _ = try other.execute("rollback", timeoutMilliseconds: Self.milliseconds)
        writing.wait()
        for result in results.withLock({ $0 }) { _ = try result.get() }
        #expect(try database.rows("select count(*), min(emitted) from delivery_reports") == [["9", "2"]])
    }
}

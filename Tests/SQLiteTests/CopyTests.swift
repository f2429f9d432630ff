import SQLite
import TestSupport
import Testing

@Suite struct `A copy of a database` {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open(_ name: String) throws -> Connection {
        try Connection(path: folder.file(name), busyMilliseconds: 0)
    }

    /// A database with a log and `rows` rows.
    private func filled(_ name: String, rows: Int) throws -> Connection {
        let connection = try open(name)
        try connection.execute("pragma journal_mode = wal; create table t (a integer primary key, b text)")
        try connection.execute(
            """
            insert into t
            with recursive numbers(n) as (values (1) union all select n + 1 from numbers where n < \(rows))
            select n, hex(randomblob(200)) from numbers
            """
        )
        return connection
    }

    @Test func `has the snapshot of its start, however much is written meanwhile`() throws {
        let source = try filled("a.sqlite", rows: 2000)
        let (writer, target) = (try open("a.sqlite"), try open("b.sqlite"))
        try source.execute("begin")
        #expect(try source.number("select count(*) from t") == 2000)
        var (steps, failed) = (0, false)
        let isComplete = try source.copy(to: target, pages: 10) { done, total in
            steps += 1
            do { try writer.execute("insert into t (b) values ('later')") } catch { failed = true }
            return done <= total && steps < 10_000
        }
        #expect(isComplete && steps > 10 && !failed)
        #expect(try target.number("select count(*) from t") == 2000)
        #expect(try target.rows("pragma integrity_check") == [["ok"]])
        #expect(try writer.number("select count(*) from t") == 2000 + Int64(steps))
    }

    @Test func `that is stopped leaves the target as it was`() throws {
        let source = try filled("a.sqlite", rows: 2000)
        let target = try filled("b.sqlite", rows: 3)
        try target.execute("pragma journal_mode = delete")
        var steps = 0
        let isComplete = try source.copy(to: target, pages: 10) { _, _ in
            steps += 1
            return steps < 5
        }
        #expect(!isComplete)
        #expect(try target.number("select count(*) from t") == 3)
        #expect(try target.rows("pragma integrity_check") == [["ok"]])
    }

    @Test func `fails while another connection uses the target`() throws {
        let source = try filled("a.sqlite", rows: 10)
        let (target, other) = (try open("b.sqlite"), try filled("b.sqlite", rows: 3))
        try other.execute("begin immediate")
        let error = #expect(throws: SQLiteError.self) { _ = try source.copy(to: target, pages: 10) { _, _ in true } }
        #expect(error?.isBusy == true)
        try other.execute("rollback")
        #expect(try other.number("select count(*) from t") == 3)
    }
}

import SQLite
import TestSupport
import Testing

@testable import StorageSQLite

/// The size of SQLite's write-ahead log while only derived data is written.
@Suite struct LogLimitTests {
    private static let limit = 100_000

    private func write(_ bytes: Int, _ connection: Connection) throws {
        try connection.execute("insert into t (x) values (zeroblob(\(bytes)))")
    }

    @Test func `the limit is the same again once the log was emptied by another checkpoint`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let writer = try Connection(path: path, busyMilliseconds: 1000)
        _ = try writer.rows("pragma journal_mode = wal")
        _ = try writer.rows("pragma wal_autocheckpoint = 0")
        try writer.execute("create table t (x blob)")
        let limit = LogLimit(path: path, logBytesMax: Self.limit)
        func logBytes() throws -> Int { try #require(DatabaseFile.bytes(path + "-wal")) }

        let reader = try Connection(path: path, busyMilliseconds: 1000)
        try reader.execute("begin")
        _ = try reader.rows("select count(*) from t")
        try write(3 * Self.limit, writer)
        limit.enforce(writer)
        #expect(try logBytes() > 3 * Self.limit, "the reader prevents it")
        try reader.execute("commit")
        // Of the writer of batches.
        let other = try Connection(path: path, busyMilliseconds: 1000)
        #expect(try other.number("pragma wal_checkpoint(truncate)") == 0)
        limit.enforce(writer)
        try write(2 * Self.limit, writer)
        #expect(try logBytes() > Self.limit)
        limit.enforce(writer)
        #expect(try logBytes() == 0)
    }
}

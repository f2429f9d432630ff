import Foundation
import SQLite
import TestSupport
import Testing

private struct Undone: Error, Equatable {}

@Suite struct ConnectionTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open(busyMilliseconds: Int32 = 0) throws -> Connection {
        try Connection(path: folder.file("a.sqlite"), busyMilliseconds: busyMilliseconds)
    }

    @Test func `text and NULL come back as they were bound`() throws {
        let connection = try open()
        let rows = try connection.rows("select ?1, ?2, ?3", ["aß🙂", nil, ""])
        #expect(rows == [["aß🙂", nil, ""]])
    }

    @Test func `parts of a buffer are bound where they lie`() throws {
        let connection = try open()
        try connection.execute("create table t (a text, b text, c text)")
        let insert = try connection.prepare("insert into t values (?1, ?2, ?3)")
        try insert.run(Array("onetwo".utf8), texts: [(1, 0..<3), (2, 3..<6), (3, nil)])
        try insert.run([], texts: [(1, 0..<0), (2, nil), (3, nil)])
        #expect(try connection.rows("select a, b, c from t order by rowid") == [["one", "two", nil], ["", nil, nil]])
    }

    @Test func `a transaction that fails leaves nothing`() throws {
        let connection = try open()
        try connection.execute("create table t (a)")
        #expect(throws: Undone()) {
            try connection.transaction(
                { () throws(Undone) in
                    guard (try? connection.execute("insert into t values (1)")) != nil else { return }  // counted below
                    #expect(connection.changes == 1)
                    throw Undone()
                },
                { _, _ in Undone() }
            )
        }
        #expect(try connection.rows("select count(*) from t") == [["0"]])
    }

    @Test func `a broken constraint is about the data and leaves the statement usable`() throws {
        let connection = try open()
        try connection.execute("create table t (a text not null)")
        let insert = try connection.prepare("insert into t values (?1)")
        let error = #expect(throws: SQLiteError.self) { try insert.run([], texts: [(1, nil)]) }
        #expect(error?.kind == .value)
        try insert.run(Array("x".utf8), texts: [(1, 0..<1)])
        #expect(try connection.rows("select a from t") == [["x"]])
    }

    @Test func `a lock that another connection holds is said to be one`() throws {
        let first = try open()
        let second = try open()
        try first.execute("begin immediate")
        let error = #expect(throws: SQLiteError.self) { try second.execute("begin immediate") }
        #expect(error?.isBusy == true)
        #expect(error?.kind == .environment)
    }

    @Test func `a file that is not there is made only when asked`() throws {
        let path = folder.file("b.sqlite")
        #expect(throws: SQLiteError.self) { try Connection(path: path, busyMilliseconds: 0, mayCreate: false) }
        #expect(!FileManager.default.fileExists(atPath: path))
        _ = try Connection(path: path, busyMilliseconds: 0)
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test func `a file that was removed or replaced has moved`() throws {
        let connection = try open()
        try connection.execute("create table t (a)")
        #expect(!connection.hasMoved)
        try FileManager.default.removeItem(atPath: folder.file("a.sqlite"))
        #expect(connection.hasMoved)
        _ = try open().rows("select * from sqlite_master")
        #expect(connection.hasMoved)
    }

    @Test func `a file of something else is no database`() throws {
        let path = folder.file("c.sqlite")
        try String(repeating: "not a database. ", count: 100).write(toFile: path, atomically: false, encoding: .utf8)
        let connection = try Connection(path: path, busyMilliseconds: 0)
        let error = #expect(throws: SQLiteError.self) { try connection.rows("select * from sqlite_master") }
        #expect(error?.kind == .notADatabase)
    }
}

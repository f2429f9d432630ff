import Foundation
import Storage
import Synchronization
import Events
import TestSupport
import Testing

/// The migrations of the repository, in their order; `engine.migrations` is what is compiled in.
private let names = ((try? Repository.migrations("sqlite")) ?? []).map(\.name)  // Without any, every test here fails.
private let newest = names.last ?? ""

/// A name that has a number so many after the newest one.
private func name(after newest: Int, _ title: String) -> String {
    let number = String(names.count + newest)
    return String(repeating: "0", count: 4 - number.count) + number + title
}

/// What both engines must do about their schema.
@Suite(.onOneServer("the tables of a test are distributed already")) struct MigrationTests {
    /// The sentence of the refusal.
    private func refusal(_ store: any Store) -> String? {
        let error = #expect(throws: StoreError.self) { try store.migrate() }
        guard case .schema(let reason) = error else { return nil }
        return reason
    }

    @Test(arguments: Engine.allCases)
    func `an empty database gets all migrations in order, and none the second time`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.store()
        #expect(try store.migrate() == names)
        #expect(try store.migrate() == [])
        #expect(try database.column("select name from schema_migrations order by name") == names)
        let checksums = try database.column("select checksum from schema_migrations order by name")
        #expect(try checksums == engine.migrations.map(\.checksum))
    }

    @Test(arguments: Engine.allCases)
    func `the status is right before and after, and asking changes nothing`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.store()
        #expect(try store.migrationStatus() == names.map { MigrationStatus(name: $0, isApplied: false) })
        if let path = database.path {
            #expect(!FileManager.default.fileExists(atPath: path))
        } else {
            #expect(try database.column("select to_regclass('schema_migrations')") == [nil])
        }
        _ = try store.migrate()
        #expect(try store.migrationStatus() == names.map { MigrationStatus(name: $0, isApplied: true) })
    }

    @Test(arguments: Engine.allCases)
    func `ten that start at once apply each migration once`(engine: Engine) throws {
        let database = try Database(engine)
        let stores = try (0..<10).map { _ in try database.store() }
        let outcomes = Mutex<[Result<[String], any Error>]>([])
        let done = DispatchGroup()
        for store in stores {
            done.enter()
            // A thread each, since each of them waits for the others.
            Thread.detachNewThread {
                let outcome = Result { try store.migrate() }
                outcomes.withLock { $0.append(outcome) }
                done.leave()
            }
        }
        done.wait()
        let applied = try outcomes.withLock { try $0.flatMap { try $0.get() } }
        #expect(applied.sorted() == names)
        #expect(try database.column("select name from schema_migrations order by name") == names)
    }

    @Test(arguments: Engine.allCases)
    func `a newer version applies new migrations, and an older one changes nothing`(engine: Engine) throws {
        let database = try Database(engine)
        let migrations = try engine.migrations
        let earlier = try database.store(Array(migrations.dropLast()))
        #expect(try earlier.migrate() == names.dropLast())
        #expect(try database.store().migrate() == names.suffix(1))
        #expect(
            refusal(earlier)
                == "the database has migration \(newest), which this version does not include; "
                + "run the version that applied it or a later one"
        )
    }

    @Test(arguments: Engine.allCases)
    func `a file that was changed after it was applied is an error`(engine: Engine) throws {
        let database = try Database(engine)
        _ = try database.migrated()
        var migrations = try engine.migrations
        migrations[1].sql += "\n"
        let store = try database.store(migrations)
        #expect(
            refusal(store)
                == "migration 0002_add_phase1_columns was changed after it was applied; "
                + "restore its file and add another"
        )
        #expect(throws: StoreError.self) { try store.migrationStatus() }
    }

    @Test(arguments: Engine.allCases)
    func `a gap is an error`(engine: Engine) throws {
        let database = try Database(engine)
        let store = try database.migrated()
        try database.rows("delete from schema_migrations where name like '0004%'")
        #expect(
            refusal(store)
                == "migration 0004_add_identity_keys is missing although \(newest) has been applied"
        )
    }

    @Test(arguments: Engine.allCases)
    func `a name that is not known is an error, and nothing is changed`(engine: Engine) throws {
        let database = try Database(engine)
        let earlier = try database.store(Array(engine.migrations.prefix(5)))
        _ = try earlier.migrate()
        try database.rows("insert into schema_migrations (name, checksum) values ('0042_of_another', 'x')")
        #expect(refusal(try database.store())?.contains("0042_of_another, which this version does not include") == true)
        #expect(throws: StoreError.self) { try database.store().migrationStatus() }
        #expect(try database.column("select count(*) from schema_migrations") == ["6"])
        #expect(throws: (any Error).self) { try database.rows("select event_id from collector_events") }
    }

    @Test(
        arguments: Engine.allCases,
        [name(after: 2, "_next"), name(after: 0, "_next"), "011_next", "next", name(after: 1, "next")]
    )
    func `a file that breaks the numbering is an error before anything is applied`(engine: Engine, name: String) throws
    {
        let database = try Database(engine)
        let store = try database.store(engine.migrations + [Migration(name: name, sql: "select 1")])
        #expect(refusal(store) == "migration \(name) is out of sequence; expected number \(names.count + 1)")
        #expect(throws: (any Error).self) { try database.count("debug_data") }
    }

    @Test(arguments: Engine.allCases)
    func `a migration that fails leaves nothing of itself, and those before it stay`(engine: Engine) throws {
        let database = try Database(engine)
        let broken = Migration(
            name: name(after: 1, "_broken"),
            sql: "create table half (a integer); create table half (a integer);"
        )
        let store = try database.store(engine.migrations + [broken])
        #expect(refusal(store)?.hasPrefix("migration \(name(after: 1, "_broken")) failed: ") == true)
        #expect(try database.column("select name from schema_migrations order by name") == names)
        #expect(throws: (any Error).self) { try database.count("half") }
    }

    @Test(arguments: Engine.allCases)
    func `a tracking table of another program is not touched`(engine: Engine) throws {
        let database = try Database(engine)
        try database.rows("create table schema_migrations (version text)")
        let sentence = "the table schema_migrations belongs to another program; use a separate database for Collector"
        #expect(refusal(try database.store()) == sentence)
        #expect(throws: StoreError.schema(reason: sentence)) { try database.store().migrationStatus() }
    }

    @Test func `the file of SQLite is its owner's alone, with its log`() throws {
        let database = try Database(.sqlite)
        let path = try #require(database.path)
        let writer = try database.migrated().makeWriter()
        _ = try writer.append(Batch(events: [try Event.sample()]))
        for name in [path, path + "-wal", path + "-shm"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: name)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 3)
    }

    @Test func `a file of something else is not taken for a database`() throws {
        let database = try Database(.sqlite)
        let path = try #require(database.path)
        try String(repeating: "not a database. ", count: 100).write(toFile: path, atomically: false, encoding: .utf8)
        #expect(refusal(try database.store()) == "the database file is not a SQLite database")
    }
}

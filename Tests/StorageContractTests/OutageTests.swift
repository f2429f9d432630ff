import Foundation
import Storage
import Events
import TestSupport
import Testing

/// What both engines say when they are away, and how they come back.
@Suite(.serialized) struct OutageTests {
    private func isUnavailable(_ error: StoreError?) -> Bool {
        if case .unavailable = error { true } else { false }
    }

    private func isUncertain(_ error: StoreError?) -> Bool {
        if case .uncertain = error { true } else { false }
    }

    private func batch(_ visitor: String) throws -> Batch { Batch(events: [try Event.sample(visitor: visitor)]) }

    // MARK: - SQLite

    @Test func `a file that was removed is missed, and found when it is back`() throws {
        let database = try Database(.sqlite)
        let path = try #require(database.path)
        let store = try database.migrated()
        let writer = try store.makeWriter()
        let probe = store.makeProbe()
        _ = try writer.append(batch("v_before"))
        try probe.ping(timeoutMilliseconds: 1000)

        try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
        #expect(isUnavailable(#expect(throws: StoreError.self) { try writer.append(batch("v_lost")) }))
        #expect(throws: StoreError.unavailable(reason: "the database file is missing")) {
            try probe.ping(timeoutMilliseconds: 1000)
        }
        #expect(isUnavailable(#expect(throws: StoreError.self) { try store.makeWriter() }))
        #expect(!FileManager.default.fileExists(atPath: path))

        try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
        try probe.ping(timeoutMilliseconds: 1000)
        _ = try store.makeWriter().append(batch("v_after"))
        #expect(try database.column("select visitor_id from collector_events order by id") == ["v_before", "v_after"])
    }

    @Test func `a corrupt file fails the probe`() throws {
        let database = try Database(.sqlite)
        let path = try #require(database.path)
        let store = try database.migrated()
        try database.rows("pragma wal_checkpoint(truncate)")
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        try handle.write(contentsOf: Data(repeating: 0xA5, count: 16_384))
        try handle.close()
        #expect(throws: StoreError.self) { try store.makeProbe().ping(timeoutMilliseconds: 1000) }
        #expect(throws: StoreError.self) { try store.makeWriter() }
    }

    @Test func `a lock that another program keeps beyond our timeout is an outage`() throws {
        let database = try Database(.sqlite)
        let store = try database.migrated()
        let writer = try store.makeWriter()
        let lock = try LockHolder(path: #require(database.path))
        #expect(isUnavailable(#expect(throws: StoreError.self) { try writer.append(batch("v_lost")) }))
        lock.release()
        _ = try store.makeWriter().append(batch("v_after"))
        #expect(try database.column("select visitor_id from collector_events") == ["v_after"])
    }

    @Test func `readers neither wait for the writer nor make it wait`() throws {
        let database = try Database(.sqlite)
        let store = try database.migrated()
        let lock = try LockHolder(path: #require(database.path))
        defer { lock.release() }
        try store.makeProbe().ping(timeoutMilliseconds: 100)
    }

    @Test func `the log does not grow without bound while commits go on`() throws {
        let database = try Database(.sqlite)
        let path = try #require(database.path)
        let writer = try database.migrated().makeWriter()
        let payload = #"{"t":""# + String(repeating: "x", count: 100_000) + #""}"#
        let large = try Batch(events: (0..<100).map { _ in try Event.sample(payload: payload) })
        var bytesMax = 0
        for _ in 0..<40 {
            _ = try writer.append(large)
            let attributes = try FileManager.default.attributesOfItem(atPath: path + "-wal")
            bytesMax = max(bytesMax, (attributes[.size] as? Int) ?? 0)
        }
        // 400 MB were written; the log starts again at 16 MB, which a batch of 10 MB may exceed.
        #expect((10 << 20..<64 << 20).contains(bytesMax), "the log grew to \(bytesMax)")
    }

    @Test func `the log does not grow without bound while derived data is written`() throws {
        let database = try Database(.sqlite)
        let path = try #require(database.path)
        let derived = try database.migrated().makeDatabase()
        let size = 4 << 20
        func bytes() throws -> Int {
            try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int ?? 0
        }
        func write(_ id: Int) throws -> Int {
            try derived.transaction { () throws(StoreError) in
                _ = try derived.change(
                    "insert into segment_columns (segment_id, column_id, data) values (?1, 1, zeroblob(?2))",
                    [.integer(Int64(id)), .integer(Int64(size))]
                )
            }
            return try bytes()
        }
        // One transaction and the headers of its pages may exceed the limit.
        for id in 1..<60 { #expect(try write(id) < 64 << 20 + size + size / 8) }
        let reader = try database.migrated().makeDatabase()
        var grown: Int?
        try reader.snapshot { () throws(StoreError) in
            _ = try reader.rows("select count(*) from segments")
            // A failure leaves nil, which the expectation below finds.
            for id in 60..<90 { grown = try? write(id) }
        }
        // A reader keeps the log, which is emptied after its end.
        #expect(grown ?? 0 > 64 << 20)
        for id in 90..<120 { _ = try write(id) }
        #expect(try bytes() < 64 << 20 + size + size / 8)
    }

    @Test func `committed data is checkpointed soon, without another commit`() throws {
        let database = try Database(.sqlite)
        let path = try #require(database.path)
        let writer = try database.migrated().makeWriter()
        // Asks for the size alone: to open and close the file here would give up SQLite's locks.
        func bytes() throws -> Int {
            try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        }
        let before = try bytes()
        let payload = #"{"t":""# + String(repeating: "x", count: 200_000) + #""}"#
        _ = try writer.append(Batch(events: [try Event.sample(payload: payload)]))
        let end = Date() + 20
        // Some of the row goes into pages that the file has already.
        while try bytes() < before + 150_000, Date() < end { usleep(10_000) }
        #expect(try bytes() >= before + 150_000)
        // The end of the last connection would move it too.
        withExtendedLifetime(writer) {}
    }

    // MARK: - PostgreSQL

    @Test func `a server that goes and comes back is noticed and found again`() throws {
        let cluster = try Cluster()
        defer { try? cluster.remove() }  // The test has its result by then.
        let database = try Database(on: cluster)
        let store = try database.migrated()
        let writer = try store.makeWriter()
        let probe = store.makeProbe()
        _ = try writer.append(batch("v_before"))
        try probe.ping(timeoutMilliseconds: 2000)

        try cluster.stop()
        #expect(isUnavailable(#expect(throws: StoreError.self) { try writer.append(batch("v_lost")) }))
        #expect(isUnavailable(#expect(throws: StoreError.self) { try probe.ping(timeoutMilliseconds: 2000) }))
        #expect(isUnavailable(#expect(throws: StoreError.self) { try store.makeWriter() }))
        #expect(isUnavailable(#expect(throws: StoreError.self) { try store.migrate() }))
        #expect(isUnavailable(#expect(throws: StoreError.self) { try store.migrationStatus() }))

        try cluster.start()
        try probe.ping(timeoutMilliseconds: 5000)
        _ = try store.makeWriter().append(batch("v_after"))
        #expect(try database.column("select visitor_id from collector_events order by id") == ["v_before", "v_after"])

        try pausedServerFailsPingsInTime(cluster, store, probe)
        try killedServerLeavesTheCommitOpen(cluster, database, store)
    }

    private func pausedServerFailsPingsInTime(_ cluster: Cluster, _ store: any Store, _ probe: any StoreProbe) throws {
        try cluster.pause()
        let clock = ContinuousClock()
        for ping in [probe, store.makeProbe()] {
            let time = clock.measure {
                #expect(isUnavailable(#expect(throws: StoreError.self) { try ping.ping(timeoutMilliseconds: 300) }))
            }
            #expect(time > .milliseconds(250) && time < .seconds(3))
        }
        try cluster.resume()
        try probe.ping(timeoutMilliseconds: 5000)
    }

    private func killedServerLeavesTheCommitOpen(_ cluster: Cluster, _ database: Database, _ store: any Store) throws {
        // A trigger holds the statement until the server is gone.
        try database.rows(
            """
            create function hold() returns trigger language plpgsql as
            $$ begin notify held; perform pg_sleep(20); return new; end $$;
            create trigger hold before insert on collector_events for each row execute function hold()
            """
        )
        let writer = try store.makeWriter()
        let killing = DispatchGroup()
        DispatchQueue.global().async(group: killing) {
            do {
                let query = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
                while try database.column(query) != ["1"] { usleep(10_000) }
                try cluster.kill()
            } catch {
                Issue.record(error)
            }
        }
        let batch = try batch("v_open")
        #expect(isUncertain(#expect(throws: StoreError.self) { try writer.append(batch) }))
        killing.wait()
        try cluster.stop()
        try cluster.start()
        #expect(try database.column("select count(*) from collector_events where visitor_id = 'v_open'") == ["0"])
    }

    @Test func `a connection that the server closed while it was idle is noticed before anything is sent`() throws {
        let database = try Database(.postgresql)
        let store = try database.migrated()
        let writer = try store.makeWriter()
        _ = try writer.append(batch("v_before"))
        try database.rows(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        )
        #expect(isUnavailable(#expect(throws: StoreError.self) { try writer.append(batch("v_lost")) }))
        #expect(try store.makeWriter().append(batch("v_after")).stored == 1)
    }

    @Test func `a commit is on the disk whatever the server's default is`() throws {
        let database = try Database(.postgresql)
        let store = try database.migrated()
        let name = try #require(try database.column("select current_database()").first ?? nil)
        try database.rows("alter database \(name) set synchronous_commit = off")
        let writer = try store.makeWriter()
        try database.rows(
            """
            create function note() returns trigger language plpgsql as
            $$ begin new.path := current_setting('synchronous_commit') || current_setting('timezone'); return new; end $$;
            create trigger note before insert on collector_events for each row execute function note()
            """
        )
        _ = try writer.append(batch("v_1"))
        #expect(try database.column("select path from collector_events") == ["onUTC"])
    }
}

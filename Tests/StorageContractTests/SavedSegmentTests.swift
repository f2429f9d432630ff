import Dispatch
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Reports

/// Saved segments that several people change at the same time.
@Suite struct SavedSegmentTests {
    @Test(arguments: Engine.allCases)
    func `one of two concurrent segments of the same name is stored, and the other is a conflict`(
        engine: Engine
    ) throws {
        let database = try Database(engine)
        defer { withExtendedLifetime(database) {} }
        let store = try database.migrated()
        let both = try (0..<2).map { _ in SavedSegments(try store.makeDatabase()) }
        let rounds = 20
        for round in 0..<rounds {
            let found = Mutex<[Result<SavedSegments.Problem?, StoreError>]>([])
            DispatchQueue.concurrentPerform(iterations: 2) { index in
                let segment = SavedSegment(id: "\(round) \(index)", name: "\(round)", filters: "[]", updatedAt: 7)
                let result = Result { () throws(StoreError) in try both[index].save(segment, isNew: true) }
                found.withLock { $0.append(result) }
            }
            let problems = try found.withLock { $0 }.map { try $0.get() }
            #expect(problems.count { $0 == nil } == 1 && problems.count { $0 == .sameName } == 1)
            // The same for two that take a new name.
            let names = Mutex<[Result<SavedSegments.Problem?, StoreError>]>([])
            let own = SavedSegment(id: "own", name: "own \(round)", filters: "[]", updatedAt: 7)
            #expect(try both[0].save(own, isNew: true) == nil)
            let stored = try #require(try both[0].all().first { $0.name == "\(round)" }).id
            DispatchQueue.concurrentPerform(iterations: 2) { index in
                let id = index == 0 ? "own" : stored
                let segment = SavedSegment(id: id, name: "renamed \(round)", filters: "[]", updatedAt: 8)
                let result = Result { () throws(StoreError) in try both[index].save(segment, isNew: false) }
                names.withLock { $0.append(result) }
            }
            let renamed = try names.withLock { $0 }.map { try $0.get() }
            #expect(renamed.count { $0 == nil } == 1 && renamed.count { $0 == .sameName } == 1)
            #expect(try both[0].remove("own"))
        }
        #expect(try both[0].all().count == rounds)
    }
}

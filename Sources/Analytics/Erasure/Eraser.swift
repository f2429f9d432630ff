import Events
package import Rollups
package import Storage

/// Erases visitors: removes their rows, has the figures computed without them, and removes their bytes from the files.
///
/// Each step can be interrupted at any time, and runs again from its start; the stored state says which one is next. Used by one thread.
package struct Eraser {
    /// Times that rows which arrive meanwhile, from the queue of ingest or from the journal, are removed again.
    static let passesMax = 20
    /// Seconds to wait for the figures, and between two renewals of the lease.
    static let figuresSecondsMax = 86_400
    static let renewSeconds = 3
    /// Bytes that an id must have to be searched for in files: a shorter one occurs in other data.
    static let searchedBytesMin = 8
    /// Tables whose free space has bytes of removed rows.
    static let scrubbedTables =
        VisitorTable.all.map(\.name) + Rollups.tables + ["rollup_dead_letters", "insight_position", "erasures"]

    private let store: any Store
    private let database: any Database
    private let journal: (any Journal)?
    private let log: ErasureLog
    private let holder: String
    private let work: Work

    /// What the program around it contributes.
    package struct Work {
        /// Drops the copies of events in memory.
        package var forget: () -> Void
        /// Aggregates a portion of events, or waits a moment for the thread that does; returns false to stop.
        package var aggregate: (any Database) throws(StoreError) -> Bool
        /// Called after each portion with the state of an erasure; returns false to stop.
        package var shouldContinue: (Erasure) -> Bool
        /// Called with the tables that the role may not clean up.
        package var noteRefused: ([String]) -> Void
        /// Called with damaged segments of removed events, whose figures are lost.
        package var noteLost: (LostSegments) -> Void
        /// Milliseconds after a request until which other processes may move records of the visitor from their journals to the tables: until
        /// each has seen the request.
        package var settleMilliseconds: Int

        package init(
            settleMilliseconds: Int = 0,
            forget: @escaping () -> Void = {},
            aggregate: @escaping (any Database) throws(StoreError) -> Bool,
            shouldContinue: @escaping (Erasure) -> Bool = { _ in true },
            noteRefused: @escaping ([String]) -> Void = { _ in },
            noteLost: @escaping (LostSegments) -> Void = { _ in }
        ) {
            self.settleMilliseconds = settleMilliseconds
            (self.forget, self.aggregate) = (forget, aggregate)
            (self.shouldContinue, self.noteRefused, self.noteLost) = (shouldContinue, noteRefused, noteLost)
        }
    }

    /// Creates an eraser; `journal` is that of this process, and `holder` a name of it that no other process has.
    package init(
        _ store: any Store,
        _ database: any Database,
        journal: (any Journal)?,
        holder: String,
        _ work: Work
    ) {
        (self.store, self.database, self.journal) = (store, database, journal)
        (self.holder, self.work) = (holder, work)
        log = ErasureLog(database)
    }

    /// The number of rows and records that an erasure would remove, by table.
    package static func preview(
        _ database: any Database,
        _ journal: (any Journal)?,
        _ scope: VisitorScope
    ) throws(ErasureError) -> [String: Int64] {
        let now = WallClock.microseconds()
        var erasure = Erasure(id: "", scope: scope, origin: .command, requestedAt: now)
        do throws(StoreError) {
            erasure.counts = try VisitorRows(database: database, scope: scope, through: now).counts()
        } catch { throw .store(error) }
        guard let journal else { return erasure.counts }
        do throws(JournalError) {
            let found = try journal.find(Array(scope.visitor.utf8), removing: false) { scope.matches($0, through: now) }
            erasure.add(found)
        } catch { throw .journal(error) }
        return erasure.counts
    }

    /// Makes this process the one that works on erasures; returns those that no other process works on.
    ///
    /// `takesOver` says that no other process can be working on them.
    package func claim(_ all: [Erasure], takesOver: Bool = false) throws(ErasureError) -> [Erasure] {
        try stored { () throws(StoreError) in
            var claimed: [Erasure] = []
            for erasure in all where try log.claim(erasure, holder, takesOver: takesOver) {
                // Another process may have worked on it since it was read.
                if let fresh = try log.find(erasure.id), fresh.finishedAt == nil { claimed.append(fresh) }
            }
            return claimed
        }
    }

    /// Works on claimed erasures together: the figures are computed once, and the files are rewritten once.
    ///
    /// - Returns: Those that are done; fewer when interrupted, or when another process has taken one over.
    package func run(_ claimed: [Erasure]) throws(ErasureError) -> [Erasure] {
        guard !claimed.isEmpty else { return [] }
        var erasures = claimed
        // Kept for the search at the end; after a restart, only unfinished removals still have them.
        let scopes = Dictionary(claimed.map { ($0.id, $0.scope) }, uniquingKeysWith: { first, _ in first })
        for _ in 0..<Self.passesMax {
            guard try removeRows(&erasures), try waitForFigures(erasures) else { return [] }
            // A batch may have been on its way from the queue or the journal to the tables.
            for index in erasures.indices where erasures[index].step == .figures {
                guard try removeAll(&erasures[index]) else { return [] }
            }
            guard !erasures.isEmpty else { return [] }
            guard erasures.contains(where: { $0.step == .rows }) else {
                guard try removeIdentities(&erasures) else { return [] }
                return try freeSpace(erasures, scopes)
            }
        }
        throw .store(.unavailable(reason: Self.keepArriving))
    }

    private static let keepArriving = "rows of the visitor that were received before the request keep arriving"

    // MARK: - Rows

    private func removeRows(_ erasures: inout [Erasure]) throws(ErasureError) -> Bool {
        guard erasures.contains(where: { $0.step == .rows }) else { return true }
        var cleared: [ErasedVisitor] = []
        for index in erasures.indices where erasures[index].step == .rows {
            guard try removeAll(&erasures[index]) else { return false }
            guard try needsFigures(erasures[index]), let scope = erasures[index].scope else { continue }
            cleared.append(ErasedVisitor(visitor: scope.visitor, site: scope.site))
        }
        erasures = try withoutEmpty(erasures)
        work.forget()
        if !cleared.isEmpty {
            let lost = try stored { () throws(StoreError) in try Rollups(database).clear(erasing: cleared) }
            if !lost.isEmpty { work.noteLost(lost) }
        }
        for index in erasures.indices where erasures[index].step == .rows {
            erasures[index].step = .figures
            guard try save(erasures[index]) else { return false }
        }
        return true
    }

    /// Removes requests from the log for which nothing was found: their visitor had records in no journal either.
    private func withoutEmpty(_ all: [Erasure]) throws(ErasureError) -> [Erasure] {
        var kept: [Erasure] = []
        for erasure in all {
            guard erasure.step == .rows, erasure.counts.isEmpty, try !needsFigures(erasure) else {
                kept.append(erasure)
                continue
            }
            try stored { () throws(StoreError) in try log.discard(erasure, holder) }
        }
        return kept
    }

    /// Whether figures include rows that were removed, in this run or in one that was interrupted.
    private func needsFigures(_ erasure: Erasure) throws(ErasureError) -> Bool {
        if erasure.counts[VisitorTable.events.name] != nil { return true }
        guard let rows = rows(of: erasure) else { return false }
        return try stored { () throws(StoreError) in try rows.areInFigures() }
    }

    /// Removes all rows and records of a visitor, until a search finds no more.
    ///
    /// - Returns: False when interrupted.
    private func removeAll(_ erasure: inout Erasure) throws(ErasureError) -> Bool {
        for _ in 0..<Self.passesMax {
            // The journal first: its records may be moved to the tables meanwhile, not the other way.
            var isEmpty = try removeFromJournal(&erasure) == 0
            if !isEmpty, try !save(erasure) { return false }
            for table in VisitorTable.all {
                guard let removed = try remove(table, &erasure) else { return false }
                isEmpty = isEmpty && removed == 0
            }
            if isEmpty { return true }
        }
        throw .store(.unavailable(reason: Self.keepArriving))
    }

    /// Removes the visitor of an erasure that another process works on from the journal and the memory of this process.
    package func removeLocally(_ erasure: Erasure) throws(ErasureError) {
        guard erasure.scope != nil else { return }
        var local = erasure
        _ = try removeFromJournal(&local)
        work.forget()
        guard let journal else { return }
        do throws(JournalError) { try journal.scrub() } catch { throw .journal(error) }
    }

    private func removeFromJournal(_ erasure: inout Erasure) throws(ErasureError) -> Int {
        guard let journal, let scope = erasure.scope else { return 0 }
        let time = erasure.requestedAt
        do throws(JournalError) {
            let found = try journal.find(Array(scope.visitor.utf8), removing: true) { scope.matches($0, through: time) }
            erasure.add(found)
            return found.records + found.deadLetters
        } catch { throw .journal(error) }
    }

    /// - Returns: The number of removed rows; nil when interrupted.
    private func remove(_ table: VisitorTable, _ erasure: inout Erasure) throws(ErasureError) -> Int? {
        guard let rows = rows(of: erasure) else { return 0 }
        var removed = 0
        while true {
            let keys = try stored { () throws(StoreError) in try rows.portion(table) }
            guard !keys.isEmpty else { return removed }
            removed += keys.count
            erasure.add(keys.count, of: table.name)
            // The figures that were computed since include them.
            if table.name == VisitorTable.events.name { erasure.step = .rows }
            let saved = erasure
            let isOurs = try stored { () throws(StoreError) in
                try log.save(saved, holder) { () throws(StoreError) in try rows.remove(keys, from: table) }
            }
            guard isOurs, work.shouldContinue(erasure) else { return nil }
        }
    }

    // MARK: - Figures

    /// Blocks until the rollups have all events that are stored now.
    ///
    /// - Returns: False when interrupted.
    private func waitForFigures(_ erasures: [Erasure]) throws(ErasureError) -> Bool {
        guard erasures.contains(where: { $0.step == .figures }) else { return true }
        let latest = erasures.map(\.requestedAt).max() ?? 0
        let settled = latest + Int64(work.settleMilliseconds) * 1000
        let end = ContinuousClock.now + .seconds(Self.figuresSecondsMax)
        var renewed = ContinuousClock.now
        return try stored { () throws(StoreError) in
            let last = try database.rows("select max(id) from collector_events").first?.first?.integer ?? 0
            while true {
                let position = try RollupPosition.read(database)
                let isComplete = position.reason == nil && position.lastEventID >= last
                if isComplete, WallClock.microseconds() >= settled { return true }
                guard ContinuousClock.now < end else {
                    throw .unavailable(reason: "the rollups were not rebuilt within a day")
                }
                guard try work.aggregate(database), erasures.allSatisfy(work.shouldContinue) else { return false }
                guard renewed.duration(to: .now) > .seconds(Self.renewSeconds) else { continue }
                renewed = .now
                for erasure in erasures where erasure.step == .figures {
                    guard try log.claim(erasure, holder, takesOver: false) else { return false }
                }
            }
        }
    }

    /// Removes the identity from erasures whose rows are gone.
    private func removeIdentities(_ erasures: inout [Erasure]) throws(ErasureError) -> Bool {
        for index in erasures.indices where erasures[index].step == .figures {
            erasures[index].proof = try proof(of: erasures[index])
            erasures[index].visitor = nil
            erasures[index].step = .space
            guard try save(erasures[index]) else { return false }
        }
        return true
    }

    private func proof(of erasure: Erasure) throws(ErasureError) -> Erasure.Proof {
        guard let rows = rows(of: erasure), let scope = erasure.scope else {
            throw .store(.schema(reason: "the table erasures has an invalid row"))
        }
        var remaining: Int64 = 0
        if let journal {
            let time = erasure.requestedAt
            do throws(JournalError) {
                let found = try journal.find(Array(scope.visitor.utf8), removing: false) {
                    scope.matches($0, through: time)
                }
                remaining += Int64(found.records + found.deadLetters)
            } catch { throw .journal(error) }
        }
        return try stored { () throws(StoreError) in
            let newer = try rows.counts(isNewer: true).values.reduce(0, +)
            remaining += try rows.counts().values.reduce(0, +)
            // A newer row may have brought a new fingerprint.
            if newer == 0, try rows.hasFingerprint() { remaining += 1 }
            guard remaining == 0 else {
                throw .unavailable(reason: "\(remaining) rows of the visitor are still stored")
            }
            return Erasure.Proof(remaining: 0, occurrences: nil, newer: newer, mentions: try rows.mentions())
        }
    }

    // MARK: - Space

    private func freeSpace(_ all: [Erasure], _ scopes: [String: VisitorScope?]) throws(ErasureError) -> [Erasure] {
        // The lease ends during a long rewrite. Another process would only rewrite the files once more.
        let refused = try stored { () throws(StoreError) in try store.scrub(Self.scrubbedTables) }
        if !refused.isEmpty { work.noteRefused(refused) }
        if let journal {
            do throws(JournalError) { try journal.scrub() } catch { throw .journal(error) }
        }
        var done: [Erasure] = []
        for erasure in all where erasure.step == .space {
            var finished = erasure
            if let scope = scopes[erasure.id] ?? nil, let proof = erasure.proof {
                finished.proof = Erasure.Proof(
                    remaining: proof.remaining,
                    occurrences: try occurrences(scope),
                    newer: proof.newer,
                    mentions: proof.mentions
                )
            }
            finished.step = .done
            finished.failure = nil
            finished.finishedAt = WallClock.microseconds()
            guard try save(finished) else { continue }
            done.append(finished)
            _ = work.shouldContinue(finished)
        }
        return done
    }

    /// Searches the files for the id; nil when the result would say nothing.
    private func occurrences(_ scope: VisitorScope) throws(ErasureError) -> Int64? {
        let bytes = Array(scope.visitor.utf8)
        guard scope.site == nil, bytes.count >= Self.searchedBytesMin else { return nil }
        guard let inStore = try stored({ () throws(StoreError) in try store.occurrences(of: bytes) }) else {
            return nil
        }
        guard let journal else { return Int64(inStore) }
        do throws(JournalError) { return Int64(inStore + (try journal.occurrences(of: bytes))) } catch {
            throw .journal(error)
        }
    }

    // MARK: - Support

    /// Stores why an attempt failed, for those who wait for the erasure.
    package func note(_ failure: ErasureError, of erasures: [Erasure]) throws(ErasureError) {
        for erasure in try stored({ () throws(StoreError) in try log.pending() })
        where erasures.contains(where: { $0.id == erasure.id }) {
            var failed = erasure
            failed.failure = failure.reason
            _ = try save(failed)
        }
    }

    private func rows(of erasure: Erasure) -> VisitorRows? {
        erasure.scope.map { VisitorRows(database: database, scope: $0, through: erasure.requestedAt) }
    }

    private func save(_ erasure: Erasure) throws(ErasureError) -> Bool {
        try stored { () throws(StoreError) in try log.save(erasure, holder) }
    }

    private func stored<Value>(_ body: () throws(StoreError) -> Value) throws(ErasureError) -> Value {
        do throws(StoreError) { return try body() } catch { throw .store(error) }
    }
}

extension Erasure {
    fileprivate mutating func add(_ found: JournalMatches) {
        add(found.records, of: "journal")
        add(found.deadLetters, of: "dead_letters")
    }
}

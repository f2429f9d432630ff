import Events
package import Storage

/// The table of erasures: those that are requested, and the log of those that are done.
package struct ErasureLog {
    private let database: any Database
    /// The most entries of one list.
    package static let entriesMax: Int64 = 100
    /// Microseconds for which a process owns an erasure after its last sign of work; then another one may take it over.
    static let leaseMicroseconds: Int64 = 10_000_000

    package init(_ database: any Database) { self.database = database }

    private static let columns = """
        id, visitor_id, site, origin, requested_at, step, counts, failure, remaining, occurrences, newer, mentions,
        finished_at
        """

    /// Requests an erasure; returns the one that was requested before if it is not done yet.
    ///
    /// `mayBeElsewhere` accepts a visitor without rows, since the journal may have some.
    ///
    /// - Returns: The requested erasure, which may have begun.
    /// - Throws: `.notFound` when nothing of the visitor is stored, and nothing was changed.
    package func request(
        _ scope: VisitorScope,
        _ origin: Erasure.Origin,
        mayBeElsewhere: Bool
    ) throws(ErasureError) -> Erasure {
        do throws(StoreError) {
            if let pending = try pending().first(where: { $0.scope == scope }) { return pending }
            let now = WallClock.microseconds()
            let exists = try VisitorRows(database: database, scope: scope, through: now).exist()
            if exists || mayBeElsewhere {
                let erasure = Erasure(id: RandomID.make(), scope: scope, origin: origin, requestedAt: now)
                try add(erasure)
                return erasure
            }
        } catch { throw .store(error) }
        throw .notFound
    }

    private func add(_ erasure: Erasure) throws(StoreError) {
        _ = try database.change(
            """
            insert into erasures (id, visitor_id, site, origin, requested_at, step, counts)
            values (?1, ?2, ?3, ?4, ?5, ?6, '')
            """,
            [
                .text(erasure.id), SQLValue(erasure.visitor), SQLValue(erasure.site),
                .text(erasure.origin.rawValue),
                .integer(erasure.requestedAt), .text(erasure.step.rawValue),
            ]
        )
    }

    /// Erasures that are not done, the oldest first.
    package func pending() throws(StoreError) -> [Erasure] {
        try read("where finished_at is null order by requested_at, id", [])
    }

    /// The latest erasures, the newest first.
    package func latest() throws(StoreError) -> [Erasure] {
        try read("order by requested_at desc, id limit \(Self.entriesMax)", [])
    }

    package func find(_ id: String) throws(StoreError) -> Erasure? { try read("where id = ?1", [.text(id)]).first }

    private func read(_ condition: String, _ parameters: [SQLValue]) throws(StoreError) -> [Erasure] {
        try database.rows("select \(Self.columns) from erasures \(condition)", parameters).map {
            row throws(StoreError) in
            guard let id = row[0].text, let origin = row[3].text.flatMap(Erasure.Origin.init(rawValue:)),
                let step = row[5].text.flatMap(Erasure.Step.init(rawValue:))
            else { throw .schema(reason: "the table erasures has an invalid row") }
            return Erasure(
                id: id,
                visitor: row[1].text,
                site: row[2].text,
                origin: origin,
                requestedAt: row[4].integer ?? 0,
                step: step,
                counts: Self.decoded(row[6].text ?? ""),
                failure: row[7].text,
                proof: row[8].integer.map { remaining in
                    Erasure.Proof(
                        remaining: remaining,
                        occurrences: row[9].integer,
                        newer: row[10].integer ?? 0,
                        mentions: row[11].integer ?? 0
                    )
                },
                finishedAt: row[12].integer
            )
        }
    }

    // MARK: - Work

    /// Makes this process the one that works on an erasure, unless another one does.
    ///
    /// `takesOver` says that no other process can be working on it.
    func claim(_ erasure: Erasure, _ holder: String, takesOver: Bool) throws(StoreError) -> Bool {
        let now = WallClock.microseconds()
        return try database.change(
            """
            update erasures set holder = ?1, held_until = ?2
            where id = ?3 and finished_at is null and (holder is null or holder = ?1 or held_until < ?4)
            """,
            [
                .text(holder), .integer(now + Self.leaseMicroseconds), .text(erasure.id),
                .integer(takesOver ? .max : now),
            ]
        ) == 1
    }

    /// Stores the state of an erasure, and runs the body in the same transaction.
    ///
    /// - Returns: Whether this process still works on it; otherwise nothing was changed.
    func save(
        _ erasure: Erasure,
        _ holder: String,
        _ body: () throws(StoreError) -> Void = {}
    ) throws(StoreError) -> Bool {
        let proof = erasure.proof
        return try database.transaction(
            ifChanged: """
                update erasures
                set visitor_id = ?1, step = ?2, counts = ?3, failure = ?4, remaining = ?5, occurrences = ?6, newer = ?7,
                    mentions = ?8, finished_at = ?9, held_until = ?10
                where id = ?11 and holder = ?12
                """,
            [
                SQLValue(erasure.visitor), .text(erasure.step.rawValue), .text(Self.encoded(erasure.counts)),
                SQLValue(erasure.failure), SQLValue(proof?.remaining), SQLValue(proof?.occurrences),
                SQLValue(proof?.newer), SQLValue(proof?.mentions), SQLValue(erasure.finishedAt),
                .integer(WallClock.microseconds() + Self.leaseMicroseconds), .text(erasure.id), .text(holder),
            ],
            body
        )
    }

    /// Removes an erasure for which nothing was found.
    func discard(_ erasure: Erasure, _ holder: String) throws(StoreError) {
        _ = try database.change(
            "delete from erasures where id = ?1 and holder = ?2",
            [.text(erasure.id), .text(holder)]
        )
    }

    private static func encoded(_ counts: [String: Int64]) -> String {
        counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: "\n")
    }

    private static func decoded(_ text: String) -> [String: Int64] {
        var counts: [String: Int64] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, let count = Int64(words[1]) { counts[String(words[0])] = count }
        }
        return counts
    }
}

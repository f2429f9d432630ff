import Erasure
import Events
import Glibc
import Rollups
import Storage

/// One run of `collector erase`, with its progress on standard error.
final class ErasureRun {
    let erasure: Erasure
    let interruption: Interruption
    private let store: any Store
    private let database: any Database
    private var rollups: Rollups?
    private var step: Erasure.Step?
    private var progress: Progress?

    /// Milliseconds of a pause while there is nothing to aggregate.
    private static let pauseMilliseconds = 100

    init(store: any Store, database: any Database, erasure: Erasure, interruption: Interruption) {
        (self.store, self.database) = (store, database)
        (self.erasure, self.interruption) = (erasure, interruption)
    }

    /// The stored state; nil if it was removed.
    func refresh() throws(StoreError) -> Erasure? { try ErasureLog(database).find(erasure.id) }

    func eraser(_ journal: (any Journal)?) -> Eraser {
        let holder = "command-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        return Eraser(
            store,
            database,
            journal: journal,
            holder: holder,
            Eraser.Work(
                settleMilliseconds: ErasureWorker.settleMilliseconds(store),
                aggregate: { database throws(StoreError) in try self.aggregate(database) },
                shouldContinue: { erasure in
                    self.show(erasure)
                    return !self.interruption.isRequested
                },
                noteRefused: { tables in
                    Console.error(
                        "collector: warning: the role does not own these tables, so PostgreSQL frees their space later: "
                            + tables.joined(separator: ", ")
                    )
                },
                noteLost: { lost in Console.error("collector: warning: " + lost.text) }
            )
        )
    }

    private func aggregate(_ database: any Database) throws(StoreError) -> Bool {
        let open = if let rollups { rollups } else { try Rollups(database) }
        // After an error, discard the instance: its state may not match the database.
        rollups = nil
        let count = try open.advance(while: { !interruption.isRequested })
        rollups = open
        if count == 0 { usleep(UInt32(Self.pauseMilliseconds * 1000)) }
        return !interruption.isRequested
    }

    /// Shows the step that runs; that of the figures with its progress.
    func show(_ now: Erasure) {
        if step != now.step {
            progress?.finish(0)
            progress = nil
            step = now.step
            if let title = title(now.step) { Console.error(title) }
        }
        // An error here comes again where it matters.
        guard now.step == .figures, let position = try? RollupPosition.read(database) else { return }
        // As above.
        let last = (try? database.rows("select max(id) from collector_events"))?.first?.first?.integer ?? 0
        var shown = progress ?? Progress("Computing the figures", total: last)
        shown.update(position.lastEventID)
        progress = shown
    }

    private func title(_ step: Erasure.Step) -> String? {
        switch step {
        case .rows: "Removing rows"
        case .figures: "Computing the figures"
        case .space: "Rewriting the files"
        case .done: nil
        }
    }
}

/// Texts about erasures.
enum ErasureText {
    static func rows(_ counts: [String: Int64]) -> String {
        let width = counts.keys.map(\.count).max() ?? 0
        return counts.sorted { $0.key < $1.key }.map { name, count in
            "  \(name)\(String(repeating: " ", count: width - name.count))  \(ProgressMeter.grouped(count))"
        }.joined(separator: "\n")
    }

    /// What the searches after the removal have found, in sentences.
    static func proof(_ erasure: Erasure) -> [String] {
        guard let proof = erasure.proof else { return [] }
        var lines = ["Search in all tables and the journal: \(proof.remaining) rows"]
        if let occurrences = proof.occurrences {
            lines.append("Search for the id in the files: \(occurrences) occurrences")
            if occurrences > 0, proof.newer == 0, proof.mentions == 0 {
                lines.append("It may be part of another id, or of data of other visitors.")
            }
        }
        if proof.newer > 0 {
            lines.append("Rows that arrived after the request: \(proof.newer). Run the command again to erase them.")
        }
        if proof.mentions > 0 {
            lines.append("Saved segments that filter by the visitor: \(proof.mentions). You can remove them.")
        }
        return lines
    }

    /// A line of the log.
    static func entry(_ erasure: Erasure) -> String {
        let time = String(decoding: TimestampText.bytes(erasure.requestedAt).prefix(19), as: UTF8.self) + "Z"
        let counts = erasure.counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let state = erasure.finishedAt == nil ? "not done: " + (erasure.failure ?? erasure.step.rawValue) : "done"
        let parts = [time, erasure.id, erasure.origin.rawValue, erasure.site ?? "all sites", state]
        return (parts + [counts.joined(separator: ", ")]).joined(separator: "  ")
    }
}

import Glibc
import SQLite
import Storage

/// Creates a new journal from the readable records of a damaged one, and moves the damaged one away.
///
/// It can be interrupted at any point: the damaged journal stays in its location until the new one
/// is complete, and then files are only renamed.
struct JournalSalvage {
    /// The maximum number of damaged files that are kept.
    ///
    /// When it is reached, the disk should be checked first.
    static let filesMax = 8

    private let path: String

    init(_ path: String) { self.path = path }

    private var unfinished: String { path + ".salvaging" }
    private var finished: String { path + ".salvaged" }

    /// Salvages the journal, which must not be open.
    func run() throws {
        remove(unfinished)
        // Both files are closed when `fill` returns, as is required before they are renamed.
        try fill(unfinished)
        try rename(unfinished, finished)
    }

    private func fill(_ unfinished: String) throws {
        let name = try freeName()
        // Nothing can be read from a file that is not a database.
        let damaged = try? DamagedJournal(path: path)
        let fresh = try JournalFile.open(unfinished, source: damaged?.source)
        var (salvaged, first, last) = (0, Int64.max, damaged?.lastNumber ?? 0)
        try damaged?.records { rows in
            try fresh.restore(rows)
            salvaged += rows.count
            for row in rows { (first, last) = (min(first, row.number), max(last, row.number)) }
        }
        if let damaged { try fresh.restore([], deadLetters: damaged.deadLetters()) }
        let before = damaged?.drainedThrough ?? (salvaged > 0 ? first - 1 : nil)
        let lostMax = damaged?.lastNumber.flatMap { highest in
            before.map { max(0, Int(clamping: highest.subtractingReportingOverflow($0).partialValue) - salvaged) }
        }
        try fresh.noteDamage(file: name, salvaged: salvaged, lostMax: lostMax, lastNumber: last)
        try fresh.complete()
    }

    /// Renames the new journal if it is complete and closed; does nothing when there is none.
    func finish() throws {
        guard exists(finished) else { return }
        if exists(path) {
            let target = try folder + freeName()
            // The log first: next to the new journal, SQLite would use it as the log of that file.
            for suffix in ["-wal", "-shm"] where exists(path + suffix) { try rename(path + suffix, target + suffix) }
            try rename(path, target)
        }
        try rename(finished, path)
    }

    private var folder: String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "" }

    /// The first unused name for a damaged journal.
    private func freeName() throws(StoreError) -> String {
        let name = String(path.dropFirst(folder.count))
        guard let free = (1...Self.filesMax).map({ "\(name).damaged-\($0)" }).first(where: { !exists(folder + $0) })
        else {
            throw .unavailable(
                reason: "the journal is damaged again; check the disk and remove \(name).damaged-1 and later copies"
            )
        }
        return free
    }

    private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
    }

    private func rename(_ from: String, _ to: String) throws(StoreError) {
        guard Glibc.rename(from, to) == 0 else {
            throw .unavailable(reason: "cannot rename the damaged journal: \(String(cString: strerror(errno)))")
        }
    }
}

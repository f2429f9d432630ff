import Glibc
import SQLite
import Storage

/// Makes a new journal of what can be read of a damaged one, and moves the damaged one aside.
///
/// It may be interrupted at any point: until the new journal is complete the damaged one stays where it is; from then on only names change.
struct JournalSalvage {
    /// Damaged files that are kept; with so many the disk is to be looked at first.
    static let filesMax = 8

    private let path: String

    init(_ path: String) { self.path = path }

    private var unfinished: String { path + ".salvaging" }
    private var finished: String { path + ".salvaged" }

    /// Salvages the journal, which nobody has open.
    func run() throws {
        remove(unfinished)
        // Both files are closed again when this returns, as they must be before they get other names.
        try fill(unfinished)
        try rename(unfinished, finished)
    }

    private func fill(_ unfinished: String) throws {
        let name = try freeName()
        // A file that is no database at all has nothing to be read.
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

    /// Gives the new journal its name, once it is complete and closed; does nothing when there is none.
    func finish() throws {
        guard exists(finished) else { return }
        if exists(path) {
            let aside = try folder + freeName()
            // The log first: beside the new journal it would be taken for its own.
            for end in ["-wal", "-shm"] where exists(path + end) { try rename(path + end, aside + end) }
            try rename(path, aside)
        }
        try rename(finished, path)
    }

    private var folder: String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "" }

    /// The first name that no damaged journal has.
    private func freeName() throws(StoreError) -> String {
        let name = String(path.dropFirst(folder.count))
        guard let free = (1...Self.filesMax).map({ "\(name).damaged-\($0)" }).first(where: { !exists(folder + $0) })
        else {
            throw .unavailable(
                reason: "the journal is damaged again; check the disk, then remove \(name).damaged-1 and those after it"
            )
        }
        return free
    }

    private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private func remove(_ path: String) {
        for end in ["", "-wal", "-shm"] { unlink(path + end) }
    }

    private func rename(_ from: String, _ to: String) throws(StoreError) {
        guard Glibc.rename(from, to) == 0 else {
            throw .unavailable(reason: "the damaged journal cannot be moved: \(String(cString: strerror(errno)))")
        }
    }
}

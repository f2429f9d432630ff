import Glibc
import Locks
import SQLite
package import Storage
package import Events

/// A journal in an SQLite file in the data folder, locked by one process.
///
/// Thread-safe.
///
/// The file is opened when it is needed and reopened after each error, so that the journal recovers
/// when the disk has space again or the other process has ended.
package final class SQLiteJournal: Journal {
    /// The maximum number of records, in addition to the limit in bytes.
    package static let recordsMax = 5_000_000
    /// The number of unused bytes from which an empty file is shrunk.
    static let keptBytesMax = 4 << 20

    /// The maximum number of damaged files that are kept beside it, named `.damaged-1` and so on.
    package static let damagedFilesMax = JournalSalvage.filesMax

    private let path: String
    private let bytesMax: Int
    private let recordsMax: Int
    /// Locked while the file is in use.
    private let file = Locked<JournalFile?>(nil)
    /// The values after the last operation, which can be read without waiting.
    private let known = Locked<(status: JournalStatus, source: BatchSource?)>((JournalStatus(), nil))

    /// Creates a journal without opening its file.
    ///
    /// - Parameters:
    ///   - path: The path of the file, which is created when it is first opened.
    ///   - bytesMax: The maximum storage in use, in bytes.
    ///   - recordsMax: The maximum number of records.
    package init(path: String, bytesMax: Int, recordsMax: Int = SQLiteJournal.recordsMax) {
        self.path = path
        self.bytesMax = bytesMax
        self.recordsMax = recordsMax
    }

    package var source: BatchSource? { known.withLock { $0.source } }
    package var status: JournalStatus { known.withLock { $0.status } }

    package func open() throws(JournalError) {
        try work { _ in }
    }

    package func append(_ records: [Record], unconfirmedBatch: BatchID?) throws(JournalError) {
        guard !records.isEmpty else { return }
        let more = records.reduce(0) { $0 + $1.bytesCount }
        let (bytesMax, recordsMax) = (bytesMax, recordsMax)
        let fits = try work { file throws(SQLiteError) in
            guard file.records + records.count <= recordsMax, file.bytes + more <= bytesMax else { return false }
            try file.append(records, unconfirmedBatch: unconfirmedBatch)
            return true
        }
        guard fits else { throw .full }
    }

    package func oldest(recordsMax: Int, bytesMax: Int) throws(JournalError) -> JournalPortion? {
        try work { file throws(SQLiteError) in try file.oldest(recordsMax: recordsMax, bytesMax: bytesMax) }
    }

    package func remove(through number: Int64) throws(JournalError) {
        try work { file throws(SQLiteError) in
            try file.remove(through: number)
            if file.records == 0, file.freeBytes > Self.keptBytesMax { try file.shrink() }
        }
    }

    package func moveToDeadLetters(_ number: Int64, reason: String) throws(JournalError) {
        try work { file throws(SQLiteError) in try file.moveToDeadLetters([number], reason: reason) }
    }

    package func find(
        _ bytes: [UInt8],
        removing: Bool,
        where matches: (Record?) -> Bool
    ) throws(JournalError) -> JournalMatches {
        var found = JournalMatches()
        for table in JournalFile.Table.allCases {
            var last: Int64? = 0
            while let first = last {
                let part = try work { file throws(SQLiteError) in
                    try file.find(bytes, in: table, after: first, removing: removing, where: matches)
                }
                switch table {
                case .records: found.records += part.count
                case .deadLetters: found.deadLetters += part.count
                }
                last = part.next
            }
        }
        return found
    }

    package func scrub() throws(JournalError) { try work { file throws(SQLiteError) in try file.shrink() } }

    package func occurrences(of bytes: [UInt8]) throws(JournalError) -> Int {
        try work { file throws(SQLiteError) in try file.occurrences(of: bytes) }
    }

    /// Runs the body on the open file.
    ///
    /// An error closes the file, so that the next call reopens it.
    ///
    /// If the file is damaged, the body runs on a new journal with the salvaged records.
    private func work<Value>(_ body: (JournalFile) throws(SQLiteError) -> Value) throws(JournalError) -> Value {
        let result = file.withLock { file -> Result<Value, JournalError> in
            do {
                do {
                    return .success(try perform(&file, body))
                } catch let error as SQLiteError where error.isDamage {
                    file = nil
                    try JournalSalvage(path).run()
                    return .success(try perform(&file, body))
                }
            } catch let error as SQLiteError where error.isBusy {
                file = nil
                return .failure(.inUse)
            } catch let error as SQLiteError {
                file = nil
                return .failure(.unavailable(reason: "SQLite error \(error.code): \(error.message)"))
            } catch let error as StoreError {
                file = nil
                return .failure(.unavailable(reason: error.reason))
            } catch {
                return .failure(.unavailable(reason: "\(error)"))
            }
        }
        switch result {
        case .success(let value): return value
        case .failure(let error): throw error
        }
    }

    private func perform<Value>(
        _ file: inout JournalFile?,
        _ body: (JournalFile) throws(SQLiteError) -> Value
    ) throws -> Value {
        if file?.hasMoved == true { file = nil }
        if file == nil { try JournalSalvage(path).finish() }
        let open = if let file { file } else { try JournalFile.open(path) }
        file = open
        let value = try body(open)
        let (status, source) = (open.status, open.source)
        known.withLock { $0 = (status, source) }
        return value
    }
}

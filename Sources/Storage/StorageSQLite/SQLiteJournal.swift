import Glibc
import Locks
import SQLite
package import Storage
package import Events

/// The journal as an SQLite file in the data folder, which one process has for itself.
///
/// It is opened when it is needed, and anew after every failure, so that it works again once the disk has space or the process that had it
/// has ended.
package final class SQLiteJournal: Journal {
    /// Records that it takes, besides the limit in bytes.
    package static let recordsMax = 5_000_000
    /// Bytes that are not in use, beyond which an empty file is made small again.
    static let keptBytesMax = 4 << 20

    private let path: String
    private let bytesMax: Int
    private let recordsMax: Int
    /// Held while the file is worked on.
    private let file = Locked<JournalFile?>(nil)
    /// What was known after the last piece of work, for those who must not wait.
    private let known = Locked<(standing: JournalStatus, source: BatchSource?)>((JournalStatus(), nil))

    /// - Parameters:
    ///   - path: of the file, which is made when it is first opened.
    ///   - bytesMax: bytes of storage that may be in use.
    ///   - recordsMax: records that may wait.
    package init(path: String, bytesMax: Int, recordsMax: Int = SQLiteJournal.recordsMax) {
        self.path = path
        self.bytesMax = bytesMax
        self.recordsMax = recordsMax
    }

    package var source: BatchSource? { known.withLock { $0.source } }
    package var standing: JournalStatus { known.withLock { $0.standing } }

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

    /// Runs the body on the open file; any failure closes it, so that the next call opens it anew.
    ///
    /// When the file turns out to be damaged, the body runs on what could be salvaged of it.
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
        let (standing, source) = (open.standing, open.source)
        known.withLock { $0 = (standing, source) }
        return value
    }
}

import Glibc
import SQLite
import Storage

/// Copies the journal, which a running server keeps locked, and restores it.
struct JournalBackup {
    let path: String

    /// Attempts to copy the files while they do not change, and the milliseconds between them.
    private static let attemptsMax = 100
    private static let pauseMilliseconds = 100
    /// Nanoseconds after a change in which another one may have the same time.
    private static let timeNanoseconds = 50_000_000
    private static let partBytes = 1 << 20

    /// A copy of a journal with records.
    struct Copy {
        let path: String
        /// Records that wait, and dead letters.
        let records: Int64

        /// Passes on the parts of the file, numbered from 1.
        func forEachPart(_ take: (Int64, [UInt8]) throws -> Void) throws {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw systemError("cannot read", path) }
            defer { close(descriptor) }
            var number: Int64 = 0
            var bytes = [UInt8](repeating: 0, count: JournalBackup.partBytes)
            while true {
                let count = read(descriptor, &bytes, bytes.count)
                guard count >= 0 else { throw systemError("cannot read", path) }
                guard count > 0 else { return }
                number += 1
                try take(number, Array(bytes[..<count]))
            }
        }

        func remove() { for suffix in ["", "-wal", "-journal"] { unlink(path + suffix) } }
    }

    // MARK: - Backup

    /// Copies the journal; nil if there is none, or it has neither records nor dead letters.
    func copy(to target: String) throws -> Copy? {
        guard access(path, F_OK) == 0 else { return nil }
        let copy = Copy(path: target, records: 0)
        do {
            try copyFiles(to: target)
            // Applies the log.
            let connection = try Connection(path: target, busyMilliseconds: 0, mayCreate: false)
            // Without a memory shared with other processes, which the copy does not have.
            try connection.execute("pragma locking_mode = exclusive; pragma journal_mode = delete")
            let records = try Self.records(connection)
            guard try connection.rows("pragma integrity_check(1)").first?[0] == "ok" else {
                throw BackupError(
                    "the journal \(path) is damaged: start the server, which saves its records, and try again"
                )
            }
            if records > 0 { return Copy(path: target, records: records) }
            copy.remove()
            return nil
        } catch let error as SQLiteError {
            copy.remove()
            throw BackupError("cannot copy the journal \(path): \(error.message)")
        } catch {
            copy.remove()
            throw error
        }
    }

    /// The state of the files: a change of the main file, or a new log, makes a copy inconsistent.
    private struct State: Equatable {
        var size: Int
        var seconds: Int
        var nanoseconds: Int
        var logHead: [UInt8]
    }

    private func state() throws -> State {
        var information = stat()
        guard stat(path, &information) == 0 else { throw systemError("cannot read", path) }
        let time = information.st_mtim
        return State(
            size: Int(information.st_size),
            seconds: time.tv_sec,
            nanoseconds: time.tv_nsec,
            logHead: Self.head(path + "-wal")
        )
    }

    /// The header of a log, with its salts; empty if there is no log.
    private static func head(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 32)
        return Array(bytes[..<max(0, read(descriptor, &bytes, 32))])
    }

    private static func isRecent(_ state: State) -> Bool {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let age = (now.tv_sec - state.seconds) * 1_000_000_000 + now.tv_nsec - state.nanoseconds
        return (0..<timeNanoseconds).contains(age)
    }

    /// Copies the file and its log, to which commits only append, while the file itself does not change.
    private func copyFiles(to target: String) throws {
        for _ in 0..<Self.attemptsMax {
            let before = try state()
            if !Self.isRecent(before) {
                try Self.copyFile(path, to: target)
                unlink(target + "-wal")
                if !before.logHead.isEmpty { try Self.copyFile(path + "-wal", to: target + "-wal") }
                if try state() == before { return }
            }
            usleep(UInt32(Self.pauseMilliseconds * 1000))
        }
        throw BackupError("the journal \(path) changes too fast to be copied: try again later")
    }

    private static func copyFile(_ source: String, to target: String) throws {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw systemError("cannot read", source) }
        defer { close(input) }
        let output = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw systemError("cannot write", target) }
        defer { close(output) }
        var bytes = [UInt8](repeating: 0, count: partBytes)
        while true {
            let count = read(input, &bytes, bytes.count)
            guard count >= 0 else { throw systemError("cannot read", source) }
            guard count > 0 else { return }
            guard Glibc.write(output, bytes, count) == count else { throw systemError("cannot write", target) }
        }
    }

    private static func records(_ connection: Connection) throws(SQLiteError) -> Int64 {
        var records: Int64 = 0
        for table in ["records", "dead_letters", "set_aside"]
        where try !connection.rows("select 1 from sqlite_master where name = ?1", [table]).isEmpty {
            records += try connection.number("select count(*) from \(table)") ?? 0
        }
        return records
    }

    // MARK: - Restore

    /// Throws if the data folder has a journal with records, or one that a server uses.
    func checkIsEmpty() throws {
        guard access(path, F_OK) == 0 else { return }
        do {
            let connection = try Connection(path: path, busyMilliseconds: 0, mayCreate: false)
            try connection.execute("pragma locking_mode = exclusive")
            guard try Self.records(connection) == 0 else {
                throw BackupError(
                    "the journal \(path) has records: start the server until the journal is empty, or restore into a new data folder (--data)"
                )
            }
        } catch let error as SQLiteError {
            throw error.isBusy ? BackupError.inUse : BackupError("cannot read the journal \(path): \(error.message)")
        }
    }

    /// Writes the parts of a journal, the first column of a query, to a new file in its folder; nil without parts.
    func write(_ parts: Statement) throws -> String? {
        defer { parts.reset() }
        guard try parts.step() else { return nil }
        var name = Array((path + ".XXXXXX").utf8CString)
        let descriptor = mkstemp(&name)
        let target = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard descriptor >= 0 else { throw systemError("cannot create", target) }
        defer { close(descriptor) }
        do {
            repeat {
                let bytes = parts.blob(0) ?? []
                guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
                    throw systemError("cannot write", target)
                }
            } while try parts.step()
            guard fsync(descriptor) == 0 else { throw systemError("cannot write", target) }
            return target
        } catch {
            unlink(target)
            throw error
        }
    }

    /// Replaces the empty journal.
    func replace(by file: String) throws {
        for suffix in ["-wal", "-shm", "-journal"] { unlink(path + suffix) }
        guard rename(file, path) == 0 else { throw systemError("cannot write", path) }
    }
}

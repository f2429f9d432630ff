import Dispatch
import Files
import Glibc
import Locks
package import Events
package import Log
package import MaxMind

/// Locations by address from a database in the MaxMind format, which is opened again when its file changes.
///
/// Thread-safe. Lookups use a copy of the file that only this process has: the library maps it into memory, and a file that
/// is overwritten in place would end the process. The address is used for the lookup and nothing else.
package final class LocationDatabase: Sendable {
    /// Nanoseconds between two checks of whether the file has changed.
    package static let checkNanoseconds: UInt64 = 1_000_000_000
    /// Nanoseconds until a file that could not be read or copied is tried again.
    package static let retryNanoseconds: UInt64 = 60_000_000_000
    /// The largest file that is copied, in bytes.
    package static let bytesMax = 2 << 30

    private struct State {
        var file: MaxMindFile
        var attempt: LoadAttempt
        var checkedAt: UInt64
        var isReloading = false
        var problem: String?
    }

    private let path: String
    private let folder: String
    private let log: Log
    private let state: Locked<State>
    private let reloads = DispatchQueue(label: "geoip", qos: .utility)

    /// Opens a database.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - folder: The folder for the copy, which is not visible in it.
    ///   - log: Receives a line for each reload.
    /// - Throws: an error with the reason when the file cannot be read or has another format.
    package init(path: String, folder: String, log: Log) throws(MaxMindError) {
        (self.path, self.folder, self.log) = (path, folder, log)
        let version = FileVersion(path)
        let file = try Self.open(path, folder)
        state = Locked(State(file: file, attempt: LoadAttempt(version: version), checkedAt: Self.now))
    }

    /// Why the last change of the file was not used; nil when the newest version is in use.
    package var problem: String? { state.withLock { $0.problem } }

    /// The location of an address; nil when it is unknown or private.
    package func location(_ address: IPAddress) -> Location? {
        guard !AddressBlock.loopbackAndPrivate.contains(where: { $0.contains(address) }) else { return nil }
        guard let record = current().record(Self.bytes(address)), let country = record.country else { return nil }
        return Location(
            country: country,
            regionCode: record.regionCode,
            regionName: record.regionName,
            cityName: record.city,
            source: .database
        )
    }

    private static func bytes(_ address: IPAddress) -> [UInt8] {
        let count = address.isIPv4 ? 4 : 16
        return (0..<count).map { UInt8(truncatingIfNeeded: address.value >> UInt128(8 * (count - 1 - $0))) }
    }

    // MARK: - Reloads

    /// The database in use; starts a reload when the file has changed since the last check.
    private func current() -> MaxMindFile {
        let now = Self.now
        let (file, isDue) = state.withLock { state in
            let isDue = !state.isReloading && now &- state.checkedAt >= Self.checkNanoseconds
            if isDue { (state.checkedAt, state.isReloading) = (now, true) }
            return (state.file, isDue)
        }
        // Copying the file takes longer than a request may.
        if isDue { reloads.async { [self] in reloadIfChanged() } }
        return file
    }

    private func reloadIfChanged() {
        let version = FileVersion(path)
        guard state.withLock({ $0.attempt.isOutdated(by: version, now: Self.now) }) else {
            state.withLock { $0.isReloading = false }
            return
        }
        do throws(MaxMindError) {
            let file = try Self.open(path, folder)
            let attempt = LoadAttempt(version: version)
            state.withLock { ($0.file, $0.attempt, $0.problem, $0.isReloading) = (file, attempt, nil, false) }
            log.notice("location database loaded", ["file": path])
        } catch {
            let reason = error.reason
            let retryAt = error.isTemporary ? Self.now &+ Self.retryNanoseconds : nil
            let isNew = state.withLock { state in
                defer { (state.problem, state.isReloading) = (reason, false) }
                let isNew = state.attempt.version != version || state.problem != reason
                state.attempt = LoadAttempt(version: version, retryAt: retryAt)
                return isNew
            }
            // A retry with the same result adds nothing to the log.
            if isNew { log.warning("location database not loaded", ["file": path, "reason": reason]) }
        }
    }

    private static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

    /// Opens a private copy of the file, whose name is removed at once.
    private static func open(_ path: String, _ folder: String) throws(MaxMindError) -> MaxMindFile {
        let source = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw failure("cannot be read") }
        defer { close(source) }
        var name = Array("\(folder)/.geoip-XXXXXX".utf8CString)
        let copy = mkstemp(&name)
        guard copy >= 0 else { throw failure("cannot be copied to the data folder") }
        let copyPath = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            close(copy)
            unlink(copyPath)
        }
        try copyBytes(from: source, to: copy)
        return try MaxMindFile(copyPath)
    }

    private static func copyBytes(from source: Int32, to copy: Int32) throws(MaxMindError) {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var copied = 0
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count >= 0 else { throw failure("cannot be read") }
            guard count > 0 else { return }
            copied += count
            guard copied <= bytesMax else { throw MaxMindError(reason: "is larger than \(bytesMax) bytes") }
            // A regular file takes all bytes unless the disk is full.
            guard write(copy, buffer, count) == count else { throw failure("cannot be copied to the data folder") }
        }
    }

    /// An error of the system, which may have passed at the next attempt.
    private static func failure(_ summary: String) -> MaxMindError {
        MaxMindError(reason: "\(summary): \(String(cString: strerror(errno)))", isTemporary: true)
    }
}

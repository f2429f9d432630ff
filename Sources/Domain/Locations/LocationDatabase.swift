import Dispatch
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
    /// The largest file that is copied, in bytes.
    package static let bytesMax = 2 << 30

    /// The identity of a file's content, as far as the file system shows it.
    private struct Version: Equatable {
        let device, inode, size, seconds, nanoseconds: UInt64

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            size = UInt64(bitPattern: Int64(status.st_size))
            seconds = UInt64(bitPattern: Int64(status.st_mtim.tv_sec))
            nanoseconds = UInt64(bitPattern: Int64(status.st_mtim.tv_nsec))
        }
    }

    private struct State {
        var file: MaxMindFile
        /// The version of the last attempt to open the file; nil if it was missing then.
        var version: Version?
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
        let version = Version(path)
        let file = try Self.open(path, folder)
        state = Locked(State(file: file, version: version, checkedAt: Self.now))
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
        let version = Version(path)
        guard state.withLock({ $0.version }) != version else {
            state.withLock { $0.isReloading = false }
            return
        }
        do throws(MaxMindError) {
            let file = try Self.open(path, folder)
            state.withLock { ($0.file, $0.version, $0.problem, $0.isReloading) = (file, version, nil, false) }
            log.notice("location database loaded", ["file": path])
        } catch {
            let reason = error.reason
            state.withLock { ($0.version, $0.problem, $0.isReloading) = (version, reason, false) }
            log.warning("location database not loaded", ["file": path, "reason": reason])
        }
    }

    private static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

    /// Opens a private copy of the file, whose name is removed at once.
    private static func open(_ path: String, _ folder: String) throws(MaxMindError) -> MaxMindFile {
        let source = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw MaxMindError(reason: "cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(source) }
        var name = Array("\(folder)/.geoip-XXXXXX".utf8CString)
        let copy = mkstemp(&name)
        guard copy >= 0 else {
            throw MaxMindError(reason: "cannot be copied to the data folder: \(String(cString: strerror(errno)))")
        }
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
            guard count >= 0 else { throw MaxMindError(reason: "cannot be read: \(String(cString: strerror(errno)))") }
            guard count > 0 else { return }
            copied += count
            guard copied <= bytesMax else { throw MaxMindError(reason: "is larger than \(bytesMax) bytes") }
            // A regular file takes all bytes unless the disk is full.
            guard write(copy, buffer, count) == count else {
                throw MaxMindError(reason: "cannot be copied to the data folder: \(String(cString: strerror(errno)))")
            }
        }
    }
}

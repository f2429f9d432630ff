import Files
import Glibc

/// The folder of an archive: files of days, and the manifest that lists them.
///
/// A file never changes: a new version of it gets a new name, and the old one is removed after the manifest has been replaced. So
/// the manifest always lists complete files, whenever a run is interrupted.
package struct ArchiveFolder: Sendable {
    static let lockName = "lock"
    static let temporaryName = "incomplete"
    static let ending = ".ndjson.gz"

    package let path: String

    package init(_ path: String) { self.path = path }

    package func file(_ name: String) -> String { path + "/" + name }

    /// The name of a version of a file, such as `2026-11-28-events.ndjson.gz` or `2026-11-28-events.2.ndjson.gz`.
    static func name(_ day: String, _ table: ArchiveTable, version: Int) -> String {
        "\(day)-\(table.word)\(version == 1 ? "" : ".\(version)")\(ending)"
    }

    /// The version that a name has; nil when it is not the name of a file of the day and table.
    static func version(_ name: String, _ day: String, _ table: ArchiveTable) -> Int? {
        let head = "\(day)-\(table.word)"
        guard name.hasPrefix(head), name.hasSuffix(ending) else { return nil }
        let middle = name.dropFirst(head.count).dropLast(ending.count)
        if middle.isEmpty { return 1 }
        guard middle.first == ".", let version = Int(middle.dropFirst()), version > 1 else { return nil }
        return version
    }

    /// Whether a name of a manifest is that of a file of a day and table: never one of another folder.
    static func isName(_ name: String, day: String, table: String) -> Bool {
        guard let table = ArchiveTable.all.first(where: { $0.name == table }), ArchiveDay(day) != nil else {
            return false
        }
        return version(name, day, table) != nil
    }

    /// The names of files of days that are in the folder.
    func names() throws(FileError) -> [String] {
        try Folder.names(path).filter { name in
            let day = String(name.prefix(10))
            return ArchiveDay(day) != nil && ArchiveTable.all.contains { Self.version(name, day, $0) != nil }
        }
    }

    /// Takes the lock of a run that writes.
    func lock() throws -> FileLock {
        guard let lock = try FileLock(exclusive: file(Self.lockName)) else { throw Self.inUse(path) }
        return lock
    }

    /// Takes the lock of a run that reads; nil in a folder without a lock, such as a copy.
    func sharedLock() throws -> FileLock? {
        var lock: FileLock?
        do throws(FileError) { lock = try FileLock(shared: file(Self.lockName)) } catch {
            guard error.code == ENOENT || error.code == EACCES else { throw error }
            return nil
        }
        guard lock != nil else { throw Self.inUse(path) }
        return lock
    }

    private static func inUse(_ path: String) -> ArchiveError {
        var error = ArchiveError("another program writes to the archive \(path): try again when it has ended")
        error.isInUse = true
        return error
    }

    // MARK: - The manifest

    /// The manifest; nil when the folder has none.
    func existingManifest() throws -> ArchiveManifest? {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try SmallFile(file(ArchiveManifest.name)).bytes(max: ArchiveManifest.bytesMax)
        } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
        return try ArchiveManifest(bytes)
    }

    /// The manifest of an archive.
    ///
    /// - Throws: `ArchiveError` when the folder is not an archive.
    package func manifest() throws -> ArchiveManifest {
        guard let manifest = try existingManifest() else {
            throw ArchiveError("\(path) is not an archive: it has no \(ArchiveManifest.name)")
        }
        return manifest
    }

    func save(_ manifest: ArchiveManifest) throws(FileError) {
        var file = try NewFile(temporary: file("\(Self.temporaryName)-\(ArchiveManifest.name)"))
        try file.append(manifest.text)
        try file.publish(as: self.file(ArchiveManifest.name))
    }

    /// Removes what interrupted runs have left.
    func removeLeftovers(_ manifest: ArchiveManifest) throws(FileError) {
        let kept = Set(manifest.files.map(\.name))
        for name in try names() where !kept.contains(name) { unlink(file(name)) }
        for name in try Folder.names(path) where name.hasPrefix(Self.temporaryName) { unlink(file(name)) }
    }
}

import Dispatch
import Events
import Files
import Locks
package import Log
import Reports
import Rollups
package import Storage
import Texts
package import Workers

/// Knows the privacy modes of sites and the keys of the day, so that ingest applies them without a query; and how long sites keep events,
/// for their page about privacy.
///
/// A thread with a connection of its own reads them from the store every few seconds: another server may have changed a
/// mode. It keeps the modes in a file as well, which counts until the store has been reached after a start.
package final class PrivacyKeeper: Sendable {
    /// Milliseconds between two reads of the store, after which all servers know a new mode.
    static let lookMilliseconds = 5000
    /// The file with the modes in the data folder.
    static let fileName = "privacy-modes"
    /// The most bytes of the file, which has at most `SiteSettings.sitesMax` sites.
    static let fileBytesMax = 1 << 20

    private struct State {
        var modes: [ByteText: PrivacyMode] = [:]
        var salts: [Int64: [UInt8]] = [:]
        /// The ages of sites that have some of their own.
        var retention: [ByteText: SiteRetention] = [:]
        /// Grows with each change by this server, so that an older read of the store does not undo it.
        var changes = 0
        var isLoaded = false
    }

    private let store: (any Store)?
    private let path: String
    private let log: Log
    private let state: Locked<State>
    private let loaded = DispatchSemaphore(value: 0)
    package let worker = Worker("privacy")

    /// Creates a keeper, with the modes of the file.
    package init(store: (any Store)?, folder: String, log: Log) {
        self.store = store
        self.log = log
        path = "\(folder)/\(Self.fileName)"
        var first = State()
        first.modes = Self.read(path)
        state = Locked(first)
    }

    package func start() {
        guard let store else { return }
        worker.start { [self] in run(store) }
    }

    /// Blocks until the modes have been read from the store, or the timeout expires.
    package func waitUntilLoaded(milliseconds: Int) {
        worker.wake()
        _ = loaded.wait(timeout: .now() + .milliseconds(milliseconds))
    }

    // MARK: - Requests

    /// The mode of a site.
    func mode(of site: String) -> PrivacyMode { state.withLock { $0.modes.mode(of: site) } }

    /// A mode that was stored by this server; nil if it was removed.
    func changed(_ privacy: SitePrivacy) {
        let modes = state.withLock { state in
            state.changes += 1
            state.modes[ByteText(privacy.site)] = privacy.mode
            return state.modes
        }
        write(modes)
    }

    /// The ages of sites that have some of their own.
    var retention: [ByteText: SiteRetention] { state.withLock { $0.retention } }

    /// Ages that were stored by this server.
    func changed(_ retention: SiteRetention, of site: String) {
        state.withLock { state in
            state.changes += 1
            state.retention[ByteText(site)] = retention.isEmpty ? nil : retention
        }
    }

    /// The modes, and the key of a day in days since 1970.
    ///
    /// While the store is away and the day has no key, this server makes one of its own.
    func rules(day: Int64) -> (modes: [ByteText: PrivacyMode], salt: [UInt8]) {
        state.withLock { state in
            if let salt = state.salts[day] { return (state.modes, salt) }
            let salt = PrivacyTables.makeSalt()
            state.salts = state.salts.filter { $0.key > day }
            state.salts[day] = salt
            return (state.modes, salt)
        }
    }

    // MARK: - The thread

    private func run(_ store: any Store) {
        var connection = WorkerConnection(store)
        var isFailing = false
        while !worker.isStopping {
            do throws(StoreError) {
                try connection.use { database throws(StoreError) in try look(database) }
                isFailing = false
            } catch {
                if !isFailing { log.debug("cannot read privacy modes", ["reason": error.reason]) }
                isFailing = true
            }
            worker.sleep(milliseconds: Self.lookMilliseconds)
        }
    }

    private func look(_ database: any Database) throws(StoreError) {
        let before = state.withLock { $0.changes }
        let tables = PrivacyTables(database)
        let (modes, salts) = (try tables.modes(), try tables.salts(day: PrivacyTables.day(WallClock.seconds)))
        let retention = try SiteRetention.read(database)
        let (isNew, isFirst) = state.withLock { state -> (Bool, Bool) in
            let isFirst = !state.isLoaded
            (state.salts, state.isLoaded) = (salts, true)
            guard state.changes == before else { return (false, isFirst) }
            state.retention = retention
            guard state.modes != modes else { return (false, isFirst) }
            state.modes = modes
            return (true, isFirst)
        }
        if isNew { write(modes) }
        if isFirst { loaded.signal() }
    }

    // MARK: - The file

    /// Each entry is a mode, a space, the site and a zero byte.
    private static func read(_ path: String) -> [ByteText: PrivacyMode] {
        var modes: [ByteText: PrivacyMode] = [:]
        for entry in (SmallFile.regular(path, bytesMax: fileBytesMax) ?? []).split(separator: 0) {
            let parts = entry.split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            let mode = PrivacyMode(rawValue: String(decoding: parts[0], as: UTF8.self))
            modes[ByteText(String(decoding: parts[1], as: UTF8.self))] = mode ?? .anonymous
        }
        return modes
    }

    private func write(_ modes: [ByteText: PrivacyMode]) {
        let text = modes.sorted { $0.key < $1.key }.map { "\($0.value.rawValue) \($0.key.text)\0" }.joined()
        do throws(FileError) {
            var file = try NewFile(temporary: path + ".new")
            try file.append(Array(text.utf8))
            try file.publish(as: path)
        } catch {
            log.warning("cannot keep the privacy modes in a file", ["reason": error.message])
        }
    }
}

/// What one request's records are reduced by.
struct PrivacyRules: Sendable {
    private let modes: [ByteText: PrivacyMode]
    private let salt: [UInt8]
    private let address: IPAddress?

    /// Takes the modes and the key of a time of receipt in microseconds since 1970.
    init(_ keeper: PrivacyKeeper, receivedAt: Int64, address: IPAddress?) {
        (modes, salt) = keeper.rules(day: PrivacyTables.day(receivedAt / 1_000_000))
        self.address = address
    }

    /// Reduces a record to what the mode of its site keeps, or the mode that the page asks for if it is stricter.
    ///
    /// `userAgent` is that of the request, and empty when there is none.
    func apply(_ record: inout Record, userAgent: () -> [UInt8]) {
        let requested = record.requestedPrivacy
        guard !modes.isEmpty || requested > .full else { return }
        let mode = max(modes.mode(of: record.privacySite), requested)
        guard mode > .full else { return }
        record.reduce(to: mode, PrivacySender(salt: salt, address: address?.text ?? "", userAgent: userAgent()))
    }
}

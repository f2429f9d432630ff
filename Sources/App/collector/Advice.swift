import Archive
import Erasure
import Files
import Glibc
import Imports
import Reports
import Storage

/// Formats an error as a message for the terminal, with advice on how to fix it.
enum Advice {
    static func message(_ error: any Error) -> String {
        switch error {
        case let error as ConfigurationError:
            "invalid configuration:\n" + error.problems.map { "  - \($0)" }.joined(separator: "\n")
        case let error as CommandError: error.reason
        case let error as StoreError: error.reason + storeAdvice(error)
        case let error as BackupError: error.reason
        case let error as ArchiveError: error.reason
        case let error as ImportError: error.reason.printable
        case ReportError.refused(let sentence): sentence
        case ReportError.store(let error): message(error)
        case let error as ErasureError: erasureMessage(error)
        case let error as ListenError:
            "cannot listen on \(error.address): \(error.reason)" + listenAdvice(error.reason)
        case let error as FileError: error.message + fileAdvice(error.code)
        default: "\(error)"
        }
    }

    private static func erasureMessage(_ error: ErasureError) -> String {
        switch error {
        case .store(let error): error.reason + storeAdvice(error)
        case .notFound: error.reason + "; nothing was changed"
        case .invalid, .journal: error.reason
        }
    }

    private static let otherFolder = "choose another data folder with --data or COLLECTOR_DATA"

    private static func fileAdvice(_ code: Int32) -> String {
        switch code {
        case EACCES, EPERM, EROFS:
            ". Make it readable and writable for the user that runs Collector, or \(otherFolder)."
        case ENOSPC, EDQUOT: ". Free some disk space, or \(otherFolder)."
        case ENOTDIR, EEXIST: ". Part of this path is not a folder: \(otherFolder)."
        default: ""
        }
    }

    /// Prefix of the message for `SQLITE_FULL`: the disk is full.
    private static let sqliteFull = "SQLite error 13:"

    private static func storeAdvice(_ error: StoreError) -> String {
        error.reason.hasPrefix(sqliteFull) ? ". Free some disk space, then run the command again." : ""
    }

    private static func listenAdvice(_ reason: String) -> String {
        if reason == String(cString: strerror(EADDRINUSE)) {
            return
                ". Another program uses this port, perhaps another 'collector serve': stop it, or choose another port "
                + "with --port or PORT (0 selects a free port)."
        }
        if reason == String(cString: strerror(EACCES)) {
            return ". Ports below 1024 require a privilege: choose a higher port with --port or PORT."
        }
        if reason == String(cString: strerror(EADDRNOTAVAIL)) {
            return ". This machine does not have that address: choose another with --host or HOST."
        }
        return ""
    }
}

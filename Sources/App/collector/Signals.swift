import Dispatch
import Glibc
import Locks

/// Signals taken from the threads and waited for in one place.
struct Signals {
    private var set = sigset_t()

    /// Blocks the signals for this thread and those that it starts afterwards.
    static func block(_ numbers: [Int32]) -> Signals {
        var signals = Signals()
        sigemptyset(&signals.set)
        for number in numbers { sigaddset(&signals.set, number) }
        pthread_sigmask(SIG_BLOCK, &signals.set, nil)
        return signals
    }

    /// Blocks until one of them comes.
    func wait() -> Int32 {
        var set = set
        var number: Int32 = 0
        sigwait(&set, &number)
        return number
    }
}

/// SIGINT and SIGTERM for a command that takes long.
///
/// Where a transaction is to be finished, the first signal is noted and announced, and the second ends the process at once, which costs the
/// open transaction only.
final class Interruption: Sendable {
    private let received = Locked<Int32>(0)
    /// Announced at the first signal.
    private static let notice = "Stopping after the current transaction; press Ctrl+C again to stop at once."

    /// Begins to watch; to be made before the first thread.
    ///
    /// - Parameter finalNotice: what to print at the first signal of a command that changes nothing and ends at once; nil for one that finishes
    ///   its transaction.
    init(finalNotice: String? = nil) {
        let signals = Signals.block([SIGINT, SIGTERM])
        DispatchQueue(label: "signals").async { [self] in
            let first = signals.wait()
            received.withLock { $0 = first }
            Console.error((Console.isErrorTerminal ? "\r\u{1B}[K" : "") + (finalNotice ?? Self.notice))
            if finalNotice != nil { _exit(ExitCode(signal: first).rawValue) }
            _exit(ExitCode(signal: signals.wait()).rawValue)
        }
    }

    var isRequested: Bool { received.withLock { $0 != 0 } }

    /// Nil as long as there was no signal.
    var exitCode: ExitCode? {
        let signal = received.withLock { $0 }
        return signal == 0 ? nil : ExitCode(signal: signal)
    }
}

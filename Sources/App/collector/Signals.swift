import Glibc
import Locks
import Workers

/// A set of blocked signals that one thread waits for.
struct Signals {
    private var set = sigset_t()

    /// Blocks the signals in this thread and in threads it starts later.
    static func block(_ numbers: [Int32]) -> Signals {
        var signals = Signals()
        sigemptyset(&signals.set)
        for number in numbers { sigaddset(&signals.set, number) }
        pthread_sigmask(SIG_BLOCK, &signals.set, nil)
        return signals
    }

    /// Blocks until one of the signals arrives and returns its number.
    func wait() -> Int32 {
        var set = set
        var number: Int32 = 0
        sigwait(&set, &number)
        return number
    }
}

/// Handles SIGINT and SIGTERM for a long-running command.
///
/// The first signal requests a stop after the current transaction, and a message is printed; the second one exits at
/// once, which rolls back the open transaction only.
final class Interruption: Sendable {
    private let received = Locked<Int32>(0)
    /// Ends with the process.
    private let worker = Worker("signals")
    /// Printed at the first signal.
    static let notice = "Stopping after the current transaction; press Ctrl+C again to stop at once."

    /// Starts listening for signals; call before the first thread is started.
    ///
    /// - Parameters:
    ///   - finalNotice: message of a command that changes nothing and exits at the first signal; nil for a command
    ///     that finishes its transaction.
    ///   - notice: message at the first signal of a command that stops soon after it.
    init(finalNotice: String? = nil, notice: String = Interruption.notice) {
        let signals = Signals.block([SIGINT, SIGTERM])
        worker.start { [self] in
            let first = signals.wait()
            received.withLock { $0 = first }
            Console.error((Console.isErrorTerminal ? "\r\u{1B}[K" : "") + (finalNotice ?? notice))
            if finalNotice != nil { _exit(ExitCode(signal: first).rawValue) }
            _exit(ExitCode(signal: signals.wait()).rawValue)
        }
    }

    var isRequested: Bool { received.withLock { $0 != 0 } }

    /// Nil until a signal arrives.
    var exitCode: ExitCode? {
        let signal = received.withLock { $0 }
        return signal == 0 ? nil : ExitCode(signal: signal)
    }
}

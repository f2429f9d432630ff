import Files
import Glibc
import Locks
package import Log
package import Workers

/// The state of a certificate, for the owner.
package struct CertificateState: Sendable, Equatable {
    /// Where now is in the validity of a certificate.
    package enum Age: Sendable, Equatable {
        case notYetValid
        case valid
        /// The whole days that are left.
        case expiring(days: Int)
        case expired
    }

    /// A number of days, for messages.
    package static func text(days: Int) -> String { days == 1 ? "1 day" : "\(days) days" }

    package let files: CertificateFiles
    /// Why the last change of the files is not in use; nil when it is.
    package let problem: String?
    package let age: Age
}

extension ServerCertificate {
    /// Days before the end at which the owner is warned.
    ///
    /// Renewal usually comes 30 days before it.
    package static let warningDays: Int64 = 14
    /// A certificate of a short validity is renewed later: the share of its validity, as a divisor.
    private static let warningDivisor: Int64 = 4
    private static let daySeconds: Int64 = 86_400

    /// Where a time, in seconds since 1970, is in the validity.
    package func age(at now: Int64) -> CertificateState.Age {
        guard now >= validity.lowerBound else { return .notYetValid }
        let left = validity.upperBound - now
        guard left >= 0 else { return .expired }
        let duration = validity.upperBound - validity.lowerBound
        let warning = min(Self.warningDays * Self.daySeconds, duration / Self.warningDivisor)
        return left < warning ? .expiring(days: Int(left / Self.daySeconds)) : .valid
    }

    /// The whole days that are left.
    package func daysLeft(at now: Int64) -> Int { Int(max(0, validity.upperBound - now) / Self.daySeconds) }
}

/// The certificate in use, which is loaded again when its files change.
///
/// New connections use the new one, and others keep theirs. A pair that cannot be loaded is a problem, and the previous one
/// stays in use. Thread-safe.
package final class CertificateKeeper: Sendable {
    /// Milliseconds between two checks of whether the files have changed; they are loaded when they are the same in two checks,
    /// so that a pair of which only one file has been replaced is not an error.
    package static let checkMilliseconds = 2000

    /// The versions of both files; that of a missing file is nil.
    private struct Versions: Equatable {
        let certificate, key: FileVersion?

        init(_ files: CertificateFiles) {
            (certificate, key) = (FileVersion(files.certificate), FileVersion(files.key))
        }
    }

    private struct State {
        var certificate: ServerCertificate
        var problem: String?
    }

    private let files: CertificateFiles
    private let log: Log
    private let state: Locked<State>
    private let firstVersions: Versions
    private let intervalMilliseconds: Int
    package let worker = Worker("certificate")

    /// Loads the files.
    ///
    /// - Parameters:
    ///   - files: The certificate and the key.
    ///   - log: Receives a line for each certificate that is loaded, and for each problem.
    ///   - intervalMilliseconds: Between two checks.
    /// - Throws: `CertificateError` when the files cannot be used.
    package init(
        _ files: CertificateFiles,
        log: Log,
        intervalMilliseconds: Int = CertificateKeeper.checkMilliseconds
    ) throws(CertificateError) {
        (self.files, self.log, self.intervalMilliseconds) = (files, log, intervalMilliseconds)
        firstVersions = Versions(files)
        let certificate = try ServerCertificate(files)
        state = Locked(State(certificate: certificate))
        note(certificate)
    }

    /// The certificate for new connections.
    package var current: ServerCertificate { state.withLock { $0.certificate } }

    /// The state at a time in seconds since 1970.
    package func state(at now: Int64) -> CertificateState {
        let (certificate, problem) = state.withLock { ($0.certificate, $0.problem) }
        return CertificateState(files: files, problem: problem, age: certificate.age(at: now))
    }

    /// Starts to watch the files.
    package func start() {
        worker.start { [self] in run() }
    }

    private func run() {
        var (loaded, seen) = (firstVersions, firstVersions)
        while worker.pause(milliseconds: intervalMilliseconds) {
            let versions = Versions(files)
            // A pair that failed is tried again: the cause may have been one of the system.
            if versions == seen, versions != loaded || state.withLock({ $0.problem != nil }) {
                load(isNew: versions != loaded)
                loaded = versions
            }
            seen = versions
        }
    }

    private func load(isNew: Bool) {
        do throws(CertificateError) {
            let certificate = try ServerCertificate(files)
            state.withLock { $0 = State(certificate: certificate) }
            note(certificate)
        } catch {
            let reason = error.message
            let before = state.withLock { state in
                defer { state.problem = reason }
                return state.problem
            }
            // A retry with the same result adds nothing to the log.
            guard isNew || reason != before else { return }
            log.error("certificate not loaded", ["file": files.certificate, "reason": reason])
        }
    }

    private func note(_ certificate: ServerCertificate) {
        let now = Int64(Glibc.time(nil))
        let days = certificate.daysLeft(at: now)
        switch certificate.age(at: now) {
        case .valid: log.notice("certificate loaded", ["file": files.certificate, "days_left": days])
        case .expiring: log.warning("certificate expires soon", ["file": files.certificate, "days_left": days])
        case .expired: log.warning("certificate has expired", ["file": files.certificate])
        case .notYetValid: log.warning("certificate is not valid yet", ["file": files.certificate])
        }
    }
}

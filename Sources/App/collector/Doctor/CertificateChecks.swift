import Files
import Glibc
import TLS

/// Checks of the certificate for HTTPS and of its key.
enum CertificateChecks {
    private static let name = "certificate"

    /// Checks both files at a time in seconds since 1970.
    static func checks(_ files: CertificateFiles, now: Int64) -> [DoctorCheck] {
        [pair(files, now: now), secrecy(files.key)].compactMap(\.self)
    }

    private static func pair(_ files: CertificateFiles, now: Int64) -> DoctorCheck {
        let renewal = "Renew it; a running server loads it without a restart"
        do throws(CertificateError) {
            let certificate = try ServerCertificate(files)
            let days = CertificateState.text(days: certificate.daysLeft(at: now))
            switch certificate.age(at: now) {
            case .valid: return .ok(name, "\(files.certificate) belongs to its key and is valid for \(days)")
            case .expiring: return .warning(name, "\(files.certificate) expires in \(days)", renewal)
            case .expired: return .problem(name, "\(files.certificate) has expired", renewal)
            case .notYetValid:
                return .problem(name, "\(files.certificate) is not valid yet", "Check the clock of this machine")
            }
        } catch {
            return .problem(
                name,
                error.message,
                "Correct COLLECTOR_TLS_CERTIFICATE and COLLECTOR_TLS_KEY, and let the user of the server read both files"
            )
        }
    }

    /// Whether only the owner of the key and its group can read it; nil if that is so, or there is no key.
    private static func secrecy(_ path: String) -> DoctorCheck? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o007 != 0 else { return nil }
        return .warning(name, "every user of this machine can read the key in \(path)", "Run: chmod 600 \(path)")
    }
}

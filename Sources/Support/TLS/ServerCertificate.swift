import CTLS
package import Files
import Glibc

/// The PEM files of a server: its certificate followed by its chain, and the private key of the certificate.
package struct CertificateFiles: Sendable, Equatable {
    package let certificate: String
    package let key: String

    package init(certificate: String, key: String) {
        (self.certificate, self.key) = (certificate, key)
    }
}

/// Why a certificate and its key cannot be used; the messages name files, and nothing of a key.
package enum CertificateError: Error, Equatable {
    case unreadable(FileError)
    case noCertificate(path: String)
    /// A certificate after the first one is damaged.
    case damagedChain(path: String)
    case noKey(path: String)
    /// The key is protected by a password, which nobody could enter when the server starts.
    case encryptedKey(path: String)
    case mismatch(CertificateFiles)
    /// OpenSSL refuses the certificate or the key, for example because it is too short.
    case refused(CertificateFiles, reason: String)

    package var message: String {
        switch self {
        case .unreadable(let error): error.message
        case .noCertificate(let path): "\(path) has no certificate in PEM format"
        case .damagedChain(let path): "\(path) has a damaged certificate after the first one"
        case .noKey(let path): "\(path) has no private key in PEM format"
        case .encryptedKey(let path): "\(path) is protected by a password; store the key without one"
        case .mismatch(let files): "the key in \(files.key) does not belong to the certificate in \(files.certificate)"
        case .refused(let files, let reason): "OpenSSL refuses \(files.certificate) with \(files.key): \(reason)"
        }
    }
}

/// A certificate with its chain and key, ready for connections.
///
/// Immutable; its connections keep it alive.
// Unchecked: after `init`, the context is only read. OpenSSL counts its references atomically.
@safe package final class ServerCertificate: @unchecked Sendable {
    /// The largest file that is read, in bytes: a chain has some thousand.
    package static let fileBytesMax = 1 << 20

    private let context: OpaquePointer
    /// Validity in seconds since 1970; the last second belongs to it.
    package let validity: ClosedRange<Int64>

    /// Reads and checks the files.
    package init(_ files: CertificateFiles) throws(CertificateError) {
        let certificate = try Self.read(files.certificate)
        let key = try Self.read(files.key)
        var result = unsafe ctls_load_result()
        let context = unsafe certificate.withUnsafeBytes { chain in
            unsafe key.withUnsafeBytes { key in
                unsafe ctls_context_create(chain.baseAddress, chain.count, key.baseAddress, key.count, &result)
            }
        }
        guard let context = unsafe context else { throw unsafe Self.error(result, files) }
        unsafe self.context = context
        validity = unsafe result.not_before...max(result.not_before, result.not_after)
    }

    deinit { unsafe ctls_context_free(context) }

    /// Creates the TLS state of an accepted connection; nil without memory.
    package func makeSession(socket: Int32) -> TLSSession? {
        unsafe ctls_session_create(context, socket).map { unsafe TLSSession($0) }
    }

    private static func read(_ path: String) throws(CertificateError) -> [UInt8] {
        do throws(FileError) {
            let file = try SmallFile(path)
            guard file.isRegular else { throw FileError(path: path, code: EINVAL) }
            return try file.bytes(max: fileBytesMax)
        } catch {
            throw .unreadable(error)
        }
    }

    @unsafe private static func error(_ result: ctls_load_result, _ files: CertificateFiles) -> CertificateError {
        switch unsafe Int(result.problem) {
        case Int(CTLS_NO_CERTIFICATE): .noCertificate(path: files.certificate)
        case Int(CTLS_BAD_CHAIN): .damagedChain(path: files.certificate)
        case Int(CTLS_NO_KEY): .noKey(path: files.key)
        case Int(CTLS_ENCRYPTED_KEY): .encryptedKey(path: files.key)
        case Int(CTLS_MISMATCH): .mismatch(files)
        default:
            unsafe .refused(files, reason: result.reason.map { unsafe String(cString: $0) } ?? "no reason given")
        }
    }
}

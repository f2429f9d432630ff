import Crypto

/// Hashes addresses with a salt.
///
/// The hash is the lower-case hexadecimal SHA-256 of the address's UTF-8 text, a zero byte and the salt.
package struct IPHasher: Sendable {
    private let salt: [UInt8]

    /// Creates a hasher; nil without a salt, in which case no hash is stored.
    package init?(salt: String?) {
        guard let salt, !salt.isEmpty else { return nil }
        self.salt = Array(salt.utf8)
    }

    /// The hash of an address, as 64 hexadecimal digits.
    package func hash(_ address: IPAddress) -> [UInt8] {
        SHA256.hex(of: Array(address.text.utf8) + [0] + salt)
    }
}

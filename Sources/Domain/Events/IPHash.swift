import Crypto

/// The salted hash that stands for an address: lower-case hex SHA-256 of the address's UTF-8 text, a zero byte and the salt.
package struct IPHasher: Sendable {
    private let salt: [UInt8]

    /// Nil without a salt: then no hash is stored.
    package init?(salt: String?) {
        guard let salt, !salt.isEmpty else { return nil }
        self.salt = Array(salt.utf8)
    }

    /// 64 bytes of hex.
    package func hash(_ address: IPAddress) -> [UInt8] {
        SHA256.hex(of: Array(address.text.utf8) + [0] + salt)
    }
}

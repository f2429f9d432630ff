import CCrypto

/// SHA-256 (FIPS 180-4).
package enum SHA256 {
    /// The digest as 64 lower-case hexadecimal digits.
    package static func hex(of bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        _ = unsafe CCrypto.SHA256(bytes, bytes.count, &digest)
        return digits(digest)
    }

    /// The hexadecimal digits of some bytes.
    static func digits(_ digest: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(2 * digest.count)
        for byte in digest {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
        return text
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

/// The SHA-256 of data that comes in parts.
@safe package struct SHA256Parts: ~Copyable {
    private let context: OpaquePointer

    package init() {
        // Without memory, nothing works.
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("no memory for a digest") }
        unsafe self.context = context
        _ = unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil)
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    package func append(_ bytes: [UInt8]) { _ = unsafe EVP_DigestUpdate(context, bytes, bytes.count) }

    /// The digest as 64 lower-case hexadecimal digits; nothing can be added afterwards.
    package consuming func hex() -> String {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        _ = unsafe EVP_DigestFinal_ex(context, &digest, nil)
        return String(decoding: SHA256.digits(digest), as: UTF8.self)
    }
}

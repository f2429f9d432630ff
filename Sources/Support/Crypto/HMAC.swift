import CCrypto

/// HMAC with SHA-256 (RFC 2104), which authenticates a text with a key.
package enum HMAC {
    /// The authentication code of a text, as 64 lower-case hexadecimal digits.
    package static func hex(of text: [UInt8], key: [UInt8]) -> [UInt8] {
        let digest = unsafe [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { buffer, count in
            var length: UInt32 = 0
            unsafe CCrypto.HMAC(EVP_sha256(), key, Int32(key.count), text, text.count, buffer.baseAddress, &length)
            count = Int(length)
        }
        return SHA256.digits(digest)
    }
}

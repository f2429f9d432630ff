import CCrypto

/// SipHash-2-4 with 64 bits (Aumasson and Bernstein, 2012).
///
/// Without the key, hashes cannot be predicted and collisions cannot be constructed. The context of
/// the crypto library is reused, so that hashing does not allocate. Used by one thread at a time.
@safe package final class KeyedHash {
    /// Bytes of a key.
    package static let keyBytes = 16
    private static let hashBytes = 8

    private let key: [UInt8]
    private let context: OpaquePointer

    /// Creates a hash; nil when the key does not have `keyBytes` bytes, or the crypto library does
    /// not support SipHash.
    package init?(key: [UInt8]) {
        guard key.count == Self.keyBytes, let mac = unsafe EVP_MAC_fetch(nil, "SIPHASH", nil) else { return nil }
        // The context keeps its own reference.
        defer { unsafe EVP_MAC_free(mac) }
        guard let context = unsafe EVP_MAC_CTX_new(mac) else { return nil }
        var size = Self.hashBytes
        // The parameter keeps the pointer to its name.
        let isReady = unsafe "size".withCString { name in
            unsafe withUnsafeMutablePointer(to: &size) { pointer in
                let parameters = unsafe [OSSL_PARAM_construct_size_t(name, pointer), OSSL_PARAM_construct_end()]
                return unsafe EVP_MAC_init(context, key, key.count, parameters) == 1
            }
        }
        guard isReady else {
            unsafe EVP_MAC_CTX_free(context)
            return nil
        }
        self.key = key
        unsafe self.context = context
    }

    deinit { unsafe EVP_MAC_CTX_free(context) }

    /// The hash of the UTF-8 bytes of a text.
    package func hash(_ text: String) -> UInt64 {
        var text = text
        var hash: UInt64 = 0
        text.withUTF8 { bytes in
            var length = 0
            unsafe withUnsafeMutableBytes(of: &hash) { out in
                _ = unsafe EVP_MAC_init(context, key, key.count, nil)
                _ = unsafe EVP_MAC_update(context, bytes.baseAddress, bytes.count)
                _ = unsafe EVP_MAC_final(context, out.baseAddress, &length, out.count)
            }
        }
        return UInt64(littleEndian: hash)
    }
}

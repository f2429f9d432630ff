import CCrypto

/// SipHash-2-4 with 64 bits: a hash that nobody can predict or make collide without the key (Aumasson and Bernstein, 2012).
///
/// It holds one context of the library, so that a hash allocates nothing; used by one thread at a time.
@safe package final class KeyedHash {
    /// Bytes of a key.
    package static let keyBytes = 16
    private static let hashBytes = 8

    private let key: [UInt8]
    private let context: OpaquePointer

    /// Nil when the key is not `keyBytes` long, or the crypto library has no SipHash.
    package init?(key: [UInt8]) {
        guard key.count == Self.keyBytes, let mac = unsafe EVP_MAC_fetch(nil, "SIPHASH", nil) else { return nil }
        // The context holds a reference of its own.
        defer { unsafe EVP_MAC_free(mac) }
        guard let context = unsafe EVP_MAC_CTX_new(mac) else { return nil }
        var size = Self.hashBytes
        let isReady = unsafe withUnsafeMutablePointer(to: &size) { pointer in
            let parameters = unsafe [OSSL_PARAM_construct_size_t("size", pointer), OSSL_PARAM_construct_end()]
            return unsafe EVP_MAC_init(context, key, key.count, parameters) == 1
        }
        guard isReady else {
            unsafe EVP_MAC_CTX_free(context)
            return nil
        }
        self.key = key
        unsafe self.context = context
    }

    deinit { unsafe EVP_MAC_CTX_free(context) }

    /// The hash of a text's bytes of UTF-8.
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

package import Crypto

/// Hashes keyed with the store's secret, so that clients cannot choose values with colliding or extreme hashes.
package struct KeyedHashes {
    /// Hash of visitor ids, for distinct counts.
    package let visitors: KeyedHash
    /// Hash of texts by which events are grouped.
    package let texts: KeyedHash

    /// - Parameter secret: 64 hexadecimal digits; each hash uses one half as its key. Nil for any other text.
    package init?(secret: String) {
        let digits = Array(secret.utf8)
        guard digits.count == 4 * KeyedHash.keyBytes, !digits.contains(where: { !isHexadecimal($0) }) else {
            return nil
        }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[start..<start + 2], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        guard let visitors = KeyedHash(key: Array(bytes.prefix(KeyedHash.keyBytes))),
            let texts = KeyedHash(key: Array(bytes.suffix(KeyedHash.keyBytes)))
        else { return nil }
        self.visitors = visitors
        self.texts = texts
    }
}

private func isHexadecimal(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
}

extension KeyedHashes {
    /// The key of a session, which belongs to one visitor on one site.
    package func sessionKey(site: String, visitor: String, session: String) -> UInt64 {
        texts.hash("\(site)\n\(visitor)\n\(session)")
    }

    package func sessionKey(_ id: SessionID) -> UInt64 {
        sessionKey(site: id.site, visitor: id.visitorID, session: id.sessionID)
    }
}

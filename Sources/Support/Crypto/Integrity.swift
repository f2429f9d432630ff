import CCrypto

/// Digests as the attribute `integrity` has them (Subresource Integrity).
package enum Integrity {
    package enum Algorithm: String, CaseIterable, Sendable {
        case sha256, sha384, sha512
    }

    /// The Base64 text of the digest.
    package static func digest(_ bytes: [UInt8], _ algorithm: Algorithm) -> String {
        var digest: [UInt8]
        switch algorithm {
        case .sha256:
            digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
            _ = unsafe CCrypto.SHA256(bytes, bytes.count, &digest)
        case .sha384:
            digest = [UInt8](repeating: 0, count: Int(SHA384_DIGEST_LENGTH))
            _ = unsafe SHA384(bytes, bytes.count, &digest)
        case .sha512:
            digest = [UInt8](repeating: 0, count: Int(SHA512_DIGEST_LENGTH))
            _ = unsafe SHA512(bytes, bytes.count, &digest)
        }
        return Base64.encode(digest)
    }

    /// Whether bytes match an attribute: one of its digests of the strongest algorithm.
    ///
    /// True if it has no known digest, as browsers do it.
    package static func matches(_ bytes: [UInt8], _ attribute: String) -> Bool {
        let digests = attribute.split(whereSeparator: \.isWhitespace).compactMap { word -> (Algorithm, Substring)? in
            let parts = word.prefix { $0 != "?" }.split(separator: "-", maxSplits: 1)
            guard parts.count == 2, let algorithm = Algorithm(rawValue: parts[0].lowercased()) else { return nil }
            return (algorithm, parts[1])
        }
        guard let strongest = Algorithm.allCases.last(where: { one in digests.contains { $0.0 == one } }) else {
            return true
        }
        let digest = digest(bytes, strongest)
        return digests.contains { $0.0 == strongest && $0.1 == digest }
    }
}

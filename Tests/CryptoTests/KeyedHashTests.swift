import Testing

@testable import Crypto

@Suite struct KeyedHashTests {
    private static let key = (0..<16).map { UInt8($0) }

    @Test func `the hashes are those of the paper's reference code`() throws {
        // vectors_sip64 of the reference code: the key is 00 … 0f, the message 00 … n−1.
        let vectors: [UInt64] = [
            0x726F_DB47_DD0E_0E31, 0x74F8_39C5_93DC_67FD, 0x0D6C_8009_D9A9_4F5A, 0x8567_6696_D7FB_7E2D,
            0xCF27_94E0_2771_87B7, 0x1876_5564_CD99_A68D, 0xCBC9_466E_58FE_E3CE, 0xAB02_00F5_8B01_D137,
        ]
        let hash = try #require(KeyedHash(key: Self.key))
        for (length, vector) in vectors.enumerated() {
            let text = String(decoding: (0..<length).map { UInt8($0) }, as: UTF8.self)
            #expect(hash.hash(text) == vector, "\(length) bytes")
        }
    }

    @Test func `another key gives another hash, the same one always the same`() throws {
        let (one, other) = (try #require(KeyedHash(key: Self.key)), try #require(KeyedHash(key: Self.key.reversed())))
        let long = String(repeating: "visitor ", count: 1000)
        #expect(one.hash(long) == one.hash(long))
        #expect(one.hash(long) != other.hash(long))
        #expect(one.hash("a") != one.hash("b"))
    }

    @Test func `a key of another length is none`() {
        #expect(KeyedHash(key: []) == nil)
        #expect(KeyedHash(key: [UInt8](repeating: 1, count: 32)) == nil)
    }
}

import HTTPWire
import Testing

private struct Decoded: Equatable {
    var progress = ChunkDecoder.Progress.needMore
    var body: [UInt8] = []
    var used = 0
}

/// Decodes bytes that come in parts of a size.
private func decode(_ bytes: [UInt8], by size: Int, bodyBytesMax: Int = 10_000) -> Decoded {
    var decoder = ChunkDecoder(bodyBytesMax: bodyBytesMax)
    var decoded = Decoded()
    while decoded.progress == .needMore, decoded.used < bytes.count {
        let part = Array(bytes[decoded.used..<min(bytes.count, decoded.used + size)])
        var at = 0
        decoded.progress = decoder.decode(part.span, &at, into: &decoded.body)
        decoded.used += at
    }
    return decoded
}

private func decode(_ text: String, bodyBytesMax: Int = 10_000) -> Decoded {
    decode(Array(text.utf8), by: text.utf8.count, bodyBytesMax: bodyBytesMax)
}

/// A body in chunks of 1, 2, 3 and more bytes.
private func framed(_ body: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = body[...]
    var size = 1
    while !rest.isEmpty {
        let part = rest.prefix(size)
        bytes += Array("\(String(part.count, radix: 16));n=\(size)\r\n".utf8) + part + [0x0D, 0x0A]
        rest = rest.dropFirst(part.count)
        size += 1
    }
    return bytes + Array("0\r\n\r\n".utf8)
}

@Suite struct ChunkLimitTests {
    @Test(arguments: [1, 2, 3, 5, 7, 16, 64, 1000, 100_000])
    func `a body comes out whole in parts of any size`(size: Int) {
        let body = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let bytes = framed(body)
        #expect(decode(bytes, by: size) == Decoded(progress: .done, body: body, used: bytes.count))
        let followed = bytes + Array("GET / HTTP/1.1\r\n".utf8)
        #expect(decode(followed, by: size) == Decoded(progress: .done, body: body, used: bytes.count))
    }

    @Test(arguments: [1, 2, 3, 1000])
    func `a limit is passed at the chunk that announces it`(size: Int) {
        let bytes = Array("4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n".utf8)
        #expect(decode(bytes, by: size, bodyBytesMax: 6).progress == .done)
        let over = decode(bytes, by: size, bodyBytesMax: 5)
        #expect(over.progress == .refuse(.bodyTooLarge) && over.body == Array("abcd".utf8))
    }

    @Test func `a body without room is refused unless it is empty`() {
        #expect(decode("0\r\n\r\n", bodyBytesMax: 0).progress == .done)
        #expect(decode("1\r\n", bodyBytesMax: 0).progress == .refuse(.bodyTooLarge))
    }

    @Test func `a size may have 8 digits and not one more`() {
        #expect(decode("00000003\r\nabc\r\n00000000\r\n\r\n").progress == .done)
        #expect(decode("000000003\r\nabc\r\n0\r\n\r\n").progress == .refuse(.malformed))
        #expect(decode("00000003\r\nabc\r\n000000000\r\n\r\n").progress == .refuse(.malformed))
        #expect(decode("aBcDeF\r\n", bodyBytesMax: 0xABCDEF).progress == .needMore)
        #expect(decode("aBcDeF\r\n", bodyBytesMax: 0xABCDEE).progress == .refuse(.bodyTooLarge))
    }

    @Test func `an extension may have 256 bytes in each chunk and not one more`() {
        func chunk(_ count: Int) -> String { "1;" + String(repeating: "a", count: count) + "\r\nx\r\n" }
        #expect(decode(chunk(256) + chunk(256) + "0\r\n\r\n").progress == .done)
        #expect(decode(chunk(257)).progress == .refuse(.malformed))
        #expect(decode("0;" + String(repeating: "a", count: 257)).progress == .refuse(.malformed))
    }

    @Test(arguments: [UInt8(0x00), 0x0A, 0x0B, 0x1F, 0x7F])
    func `an extension has no control characters`(byte: UInt8) {
        let bytes = Array("1;a".utf8) + [byte] + Array("b\r\nx\r\n0\r\n\r\n".utf8)
        #expect(decode(bytes, by: 1).progress == .refuse(.malformed))
    }
}

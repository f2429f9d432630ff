import HTTPWire
import Testing

private struct Decoded: Equatable {
    var progress: ChunkDecoder.Progress
    var body: String
    var used: Int
}

/// Decodes a text that comes in two parts.
private func decode(_ text: String, cutAt cut: Int? = nil, bodyBytesMax: Int = 1000) -> Decoded {
    let bytes = Array(text.utf8)
    var decoder = ChunkDecoder(bodyBytesMax: bodyBytesMax)
    var body: [UInt8] = []
    var used = 0
    var progress = ChunkDecoder.Progress.needMore
    for part in [bytes[..<(cut ?? bytes.count)], bytes[(cut ?? bytes.count)...]] where progress == .needMore {
        var at = 0
        progress = decoder.decode(Array(part).span, &at, into: &body)
        used += at
    }
    return Decoded(progress: progress, body: String(decoding: body, as: UTF8.self), used: used)
}

private let wellFormed = [
    ("7\r\nabcdefg\r\n0\r\n\r\n", "abcdefg"), ("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", "abc0123456789"),
    ("0\r\n\r\n", ""), ("3;a=b\r\nabc\r\n0;x\r\n\r\n", "abc"), ("003\r\nabc\r\n000\r\n\r\n", "abc"),
    ("1\r\n\r\r\n1\r\n\n\r\n0\r\n\r\n", "\r\n"),
]

private let malformed = [
    "7 \r\nabcdefg\r\n0\r\n\r\n", "0x7\r\nabcdefg\r\n0\r\n\r\n", "\r\nabc\r\n0\r\n\r\n", "g\r\n", "-1\r\n",
    "3\nabc\r\n0\r\n\r\n",
    "3;a\nb\r\nabc\r\n0\r\n\r\n", "3\r\nabc0\r\n\r\n", "3\r\nabcXX0\r\n\r\n", "3\r\nabc\n0\r\n\r\n",
    "00000000000000003\r\nabc\r\n",
    "0\r\nTrailer: x\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n", "0\r\n\n", "3\r\rabc",
    "3;" + String(repeating: "a", count: 257) + "\r\nabc\r\n0\r\n\r\n",
]

@Suite struct ChunkDecoderTests {
    @Test(arguments: wellFormed)
    func `the framing comes off wherever the text is cut`(text: String, body: String) {
        let count = text.utf8.count
        for cut in 0...count {
            #expect(decode(text, cutAt: cut) == Decoded(progress: .done, body: body, used: count), "cut at \(cut)")
        }
    }

    @Test(arguments: wellFormed)
    func `bytes after the body are not consumed`(text: String, body: String) {
        #expect(decode(text + "GET /") == Decoded(progress: .done, body: body, used: text.utf8.count))
    }

    @Test(arguments: malformed)
    func `anything else is refused wherever the text is cut`(text: String) {
        for cut in 0...text.utf8.count {
            #expect(decode(text, cutAt: cut).progress == .refuse(.malformed), "cut at \(cut)")
        }
    }

    @Test(arguments: wellFormed)
    func `no prefix is whole`(text: String, body: String) {
        for count in 0..<text.utf8.count {
            #expect(decode(String(decoding: Array(text.utf8)[..<count], as: UTF8.self)).progress == .needMore)
        }
    }

    @Test func `a body may have its limit and not one byte more`() {
        #expect(decode("4\r\nabcd\r\n1\r\ne\r\n0\r\n\r\n", bodyBytesMax: 5).progress == .done)
        #expect(decode("4\r\nabcd\r\n2\r\n", bodyBytesMax: 5).progress == .refuse(.bodyTooLarge))
        #expect(decode("FFFFFFFF\r\n", bodyBytesMax: 5).progress == .refuse(.bodyTooLarge))
    }
}

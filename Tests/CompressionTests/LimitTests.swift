import Compression
import Testing

@Suite struct LimitTests {
    @Test(arguments: Sample.all)
    func `as many bytes as the limit are taken, and one more is too large`(sample: Sample) {
        let count = sample.content.count
        #expect(expanded(sample.body, sample.coding, bytesMax: count) == .success(sample.content))
        guard count > 0 else { return }
        #expect(expanded(sample.body, sample.coding, bytesMax: count - 1) == .failure(.tooLarge))
        #expect(expanded(sample.body, sample.coding, bytesMax: 0) == .failure(.tooLarge))
    }

    @Test(arguments: [1, 65_535, 65_536, 65_537, 131_072, 300_000])
    func `the limit holds to the byte wherever the steps end`(count: Int) {
        for content in [noise(count), Array(repeating: 0x61, count: count)] {
            let body = deflated(content)
            #expect(expanded(body, .gzip, bytesMax: count) == .success(content))
            #expect(expanded(body, .gzip, bytesMax: count - 1) == .failure(.tooLarge))
        }
    }

    @Test(arguments: Sample.brotliBombs)
    func `a window no larger than the limit needs is granted`(body: [UInt8], count: Int) {
        // Not compared within the expectation: if it fails, it takes a minute to say in which of so many bytes.
        let isWhole = expanded(body, .brotli, bytesMax: count) == .success(Array(repeating: 0, count: count))
        #expect(isWhole)
        #expect(expanded(body, .brotli, bytesMax: count - 1) == .failure(.tooLarge))
    }

    @Test func `a window far beyond the limit is refused before it is filled`() throws {
        // The length is in the first bytes, and no content has come yet.
        let beginning = Array(try #require(Sample.brotliBombs.first).body[..<12])
        #expect(expanded(beginning, .brotli, bytesMax: 10_000_000) == .failure(.malformed))
        #expect(expanded(beginning, .brotli, bytesMax: 1_000_000) == .failure(.tooLarge))
    }

    @Test func `a window larger than the format allows is malformed`() {
        #expect(expanded(Sample.brotliLargeWindow, .brotli) == .failure(.malformed))
    }

    @Test func `the largest limit there is can be asked for`() {
        for sample in Sample.all {
            #expect(expanded(sample.body, sample.coding, bytesMax: .max) == .success(sample.content))
        }
    }

    @Test func `a bomb stops at the limit`() throws {
        let gzip = deflated(Array(repeating: 0, count: 50_000_000), level: 9)
        let brotli = try #require(Sample.brotliBombs.first).body
        for (body, coding) in [(gzip, Coding.gzip), (gzip + gzip, .gzip), (brotli, .brotli)] {
            var output: [UInt8] = []
            #expect(throws: ExpansionError.tooLarge) {
                try expand(body, body.indices, coding, bytesMax: 1_000_000, into: &output)
            }
            #expect(output.count == 0)
            #expect(output.capacity <= 1_000_000 + allocatorSlackBytes)
        }
    }

    @Test func `the output has no room for more than the limit`() throws {
        // Past a power of two: an array that grows by itself would have room for almost twice as many.
        let count = 1_200_000
        let body = deflated(Array(repeating: 0, count: count))
        var output: [UInt8] = []
        try expand(body, body.indices, .gzip, bytesMax: count, into: &output)
        #expect(output.count == count)
        #expect(output.capacity <= count + allocatorSlackBytes)
    }
}

/// What an allocation may be rounded up by.
private let allocatorSlackBytes = 65_536

import Compression
import Testing

private func compressed(_ parts: [[UInt8]]) -> [UInt8] {
    guard var encoder = GzipEncoder() else { preconditionFailure("no memory") }
    var output: [UInt8] = []
    for part in parts { encoder.append(part, to: &output) }
    encoder.finish(to: &output)
    return output
}

private func expanded(_ bytes: [UInt8], by count: Int) throws -> (bytes: [UInt8], isFinished: Bool) {
    var parts = try GzipParts()
    var output: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: count) {
        try parts.append(Array(bytes[start..<min(start + count, bytes.count)]), to: &output)
    }
    return (output, parts.isFinished)
}

@Test(arguments: [0, 1, 65_535, 65_536, 65_537, 1_000_000], [1, 7, 65_536])
func `data that is compressed and expanded in parts stays the same`(size: Int, part: Int) throws {
    var random = SystemRandomNumberGenerator()
    for isRepetitive in [true, false] {
        let data = (0..<min(size, part == 1 ? 70_000 : size)).map { _ in
            isRepetitive ? UInt8(ascii: "a") : UInt8.random(in: 0...255, using: &random)
        }
        let halves = [Array(data[..<(data.count / 2)]), Array(data[(data.count / 2)...])]
        let result = try expanded(compressed(halves), by: part)
        #expect(result.bytes == data && result.isFinished)
    }
}

@Test func `a stream that ends early is not finished, and a damaged or longer one is refused`() throws {
    let data = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 * $0) }
    let bytes = compressed([data])
    #expect(try !expanded(Array(bytes.dropLast()), by: 100).isFinished)
    var damaged = bytes
    damaged[bytes.count - 6] ^= 1
    #expect(throws: ExpansionError.malformed) { try expanded(damaged, by: 100) }
    #expect(throws: ExpansionError.malformed) { try expanded(bytes + [0], by: bytes.count) }
    #expect(throws: ExpansionError.malformed) { try expanded(bytes + bytes, by: bytes.count) }
}

import Compression
import Testing

@Suite struct ExpansionTests {
    @Test(arguments: Sample.all)
    func `data compressed by a tool decompresses to the original`(sample: Sample) {
        #expect(expanded(sample.body, sample.coding) == .success(sample.content))
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 1_000_000])
    func `contents of any length come out as they were`(count: Int) {
        for content in [noise(count), Array(repeating: 0x61, count: count)] {
            for level: Int32 in [0, 1, 9] {
                #expect(expanded(deflated(content, level: level), .gzip) == .success(content))
            }
        }
    }

    @Test func `only the range is read, and the output is appended to`() throws {
        for sample in Sample.all {
            let bytes = [0xff] + sample.body + sample.body
            var output: [UInt8] = [1, 2, 3]
            try expand(bytes, 1..<1 + sample.body.count, sample.coding, bytesMax: 4096, into: &output)
            #expect(output == [1, 2, 3] + sample.content)
        }
    }

    @Test(arguments: [Coding.gzip, .brotli])
    func `an empty body is malformed`(coding: Coding) {
        #expect(expanded([], coding) == .failure(.malformed))
    }

    @Test(arguments: Sample.all)
    func `a body that is cut short anywhere is malformed`(sample: Sample) {
        for count in sample.body.indices {
            #expect(expanded(Array(sample.body[..<count]), sample.coding) == .failure(.malformed), "\(count) bytes")
        }
    }

    @Test func `a long body that is cut short anywhere is malformed`() {
        let body = deflated(noise(200_000))
        for count in stride(from: 0, to: body.count, by: 997) {
            #expect(expanded(Array(body[..<count]), .gzip) == .failure(.malformed), "\(count) bytes")
        }
    }

    @Test(arguments: Sample.all)
    func `anything behind the end is malformed`(sample: Sample) {
        for byte in UInt8.min...UInt8.max {
            #expect(expanded(sample.body + [byte], sample.coding) == .failure(.malformed), "\(byte)")
        }
        #expect(expanded(sample.body + noise(100_000), sample.coding) == .failure(.malformed))
    }

    @Test(arguments: Sample.all)
    func `a damaged byte gives an error or bytes within the limit`(sample: Sample) {
        let bytesMax = 4096
        for (index, mask) in sample.body.indices.flatMap({ index in (1...UInt8.max).map { (index, $0) } }) {
            var body = sample.body
            body[index] ^= mask
            guard case .success(let bytes) = expanded(body, sample.coding, bytesMax: bytesMax) else { continue }
            #expect(bytes.count <= bytesMax, "byte \(index) ^ \(mask)")
            // Brotli has no checksum.
            #expect(sample.coding == .brotli || bytes == sample.content, "byte \(index) ^ \(mask)")
        }
    }

    @Test(arguments: Sample.all)
    func `one coding is not taken for another`(sample: Sample) {
        #expect(expanded(sample.body, sample.coding == .gzip ? .brotli : .gzip) == .failure(.malformed))
    }

    @Test func `after an error the output is as it was`() {
        let body = deflated(noise(200_000))
        for (body, bytesMax) in [(body, 199_999), (body.dropLast(), 200_000), (body + [0], 200_000), ([], 200_000)] {
            var output: [UInt8] = [1, 2, 3]
            #expect(throws: ExpansionError.self) {
                try expand(Array(body), 0..<body.count, .gzip, bytesMax: bytesMax, into: &output)
            }
            #expect(output.count == 3)
            #expect(output.starts(with: [1, 2, 3]))
        }
    }
}

import Compression
import Testing

@Suite struct GzipTests {
    @Test func `several members are one content`() {
        let first = noise(70_000)
        let second = Array("and more".utf8)
        let body = deflated(first) + deflated([]) + deflated(second)
        #expect(expanded(body, .gzip) == .success(first + second))
        #expect(expanded(body, .gzip, bytesMax: 70_008) == .success(first + second))
        #expect(expanded(body, .gzip, bytesMax: 70_007) == .failure(.tooLarge))
    }

    @Test func `several members that are cut short are malformed, save where one ends`() {
        let first = deflated([1, 2, 3])
        let body = first + deflated([4, 5, 6])
        for count in body.indices where count != first.count {
            #expect(expanded(Array(body[..<count]), .gzip) == .failure(.malformed), "\(count) bytes")
        }
        #expect(expanded(Array(body[..<first.count]), .gzip) == .success([1, 2, 3]))
    }

    @Test func `many empty members are nothing`() {
        #expect(expanded(Array(repeatElement(deflated([]), count: 1000).joined()), .gzip, bytesMax: 0) == .success([]))
    }

    @Test func `a wrong checksum or length is malformed, in each member`() {
        let members = [deflated([1, 2, 3]), deflated(noise(100_000))]
        for index in members.indices {
            for offset in 1...8 {
                var damaged = members
                damaged[index][damaged[index].count - offset] ^= 1
                #expect(expanded(Array(damaged.joined()), .gzip) == .failure(.malformed), "\(index), \(offset)")
            }
        }
    }

    @Test func `deflate without gzip's header is malformed`() {
        #expect(expanded(deflated([1, 2, 3], .zlib), .gzip) == .failure(.malformed))
        #expect(expanded(deflated([1, 2, 3], .none), .gzip) == .failure(.malformed))
    }

    @Test func `zeros behind the end are malformed`() {
        #expect(expanded(deflated([1, 2, 3]) + [UInt8](repeating: 0, count: 512), .gzip) == .failure(.malformed))
    }
}

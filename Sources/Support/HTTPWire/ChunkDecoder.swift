/// A strict incremental decoder of chunked bodies (RFC 9112 §7.1), without support for trailers.
package struct ChunkDecoder: Sendable {
    /// The maximum number of bytes of a chunk extension.
    ///
    /// Extensions are ignored.
    static let extensionBytesMax = 256
    /// The maximum number of hexadecimal digits of a chunk size.
    static let sizeDigitsMax = 8

    /// The result of decoding the bytes received so far.
    package enum Progress: Sendable, Equatable {
        case needMore
        /// The body is complete.
        ///
        /// The following bytes belong to the next request.
        case done
        case refuse(RequestError)
    }

    private enum State {
        case size
        case afterSize
        case sizeLineFeed
        case data
        case dataReturn
        case dataLineFeed
        case lastReturn
        case lastLineFeed
        case done
    }

    private let bodyBytesMax: Int
    private var state = State.size
    private var size = 0
    private var digits = 0
    private var extensionBytes = 0
    private var total = 0

    package init(bodyBytesMax: Int) {
        self.bodyBytesMax = bodyBytesMax
    }

    /// Decodes `bytes` from `at`, appends body bytes to `body`, and moves `at` past the bytes read.
    package mutating func decode(_ bytes: Span<UInt8>, _ at: inout Int, into body: inout [UInt8]) -> Progress {
        while at < bytes.count, state != .done {
            if state == .data {
                let count = min(size, bytes.count - at)
                bytes.extracting(at..<at + count).withUnsafeBufferPointer { body.append(contentsOf: $0) }
                at += count
                size -= count
                if size == 0 { state = .dataReturn }
                continue
            }
            if let failure = step(bytes[at]) { return .refuse(failure) }
            at += 1
        }
        return state == .done ? .done : .needMore
    }

    /// Processes one byte of framing.
    private mutating func step(_ byte: UInt8) -> RequestError? {
        switch state {
        case .size: return sizeDigit(byte)
        case .afterSize: return extensionByte(byte)
        case .sizeLineFeed:
            guard byte == 0x0A else { return .malformed }
            return startChunk()
        case .dataReturn: return expect(0x0D, byte, then: .dataLineFeed)
        case .dataLineFeed:
            digits = 0
            return expect(0x0A, byte, then: .size)
        case .lastReturn: return expect(0x0D, byte, then: .lastLineFeed)
        case .lastLineFeed: return expect(0x0A, byte, then: .done)
        case .data, .done: return nil
        }
    }

    private mutating func expect(_ wanted: UInt8, _ byte: UInt8, then next: State) -> RequestError? {
        guard byte == wanted else { return .malformed }
        state = next
        return nil
    }

    private mutating func sizeDigit(_ byte: UInt8) -> RequestError? {
        if let digit = hexValue(byte) {
            guard digits < Self.sizeDigitsMax else { return .malformed }
            size = size << 4 | digit
            digits += 1
            return nil
        }
        guard digits > 0 else { return .malformed }
        extensionBytes = 0
        switch byte {
        case 0x0D: state = .sizeLineFeed
        case UInt8(ascii: ";"): state = .afterSize
        default: return .malformed
        }
        return nil
    }

    private mutating func extensionByte(_ byte: UInt8) -> RequestError? {
        if byte == 0x0D {
            state = .sizeLineFeed
            return nil
        }
        extensionBytes += 1
        let isText = byte >= 0x20 && byte != 0x7F || byte == 0x09
        return isText && extensionBytes <= Self.extensionBytesMax ? nil : .malformed
    }

    private mutating func startChunk() -> RequestError? {
        guard size > 0 else {
            state = .lastReturn
            return nil
        }
        guard total + size <= bodyBytesMax else { return .bodyTooLarge }
        total += size
        state = .data
        return nil
    }
}

private func hexValue(_ byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte - UInt8(ascii: "A")) + 10
    default: nil
    }
}

/// Content of a time zone file in TZif format (RFC 8536, versions 1 to 4).
struct TimeZoneFile: Equatable, Sendable {
    /// Limits: size of a file in bytes, and number of transitions.
    static let bytesMax = 1 << 16
    static let transitionsMax = 4096

    /// Transitions in seconds since 1970, ascending, each with the offset from then on in seconds east of UTC.
    private(set) var transitions: [(at: Int64, offset: Int64)] = []
    /// Offset before the first transition.
    private(set) var firstOffset: Int64 = 0
    /// Rule for times after the last transition; nil when its offset remains in effect.
    private(set) var rule: PosixZoneRule?

    static func == (one: TimeZoneFile, other: TimeZoneFile) -> Bool {
        one.firstOffset == other.firstOffset && one.rule == other.rule
            && one.transitions.elementsEqual(other.transitions) { $0 == $1 }
    }

    /// Creates the content for UTC.
    init() {}

    /// Parses a file; nil when it is malformed or contains leap seconds.
    init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.bytesMax, var header = Header(bytes, at: 0) else { return nil }
        if header.version > 0 {
            // Skip the first data block, whose times have four bytes.
            guard let second = Header(bytes, at: header.end) else { return nil }
            header = second
        }
        guard header.end <= bytes.count, header.leapSeconds == 0, (1...256).contains(header.types),
            header.transitions <= Self.transitionsMax
        else { return nil }
        guard read(bytes, header) else { return nil }
        guard header.version > 0 else { return }
        let footer = bytes[header.end...]
        guard footer.first == UInt8(ascii: "\n"), let end = footer.dropFirst().firstIndex(of: UInt8(ascii: "\n")) else {
            return nil
        }
        let text = Array(footer[(header.end + 1)..<end])
        guard !text.isEmpty else { return }
        guard let rule = PosixZoneRule(text) else { return nil }
        self.rule = rule
    }

    /// Reads the transitions; false when a type is missing or the order is wrong.
    private mutating func read(_ bytes: [UInt8], _ header: Header) -> Bool {
        let size = header.timeBytes
        let types = header.start + header.transitions * (size + 1)
        func offset(_ type: Int) -> Int64? {
            guard type < header.types else { return nil }
            let seconds = bigEndian(bytes[(types + 6 * type)..<(types + 6 * type + 4)])
            return seconds.magnitude <= 26 * 3600 ? seconds : nil
        }
        guard let first = offset(0) else { return false }
        firstOffset = first
        for index in 0..<header.transitions {
            let start = header.start + index * size
            let at = bigEndian(bytes[start..<(start + size)])
            guard let offset = offset(Int(bytes[header.start + header.transitions * size + index])),
                transitions.last.map({ $0.at < at }) ?? true
            else { return false }
            transitions.append((at, offset))
        }
        return true
    }

    private struct Header {
        private static let bytes = 44

        let version: Int
        let start: Int
        let transitions: Int
        let types: Int
        let leapSeconds: Int
        let timeBytes: Int
        let end: Int

        init?(_ bytes: [UInt8], at place: Int) {
            guard bytes.count >= place + Self.bytes, bytes[place..<(place + 4)].elementsEqual("TZif".utf8) else {
                return nil
            }
            switch bytes[place + 4] {
            case 0: version = 0
            case 0x32...0x34: version = Int(bytes[place + 4]) - 0x30
            default: return nil
            }
            let counts = (0..<6).map { index in
                Int(bigEndian(bytes[(place + 20 + 4 * index)..<(place + 24 + 4 * index)]))
            }
            guard counts.allSatisfy({ (0...TimeZoneFile.bytesMax).contains($0) }) else { return nil }
            (leapSeconds, transitions, types) = (counts[2], counts[3], counts[4])
            start = place + Self.bytes
            timeBytes = place == 0 ? 4 : 8
            end =
                start + transitions * (timeBytes + 1) + types * 6 + counts[5] + leapSeconds * (timeBytes + 4)
                + counts[1] + counts[0]
        }
    }
}

/// Decodes a signed big-endian integer of four or eight bytes.
private func bigEndian(_ bytes: ArraySlice<UInt8>) -> Int64 {
    let value = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return bytes.count == 8 ? Int64(bitPattern: value) : Int64(Int32(truncatingIfNeeded: value))
}

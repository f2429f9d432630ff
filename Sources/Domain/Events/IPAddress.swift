import Glibc

/// An IPv4 or IPv6 address.
///
/// An IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) is an IPv4 address.
package struct IPAddress: Sendable, Hashable {
    /// The address as a number, with 32 significant bits for IPv4 and 128 for IPv6.
    package let value: UInt128
    package let isIPv4: Bool

    /// Parses an address without port, zone or brackets.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        guard text.utf8.count <= Int(INET6_ADDRSTRLEN), !text.utf8.contains(0) else { return nil }
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            self.init(value: UInt128(UInt32(bigEndian: v4.s_addr)), isIPv4: true)
            return
        }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        let value = withUnsafeBytes(of: &v6) { $0.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } }
        let isMapped = value >> 32 == 0xFFFF
        self.init(value: isMapped ? value & 0xFFFF_FFFF : value, isIPv4: isMapped)
    }

    private init(value: UInt128, isIPv4: Bool) {
        self.value = value
        self.isIPv4 = isIPv4
    }

    /// The canonical text of the address (RFC 5952 for IPv6).
    package var text: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        if isIPv4 {
            var address = in_addr(s_addr: UInt32(truncatingIfNeeded: value).bigEndian)
            _ = inet_ntop(AF_INET, &address, &buffer, socklen_t(buffer.count))
        } else {
            var address = value.bigEndian
            _ = inet_ntop(AF_INET6, &address, &buffer, socklen_t(buffer.count))
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A block of addresses in CIDR notation, such as `10.0.0.0/8`.
///
/// A single address is a block of one.
package struct AddressBlock: Sendable, Hashable {
    private let prefix: UInt128
    private let hostBits: Int
    private let isIPv4: Bool

    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(parts[0]) else { return nil }
        let bits = address.isIPv4 ? 32 : 128
        var length = bits
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(parts[1]), value <= bits
            else {
                return nil
            }
            length = value
        }
        isIPv4 = address.isIPv4
        hostBits = bits - length
        prefix = address.value >> UInt128(hostBits)
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.isIPv4 == isIPv4 && address.value >> UInt128(hostBits) == prefix
    }

    /// Loopback, private and link-local ranges, where reverse proxies of the owner usually run.
    package static let loopbackAndPrivate: [AddressBlock] = [
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::1/128", "fc00::/7",
        "fe80::/10",
    ].compactMap { AddressBlock($0) }
}

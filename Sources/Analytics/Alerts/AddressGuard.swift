package import Events

/// Decides to which addresses webhooks may connect: not to this machine and to private networks unless the configuration allows them, so that an
/// address of a channel cannot reach services behind the server's firewall.
package struct AddressGuard: Sendable {
    private let allowed: [AddressBlock]

    /// Creates a guard that also allows some blocks.
    package init(allowed: [AddressBlock]) { self.allowed = allowed }

    /// Networks that are not of the public internet (IANA special-purpose registries).
    private static let special: [AddressBlock] = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/3",
    ].compactMap { AddressBlock($0) }
    /// IPv6 addresses that are assigned to networks, without those that contain an IPv4 address.
    private static let global = AddressBlock("2000::/3")
    private static let specialV6: [AddressBlock] = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]
        .compactMap { AddressBlock($0) }

    /// Whether a connection to an address is allowed, given by its 4 or 16 bytes.
    package func allows(_ bytes: [UInt8]) -> Bool {
        guard let address = Self.address(bytes) else { return false }
        if allowed.contains(where: { $0.contains(address) }) { return true }
        if address.isIPv4 { return !Self.special.contains { $0.contains(address) } }
        return Self.global?.contains(address) ?? false && !Self.specialV6.contains { $0.contains(address) }
    }

    private static func address(_ bytes: [UInt8]) -> IPAddress? {
        if bytes.count == 4 { return IPAddress(bytes.map { String($0) }.joined(separator: ".")) }
        guard bytes.count == 16 else { return nil }
        let groups = stride(from: 0, to: 16, by: 2).map { index in
            String(UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]), radix: 16)
        }
        // An IPv4 address in the form of IPv6 is one of IPv4.
        return IPAddress(groups.joined(separator: ":"))
    }
}

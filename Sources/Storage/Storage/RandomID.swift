/// Ids of rows that a process creates, and of the process itself as the holder of a lease.
package enum RandomID {
    /// 16 random hexadecimal digits.
    package static func make() -> String { String((0..<16).map { _ in "0123456789abcdef".randomElement() ?? "0" }) }
}

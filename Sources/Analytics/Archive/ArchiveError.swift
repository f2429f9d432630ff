/// Why an archive was not written, checked or imported; the reason includes what to do.
package struct ArchiveError: Error, Equatable {
    package let reason: String
    /// Whether another program has locked the archive.
    package var isInUse = false

    package init(_ reason: String) { self.reason = reason }

    static func damaged(_ file: String, _ what: String) -> ArchiveError { ArchiveError("\(file) is damaged: \(what)") }
}

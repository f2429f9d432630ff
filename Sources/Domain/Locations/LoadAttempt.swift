import Files

/// The last attempt to load a file.
struct LoadAttempt {
    /// The version of the file; nil if it was missing.
    let version: FileVersion?
    /// When the same version is tried again, in nanoseconds of the monotonic clock; nil if only another version is.
    var retryAt: UInt64?

    init(version: FileVersion?, retryAt: UInt64? = nil) { (self.version, self.retryAt) = (version, retryAt) }

    /// Whether the file must be loaded again.
    func isOutdated(by version: FileVersion?, now: UInt64) -> Bool {
        version != self.version || retryAt.map { now >= $0 } ?? false
    }
}

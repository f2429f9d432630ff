/// What one scan may take; what needs more is done in more passes.
package struct ScanLimits {
    /// Bytes of the bits of visitors.
    package var visitorBytes = 10_485_760
    /// Bytes of the counters of measured values.
    package var valueBytes = 12_582_912
    /// Bytes of the figures of all values of lists; lists beyond it need a second pass for the figures of their rows.
    package var listBytes = 4_194_304
    /// Page views from which on a pass counts on a second thread; for fewer, that would take longer.
    package var secondThreadPageViewsMin = 200_000
    package var threads = ScanThreads.shared
    package init() {}

    /// Buckets at most, since their numbers have two bytes.
    static let bucketsMax = 65_536
}

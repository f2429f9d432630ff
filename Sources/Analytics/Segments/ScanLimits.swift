/// Memory limits of a scan; a query that needs more takes more passes.
package struct ScanLimits {
    /// Size limit of the visitor bitmaps in bytes.
    package var visitorBytes = 10_485_760
    /// Size limit of the value counters in bytes.
    package var valueBytes = 12_582_912
    /// Size limit in bytes of the sums for all values of lists; a list above it takes a second pass for its rows.
    package var listBytes = 4_194_304
    package init() {}

    /// Limit of buckets per query: bucket indexes have two bytes.
    static let bucketsMax = 65_536
}

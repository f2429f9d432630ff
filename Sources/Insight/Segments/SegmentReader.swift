package import Segments
package import Storage

/// Reads segments from a database; inside of a snapshot, or the segments may change between two calls.
package struct SegmentReader: SegmentSource {
    package typealias Failure = StoreError

    let database: any Database

    package init(_ database: any Database) { self.database = database }

    package func segments(from: Int64, to: Int64) throws(StoreError) -> [SegmentInfo] { fatalError("not written yet") }

    package func read(
        _ ids: [Int64],
        _ columns: [Column],
        _ take: (_ id: Int64, _ columns: [(Column, [UInt8])]) -> Void
    ) throws(StoreError) { fatalError("not written yet") }
}

/// The dictionaries of a database, read once and completed when they have grown; for any thread.
package final class DictionaryCache: Sendable {
    package init() {}

    /// The dictionaries as the snapshot has them, at least.
    package func current(_ database: any Database) throws(StoreError) -> DimensionDictionaries {
        fatalError("not written yet")
    }
}

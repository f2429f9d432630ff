/// A segment before it is stored.
package struct EncodedSegment: Sendable {
    /// With id 0.
    package var info: SegmentInfo
    package var columns: [(column: Column, data: [UInt8])]
}

/// Turns sessions into columns.
package enum SegmentEncoder {
    /// Page views of one segment, at most.
    package static let pageViewsMax = 65_536

    /// Encodes sessions, at least one, with `pageViewsMax` page views at most; they are sorted by their first page view and their key.
    package static func encode(_ sessions: [SessionRow]) -> EncodedSegment { fatalError("not written yet") }
}

/// Turns columns into sessions again.
package enum SegmentDecoder {
    /// All sessions of a segment, those that are dead too, in the order of their rows; nil when the columns are damaged.
    ///
    /// - Parameter columns: all columns of the segment.
    package static func sessions(_ info: SegmentInfo, _ columns: [(Column, [UInt8])]) -> [SessionRow]? {
        fatalError("not written yet")
    }

    /// The keys of a segment's sessions in the order of their rows; nil when the column is damaged.
    package static func sessionKeys(_ info: SegmentInfo, _ column: [UInt8]) -> [UInt64]? { fatalError("not written yet") }
}

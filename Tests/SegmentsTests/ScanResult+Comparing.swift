import Segments
import Testing

/// Expects all figures of two results to be the same.
func expectEqual(_ one: ScanResult, _ other: ScanResult, _ comment: Comment) {
    #expect(one.total == other.total, comment)
    #expect(one.buckets == other.buckets, comment)
    #expect(one.damagedSegments == other.damagedSegments, comment)
    #expect(one.hasTooManyVisitors == other.hasTooManyVisitors, comment)
    #expect(one.selection?.sessionKeys == other.selection?.sessionKeys, comment)
    #expect(one.lists.count == other.lists.count)
    for (one, other) in zip(one.lists, other.lists) {
        #expect((one.count, one.total) == (other.count, other.total), comment)
        #expect(one.rows.map(\.code) == other.rows.map(\.code), comment)
        #expect(one.rows.map(\.sum) == other.rows.map(\.sum), comment)
        #expect(one.rows.map(\.series) == other.rows.map(\.series), comment)
    }
}

import Aggregation
import Storage
import Texts

/// The values of the payload's members in the errors of an issue.
package struct IssueProperties: Sendable {
    /// The most seconds with errors, and the most bytes of payloads, that are read.
    static let secondsMax = 1000
    static let bytesMax = 16 << 20
    /// The most properties, and the most values of each.
    static let propertiesMax = 20
    static let rowsMax = 10

    package struct Property: Sendable, Equatable {
        package let name: String
        /// The most frequent values with their errors.
        package let rows: [Row]
        /// The number of values, and the errors of those without a row.
        package let count: Int64
        package let rest: Int64
    }

    package struct Row: Sendable, Equatable {
        package let value: String
        package let errors: Int64
    }

    /// The most frequent first.
    package let properties: [Property]
    /// The number of errors in the range.
    package private(set) var errors: Int64 = 0

    private static let tooMany = ReportError.refused(
        "Properties are counted for errors of \(secondsMax) different seconds at most: narrow the range or the filters"
    )

    /// Returns nil when there is no issue with this id.
    init?(_ context: ReportContext, _ name: String) throws(ReportError) {
        guard let issue = try IssueErrors(context, name) else { return nil }
        let seconds = try issue.seconds(before: context.query.range.to, max: Self.secondsMax + 1)
        guard seconds.count <= Self.secondsMax else { throw Self.tooMany }
        var counts: [ByteText: [ByteText: Int64]] = [:]
        var bytes = 0
        for second in seconds {
            let (events, isCut) = try issue.read(second)
            for event in events {
                let number = event.errorCount
                errors += number
                bytes += event.payload.utf8.count
                for (name, value) in event.errorProperties {
                    counts[ByteText(name), default: [:]][ByteText(value), default: 0] += number
                }
            }
            guard !isCut, bytes <= Self.bytesMax else { throw Self.tooMany }
        }
        properties = Self.properties(counts)
    }

    static func properties(_ counts: [ByteText: [ByteText: Int64]]) -> [Property] {
        let sorted = counts.map { name, values in (name, values, values.values.reduce(0, +)) }
            .sorted { ($1.2, $0.0) < ($0.2, $1.0) }
        return sorted.prefix(propertiesMax).map { name, values, total in
            let rows = values.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(rowsMax)
            return Property(
                name: name.text,
                rows: rows.map { Row(value: $0.key.text, errors: $0.value) },
                count: Int64(values.count),
                rest: rows.reduce(total) { $0 - $1.value }
            )
        }
    }
}

extension Reports {
    /// - Returns: nil when there is no issue of that id.
    package func properties(_ query: ReportQuery, _ issue: String) throws(ReportError) -> IssueProperties? {
        try computed(query) { context throws(ReportError) in try IssueProperties(context, issue) }
    }
}

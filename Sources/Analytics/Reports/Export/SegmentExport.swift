import Numbers
import Segments
package import Storage
import Events
import Rollups
import Aggregation

/// One value of an exported row.
package enum ExportCell: Sendable {
    case number(Int64)
    case decimal(Double)
    /// No value, as opposed to an empty text.
    case missing
    case text(String)
    /// JSON text as it was stored.
    case json(String)
}

/// Reads page views or sessions as rows, exactly as the reports count them.
package struct SegmentExport {
    package enum Kind: String, CaseIterable, Sendable {
        case pageviews, sessions
    }

    private let database: any Database
    private let kind: Kind

    package init(_ database: any Database, _ kind: Kind) { (self.database, self.kind) = (database, kind) }

    /// The names of the cells of a row.
    package var names: [String] {
        switch kind {
        case .pageviews: PageViewCells.names
        case .sessions: SessionCells.names
        }
    }

    /// Calls `take` with all rows of one snapshot, segment by segment, with sessions ordered by their start.
    ///
    /// `take` returns false to stop.
    package func run(_ take: (_ rows: [[ExportCell]]) -> Bool) throws(StoreError) {
        try database.snapshot { () throws(StoreError) in
            let texts = try DictionaryCache().current(database)
            let reader = SegmentReader(database)
            for segment in try reader.segments(from: .min, to: .max) {
                var rows: [[ExportCell]] = []
                var isDamaged = false
                try reader.read([segment.id], Column.allCases) { _, columns in
                    guard let sessions = SegmentDecoder.sessions(segment, columns) else {
                        isDamaged = true
                        return
                    }
                    for (number, session) in sessions.enumerated() where !segment.isDead(number) {
                        rows += self.rows(of: session, texts)
                    }
                }
                guard !isDamaged else {
                    throw .schema(reason: "segment \(segment.id) is damaged: run 'collector rebuild'")
                }
                guard take(rows) else { return }
            }
        }
    }

    private func rows(of session: SessionRow, _ texts: DimensionDictionaries) -> [[ExportCell]] {
        let cells = SessionCells(session, texts)
        switch kind {
        case .sessions: return cells.isCounted ? [cells.all] : []
        case .pageviews:
            return session.pageViews.indices.filter { session.pageViews[$0].isCounted }
                .map { PageViewCells(session, $0, cells, texts).all }
        }
    }
}

/// A session as an exported row.
private struct SessionCells {
    static let names =
        ["start", "duration_seconds"] + identityNames + [
            "entry", "exit", "page_views", "is_bounce", "engaged_ms", "errors", "custom_events",
        ]
    private static let identityColumns = SessionRow.codeColumns.filter { $0.column != .site }
    static let identityNames =
        ["site", "visitor", "session"] + identityColumns.map { name($0.column) }

    /// The name of a column: that of its dimension.
    private static func name(_ column: Column) -> String {
        ReportDimension.allCases.first { $0.column == column }?.rawValue ?? "\(column)"
    }

    let session: SessionRow
    let texts: DimensionDictionaries
    let counted: [PageViewRow]

    init(_ session: SessionRow, _ texts: DimensionDictionaries) {
        (self.session, self.texts) = (session, texts)
        counted = session.pageViews.filter(\.isCounted)
    }

    var isCounted: Bool { !counted.isEmpty }

    /// The columns that page views share with their session.
    var identity: [ExportCell] {
        let codes = Self.identityColumns.map { field in
            ExportCell.text(field.column.dictionary.map { texts.text(field.code(session), $0) } ?? "")
        }
        return [
            .text(texts.text(session.site, .site)), .number(Int64(session.visitor)), .text(session.key.hexadecimal),
        ] + codes
    }

    var all: [ExportCell] {
        let times = counted.map(\.time) + session.events.filter { $0.kind != .invalid }.map(\.time)
        let start = counted.first?.time ?? 0
        let engaged = counted.reduce(Int64(0)) { $0 + Int64($1.engagement ?? 0) }
        return [.timestamp(start), .number((times.max() ?? start) - start)] + identity + [
            .text(texts.text(counted.first?.path ?? 0, .path)), .text(texts.text(counted.last?.path ?? 0, .path)),
            .number(Int64(counted.count)),
            .number(counted.count == 1 ? 1 : 0), .number(engaged),
            .number(count(.error)), .number(count(.custom)),
        ]
    }

    /// The number of errors or custom events of the session, or of one of its page views.
    func count(_ kind: EventKind, of pageView: Int? = nil) -> Int64 {
        session.events.reduce(0) { sum, event in
            let isWanted = event.kind == kind && (pageView == nil || Int(event.pageView) == pageView)
            return isWanted ? sum + Int64(event.count) : sum
        }
    }
}

/// A page view as an exported row.
private struct PageViewCells {
    static let names =
        ["time"] + SessionCells.identityNames + [
            "path", "release", "connection", "navigation", "lcp", "inp", "cls", "fcp", "ttfb", "lcp_element",
            "inp_element", "cls_element", "engaged_ms", "scroll_depth", "errors", "custom_events",
        ]

    let all: [ExportCell]

    init(_ session: SessionRow, _ index: Int, _ cells: SessionCells, _ texts: DimensionDictionaries) {
        let view = session.pageViews[index]
        let vitals = Vital.allCases.map { vital -> ExportCell in
            guard let value = view.vitals[vital.rawValue] else { return .missing }
            // The shortest decimal number that is this Float, as it was sent; CLS is stored in thousandths of its score.
            let sent = Double("\(value)") ?? Double(value)
            return .decimal(vital == .cls ? (sent * 1000).rounded() / 1_000_000 : sent)
        }
        all =
            [.timestamp(view.time)] + cells.identity + [
                .text(texts.text(view.path, .path)), .text(texts.text(view.release, .release)),
                .text(texts.text(view.connection, .connection)), .text(texts.text(view.navigation, .navigation)),
            ] + vitals + [
                .text(texts.text(view.lcpElement, .element)), .text(texts.text(view.inpElement, .element)),
                .text(texts.text(view.clsElement, .element)),
                view.engagement.map { .number(Int64($0)) } ?? .missing,
                view.scrollDepth.map { .number(Int64($0)) } ?? .missing,
                .number(cells.count(.error, of: index)), .number(cells.count(.custom, of: index)),
            ]
    }
}

extension ExportCell {
    /// A time in UTC; `seconds` are since 1970.
    fileprivate static func timestamp(_ seconds: Int64) -> ExportCell {
        .text(String(decoding: TimestampText.bytes(seconds * 1_000_000), as: UTF8.self))
    }
}

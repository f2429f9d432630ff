import Storage

/// A note of the owner on a moment.
package struct Annotation: Sendable, Equatable {
    package var id: String
    /// Empty for all sites.
    package var site: String
    /// Seconds since 1970.
    package var at: Int64
    package var note: String

    /// The most annotations, and the most bytes of a note.
    package static let countMax: Int64 = 2000
    package static let noteBytesMax = 500

    package init(id: String, site: String, at: Int64, note: String) {
        (self.id, self.site, self.at, self.note) = (id, site, at, note)
    }
}

/// The annotations of a range, and the releases whose first page view is in it.
package struct AnnotationsReport: Sendable {
    package let range: ReportRange
    /// In the order of their times.
    package let annotations: [Annotation]
    package let releases: [FirstRelease]

    init(_ context: ReportContext) throws(ReportError) {
        range = context.query.range
        annotations = try Self.annotations(context)
        releases = try FirstRelease.all(context)
    }

    private static func annotations(_ context: ReportContext) throws(ReportError) -> [Annotation] {
        let (range, site) = (context.query.range, context.query.site)
        let condition = site == nil ? "" : "and site in ('', ?3)"
        let rows = try context.database.reportRows(
            "select id, site, at, note from annotations where at >= ?1 and at < ?2 \(condition) order by at, id",
            [.integer(range.from), .integer(range.to)] + (site.map { [.text($0)] } ?? [])
        )
        return rows.compactMap { row in
            guard let id = row[0].text, let at = row[2].integer else { return nil }
            return Annotation(id: id, site: row[1].text ?? "", at: at, note: row[3].text ?? "")
        }
    }
}

extension Reports {
    /// The annotations and new releases of the query's range and site; its filters do not apply.
    package func annotations(_ query: ReportQuery) throws(ReportError) -> AnnotationsReport {
        try computed(query) { context throws(ReportError) in try AnnotationsReport(context) }
    }

    /// Adds an annotation.
    ///
    /// Throws `ReportError.refused` when there are too many.
    package func add(_ annotation: Annotation, now: Int64) throws(ReportError) {
        let columns = "id, site, at, note, created_at, changed_at"
        let values: [SQLValue] = [
            .text(annotation.id), .text(annotation.site), .integer(annotation.at), .text(annotation.note),
            .integer(now), .integer(now),
        ]
        guard try database.addLimited(to: "annotations", columns, values, max: Annotation.countMax) else {
            throw .refused("There are \(Annotation.countMax) annotations already")
        }
    }

    /// Replaces an annotation.
    ///
    /// - Returns: false when there is none with its id.
    package func replace(_ annotation: Annotation, now: Int64) throws(ReportError) -> Bool {
        let sql = "update annotations set site = ?2, at = ?3, note = ?4, changed_at = ?5 where id = ?1 returning id"
        return try !database.reportRows(
            sql,
            [
                .text(annotation.id), .text(annotation.site), .integer(annotation.at), .text(annotation.note),
                .integer(now),
            ]
        ).isEmpty
    }

    /// - Returns: false when there is no annotation with the id.
    package func removeAnnotation(_ id: String) throws(ReportError) -> Bool {
        try !database.reportRows("delete from annotations where id = ?1 returning id", [.text(id)]).isEmpty
    }
}

package import Storage
package import Texts

/// A named set of filters of the owner.
package struct SavedSegment: Sendable, Equatable {
    package var id: String
    @ByteText package var name: String
    /// The filters as JSON: the value of the parameter `filters`.
    @ByteText package var filters: String
    /// Seconds since 1970.
    package var updatedAt: Int64

    package init(id: String, name: String, filters: String, updatedAt: Int64) {
        (self.id, self.name, self.filters, self.updatedAt) = (id, name, filters, updatedAt)
    }
}

/// Stores the owner's named sets of filters.
package struct SavedSegments: Sendable {
    /// The most segments.
    package static let segmentsMax = 100
    /// The most bytes of a name.
    package static let nameBytesMax = 100

    /// Why a segment was not stored.
    package enum Problem: Sendable { case unknown, sameName, tooMany }

    private let database: any Database

    package init(_ database: any Database) { self.database = database }

    /// All segments by name.
    package func all() throws(StoreError) -> [SavedSegment] {
        let rows = try database.briefRows("select id, name, filters, updated_at from saved_segments", [])
        let segments = rows.compactMap { row -> SavedSegment? in
            guard let id = row[0].text, let name = row[1].text, let filters = row[2].text else { return nil }
            return SavedSegment(id: id, name: name, filters: filters, updatedAt: row[3].integer ?? 0)
        }
        // Engines compare texts by different rules.
        return segments.sorted { ByteText($0.name) < ByteText($1.name) }
    }

    /// Adds a segment, or replaces the one with its id.
    ///
    /// - Returns: nil when it is stored.
    package func save(_ segment: SavedSegment, isNew: Bool) throws(StoreError) -> Problem? {
        let values: [SQLValue] = [
            .text(segment.id), .text(segment.name), .text(segment.filters), .integer(segment.updatedAt),
        ]
        guard !isNew else { return try add(segment, values) }
        var changed = 0
        var refusal: StoreError?
        do throws(StoreError) {
            try database.transaction { () throws(StoreError) in
                try database.takeTurn("saved_segments")
                changed = try database.change(Self.updateSQL, values)
            }
        } catch .refused(let reason) {
            // A server of an earlier version may have taken the name at the same time.
            refusal = .refused(reason: reason)
        }
        let known = try all()
        // Behind a pooler, the number of changed rows is not known.
        if changed > 0 || known.contains(segment) { return nil }
        if !known.contains(where: { $0.id == segment.id }) { return .unknown }
        if known.contains(where: { haveSameBytes($0.name, segment.name) && $0.id != segment.id }) { return .sameName }
        if let refusal { throw refusal }
        return .sameName
    }

    private func add(_ segment: SavedSegment, _ values: [SQLValue]) throws(StoreError) -> Problem? {
        let isAdded = try database.add(
            to: "saved_segments",
            "id, name, filters, updated_at",
            values,
            max: Int64(Self.segmentsMax)
        )
        if isAdded { return nil }
        return try all().contains { haveSameBytes($0.name, segment.name) } ? .sameName : .tooMany
    }

    // It checks and writes in one statement, since changes may be deferred to the end of a transaction.
    private static let updateSQL = """
        update saved_segments set name = ?2, filters = ?3, updated_at = ?4
        where id = ?1 and not exists (select 1 from saved_segments as other where other.name = ?2 and other.id <> ?1)
        """

    /// - Returns: false when there is no such segment.
    package func remove(_ id: String) throws(StoreError) -> Bool {
        var isKnown = false
        try database.transaction { () throws(StoreError) in
            isKnown = try !database.briefRows("delete from saved_segments where id = ?1 returning id", [.text(id)])
                .isEmpty
        }
        return isKnown
    }
}

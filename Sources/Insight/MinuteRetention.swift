import Storage

/// Deletes minutes that are too old to be asked for; hours and days stay.
///
/// Which minutes are kept follows from the days that have events and nothing else, so that it does not depend on how the events were cut into
/// portions: those of a day go when there are events of a day that is three to nine days later. A clock that was a day or decades ahead for a
/// while therefore deletes nothing of the present.
struct MinuteRetention {
    let database: any Database
    /// Days after which the minutes of a day are deleted, and up to which later days decide about it.
    static let daysMin: Int64 = 3
    static let daysMax: Int64 = 9

    /// Deletes what events of some days make too old.
    func apply(days: Set<Int64>) throws(StoreError) {
        let day = Grain.day.seconds
        for start in days.sorted() {
            // What came late for a day whose minutes have gone goes, too.
            let later = try database.rows(
                """
                select 1 from insight_counts
                where dimension = 'all' and grain = 2 and bucket >= ?1 and bucket <= ?2 limit 1
                """,
                [.integer(start + Self.daysMin * day), .integer(start + Self.daysMax * day)]
            )
            if !later.isEmpty { try delete(from: start, to: start + day) }
            try delete(from: start - Self.daysMax * day, to: start - (Self.daysMin - 1) * day)
        }
    }

    private func delete(from: Int64, to: Int64) throws(StoreError) {
        for table in ["insight_counts", "insight_sketches"] {
            for dimension in Dimension.allCases where dimension.hasMinutes {
                _ = try database.change(
                    "delete from \(table) where dimension = ?1 and grain = 0 and bucket >= ?2 and bucket < ?3",
                    [.text(dimension.rawValue), .integer(from), .integer(to)]
                )
            }
        }
    }
}

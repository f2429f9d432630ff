import Segments
import Storage
import Aggregation
import Texts

/// Writes the releases of sites and of issues.
struct ReleaseWriter {
    let database: any Database
    let dictionaries: DimensionDictionaries

    func write(_ changes: ReleaseChanges) throws(StoreError) {
        try database.insert(
            "insert into insight_releases (site, release, first_seen)",
            changes.releases.map { key, first in [.text(key.site.text), text(key.release, .release), .integer(first)] }
                .sorted { Self.isBefore($0, $1) },
            """
            on conflict (site, release) do update set first_seen = excluded.first_seen
            where excluded.first_seen < insight_releases.first_seen
            """
        )
        try database.insert(
            """
            insert into insight_issue_releases
                (issue, site, release, first_seen, last_seen, human_first_seen, human_last_seen)
            """,
            changes.issues.map { key, times in
                [
                    text(key.issue.issue, .issue), .text(key.issue.site.text), text(key.release, .release),
                    .integer(times.all.lowerBound), .integer(times.all.upperBound),
                    SQLValue(times.human?.lowerBound), SQLValue(times.human?.upperBound),
                ]
            }.sorted { Self.isBefore($0, $1) },
            """
            on conflict (issue, site, release) do update
            set first_seen = case when excluded.first_seen < insight_issue_releases.first_seen
                    then excluded.first_seen else insight_issue_releases.first_seen end,
                last_seen = case when excluded.last_seen > insight_issue_releases.last_seen
                    then excluded.last_seen else insight_issue_releases.last_seen end,
                human_first_seen = case
                    when excluded.human_first_seen < insight_issue_releases.human_first_seen
                        or insight_issue_releases.human_first_seen is null
                    then excluded.human_first_seen else insight_issue_releases.human_first_seen end,
                human_last_seen = case
                    when excluded.human_last_seen > insight_issue_releases.human_last_seen
                        or insight_issue_releases.human_last_seen is null
                    then excluded.human_last_seen else insight_issue_releases.human_last_seen end
            where excluded.first_seen < insight_issue_releases.first_seen
                or excluded.last_seen > insight_issue_releases.last_seen
                or excluded.human_first_seen < insight_issue_releases.human_first_seen
                or excluded.human_last_seen > insight_issue_releases.human_last_seen
                or excluded.human_first_seen is not null and insight_issue_releases.human_first_seen is null
            """
        )
    }

    private func text(_ code: UInt32, _ dictionary: Column.Dictionary) -> SQLValue {
        .text(dictionaries.text(code, dictionary))
    }

    /// Orders rows, so that writers lock them in the same order.
    private static func isBefore(_ row: [SQLValue], _ other: [SQLValue]) -> Bool {
        row.lazy.compactMap { $0.text.map { ByteText($0) } }
            .lexicographicallyPrecedes(other.lazy.compactMap { $0.text.map { ByteText($0) } })
    }
}

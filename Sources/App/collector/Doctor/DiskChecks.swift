import Rollups
import Storage

/// Checks of the space that the server needs on the disk of its data folder.
enum DiskChecks {
    static func space(_ configuration: Configuration) -> DoctorCheck {
        space(configuration, free: freeDiskBytes(configuration.dataFolder) ?? freeDiskBytes("."))
    }

    /// The same for a number of free bytes, which is nil if it is unknown.
    static func space(_ configuration: Configuration, free: Int64?) -> DoctorCheck {
        guard let free else { return .skipped("disk", "the free space is not known") }
        let least = configuration.retention.diskFreeMin
        let advice = "Free disk space, or set COLLECTOR_RETENTION_EVENTS or COLLECTOR_DATABASE_MAX"
        if configuration.databaseURL == nil, least > 0 {
            guard free >= least else {
                return .problem(
                    "disk",
                    "\(mebibytes(free)) free, below the \(mebibytes(least)) of COLLECTOR_DISK_FREE_MIN: the oldest events are removed",
                    advice
                )
            }
            guard free >= configuration.retention.diskFreeWarning else {
                return .warning(
                    "disk",
                    "\(mebibytes(free)) free; below \(mebibytes(least)), the oldest events are removed",
                    advice
                )
            }
        }
        guard free >= Int64(configuration.journalBytesMax) else {
            return .warning(
                "disk",
                "\(mebibytes(free)) free, and the journal may need \(mebibytes(Int64(configuration.journalBytesMax))) in an outage",
                "Free disk space, or lower COLLECTOR_JOURNAL_MAX: a full disk refuses events earlier than the limit"
            )
        }
        return .ok("disk", "\(mebibytes(free)) free")
    }

    static func journal(_ configuration: Configuration) -> [DoctorCheck] {
        var checks = StoreChoice.damagedJournals(configuration).map { path in
            DoctorCheck.warning(
                "journal",
                "\(path) is a damaged journal, whose intact records were saved",
                "docs/operations.md describes how to look into it; remove it afterwards"
            )
        }
        if configuration.journalBytesMax == 0 {
            checks.append(
                .warning(
                    "journal",
                    "the journal is disabled: events are refused while the database is unavailable",
                    "Set COLLECTOR_JOURNAL_MAX, such as to 1GiB"
                )
            )
        }
        return checks.isEmpty ? [.ok("journal", "enabled, without damaged files")] : checks
    }

    private static func mebibytes(_ bytes: Int64) -> String { "\(bytes >> 20) MiB" }
}

/// How fast an engine executes migrations, and how much space that takes: the basis of all estimates.
///
/// The rates are half of what was measured, rounded, since disks and processors of servers differ: 200,719 events of
/// `collector demo --events 200000` (137 MB without indexes on SQLite 3.40, 140 MB on PostgreSQL), files in the
/// cache, two cores of which other programs used one. Measured on SQLite and PostgreSQL, in rows per second: an index
/// of three columns 459,000 and 339,000; `update` of all rows 191,000 and 17,600; `insert … select` 159,000 and 43,600;
/// `delete` 120,000 and 549,000; aggregation 34,100 and 17,300.
package struct MigrationRates: Sendable {
    /// Rows per second that an index is built from.
    package let indexedRows: Double
    /// Rows per second of `update`.
    package let updatedRows: Double
    /// Rows per second that are copied by `insert … select` or the change of a column's type.
    package let copiedRows: Double
    package let deletedRows: Double
    /// Events per second that the server aggregates when it rebuilds the rollups.
    package let aggregatedEvents: Double
    /// Bytes per second that a disk reads and writes, for tables of few large rows.
    package let readBytes: Double
    package let writtenBytes: Double
    /// Additional bytes for each byte of a table and its indexes, with the write-ahead log.
    ///
    /// Measured: `update` 1.1 on SQLite, 2.8 on PostgreSQL; `insert … select` 2.0 and 2.6; `delete` 1.0 and 0.3.
    package let updateSpace: Double
    package let copySpace: Double
    package let deleteSpace: Double
    /// Additional bytes of an index for each row and column: measured 36 to 53, and as much in the write-ahead log.
    package let indexBytes: Double = 100
    /// Additional bytes for each event whose rollups are computed again: measured 50 on SQLite, 110 on PostgreSQL, and
    /// as much in the write-ahead log.
    package let rebuildBytes: Double

    package static let sqlite = MigrationRates(
        indexedRows: 200_000,
        updatedRows: 90_000,
        copiedRows: 60_000,
        deletedRows: 60_000,
        aggregatedEvents: 17_000,
        readBytes: 100e6,
        writtenBytes: 30e6,
        updateSpace: 1.2,
        copySpace: 2,
        deleteSpace: 1,
        rebuildBytes: 100
    )
    package static let postgresql = MigrationRates(
        indexedRows: 150_000,
        updatedRows: 9000,
        copiedRows: 20_000,
        deletedRows: 200_000,
        aggregatedEvents: 8500,
        readBytes: 100e6,
        writtenBytes: 30e6,
        updateSpace: 3,
        copySpace: 3,
        deleteSpace: 0.5,
        rebuildBytes: 220
    )
}

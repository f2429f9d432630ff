/// The state of this server process, which is not in the database.
package struct AlertServerState: Sendable, Equatable {
    /// Identifies the journal, also after a restart; nil without one.
    package var journal: String?
    /// Whether records are written to the journal or wait in it; nil before the database was reached.
    package var isJournaling: Bool?
    package var journalRecords: Int64 = 0
    /// Seconds for which events have waited for the reports, as far as this process knows; nil if that is unknown.
    package var lagSeconds: Int64?
    /// Bytes; nil when the database is on another machine.
    package var diskFree: Int64?

    package init() {}
}

/// What an operator can check about a database.
package struct StoreInspection: Sendable, Equatable {
    /// Name and version of the database system, such as `PostgreSQL 15.14`.
    package var system: String
    /// What the program may not do, in words of SQL such as `insert on collector_events`.
    package var missingRights: [String]
    /// Seconds by which the clock of the database is ahead of the one of this machine; nil if they are the same.
    ///
    /// Off by at most half of the time of a round trip.
    package var clockAheadSeconds: Double?

    package init(system: String, missingRights: [String], clockAheadSeconds: Double? = nil) {
        self.system = system
        self.missingRights = missingRights
        self.clockAheadSeconds = clockAheadSeconds
    }
}

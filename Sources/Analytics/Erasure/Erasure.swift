/// The erasure of a visitor: a task while it runs, and an entry of the log without an identity afterwards.
package struct Erasure: Sendable, Equatable {
    package enum Origin: String, Sendable {
        /// `collector erase`.
        case command
        /// The owner's API, also from the owner's page.
        case api
    }

    /// The work that is left, in this order.
    package enum Step: String, Sendable, CaseIterable {
        /// To remove rows from the tables and the journal.
        case rows
        /// To compute the figures without them.
        case figures
        /// To remove their bytes from the files.
        case space
        case done
    }

    package let id: String
    /// Nil once the rows are removed.
    package internal(set) var visitor: String?
    package let site: String?
    package let origin: Origin
    /// Microseconds since 1970.
    package let requestedAt: Int64
    package internal(set) var step = Step.rows
    /// The number of removed rows by table; `journal` and `dead_letters` for those of the journal.
    package internal(set) var counts: [String: Int64] = [:]
    /// Why the last attempt failed; nil unless the erasure waits for the next one.
    package internal(set) var failure: String?
    /// What the searches after the removal have found; nil before.
    package internal(set) var proof: Proof?
    /// Microseconds since 1970; nil while it runs.
    package internal(set) var finishedAt: Int64?

    /// What the searches after the removal have found.
    package struct Proof: Sendable, Equatable {
        /// Rows and records of the visitor that were received before the request: 0, or the erasure does not end.
        package let remaining: Int64
        /// The number of times that the id occurs in the files of SQLite and of the journal; nil when it was not searched for: on PostgreSQL, for
        /// one site, for a short id, and after a restart.
        package let occurrences: Int64?
        /// Rows that were received after the request, which are new data.
        package let newer: Int64
        /// Saved segments whose filters name the visitor.
        package let mentions: Int64
    }

    package init(id: String, scope: VisitorScope, origin: Origin, requestedAt: Int64) {
        (self.id, visitor, site, self.origin) = (id, scope.visitor, scope.site, origin)
        self.requestedAt = requestedAt
    }

    /// An erasure as it is stored.
    init(
        id: String,
        visitor: String?,
        site: String?,
        origin: Origin,
        requestedAt: Int64,
        step: Step,
        counts: [String: Int64],
        failure: String?,
        proof: Proof?,
        finishedAt: Int64?
    ) {
        (self.id, self.visitor, self.site, self.origin) = (id, visitor, site, origin)
        (self.requestedAt, self.step, self.counts) = (requestedAt, step, counts)
        (self.failure, self.proof, self.finishedAt) = (failure, proof, finishedAt)
    }

    /// Nil once the identity is removed.
    var scope: VisitorScope? {
        // Checked when the erasure was requested.
        visitor.flatMap { try? VisitorScope(visitor: $0, site: site) }
    }

    mutating func add(_ count: Int, of name: String) {
        if count > 0 { counts[name, default: 0] += Int64(count) }
    }
}

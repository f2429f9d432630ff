import Postgres
import Storage

/// What an error of the server means for a batch.
///
/// Triggers, constraints and functions of the owner can raise nearly any of them for the sake of one value, so that only those count as an
/// outage that say that the server itself cannot work now.
enum ErrorClass: Equatable {
    /// A value is at fault: the record is refused, the others are stored.
    case record
    /// Either a value or the store is at fault; a write without values finds out.
    case unclear
    /// Another transaction was in the way; tried again at once it mostly works.
    case conflict
    /// The server cannot work now: nothing is said about any record.
    case outage

    /// By SQLSTATE (PostgreSQL's manual, appendix A), then by its class; whatever is in neither list is unclear.
    init(sqlState: String) {
        self = Self.byState[sqlState] ?? Self.byClass[String(sqlState.prefix(2))] ?? .unclear
    }

    private static let byState: [String: ErrorClass] = [
        // Types that do not fit.
        "42804": .record, "42846": .record, "42883": .unclear,
        // A lock that somebody else holds for long.
        "55P03": .outage,
        // An administrator ends a connection or shuts the server down; the database is gone.
        "57P01": .outage, "57P02": .outage, "57P03": .outage, "57P04": .outage, "57P05": .outage,
        // A time limit or an administrator ends the statement: the server is slow, or a trigger is for this value.
        "57014": .unclear,
        // The server or the transaction takes no writes.
        "25006": .outage,
    ]

    private static let byClass: [String: ErrorClass] = [
        "08": .outage,  // connection
        "0A": .record,  // feature not supported
        "21": .record,  // cardinality
        "22": .record,  // data
        "23": .record,  // constraints
        "28": .outage,  // authorization
        "2F": .record,  // SQL routine
        "38": .record, "39": .record,  // external routines
        "3D": .outage,  // database
        "40": .conflict,  // rolled back: serialization, deadlock
        "44": .record,  // check option
        "53": .outage,  // resources
        "54": .record,  // program limits
        "58": .outage,  // the system beneath
        "F0": .outage,  // configuration file
        "P0": .record,  // raised by a function
        "XX": .outage,  // internal, corruption
    ]
}

extension PostgresError {
    /// The class of what the server answered; nil when it did not answer.
    var errorClass: ErrorClass? { stage == .answered ? ErrorClass(sqlState: sqlState) : nil }

    /// For the log: with the server's own sentence where its class never quotes data.
    var logReason: String {
        guard ["08", "25", "28", "3D", "3F", "53", "55", "57", "58"].contains(sqlClass) || sqlState == "42501",
            !serverMessage.isEmpty
        else { return reason }
        return "\(reason): \(serverMessage)"
    }
}

/// Runs libpq calls and says what their errors mean to the caller; `mayBeCommitted` as in `StoreError.init`.
@discardableResult
func guarded<Value>(
    mayBeCommitted: Bool = false,
    _ body: () throws(PostgresError) -> Value
) throws(StoreError) -> Value {
    do { return try body() } catch { throw StoreError(error, mayBeCommitted: mayBeCommitted) }
}

extension StoreError {
    /// - Parameters:
    ///   - error: what went wrong.
    ///   - mayBeCommitted: whether the call could have committed something, had it come through.
    init(_ error: PostgresError, mayBeCommitted: Bool = false) {
        switch (error.stage, error.errorClass) {
        case (.unanswered, _) where mayBeCommitted: self = .uncertain(reason: error.reason)
        case (.answered, .record): self = .refused(reason: error.reason)
        default: self = .unavailable(reason: error.logReason)
        }
    }
}

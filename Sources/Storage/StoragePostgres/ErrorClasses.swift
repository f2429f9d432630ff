import Postgres
import Storage

/// The meaning of a server error for a batch.
///
/// Triggers, constraints and functions of the database owner can raise almost any error because of
/// a single value. So only errors that show that the server itself cannot work count as an outage.
enum ErrorClass: Equatable {
    /// A value is invalid.
    ///
    /// The record is refused, and other records are stored.
    case record
    /// Either a value or the database caused the error; a write without values shows which.
    case unclear
    /// A conflict with another transaction.
    ///
    /// An immediate retry usually succeeds.
    case conflict
    /// The server cannot work.
    ///
    /// The error is not related to a record.
    case outage

    /// Classifies an SQLSTATE (PostgreSQL manual, appendix A), by its code and then by its class; others are unclear.
    init(sqlState: String) {
        self = Self.byState[sqlState] ?? Self.byClass[String(sqlState.prefix(2))] ?? .unclear
    }

    private static let byState: [String: ErrorClass] = [
        // Type mismatches.
        "42804": .record, "42846": .record, "42883": .unclear,
        // A lock that another session holds for a long time.
        "55P03": .outage,
        // An administrator terminated the connection or shut the server down, or the database was dropped.
        "57P01": .outage, "57P02": .outage, "57P03": .outage, "57P04": .outage, "57P05": .outage,
        // The statement timeout or an administrator canceled the statement: the server is slow, or
        // a trigger is slow for this value.
        "57014": .unclear,
        // The server or the transaction is read-only.
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
    /// The class of the server's error; nil when the server did not respond.
    var errorClass: ErrorClass? { stage == .answered ? ErrorClass(sqlState: sqlState) : nil }

    /// A description for the log, with the server's message for error classes that never quote data.
    var logReason: String {
        guard ["08", "25", "28", "3D", "3F", "53", "55", "57", "58"].contains(sqlClass) || sqlState == "42501",
            !serverMessage.isEmpty
        else { return reason }
        return "\(reason): \(serverMessage)"
    }
}

/// Runs libpq calls and converts their errors; for `mayBeCommitted` see `StoreError.init`.
@discardableResult
func guarded<Value>(
    mayBeCommitted: Bool = false,
    _ body: () throws(PostgresError) -> Value
) throws(StoreError) -> Value {
    do { return try body() } catch { throw StoreError(error, mayBeCommitted: mayBeCommitted) }
}

extension StoreError {
    /// Converts an error of a call.
    ///
    /// - Parameters:
    ///   - error: The error.
    ///   - mayBeCommitted: Whether a call that reached the server could have committed something.
    init(_ error: PostgresError, mayBeCommitted: Bool = false) {
        switch (error.stage, error.errorClass) {
        case (.unanswered, _) where mayBeCommitted: self = .uncertain(reason: error.reason)
        case (.answered, .record): self = .refused(reason: error.reason)
        default: self = .unavailable(reason: error.logReason)
        }
    }
}

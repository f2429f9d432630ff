import Postgres
import Storage

/// An attempt to write a batch failed.
struct WriteFailure: Error {
    let cause: PostgresError
    /// What the error means for the batch; nil when the server did not respond.
    let errorClass: ErrorClass?
    /// Whether the attempt may have been committed.
    let mayBeCommitted: Bool

    init(_ cause: PostgresError, as errorClass: ErrorClass? = nil, mayBeCommitted: Bool) {
        self.cause = cause
        self.errorClass = errorClass ?? cause.errorClass
        self.mayBeCommitted = mayBeCommitted
    }
}

/// Writes a batch in one or more attempts, and determines whether a failure is due to its values.
enum BatchAttempts {
    /// The number of attempts to write a batch that conflicts with other transactions.
    static let max = 4

    /// Writes a batch.
    ///
    /// - Parameters:
    ///   - count: The number of records of the batch.
    ///   - write: Writes the batch once.
    ///   - control: Executes the statements of a batch without its values; throws when they cannot be executed.
    /// - Returns: What was stored.
    /// - Throws: `.refused` only if no attempt was committed.
    static func append(
        _ count: Int,
        write: () throws(WriteFailure) -> Appended,
        control: () throws(PostgresError) -> Void
    ) throws(StoreError) -> Appended {
        var attempts = 1
        while true {
            do throws(WriteFailure) {
                return try write()
            } catch {
                guard !error.mayBeCommitted else { throw StoreError(error) }
                switch error.errorClass {
                case .conflict where attempts < max: attempts += 1
                case .conflict, .unclear: return try clarify(error, count, write, control)
                case .record, .outage, nil: throw StoreError(error)
                }
            }
        }
    }

    /// Determines whether a batch failed because of its values, by executing the same statements without these.
    ///
    /// A single record is tried again afterwards, since the database may have caused the error and
    /// recovered in between.
    private static func clarify(
        _ error: WriteFailure,
        _ count: Int,
        _ write: () throws(WriteFailure) -> Appended,
        _ control: () throws(PostgresError) -> Void
    ) throws(StoreError) -> Appended {
        do throws(PostgresError) {
            try control()
        } catch {
            throw .unavailable(reason: error.logReason)
        }
        guard count == 1 else { throw .refused(reason: error.cause.reason) }
        do throws(WriteFailure) {
            return try write()
        } catch {
            guard !error.mayBeCommitted, error.errorClass == .conflict || error.errorClass == .unclear else {
                throw StoreError(error)
            }
            throw .refused(reason: error.cause.reason)
        }
    }
}

extension StoreError {
    fileprivate init(_ error: WriteFailure) {
        switch error.errorClass {
        case _ where error.mayBeCommitted: self = .uncertain(reason: error.cause.logReason)
        case .record: self = .refused(reason: error.cause.reason)
        case .unclear, .conflict, .outage, nil: self = .unavailable(reason: error.cause.logReason)
        }
    }
}

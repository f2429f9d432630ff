package import Storage
import Rollups

/// The reason why there is no report.
package enum ReportError: Error, Equatable {
    /// The store failed. Try again later, or narrow the range when the query timed out.
    case store(StoreError)
    /// The query is invalid or exceeds a limit; the sentence explains the change it needs.
    case refused(String)
}

extension Database {
    /// Runs the body again until the segments are the same before and after it.
    private func unchanged<Value>(_ body: () throws(ReportError) -> Value) throws(ReportError) -> Value {
        for _ in 0..<ReadLimits.attemptsMax {
            let version = try segmentsVersion()
            var result: Result<Value, ReportError>
            do throws(ReportError) { result = .success(try body()) } catch { result = .failure(error) }
            if try segmentsVersion() == version { return try result.get() }
        }
        throw .store(.unavailable(reason: "the segments changed during each of \(ReadLimits.attemptsMax) attempts"))
    }

    private func segmentsVersion() throws(ReportError) -> Int64 {
        do throws(StoreError) { return try RollupPosition.read(self).version } catch { throw .store(error) }
    }

    /// Runs the body on a snapshot of committed data.
    func unchanging<Value>(_ body: () throws(ReportError) -> Value) throws(ReportError) -> Value {
        guard hasSnapshots else { return try unchanged(body) }
        var result: Result<Value, ReportError> = .failure(.store(.unavailable(reason: "the snapshot was not read")))
        do throws(StoreError) {
            try snapshot { () throws(StoreError) in
                try Self.run(body, &result)
            }
        } catch {
            throw .store(error)
        }
        return try result.get()
    }

    /// Runs the body so that the snapshot can be read further if the body throws, for example after a timeout.
    func reportAttempt<Value>(_ body: () throws(ReportError) -> Value) throws(ReportError) -> Value {
        var result: Result<Value, ReportError> = .failure(.store(.unavailable(reason: "the attempt was not made")))
        do throws(StoreError) {
            try savepoint { () throws(StoreError) in
                try Self.run(body, &result)
            }
        } catch {
            throw .store(error)
        }
        return try result.get()
    }

    /// Runs a body within a snapshot or savepoint, which an error of the store ends.
    private static func run<Value>(
        _ body: () throws(ReportError) -> Value,
        _ result: inout Result<Value, ReportError>
    ) throws(StoreError) {
        do throws(ReportError) {
            result = .success(try body())
        } catch {
            result = .failure(error)
            if case .store(let error) = error { throw error }
        }
    }

    /// Calls `take` with rows as they arrive, within the timeout of a report's statement; `take` returns false to stop.
    func reportStream(
        _ sql: String,
        _ parameters: [SQLValue] = [],
        _ take: ([SQLValue]) -> Bool
    ) throws(ReportError) {
        do throws(StoreError) {
            try stream(sql, parameters, milliseconds: ReadLimits.statementMilliseconds, take)
        } catch {
            throw .store(error)
        }
    }

    /// Adds a row unless there are `max` already: see `add(to:_:_:max:group:)`.
    func addLimited(
        to table: String,
        _ columns: String,
        _ values: [SQLValue],
        max: Int64,
        group: String? = nil
    ) throws(ReportError) -> Bool {
        do throws(StoreError) { return try add(to: table, columns, values, max: max, group: group) } catch {
            throw .store(error)
        }
    }

    /// Reads rows within the timeout of a report's statement.
    func reportRows(_ sql: String, _ parameters: [SQLValue] = []) throws(ReportError) -> [[SQLValue]] {
        do throws(StoreError) {
            return try rows(sql, parameters, milliseconds: ReadLimits.statementMilliseconds)
        } catch {
            throw .store(error)
        }
    }
}

extension Database {
    /// Runs a statement on a few rows of the owner's settings and sessions, with a short timeout.
    func briefRows(_ sql: String, _ parameters: [SQLValue] = []) throws(StoreError) -> [[SQLValue]] {
        try rows(sql, parameters, milliseconds: ReadLimits.briefMilliseconds)
    }
}

/// The limits of statements for a response.
package enum ReadLimits {
    /// The timeout in milliseconds of a statement on few rows, for which other requests may wait.
    static let briefMilliseconds: Int32 = 2000
    /// The timeout of one statement in milliseconds.
    static let statementMilliseconds: Int32 = 5000
    /// The most attempts at a report on connections without snapshots.
    static let attemptsMax = 5
}

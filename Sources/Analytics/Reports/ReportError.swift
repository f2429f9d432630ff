package import Storage
import Rollups

/// Why a report cannot be given.
package enum ReportError: Error, Equatable {
    /// The store failed. Try again later, or narrow the range when the query took too long.
    case store(StoreError)
    /// The query is wrong or beyond a limit; the sentence says what to change.
    case refused(String)
}

extension Database {
    /// Runs the body until the segments are the same after it as before.
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

    /// Runs the body on one unchanging view of what was committed.
    func unchanging<Value>(_ body: () throws(ReportError) -> Value) throws(ReportError) -> Value {
        guard hasSnapshots else { return try unchanged(body) }
        var result: Result<Value, ReportError> = .failure(.store(.unavailable(reason: "the snapshot was not read")))
        do throws(StoreError) {
            try snapshot { () throws(StoreError) in
                do throws(ReportError) {
                    result = .success(try body())
                } catch {
                    result = .failure(error)
                    if case .store(let error) = error { throw error }
                }
            }
        } catch {
            throw .store(error)
        }
        return try result.get()
    }

    /// Passes rows on as they arrive, within the time of one statement of a report; `take` returns false to stop.
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

    /// Reads rows within the time of one statement of a report.
    func reportRows(_ sql: String, _ parameters: [SQLValue] = []) throws(ReportError) -> [[SQLValue]] {
        do throws(StoreError) {
            return try rows(sql, parameters, milliseconds: ReadLimits.statementMilliseconds)
        } catch {
            throw .store(error)
        }
    }
}

/// The limits of statements that answer a request.
package enum ReadLimits {
    /// Milliseconds of one statement.
    static let statementMilliseconds: Int32 = 5000
    /// Attempts at a report where the connection has no snapshots.
    static let attemptsMax = 5
}

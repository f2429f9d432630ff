import CPostgres
import Glibc

/// Several statements in one round trip: libpq's pipeline mode with one synchronization point.
extension Connection {
    /// Runs statements as one implicit transaction: all of them are committed or none is.
    ///
    /// No transaction block is open between messages, so that this works behind poolers in any mode, which see one request and one response.
    ///
    /// With `row` each row of the last statement is passed on as it arrives; when it returns false, the rows that follow are discarded.
    ///
    /// - Returns: the result of each statement.
    package func pipeline(
        _ calls: [Call],
        timeoutMilliseconds: Int32,
        row: ((Result) -> Bool)? = nil
    ) throws(PostgresError) -> [Result] {
        try ready()
        guard unsafe PQenterPipelineMode(handle) == 1 else { throw notSent }
        for call in calls { guard send(call) == 1 else { throw notSent } }
        guard unsafe PQpipelineSync(handle) == 1 else { throw notSent }
        let results = try finishPipeline(calls.count, Deadline(milliseconds: timeoutMilliseconds), row)
        guard unsafe PQexitPipelineMode(handle) == 1 else { throw lost() }
        return try results.get()
    }

    /// Without the synchronization point nothing is committed.
    private var notSent: PostgresError {
        PostgresError(stage: .notSent, sqlState: "08006", reason: "the connection was lost")
    }

    /// Reads to the synchronization point, so that the connection can be used again after an error of the server.
    private func finishPipeline(
        _ count: Int,
        _ deadline: Deadline,
        _ row: ((Result) -> Bool)?
    ) throws(PostgresError) -> Swift.Result<[Result], PostgresError> {
        var results: [Result] = []
        var failure: PostgresError?
        var wantsRows = row != nil
        do throws(PostgresError) {
            // The mode holds for the statement whose result comes next.
            if wantsRows, count == 1 { _ = unsafe PQsetSingleRowMode(handle) }
            try flush(deadline)
            while true {
                // Between the results of two statements libpq gives none; a connection that is lost would give none forever.
                guard let result = unsafe try nextResult(deadline) else {
                    guard unsafe PQstatus(handle) == CONNECTION_OK else { throw lost() }
                    if wantsRows, results.count == count - 1 { _ = unsafe PQsetSingleRowMode(handle) }
                    continue
                }
                defer { unsafe PQclear(result) }
                switch unsafe PQresultStatus(result) {
                case PGRES_COMMAND_OK, PGRES_TUPLES_OK: unsafe results.append(Result(result))
                case PGRES_SINGLE_TUPLE: if wantsRows { wantsRows = unsafe row?(Result(result)) ?? false }
                case PGRES_PIPELINE_SYNC: return failure.map { .failure($0) } ?? .success(results)
                case PGRES_PIPELINE_ABORTED: break
                default: if failure == nil { failure = unsafe error(result) }
                }
            }
        } catch {
            // A statement that failed before the last one keeps the transaction from being committed, however the connection ends.
            if results.count < count, let failure, failure.stage == .answered { throw failure }
            throw error
        }
    }
}

import CPostgres
import Glibc

/// Several statements in one round trip, using libpq's pipeline mode with one synchronization point.
extension Connection {
    /// Runs statements as one implicit transaction: all of them are committed, or none is.
    ///
    /// Blocks.
    ///
    /// No transaction block stays open between messages, so this works with connection poolers in
    /// any mode, which see one request and one response.
    ///
    /// If `row` is given, it receives each row of the last statement as it arrives; after it
    /// returns false, the remaining rows are discarded.
    ///
    /// - Returns: The result of each statement.
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

    /// The connection was lost before the synchronization point was sent, so nothing is committed.
    private var notSent: PostgresError {
        PostgresError(stage: .notSent, sqlState: "08006", reason: "the connection was lost")
    }

    /// Reads up to the synchronization point, so that the connection can be reused after an error of the server.
    private func finishPipeline(
        _ count: Int,
        _ deadline: Deadline,
        _ row: ((Result) -> Bool)?
    ) throws(PostgresError) -> Swift.Result<[Result], PostgresError> {
        var results: [Result] = []
        var failure: PostgresError?
        var wantsRows = row != nil
        do throws(PostgresError) {
            // Single-row mode applies to the statement whose result comes next.
            if wantsRows, count == 1 { _ = unsafe PQsetSingleRowMode(handle) }
            try flush(deadline)
            while true {
                // libpq returns null between the results of two statements, and forever when the connection is lost.
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
            // When a statement before the last one failed, the transaction is not committed, no
            // matter how the connection ends.
            if results.count < count, let failure, failure.stage == .answered { throw failure }
            throw error
        }
    }
}

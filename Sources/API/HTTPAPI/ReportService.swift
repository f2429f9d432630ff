import HTTPServer
import Reports
import Rollups
import Storage

/// Computes reports for requests on the threads of the reader pool.
struct ReportService: Sendable {
    /// Nil without a store.
    let pool: ReaderPool?
    private let dictionaries = DictionaryCache()
    private let tracked = TrackedCache()

    init(pool: ReaderPool?) { self.pool = pool }

    /// Responds with a report; with 400 and the sentence of the error for a refused query, and with 404 and `missing` where there is no report.
    func report(
        _ ticket: Ticket,
        missing: String = "Not found",
        _ make: @escaping @Sendable (Reports) throws(ReportError) -> (any JSONRepresentable)?
    ) -> HandlerResult {
        computed(ticket) { reports throws(ReportError) in Self.answer(try make(reports), missing) }
    }

    /// Responds with a report as a file; with 400 and the sentence of the error for a refused query.
    func file(
        _ ticket: Ticket,
        _ make: @escaping @Sendable (Reports) throws(ReportError) -> Response
    ) -> HandlerResult {
        computed(ticket) { reports throws(ReportError) in .response(try make(reports)) }
    }

    /// Responds with the result of a read; with 404 and `missing` where there is none.
    func read(
        _ ticket: Ticket,
        missing: String = "Not found",
        _ make: @escaping @Sendable (any Database) throws(StoreError) -> (any JSONRepresentable)?
    ) -> HandlerResult {
        answer(ticket) { database throws(StoreError) in Self.answer(try make(database), missing) }
    }

    /// Responds with the response of a change.
    func change(
        _ ticket: Ticket,
        _ make: @escaping @Sendable (any Database) throws(StoreError) -> Response
    ) -> HandlerResult {
        answer(ticket) { database throws(StoreError) in .response(try make(database)) }
    }

    private func computed(
        _ ticket: Ticket,
        _ make: @escaping @Sendable (Reports) throws(ReportError) -> ServerResponse
    ) -> HandlerResult {
        answer(ticket) { [dictionaries, tracked] database throws(StoreError) in
            do throws(ReportError) {
                return try make(Reports(database, dictionaries, tracked))
            } catch {
                switch error {
                case .store(let error): throw error
                case .refused(let sentence): return .response(Responses.message(400, sentence))
                }
            }
        }
    }

    private func answer(
        _ ticket: Ticket,
        _ work: @escaping @Sendable (any Database) throws(StoreError) -> ServerResponse
    ) -> HandlerResult {
        pool?.answer(ticket, work) ?? .now(.response(Responses.unavailable()))
    }

    private static func answer(_ value: (any JSONRepresentable)?, _ missing: String) -> ServerResponse {
        value.map { Responses.json($0.json) } ?? .response(Responses.message(404, missing))
    }
}

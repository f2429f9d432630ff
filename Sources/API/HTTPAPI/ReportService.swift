import HTTPServer
import HTTPWire
import Reports
import Rollups
import Segments
import Storage

/// Computes reports for requests on the threads of the reader pool.
struct ReportService: Sendable {
    /// Nil without a store.
    let pool: ReaderPool?
    /// Where reports are read while it is current; nil without a replica.
    private let replica: ReplicaReaders?
    private let dictionaries = DictionaryCache()
    private let tracked = TrackedCache()
    private let scans = ScanCache()

    init(pool: ReaderPool?, replica: ReplicaReaders? = nil) {
        self.pool = pool
        self.replica = replica
    }

    /// Responds with a report; with 400 and the sentence of the error for a refused query, and with 404 and `missing` where there is no report.
    func report(
        _ call: Call,
        missing: String = "Not found",
        _ make: @escaping @Sendable (Reports) throws(ReportError) -> (any JSONRepresentable)?
    ) -> HandlerResult {
        computed(call) { reports throws(ReportError) in Self.answer(try make(reports), missing) }
    }

    /// Responds with a report as a file; with 400 and the sentence of the error for a refused query.
    func file(
        _ call: Call,
        _ make: @escaping @Sendable (Reports) throws(ReportError) -> Response
    ) -> HandlerResult {
        computed(call) { reports throws(ReportError) in .response(try make(reports)) }
    }

    /// Responds with the result of a read; with 404 and `missing` where there is none.
    func read(
        _ call: Call,
        missing: String = "Not found",
        _ make: @escaping @Sendable (any Database) throws(StoreError) -> (any JSONRepresentable)?
    ) -> HandlerResult {
        answer(call) { database throws(StoreError) in Self.answer(try make(database), missing) }
    }

    /// Responds with the response of a change.
    func change(
        _ call: Call,
        _ make: @escaping @Sendable (any Database) throws(StoreError) -> Response
    ) -> HandlerResult {
        answer(call) { database throws(StoreError) in .response(try make(database)) }
    }

    private func computed(
        _ call: Call,
        _ make: @escaping @Sendable (Reports) throws(ReportError) -> ServerResponse
    ) -> HandlerResult {
        answer(call, mayLag: true) { [dictionaries, tracked, scans] database throws(StoreError) in
            do throws(ReportError) {
                return try make(Reports(database, dictionaries, tracked, scans: scans))
            } catch {
                switch error {
                case .store(let error): throw error
                case .refused(let sentence): return .response(Responses.message(400, sentence))
                }
            }
        }
    }

    /// Responds with the result of the work, which may run on a replica that lags a little if `mayLag` is true.
    private func answer(
        _ call: Call,
        mayLag: Bool = false,
        _ work: @escaping @Sendable (any Database) throws(StoreError) -> ServerResponse
    ) -> HandlerResult {
        guard let pool else { return .now(.response(Responses.unavailable())) }
        guard let replica else { return pool.answer(call.ticket, work) }
        guard [.get, .head].contains(call.request.method) else {
            return pool.answer(call.ticket) { database throws(StoreError) in
                // Also when it fails: the commit may have happened.
                defer { replica.monitor.noteChange() }
                return try work(database)
            }
        }
        guard mayLag, replica.monitor.isUsable else { return pool.answer(call.ticket, work) }
        return replica.pool.answer(call.ticket, orOn: pool, work)
    }

    private static func answer(_ value: (any JSONRepresentable)?, _ missing: String) -> ServerResponse {
        value.map { Responses.json($0.json) } ?? .response(Responses.message(404, missing))
    }
}

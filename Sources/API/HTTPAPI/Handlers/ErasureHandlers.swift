import Erasure
import HTTPServer
import Reports
import Storage

/// Handlers of the routes that export and erase a visitor.
enum ErasureHandlers {
    /// `DELETE`: requests the erasure, which goes on after the response.
    static func erase(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let scope = try scope(call)
        guard let worker = site.erasures else { return .now(.response(Responses.unavailable())) }
        return site.reports.change(call) { database throws(StoreError) in
            do throws(ErasureError) {
                let log = ErasureLog(database)
                let erasure = try log.request(scope, .api, mayBeElsewhere: worker.mayHaveOtherRecords)
                worker.wake()
                return Responses.json(200, erasure.json)
            } catch {
                switch error {
                case .store(let error): throw error
                case .notFound: return Responses.message(404, "No data of this visitor is stored")
                case .invalid, .journal: return Responses.message(400, error.reason)
                }
            }
        }
    }

    static func export(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let scope = try scope(call)
        guard let pool = site.reports.pool else { return .now(.response(Responses.unavailable())) }
        guard let file = VisitorFile.make(pool, call.ticket, visitor: scope.visitor, site: scope.site) else {
            return .now(.response(Responses.busy("Too many exports are running")))
        }
        return site.sessions.leased(
            .now(file.answer),
            call.identity,
            call.ticket,
            farewell: ExportFormat.ndjson.ending("the session has ended")
        )
    }

    static func list(_ site: Site, _ call: Call) -> HandlerResult {
        site.reports.read(call) { database throws(StoreError) in
            JSONEncodedValue.object([("erasures", JSONEncodedValue(try ErasureLog(database).latest()))])
        }
    }

    static func find(_ site: Site, _ call: Call) -> HandlerResult {
        let id = call.path["id"] ?? ""
        return site.reports.read(call, missing: "No such erasure") { database throws(StoreError) in
            try ErasureLog(database).find(id)
        }
    }

    private static func scope(_ call: Call) throws(QueryError) -> VisitorScope {
        do throws(ErasureError) {
            return try VisitorScope(visitor: call.path["visitor"] ?? "", site: call.parameters["site"])
        } catch { throw QueryError(message: error.reason) }
    }
}

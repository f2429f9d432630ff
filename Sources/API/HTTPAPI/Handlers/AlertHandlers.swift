import Alerts
import Events
import HTTPServer
import Storage

/// Handlers of the routes about alerts.
enum AlertHandlers {
    static func history(_ site: Site, _ call: Call) -> HandlerResult {
        let mailFrom = site.alerts?.mailFrom
        return site.reports.read(call) { database throws(StoreError) in
            JSONEncodedValue.object([
                ("alerts", JSONEncodedValue(try AlertLog(database).latest())),
                ("email_from", JSONEncodedValue(mailFrom)),
            ])
        }
    }

    // MARK: - Rules

    static func rules(_ site: Site, _ call: Call) -> HandlerResult {
        site.reports.read(call) { database throws(StoreError) in
            JSONEncodedValue.object([("rules", JSONEncodedValue(try AlertTables(database).rules()))])
        }
    }

    /// `POST` with a rule.
    static func addRule(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let rule = try AlertBody.rule(call.request, id: Owner.makeID())
        return site.reports.change(call) { database throws(StoreError) in
            if let problem = try AlertTables(database).add(rule) { return answer(problem) }
            return Responses.json(200, rule.json)
        }
    }

    /// `PUT` with a rule.
    static func changeRule(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let rule = try AlertBody.rule(call.request, id: call.path["id"] ?? "")
        let now = WallClock.seconds
        return site.reports.change(call) { database throws(StoreError) in
            switch try AlertTables(database).update(rule, now: now) {
            case .failure(let problem): return answer(problem)
            case .success(let stored):
                guard let stored else { return Responses.message(404, noRule) }
                return Responses.json(200, stored.json)
            }
        }
    }

    static func removeRule(_ site: Site, _ call: Call) -> HandlerResult {
        let id = call.path["id"] ?? ""
        return site.reports.read(call, missing: noRule) { database throws(StoreError) in
            try AlertTables(database).removeRule(id) ? NamedAnswer(name: "removed", value: .text(id)) : nil
        }
    }

    static func testRule(_ site: Site, _ call: Call) -> HandlerResult {
        test(site, call, .rule(call.path["id"] ?? ""), missing: noRule)
    }

    // MARK: - Channels

    static func channels(_ site: Site, _ call: Call) -> HandlerResult {
        site.reports.read(call) { database throws(StoreError) in
            JSONEncodedValue.object([("channels", JSONEncodedValue(try AlertTables(database).channels()))])
        }
    }

    /// `POST` with a channel.
    static func addChannel(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let channel = try AlertBody.channel(call.request, id: Owner.makeID(), isNew: true)
        return site.reports.change(call) { database throws(StoreError) in
            if let problem = try AlertTables(database).add(channel) { return answer(problem) }
            return Responses.json(200, channel.json)
        }
    }

    /// `PUT` with a channel; without a secret, the stored one stays.
    static func changeChannel(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        let channel = try AlertBody.channel(call.request, id: call.path["id"] ?? "", isNew: false)
        return site.reports.change(call) { database throws(StoreError) in
            let tables = AlertTables(database)
            guard try tables.update(channel), let stored = try tables.channel(channel.id) else {
                return Responses.message(404, "No such channel of this kind")
            }
            return Responses.json(200, stored.json)
        }
    }

    static func removeChannel(_ site: Site, _ call: Call) -> HandlerResult {
        let id = call.path["id"] ?? ""
        return site.reports.read(call, missing: noChannel) { database throws(StoreError) in
            try AlertTables(database).removeChannel(id) ? NamedAnswer(name: "removed", value: .text(id)) : nil
        }
    }

    static func testChannel(_ site: Site, _ call: Call) -> HandlerResult {
        test(site, call, .channel(call.path["id"] ?? ""), missing: noChannel)
    }

    // MARK: - Responses

    private static let noRule = "No such rule"
    private static let noChannel = "No such channel"

    private static func answer(_ problem: AlertTables.Problem) -> Response {
        switch problem {
        case .tooMany(let count): Responses.message(400, "There are \(count) already")
        case .unknownChannel: Responses.message(400, AlertBody.channelsSentence)
        }
    }

    /// Sends a test message on the thread for it, and responds with the outcome of each channel.
    private static func test(
        _ site: Site,
        _ call: Call,
        _ subject: AlertTest.Subject,
        missing: String
    ) -> HandlerResult {
        guard let worker = site.alerts, let responses = site.alertResponses else {
            return .now(.response(Responses.unavailable()))
        }
        let ticket = call.ticket
        let test = AlertTest(subject) { result in
            let response: Response
            switch result {
            case .failure(let error): response = ReaderPool.failure(error)
            case .success(let outcomes):
                if let outcomes {
                    response = Responses.json(200, .object([("results", JSONEncodedValue(outcomes))]))
                } else {
                    response = Responses.message(404, missing)
                }
            }
            responses.send(ticket, .response(response))
        }
        return worker.send(test) ? .later : .now(.response(Responses.busy("Too many test messages wait")))
    }
}

/// What went wrong with a call, as far as it may be told: no data, no host names, no secrets.
package struct PostgresError: Error, Equatable {
    /// How far the call had come.
    package enum Stage: Sendable {
        /// Nothing of it has reached the server.
        case notSent
        /// It was sent and the connection was lost, or the time ran out, before the answer: it may have been carried out.
        case unanswered
        /// The server answered with an error: it was not carried out.
        case answered
    }

    package let stage: Stage
    /// Five characters (PostgreSQL's manual, appendix A); empty when the server did not say.
    package let sqlState: String
    /// For the operator.
    package let reason: String
    /// The server's own sentence, which may hold data; only for statements that hold none.
    package let serverMessage: String

    package init(stage: Stage, sqlState: String = "", reason: String, serverMessage: String = "") {
        self.stage = stage
        self.sqlState = sqlState
        self.reason = reason
        self.serverMessage = serverMessage
    }

    package var sqlClass: String { String(sqlState.prefix(2)) }
}

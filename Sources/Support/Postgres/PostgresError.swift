/// A failed call.
///
/// Except for `serverMessage`, it contains no data, host names or secrets.
package struct PostgresError: Error, Equatable {
    /// The progress of a call when it failed.
    package enum Stage: Sendable {
        /// The call did not reach the server.
        case notSent
        /// The call was sent, but the connection was lost or the timeout expired before the result.
        ///
        /// It may have been executed.
        case unanswered
        /// The server reported an error.
        ///
        /// The call was not executed.
        case answered
    }

    package let stage: Stage
    /// The SQLSTATE, five characters (PostgreSQL manual, appendix A); empty when the server did not send one.
    package let sqlState: String
    /// A description for operators.
    package let reason: String
    /// The server's message, which may contain data.
    ///
    /// Only use it for statements that contain none.
    package let serverMessage: String

    package init(stage: Stage, sqlState: String = "", reason: String, serverMessage: String = "") {
        self.stage = stage
        self.sqlState = sqlState
        self.reason = reason
        self.serverMessage = serverMessage
    }

    /// The class of the SQLSTATE, its first two characters.
    package var sqlClass: String { String(sqlState.prefix(2)) }
}

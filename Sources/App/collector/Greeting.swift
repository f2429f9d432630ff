/// Message printed on the terminal after the server has started.
///
/// Printed to a terminal only: the sign-in link contains the owner's token, which must not appear in logs.
struct Greeting {
    let address: PublicAddress
    let token: String
    /// Location of the data, without secrets; nil without a database.
    let database: String?
    let warnings: [String]

    var text: String {
        var parts = [
            "Collector is running. Open \(address.url)",
            "Your reports (this link signs you in; keep it secret):\n  \(address.signInLink(token: token))",
            "To measure a site, add this tag to its pages:\n  \(address.tag)",
            database.map { "Data: \($0)" } ?? "No database (--skip-db): events are refused.",
        ]
        if let hint = address.hint { parts.append(Help.wrapped("Note: " + hint, indent: 6)) }
        parts += warnings.map { "Warning: \($0)" }
        parts.append("Press Ctrl+C to stop.")
        return "\n" + parts.joined(separator: "\n\n") + "\n"
    }
}

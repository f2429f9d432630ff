/// The reason of a failed connection, without libpq's message, which contains host and user names.
enum ConnectionError {
    /// Parts of messages of libpq and servers, with the reason to report.
    ///
    /// The first match wins.
    private static let kinds = [
        ("Connection refused", "nothing is listening at the address in DB_URL"),
        ("No such file or directory", "nothing is listening at the socket in DB_URL"),
        ("could not translate host name", "cannot resolve the host name in DB_URL"),
        ("password authentication failed", "the server rejected the password in DB_URL"),
        ("no password supplied", "the server requires a password, but DB_URL has none"),
        ("no pg_hba.conf entry", "pg_hba.conf on the server does not allow this connection"),
        ("does not support SSL", "DB_URL requires TLS, but the server does not support it"),
        ("unsupported startup parameter", "the pooler rejected a startup parameter in DB_URL, such as options"),
        ("no such user", "the pooler does not know the user in DB_URL"),
        ("no such database", "the pooler does not know the database in DB_URL"),
        ("root certificate file", "cannot read the sslrootcert file"),
        ("does not match host name", "the server's certificate does not match the host in DB_URL"),
        ("certificate", "cannot verify the server's certificate"),
        ("SSL", "cannot establish a TLS connection"),
        ("does not exist", "the database or user in DB_URL does not exist"),
        ("starting up", "the server is starting up"),
        ("shutting down", "the server is shutting down"),
        ("recovery mode", "the server is in recovery"),
        ("too many", "the server has no free connections"),
        ("remaining connection slots", "the server has no free connections"),
        ("timeout expired", "the connection timed out"),
        ("read-only", "the server is read-only"),
        ("hot standby", "the server is read-only"),
        ("closed the connection", "the server closed the connection"),
        ("No route to host", "the host in DB_URL is unreachable"),
        ("Network is unreachable", "the host in DB_URL is unreachable"),
        ("invalid", "DB_URL is not a valid connection string"),
    ]

    static func reason(_ text: String) -> String {
        kinds.first { text.contains($0.0) }?.1 ?? "the connection failed"
    }
}

extension String {
    fileprivate func contains(_ part: String) -> Bool {
        let own = Array(utf8)
        let wanted = Array(part.utf8)
        guard own.count >= wanted.count else { return false }
        return (0...own.count - wanted.count).contains { own[$0..<$0 + wanted.count].elementsEqual(wanted) }
    }
}

/// The reason of a failed connection, without libpq's message, which contains host and user names.
enum ConnectionError {
    /// Parts of messages of libpq and servers, with the reason to report.
    ///
    /// The first match wins.
    private static let kinds = [
        ("Connection refused", "nothing listens at the address of DB_URL"),
        ("No such file or directory", "nothing listens at the socket of DB_URL"),
        ("could not translate host name", "the host of DB_URL has no address"),
        ("password authentication failed", "the password of DB_URL is not accepted"),
        ("no password supplied", "DB_URL has no password and the server wants one"),
        ("no pg_hba.conf entry", "the server does not allow this connection"),
        ("does not support SSL", "DB_URL wants TLS and the server has none"),
        ("unsupported startup parameter", "the pooler refuses a startup parameter of DB_URL, such as options"),
        ("no such user", "the user of DB_URL is not known to the pooler"),
        ("no such database", "the database of DB_URL is not known to the pooler"),
        ("root certificate file", "the file of sslrootcert cannot be read"),
        ("does not match host name", "the server's certificate is for another host than that of DB_URL"),
        ("certificate", "the server's certificate is not accepted"),
        ("SSL", "no TLS connection could be made"),
        ("does not exist", "the database or the user of DB_URL does not exist"),
        ("starting up", "the server is starting up"),
        ("shutting down", "the server is shutting down"),
        ("recovery mode", "the server is recovering"),
        ("too many", "the server has no connections left"),
        ("remaining connection slots", "the server has no connections left"),
        ("timeout expired", "connecting took too long"),
        ("read-only", "the server takes no writes"),
        ("hot standby", "the server takes no writes"),
        ("closed the connection", "the server closed the connection"),
        ("No route to host", "the host of DB_URL cannot be reached"),
        ("Network is unreachable", "the host of DB_URL cannot be reached"),
        ("invalid", "DB_URL is not a connection string that libpq understands"),
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

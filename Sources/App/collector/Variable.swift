/// An environment variable that Collector reads.
///
/// `all` is the only list of them: configuration, help, man page, completions, spelling check and tests use it.
struct Variable: Sendable {
    let name: String
    /// One sentence without a period, for help texts.
    let summary: String
    /// The default value or behavior, for help texts.
    let defaultText: String

    static let all: [Variable] = [
        Variable(
            name: "DB_URL",
            summary: "PostgreSQL connection string",
            defaultText: "a SQLite file in the data folder"
        ),
        Variable(
            name: "COLLECTOR_READ_URL",
            summary: "connection string of a standby of DB_URL from which reports are read",
            defaultText: "reports are read from DB_URL"
        ),
        Variable(name: "HOST", summary: "IP address to listen on", defaultText: "127.0.0.1"),
        Variable(name: "PORT", summary: "port to listen on; 0 selects a free port", defaultText: "5000"),
        Variable(
            name: "COLLECTOR_TLS_CERTIFICATE",
            summary: "PEM file of the server's certificate and its chain; the port then accepts HTTPS only",
            defaultText: "plain HTTP"
        ),
        Variable(
            name: "COLLECTOR_TLS_KEY",
            summary: "PEM file of the private key of COLLECTOR_TLS_CERTIFICATE",
            defaultText: "plain HTTP"
        ),
        Variable(
            name: "COLLECTOR_DATA",
            summary: "folder for the SQLite file, journal, and owner token",
            defaultText: "./data"
        ),
        Variable(
            name: "COLLECTOR_URL",
            summary: "address that browsers use, such as https://stats.example.com",
            defaultText: "http://localhost:PORT"
        ),
        Variable(
            name: "COLLECTOR_TOKEN",
            summary: "token for the owner's pages and API, 16 to 256 characters",
            defaultText: "generated at the first start"
        ),
        Variable(
            name: "COLLECTOR_EVENTS_ENABLED",
            summary: "whether Collector's own pages send events: yes or no",
            defaultText: "yes"
        ),
        Variable(
            name: "EVENT_IP_HASH_SALT",
            summary: "salt for the hash of the client address stored with events",
            defaultText: "no hash is stored"
        ),
        Variable(
            name: "COLLECTOR_TRUSTED_PROXIES",
            summary: "CIDR list of proxies whose forwarding headers are trusted, or none",
            defaultText: "loopback and private ranges"
        ),
        Variable(
            name: "COLLECTOR_CLIENT_ADDRESS_HEADER",
            summary: "header that trusted proxies set to the client address",
            defaultText: "X-Forwarded-For"
        ),
        Variable(
            name: "COLLECTOR_GEOIP",
            summary: "database in the MaxMind format from which countries, regions and cities are read",
            defaultText: "countries by the browser's time zone"
        ),
        Variable(
            name: "COLLECTOR_GEO_HEADERS",
            summary: "service whose location headers trusted proxies send: none, cloudflare, vercel or cloudfront",
            defaultText: "none"
        ),
        Variable(
            name: "COLLECTOR_BASE_PATH",
            summary: "path prefix behind a reverse proxy, such as /collector",
            defaultText: "/"
        ),
        Variable(
            name: "COLLECTOR_ALLOWED_ORIGINS",
            summary: "origins of other sites that may send events, or *",
            defaultText: "*"
        ),
        Variable(
            name: "COLLECTOR_JOURNAL_MAX",
            summary: "size limit of the journal used during database outages; 0 disables it",
            defaultText: "1GiB"
        ),
        Variable(
            name: "COLLECTOR_RETENTION_EVENTS",
            summary: "age at which events and submissions are removed, such as 180d; figures stay",
            defaultText: "kept"
        ),
        Variable(
            name: "COLLECTOR_RETENTION_PAGEVIEWS",
            summary: "age at which sessions and page views are removed from the figures, with their events",
            defaultText: "kept"
        ),
        Variable(
            name: "COLLECTOR_RETENTION_DELIVERY_REPORTS",
            summary: "age at which delivery reports are removed",
            defaultText: "kept"
        ),
        Variable(
            name: "COLLECTOR_RETENTION_DEAD_LETTERS",
            summary: "age at which events that the database refused to aggregate are removed",
            defaultText: "kept"
        ),
        Variable(
            name: "COLLECTOR_DATABASE_MAX",
            summary: "size of the database above which the oldest events are removed, such as 20GiB",
            defaultText: "no limit"
        ),
        Variable(
            name: "COLLECTOR_DISK_FREE_MIN",
            summary: "free disk space below which the oldest events of a SQLite file are removed; 0 for never",
            defaultText: "1GiB"
        ),
        Variable(
            name: "COLLECTOR_ARCHIVE",
            summary: "folder in which whole days are archived; only archived rows are removed",
            defaultText: "no archive"
        ),
        Variable(
            name: "COLLECTOR_RATE_LIMIT",
            summary: "records per second accepted from one client address; 0 for no limit",
            defaultText: "100"
        ),
        Variable(
            name: "COLLECTOR_ALERT_SECONDS",
            summary: "seconds between two evaluations of the alert rules, 1 to 3600",
            defaultText: "60"
        ),
        Variable(
            name: "COLLECTOR_ALERT_NETWORKS",
            summary: "CIDR list of private networks to which webhooks may connect, or none",
            defaultText: "none"
        ),
        Variable(
            name: "COLLECTOR_SMTP_URL",
            summary: "mail server, such as smtps://user:password@mail.example.com",
            defaultText: "no e-mail is sent"
        ),
        Variable(
            name: "COLLECTOR_SMTP_FROM",
            summary: "e-mail address of the sender",
            defaultText: "no e-mail is sent"
        ),
        Variable(
            name: "COLLECTOR_SMTP_TLS",
            summary: "whether e-mail needs TLS: required, or none for a server on the same machine",
            defaultText: "required"
        ),
        Variable(
            name: "COLLECTOR_SMTP_CA",
            summary: "file of certificates that the mail server's is checked against",
            defaultText: "those of the system"
        ),
        Variable(
            name: "COLLECTOR_LOG_LEVEL",
            summary: "debug, info, notice, warning or error",
            defaultText: "info"
        ),
        Variable(name: "COLLECTOR_LOG_FORMAT", summary: "logfmt or json", defaultText: "logfmt"),
    ]

    static let names = Set(all.map(\.name))
}

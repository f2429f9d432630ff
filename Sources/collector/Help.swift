/// The texts of `--help` and `--version`.
enum Help {
    static let version = "0.1.0"

    static func text(_ command: Arguments.Command?) -> String {
        switch command {
        case nil: overview
        case .serve: serve
        case .migrate: migrate
        case .verify: verify
        case .rebuild: rebuild
        case .demo: demo
        case .link: link
        }
    }

    private static let overview = """
        collector: the truth about the browsers that visit your site

        Usage:
          collector serve   [--host 127.0.0.1] [--port 5000] [--data DIR] [--skip-db]
          collector migrate [--list] [--data DIR]
          collector verify  [--data DIR]
          collector rebuild [--data DIR]
          collector demo    [--events N] [--seed N] [--data DIR]
          collector link    [--host ADDRESS] [--port PORT] [--data DIR]
          collector --help | --version | COMMAND --help

        Flags win over environment variables, those over a .env file in the working folder, that over defaults.

        \(variables)
        Exit codes: 0 success, 1 failure, 2 usage.
        """

    private static let serve = """
        Usage: collector serve [--host ADDRESS] [--port PORT] [--data DIR] [--skip-db]

        Brings the database up to date and serves the dashboard and the ingest routes until SIGTERM or SIGINT.

          --host ADDRESS   address to listen on (HOST; default 127.0.0.1)
          --port PORT      port to listen on, 0 for a free one that is then logged (PORT; default 5000)
          --data DIR       folder of the SQLite file and the owner's token (COLLECTOR_DATA; default ./data)
          --skip-db        serve the pages without any database; ingest then answers 503

        \(variables)
        """

    private static let link = """
        Usage: collector link [--host ADDRESS] [--port PORT] [--data DIR]

        Prints a link that signs the owner in at /insight. The token stands behind the #, which browsers keep to themselves.

          --host ADDRESS   host that the link names (HOST; default 127.0.0.1)
          --port PORT      port that the link names (PORT; default 5000)
          --data DIR       folder of the owner's token (COLLECTOR_DATA; default ./data)
        """

    private static let migrate = """
        Usage: collector migrate [--list] [--data DIR]

        Applies the pending migrations to the database that DB_URL names, or to the SQLite file in the data folder.

          --list           print each migration with APPLIED or PENDING and change nothing
          --data DIR       folder of the SQLite file (COLLECTOR_DATA; default ./data)
        """

    private static let verify = """
        Usage: collector verify [--data DIR]

        Adds all events up once more and compares with the rollups that the owner's pages read; may run beside the server. Exit code 1
        when there is a difference.

          --data DIR       folder of the SQLite file (COLLECTOR_DATA; default ./data)
        """

    private static let rebuild = """
        Usage: collector rebuild [--data DIR]

        Makes the rollups anew from the events; may run beside the server.

          --data DIR       folder of the SQLite file (COLLECTOR_DATA; default ./data)
        """

    private static let demo = """
        Usage: collector demo [--events N] [--seed N] [--data DIR]

        Adds thirty days of visits that were made up to the database; for looking at, not for a database in use.

          --events N       how many events (default 100000)
          --seed N         what they are drawn from: the same number makes the same visits (default 1)
          --data DIR       folder of the SQLite file (COLLECTOR_DATA; default ./data)
        """

    private static let variables = """
        Variables:
          DB_URL                      PostgreSQL connection string; unset: SQLite in the data folder
          COLLECTOR_EVENTS_ENABLED    whether our pages emit events (default yes)
          EVENT_IP_HASH_SALT          salt of ip_hash; unset: no hash is stored
          HOST, PORT, COLLECTOR_DATA  as the flags
          COLLECTOR_TRUSTED_PROXIES   CIDR list whose forwarding headers are believed, or none
          COLLECTOR_CLIENT_ADDRESS_HEADER
                                      header in which trusted proxies name the client (default X-Forwarded-For)
          COLLECTOR_BASE_PATH         prefix when mounted under a sub-path, e.g. /collector
          COLLECTOR_ALLOWED_ORIGINS   origins that may post from other sites (default *)
          COLLECTOR_TOKEN             secret of the owner's pages; unset: made at first start, kept in the data folder
          COLLECTOR_JOURNAL_MAX       size of the journal that takes records in while the database is away (default 1GiB; 0: none)
          COLLECTOR_RATE_LIMIT        records a second that one address may send (default 100; 0: no limit)
          COLLECTOR_LOG_LEVEL         debug, info, notice, warning or error (default info)
          COLLECTOR_LOG_FORMAT        logfmt or json (default logfmt)

        """
}

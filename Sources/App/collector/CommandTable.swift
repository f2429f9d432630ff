import HTTPAPI
import Reports
import Rollups
import Storage

/// An option of a command.
struct Option: Sendable {
    enum Kind: Equatable, Sendable {
        /// Present or absent.
        case flag
        /// Takes a value that overrides an environment variable.
        case setting(variable: String)
        /// Takes an unsigned integer within a range.
        case number(ClosedRange<UInt64>)
        /// Takes the path of a folder.
        case folder
        /// Takes one of a fixed list of words.
        case choice([String])
        /// Takes any text that is not empty; of an option that does not repeat, the last one counts.
        case text(repeats: Bool)
    }

    let name: String
    let kind: Kind
    /// Placeholder of the value in help texts, such as `DIR`; nil for a flag.
    let value: String?
    let summary: String

    private static func setting(_ name: String, _ value: String, _ variable: String, _ summary: String) -> Option {
        Option(name: name, kind: .setting(variable: variable), value: value, summary: "\(summary) (\(variable))")
    }

    static let data = setting("--data", "DIR", "COLLECTOR_DATA", "data folder; default ./data")
    static let host = setting("--host", "ADDRESS", "HOST", "IP address to listen on; default 127.0.0.1")
    static let port = setting("--port", "PORT", "PORT", "port to listen on; 0 selects a free port; default 5000")
    static let url = setting(
        "--url",
        "URL",
        "COLLECTOR_URL",
        "address that browsers use; default http://localhost:PORT"
    )
    static let skipDatabase = Option(
        name: "--skip-db",
        kind: .flag,
        value: nil,
        summary: "serve the pages without a database; events are refused with 503"
    )
    static let assets = Option(
        name: "--assets",
        kind: .folder,
        value: "DIR",
        summary: "development: read the pages from DIR on each request ('scripts/build-web --dist DIR' writes them)"
    )
    static let list = Option(
        name: "--list",
        kind: .flag,
        value: nil,
        summary: "print each migration with APPLIED or PENDING and change nothing"
    )
    static let plan = Option(
        name: "--plan",
        kind: .flag,
        value: nil,
        summary: "print what each pending migration locks, how long it takes and the space it needs; change nothing"
    )
    static let distribute = Option(
        name: "--distribute",
        kind: .flag,
        value: nil,
        summary: "then distribute the events over the servers of a Citus cluster, by visitor"
    )
    static let shards = Option(
        name: "--shards",
        kind: .number(1...UInt64(Distribution.shardsMax)),
        value: "N",
        summary: "number of shards; default \(Distribution.shardsByDefault)"
    )
    static let resume = Option(
        name: "--resume",
        kind: .flag,
        value: nil,
        summary: "continue an interrupted rebuild instead of starting over"
    )
    static let events = Option(
        name: "--events",
        kind: .number(1...1_000_000_000),
        value: "N",
        summary: "number of events; default 100000"
    )
    static let seed = Option(
        name: "--seed",
        kind: .number(0...UInt64.max),
        value: "N",
        summary: "random seed; the same seed generates the same visits; default 1"
    )
    static let force = Option(
        name: "--force",
        kind: .flag,
        value: nil,
        summary: "add demo visits to a database that already has events"
    )
    static let remove = Option(
        name: "--remove",
        kind: .flag,
        value: nil,
        summary: "remove only the demo visits, then rebuild the rollups"
    )
    static let format = Option(
        name: "--format",
        kind: .choice(ExportFormat.allCases.map(\.rawValue)),
        value: "FORMAT",
        summary: "csv or ndjson; default csv"
    )
    static let visitor = Option(
        name: "--visitor",
        kind: .text(repeats: false),
        value: "ID",
        summary: "id of the visitor, as the timeline of the owner's page shows it"
    )
    static let site = Option(
        name: "--site",
        kind: .text(repeats: false),
        value: "SITE",
        summary: "only the visitor's data of this site; default all sites"
    )
    static let dryRun = Option(
        name: "--dry-run",
        kind: .flag,
        value: nil,
        summary: "print what would be erased and change nothing"
    )
    static let log = Option(name: "--log", kind: .flag, value: nil, summary: "print the log of erasures instead")
    static let json = Option(name: "--json", kind: .flag, value: nil, summary: "print the checks as JSON")
    static let man = Option(name: "--man", kind: .flag, value: nil, summary: "print the manual page as roff")
    static let help = Option(name: "--help", kind: .flag, value: nil, summary: "show help for the command")

    /// Whether shells complete the value with the names of folders.
    var takesFolder: Bool { kind == .folder || kind == .setting(variable: "COLLECTOR_DATA") }

    /// The option with the placeholder of its value, such as `--data DIR`.
    var usage: String { value.map { "\(name) \($0)" } ?? name }
}

/// A command and its options: the source of parsing, help, man page, completions and usage errors.
struct CommandEntry: Sendable {
    let command: Arguments.Command
    /// One line, imperative.
    let summary: String
    let paragraphs: [String]
    let options: [Option]
    /// The positional argument and its permitted words, none for any text; nil when the command takes no argument.
    var argument: (name: String, words: [String])?

    static let shells = ["bash", "zsh", "fish"]
    static let exports = SegmentExport.Kind.allCases.map(\.rawValue) + [VisitorExport.kind]

    static func entry(_ command: Arguments.Command) -> CommandEntry {
        switch command {
        case .serve: serve
        case .migrate: migrate
        case .verify: verify
        case .rebuild: rebuild
        case .demo: demo
        case .export: export
        case .check: check
        case .backup: backup
        case .restore: restore
        case .archive: archive
        case .import: importing
        case .erase: erase
        case .link: link
        case .doctor: doctor
        case .completions: completions
        case .help: help
        }
    }

    static var all: [CommandEntry] { Arguments.Command.allCases.map(entry) }

    private static let serve = CommandEntry(
        command: .serve,
        summary: "Run the server: pages, ingest and the owner's reports",
        paragraphs: [
            "Applies pending migrations, then serves until SIGTERM or SIGINT. On shutdown, requests in flight have ten seconds to complete.",
            "On a terminal, prints the address to open, a sign-in link for the owner, the script tag for your pages, and the location of the data.",
        ],
        options: [.host, .port, .url, .data, .skipDatabase, .assets]
    )
    private static let migrate = CommandEntry(
        command: .migrate,
        summary: "Create or upgrade the database schema",
        paragraphs: [
            "Applies pending migrations to the PostgreSQL database in DB_URL, or to the SQLite file in the data folder. Each migration is one transaction: after an interruption, run the command again.",
            "With --plan, durations and sizes are estimates. Exits with status 4 if the disk of a SQLite file has less free space than the migrations need.",
            "With --distribute, the primary key of the events is changed to start with the visitor, and the tables are distributed if the database has the extension Citus and servers for shards. Servers keep new events in their journals meanwhile. Exits with status 1 if there is nothing to distribute to.",
        ],
        options: [.list, .plan, .distribute, .shards, .data]
    )
    private static let verify = CommandEntry(
        command: .verify,
        summary: "Check that the rollups match the events",
        paragraphs: [
            "Aggregates all events again and compares the result with the rollups behind the owner's reports. Changes nothing; safe to run while the server is running. Exits with status 1 if they differ."
        ],
        options: [.data]
    )
    private static let rebuild = CommandEntry(
        command: .rebuild,
        summary: "Recompute the rollups from the events",
        paragraphs: [
            "Clears the rollups and aggregates all stored events again. Safe to run while the server is running.",
            "To continue an interrupted rebuild, run 'collector rebuild --resume' or start the server. No event is lost.",
        ],
        options: [.resume, .data]
    )
    private static let demo = CommandEntry(
        command: .demo,
        summary: "Fill an empty database with 30 days of generated visits, or remove them",
        paragraphs: [
            "Generates visits for trying out the reports. Refuses to write to a database that already has events unless --force is given.",
            "To continue an interrupted run, run the same command again. 'collector demo --remove' removes exactly the generated visits; the rollups are then rebuilt from the remaining events.",
        ],
        options: [.events, .seed, .force, .remove, .data]
    )
    private static let export = CommandEntry(
        command: .export,
        summary: "Write page views, sessions or all data of a visitor to a file",
        paragraphs: [
            "Writes one row for each page view with its final vitals, or for each session, to standard output: the rows that the owner's reports count. Safe to run while the server is running.",
            "The identifiers in the columns 'visitor' and 'session' stay the same in all exports until the next 'collector rebuild'.",
            "'collector export visitor --visitor ID' writes all that is stored about a visitor as NDJSON, one line for each row, with the columns of its table.",
        ],
        options: [.format, .visitor, .site, .data],
        argument: ("KIND", exports)
    )
    private static let erase = CommandEntry(
        command: .erase,
        summary: "Erase all data of a visitor",
        paragraphs: [
            "Removes the visitor's events, submissions, delivery reports, fingerprints and records of the journal, computes the figures as if they had never been received, and removes their bytes from the files. This cannot be undone. Prints the number of rows by table, and the result of a search for the rest.",
            "Safe to run while the server is running, which then does the work. After an interruption, run the command again. Data that arrives after the command has started is new data: run it again to erase it.",
            "Backups, archives and old write-ahead logs of PostgreSQL are not changed.",
        ],
        options: [.visitor, .site, .dryRun, .log, .data]
    )
    private static let link = CommandEntry(
        command: .link,
        summary: "Print a link that signs the owner in",
        paragraphs: [
            "The link contains the owner's token after '#', a part of the address that browsers do not send to servers. Keep it secret.",
            "The address is COLLECTOR_URL if set, else --host and --port if given, else the address of the server that uses the data folder.",
        ],
        options: [.url, .host, .port, .data]
    )
    private static let doctor = CommandEntry(
        command: .doctor,
        summary: "Check this installation, or from outside whether a page of a site is tracked",
        paragraphs: [
            "Without an address, checks what a server needs with these settings: variables, folders, disk, database, schema, rights, clock, limits, standby, the running server, and the address in COLLECTOR_URL. Changes nothing. Prints a line for each check, with what to do.",
            "With an address, loads the page, and checks its tag, Content Security Policy, script, endpoint, CORS, proxy and clock. Stores nothing and needs no data folder.",
            "Follows five redirects at most and reads 4 MiB of each response; a request may take ten seconds. Needs libcurl and libxml2. Exits with status 0 without problems, 1 with some, and 2 if the page cannot be read.",
        ],
        options: [.json, .data],
        argument: ("[URL]", [])
    )
    private static let completions = CommandEntry(
        command: .completions,
        summary: "Print the completion script for bash, zsh or fish",
        paragraphs: [
            "For bash: 'source <(collector completions bash)'. 'make install' installs all three."
        ],
        options: [],
        argument: ("SHELL", shells)
    )
    private static let help = CommandEntry(
        command: .help,
        summary: "Show help for a command",
        paragraphs: ["Shows all commands and variables, or the options of one command."],
        options: [.man],
        argument: ("COMMAND", Arguments.Command.allCases.map(\.rawValue))
    )

    /// The usage line, such as `collector migrate [--list] [--data DIR]`.
    var usage: String {
        var words = ["collector", command.rawValue] + options.map { "[\($0.usage)]" }
        if let argument {
            let choices = argument.words.isEmpty ? argument.name : argument.words.joined(separator: "|")
            words.append(command == .help ? "[\(argument.name)]" : choices)
        }
        return words.joined(separator: " ")
    }
}

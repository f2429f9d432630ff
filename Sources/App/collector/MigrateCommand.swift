import Storage

/// `collector migrate`: applies pending migrations, lists all migrations, or describes what the pending ones will do.
struct MigrateCommand {
    private let configuration: Configuration
    private let arguments: Arguments

    init(_ configuration: Configuration, _ arguments: Arguments) {
        (self.configuration, self.arguments) = (configuration, arguments)
    }

    func run() throws -> ExitCode {
        if arguments.listsMigrations { return try list() }
        return try arguments.has(.plan) ? plan() : apply()
    }

    /// Describes the pending migrations without creating or changing the database.
    private func plan() throws -> ExitCode {
        let store = StoreChoice.describe(configuration)
        Console.error("Database: \(store.location)")
        let text = MigrationPlanText(try store.migrationForecast(), diskFree: store.diskFree)
        for line in text.lines { Console.out(line) }
        guard text.lacksSpace else { return .success }
        Console.error("collector: warning: \(text.warning)")
        return .insufficientSpace
    }

    /// Lists the migrations without creating the database; all are pending when it does not exist.
    private func list() throws -> ExitCode {
        let store = StoreChoice.describe(configuration)
        Console.error("Database: \(store.location)")
        let list = try store.migrationStatus()
        for migration in list { Console.out("\(migration.isApplied ? "APPLIED" : "PENDING")  \(migration.name)") }
        let applied = list.count { $0.isApplied }
        Console.out("Total: \(list.count) migrations, \(applied) applied, \(list.count - applied) pending")
        return .success
    }

    private func apply() throws -> ExitCode {
        let interruption = Interruption()
        let store = try StoreChoice.make(configuration)
        Console.error("Database: \(store.location)")
        let (applied, isComplete) = try store.migrate(interruption)
        for name in applied { Console.out("Applied \(name)") }
        guard isComplete, let code = interruption.exitCode else {
            Console.out(
                applied.isEmpty
                    ? "Nothing to apply: the database is up to date" : "\(applied.count) migrations applied"
            )
            return arguments.has(.distribute) ? try distribute(store) : .success
        }
        Console.error("Interrupted. Run 'collector migrate' again to apply the rest.")
        return code
    }

    private func distribute(_ store: any Store) throws -> ExitCode {
        let shards = arguments.number(.shards).map { Int($0) } ?? Distribution.shardsByDefault
        switch try store.distribute(shards: shards, step: { Console.error($0) }) {
        case .existing(let shards):
            Console.out("Nothing to distribute: the events are distributed over \(shards) shards")
        case .made(let shards, let servers):
            Console.out("The events are distributed over \(shards) shards on \(servers) servers")
        case .keysOnly(let servers):
            Console.out("The primary key of the events now starts with the visitor.")
            Console.error(
                servers == nil
                    ? "The database does not have the extension Citus: run 'create extension citus' and add servers, then run this command again."
                    : "Citus has no servers for shards: add them with citus_add_node, then run this command again."
            )
            return .failure
        }
        return .success
    }
}

extension Store {
    /// Applies pending migrations, each in its own transaction, and shows their names on a terminal.
    ///
    /// An interruption takes effect before the next migration.
    /// - Returns: the names of the applied migrations, and whether the schema is complete.
    func migrate(_ interruption: Interruption) throws(StoreError) -> (applied: [String], isComplete: Bool) {
        var isComplete = true
        let applied = try migrate { name, pending in
            guard !interruption.isRequested else {
                isComplete = false
                return false
            }
            if Console.isErrorTerminal { Console.error("Applying \(name) (\(pending) pending)") }
            return true
        }
        return (applied, isComplete)
    }
}

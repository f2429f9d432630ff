import Storage

/// `collector migrate`: applies what is pending, or lists what there is.
struct MigrateCommand {
    private let store: any Store

    init(_ configuration: Configuration) throws {
        store = try StoreChoice.make(configuration)
    }

    func run(listOnly: Bool) throws -> ExitCode {
        if listOnly {
            let list = try store.migrationStatus()
            for migration in list { Console.out("\(migration.isApplied ? "APPLIED" : "PENDING")  \(migration.name)") }
            let applied = list.count { $0.isApplied }
            Console.out("Total: \(list.count) migrations, \(applied) applied, \(list.count - applied) pending")
            return .success
        }
        let applied = try store.migrate()
        for name in applied { Console.out("Applied \(name)") }
        Console.out(
            applied.isEmpty ? "Nothing to apply: the database is up to date" : "\(applied.count) migrations applied"
        )
        return .success
    }
}

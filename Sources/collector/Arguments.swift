/// What the command line asks for.
struct Arguments: Equatable {
    enum Command: String, CaseIterable {
        case serve
        case migrate
        case verify
        case rebuild
        case demo
        case link
    }

    enum Request: Equatable {
        case run(Command)
        case help(Command?)
        case version
    }

    var request: Request
    /// Values of the options that name a setting, by the variable they stand for.
    var settings: [String: String] = [:]
    var skipsDatabase = false
    var listsMigrations = false
    /// Of `demo`.
    var events = 100_000
    var seed: UInt64 = 1

    /// Reads the words behind the program's name.
    ///
    /// A word that is not understood is a usage error: `UsageError` says which.
    init(_ words: [String]) throws(UsageError) {
        var words = words[...]
        guard let first = words.popFirst() else { throw UsageError(problem: "a command is missing") }
        switch first {
        case "--help", "-h", "help":
            request = .help(nil)
            return
        case "--version":
            request = .version
            return
        default:
            guard let command = Command(rawValue: first) else {
                throw UsageError(problem: "unknown command '\(first)'")
            }
            request = .run(command)
            while let word = words.popFirst() { try take(word, &words, command) }
        }
    }

    /// Events that `demo` makes up at most.
    private static let eventsMax: UInt64 = 1_000_000_000

    private static let settingOptions: [Command: [String: String]] = [
        .serve: ["--host": "HOST", "--port": "PORT", "--data": "COLLECTOR_DATA"],
        .migrate: ["--data": "COLLECTOR_DATA"],
        .verify: ["--data": "COLLECTOR_DATA"],
        .rebuild: ["--data": "COLLECTOR_DATA"],
        .demo: ["--data": "COLLECTOR_DATA"],
        .link: ["--host": "HOST", "--port": "PORT", "--data": "COLLECTOR_DATA"],
    ]

    private mutating func take(_ word: String, _ rest: inout ArraySlice<String>, _ command: Command) throws(UsageError)
    {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if let variable = Self.settingOptions[command]?[parts[0]] {
            guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
                throw UsageError(problem: "\(parts[0]) needs a value")
            }
            settings[variable] = value
            return
        }
        if command == .demo, ["--events", "--seed"].contains(parts[0]) {
            guard let text = parts.count == 2 ? parts[1] : rest.popFirst(), let number = UInt64(text),
                parts[0] == "--seed" || (1...Self.eventsMax).contains(number)
            else { throw UsageError(problem: "\(parts[0]) needs a number") }
            if parts[0] == "--seed" { seed = number } else { events = Int(number) }
            return
        }
        switch (command, word) {
        case (_, "--help"), (_, "-h"): request = .help(command)
        case (.serve, "--skip-db"): skipsDatabase = true
        case (.migrate, "--list"): listsMigrations = true
        default: throw UsageError(problem: "unknown option '\(word)' of '\(command.rawValue)'")
        }
    }
}

/// The command line is not one of ours; exit code 2.
struct UsageError: Error, Equatable {
    var problem: String
}

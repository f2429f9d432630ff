import Archive
import HTTPAPI
import Reports
import Rollups

/// The parsed command line.
struct Arguments: Equatable {
    enum Command: String, CaseIterable {
        case serve
        case migrate
        case verify
        case rebuild
        case demo
        case export
        case check
        case backup
        case restore
        case archive
        case `import`
        case erase
        case link
        case doctor
        case completions
        case help
    }

    enum Request: Equatable {
        case run(Command)
        case help(Command?)
        case manPage
        case completions(shell: String)
        case doctor(page: String)
        case version
    }

    var request: Request
    /// Values of the options that set a variable, keyed by the variable's name.
    var settings: [String: String] = [:]
    /// Flags that were given.
    private var flags: Set<String> = []
    private var numbers: [String: UInt64] = [:]
    private var choices: [String: String] = [:]
    private var folders: [String: String] = [:]
    private var texts: [String: [String]] = [:]
    /// The positional argument of the command; nil when the command takes none.
    private(set) var argument: String?

    var skipsDatabase: Bool { flags.contains(Option.skipDatabase.name) }
    var listsMigrations: Bool { flags.contains(Option.list.name) }
    var printsJSON: Bool { flags.contains(Option.json.name) }
    var resumes: Bool { flags.contains(Option.resume.name) }
    var isForced: Bool { flags.contains(Option.force.name) }
    var removes: Bool { flags.contains(Option.remove.name) }
    /// Events that `demo` generates; nil when not given.
    var events: Int? { numbers[Option.events.name].map { Int($0) } }
    var isDryRun: Bool { flags.contains(Option.dryRun.name) }
    var printsLog: Bool { flags.contains(Option.log.name) }
    /// The value of `--visitor`; nil when not given.
    var visitor: String? { text(.visitor) }
    /// The value of `--site`; nil when not given.
    var site: String? { text(.site) }
    /// The value of `--format`; nil when not given.
    var format: String? { choices[Option.format.name] }
    /// The folder given for `--assets`; nil when not given.
    var assetsPath: String? { folders[Option.assets.name] }
    /// The value of `--seed`; nil when not given.
    var seed: UInt64? { numbers[Option.seed.name] }

    /// Whether a flag was given.
    func has(_ flag: Option) -> Bool { flags.contains(flag.name) }
    /// The values of an option for text, in their order.
    func texts(_ option: Option) -> [String] { texts[option.name] ?? [] }
    /// The folder given for an option; nil when not given.
    func folder(_ option: Option) -> String? { folders[option.name] }
    /// The last value of an option for text; nil when not given.
    func text(_ option: Option) -> String? { texts(option).last }
    /// The value of an option for one of some words; nil when not given.
    func choice(_ option: Option) -> String? { choices[option.name] }
    /// The value of an option for a number; nil when not given.
    func number(_ option: Option) -> UInt64? { numbers[option.name] }

    /// Parses the arguments after the program name.
    ///
    /// - Throws: `UsageError`, which names the wrong argument and suggests a correction for a misspelled one.
    init(_ words: [String]) throws(UsageError) {
        var words = words[...]
        guard let first = words.popFirst() else { throw UsageError(problem: "missing command") }
        switch first {
        case "--help", "-h": request = .help(nil)
        case "--version", "-V": request = .version
        default:
            guard let command = Command(rawValue: first) else {
                let known = Command.allCases.map(\.rawValue) + ["--help", "--version"]
                let kind = first.hasPrefix("-") ? "option" : "command"
                throw UsageError(
                    problem: "unknown \(kind) '\(first)'",
                    suggestion: Spelling.nearest(to: first, in: known)
                )
            }
            request = .run(command)
            try read(&words, CommandEntry.entry(command))
        }
    }

    private mutating func read(_ words: inout ArraySlice<String>, _ entry: CommandEntry) throws(UsageError) {
        while let word = words.popFirst() {
            if word == "--help" || word == "-h" {
                request = .help(entry.command)
                return
            }
            guard !word.hasPrefix("-") || word == "-" else {
                try readOption(word, &words, entry)
                continue
            }
            guard let permitted = entry.argument, argument == nil else {
                throw UsageError(problem: "unexpected argument '\(word)' after '\(entry.command.rawValue)'")
            }
            guard permitted.words.isEmpty || permitted.words.contains(word) else {
                throw UsageError(
                    problem: "unknown \(permitted.name.lowercased()) '\(word)'",
                    suggestion: Spelling.nearest(to: word, in: permitted.words)
                )
            }
            argument = word
        }
        switch entry.command {
        case .completions:
            guard let argument else {
                throw UsageError(problem: "missing shell: choose " + CommandEntry.shells.joined(separator: ", "))
            }
            request = .completions(shell: argument)
        case .doctor:
            if let argument { request = .doctor(page: argument) }
        case .help:
            request = flags.contains(Option.man.name) ? .manPage : .help(argument.flatMap(Command.init(rawValue:)))
        case .export: try checkExport()
        case .erase:
            guard (visitor != nil) != printsLog else {
                let both = "--log prints all erasures: use it without \(Option.visitor.name)"
                throw UsageError(problem: printsLog ? both : "missing \(Option.visitor.usage), or \(Option.log.name)")
            }
        case .check:
            guard text(.budget) != nil || text(.compareRelease) != nil else {
                throw UsageError(problem: "missing --budget, such as --budget 'LCP.p75<=2500,error_rate<=0.5%'")
            }
            guard text(.compareRelease) == nil || text(.release) != nil else {
                throw UsageError(problem: "--compare requires --release")
            }
        case .backup, .restore:
            guard argument != nil else { throw UsageError(problem: "missing FILE") }
        case .import:
            guard argument != nil else { throw UsageError(problem: "missing \(CommandEntry.importPath)") }
        case .archive: try checkArchive()
        case .migrate: try checkMigrate()
        case .serve, .verify, .rebuild, .demo, .link: break
        }
    }

    private func checkMigrate() throws(UsageError) {
        guard !listsMigrations || !has(.plan) else {
            throw UsageError(problem: "choose \(Option.list.name) or \(Option.plan.name)")
        }
        guard !has(.distribute) || !listsMigrations && !has(.plan) else {
            throw UsageError(
                problem: "use \(Option.distribute.name) without \(Option.list.name) and \(Option.plan.name)"
            )
        }
        guard has(.distribute) || number(.shards) == nil else {
            throw UsageError(problem: "\(Option.shards.name) requires \(Option.distribute.name)")
        }
    }

    private func checkArchive() throws(UsageError) {
        guard (folder(.archiveTo) != nil) != (folder(.archiveVerify) != nil) else {
            throw UsageError(problem: "choose \(Option.archiveTo.usage) or \(Option.archiveVerify.usage)")
        }
        guard text(.archiveBefore) == nil || text(.archiveKeep) == nil else {
            throw UsageError(problem: "choose \(Option.archiveBefore.name) or \(Option.archiveKeep.name)")
        }
        guard folder(.archiveVerify) == nil else {
            guard let other = [Option.archiveBefore, .archiveKeep, .archivedSite].first(where: { text($0) != nil })
            else {
                return
            }
            throw UsageError(
                problem: "\(Option.archiveVerify.name) checks the whole archive: use it without \(other.name)"
            )
        }
        guard text(.archiveBefore).map({ ArchiveDay($0) != nil }) ?? true else {
            throw UsageError(problem: "\(Option.archiveBefore.name) requires a date, such as 2026-11-28")
        }
        guard text(.archiveKeep).map({ RetentionAge($0)?.seconds != nil }) ?? true else {
            throw UsageError(
                problem: "\(Option.archiveKeep.name) requires an age of at least a day, such as 90d, 26w or 2y"
            )
        }
    }

    private func checkExport() throws(UsageError) {
        guard let argument else {
            throw UsageError(problem: "missing export: choose " + CommandEntry.exports.joined(separator: " or "))
        }
        guard argument == VisitorExport.kind else {
            guard let other = [Option.visitor, .site].first(where: { texts[$0.name] != nil }) else { return }
            throw UsageError(problem: "\(other.name) belongs to 'collector export \(VisitorExport.kind)'")
        }
        guard visitor != nil else { throw UsageError(problem: "missing \(Option.visitor.usage)") }
        guard format ?? ExportFormat.ndjson.rawValue == ExportFormat.ndjson.rawValue else {
            throw UsageError(problem: "the data of a visitor has several tables: \(Option.format.name) must be ndjson")
        }
    }

    private mutating func readOption(
        _ word: String,
        _ rest: inout ArraySlice<String>,
        _ entry: CommandEntry
    ) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let option = entry.options.first(where: { $0.name == parts[0] }) else {
            throw Self.unknown(parts[0], entry)
        }
        if option.kind == .flag {
            guard parts.count == 1 else { throw UsageError(problem: "\(option.name) does not take a value") }
            flags.insert(option.name)
            return
        }
        guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
            throw UsageError(problem: "\(option.name) requires a value")
        }
        switch option.kind {
        case .flag: break
        case .setting(let variable): settings[variable] = value
        case .folder: folders[option.name] = value
        case .text:
            guard !value.isEmpty else { throw UsageError(problem: "\(option.name) requires a value") }
            texts[option.name, default: []].append(value)
        case .number(let range):
            guard let number = UInt64(value), range.contains(number) else {
                throw UsageError(
                    problem: "\(option.name) requires a number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
            numbers[option.name] = number
        case .choice(let words):
            guard words.contains(value) else {
                throw UsageError(
                    problem: "\(option.name) must be \(words.joined(separator: " or "))",
                    suggestion: Spelling.nearest(to: value, in: words)
                )
            }
            choices[option.name] = value
        }
    }

    private static func unknown(_ name: String, _ entry: CommandEntry) -> UsageError {
        let problem = "unknown option '\(name)' for '\(entry.command.rawValue)'"
        if let suggestion = Spelling.nearest(to: name, in: entry.options.map(\.name) + ["--help"]) {
            return UsageError(problem: problem, suggestion: suggestion)
        }
        let others = CommandEntry.all.filter { $0.options.contains { $0.name == name } }.map(\.command.rawValue)
        guard !others.isEmpty else { return UsageError(problem: problem) }
        return UsageError(problem: problem + "; it is an option of '\(others.joined(separator: "', '"))'")
    }
}

/// The command line cannot be parsed; exit code 2.
struct UsageError: Error, Equatable {
    var problem: String
    /// The known word closest to the misspelled one; nil when none is close.
    var suggestion: String?

    var message: String { problem + (suggestion.map { "; did you mean '\($0)'?" } ?? "") }
}

import Glibc
import HTTPAPI
import Reports
import Rollups
import Log

/// Entry point: parses the command line, reads the settings, runs the command and exits with its code.
@main
struct Program {
    static func main() {
        // `_exit` skips exit handlers: OpenSSL's frees locks that a hung writer may still hold.
        _exit(run(ProcessArguments.read()).rawValue)
    }

    private static func run(_ words: [String]) -> ExitCode {
        do {
            let arguments = try Arguments(words)
            switch arguments.request {
            case .help(let command): Console.out(Help.text(command))
            case .manPage: Console.out(ManPage.text)
            case .completions(let shell): Console.out(Completions.script(shell) ?? "")
            case .doctor(let page):
                var doctor = DoctorCommand(page: page, printsJSON: arguments.printsJSON)
                return doctor.run()
            case .run(.doctor):
                var doctor = InstallationDoctor(arguments)
                return doctor.run()
            case .version: Console.out("collector \(Help.version)")
            case .run(let command): return run(command, arguments)
            }
            return .success
        } catch {
            Console.error("collector: \(error.message)\nSee 'collector --help'.")
            return .usage
        }
    }

    private static func run(_ command: Arguments.Command, _ arguments: Arguments) -> ExitCode {
        do {
            let (configuration, unknown) = try configuration(arguments)
            // The server logs these warnings instead.
            if command != .serve {
                for variable in unknown { Console.error("collector: warning: \(variable.message)") }
            }
            switch command {
            case .serve:
                let log = Log(level: configuration.logLevel, format: configuration.logFormat)
                for variable in unknown { log.warning("unknown variable", variable.fields) }
                return try ServeCommand(
                    configuration,
                    skipsDatabase: arguments.skipsDatabase,
                    assetsPath: arguments.assetsPath,
                    warnings: unknown.map(\.message),
                    log: log
                ).run()
            case .migrate: return try MigrateCommand(configuration, arguments).run()
            case .verify: return try VerifyCommand(configuration).run()
            case .link:
                let namesListener = ["HOST", "PORT"].contains { arguments.settings[$0] != nil }
                return try LinkCommand(configuration, namesListener: namesListener).run()
            case .rebuild: return try RebuildCommand(configuration, resumes: arguments.resumes).run()
            case .demo: return try DemoCommand(configuration, arguments).run()
            case .erase: return try EraseCommand(configuration, arguments).run()
            case .export where arguments.argument == VisitorExport.kind:
                return try VisitorExportCommand(configuration, arguments).run()
            case .export:
                return try ExportCommand(
                    configuration,
                    kind: arguments.argument.flatMap(SegmentExport.Kind.init) ?? .pageviews,
                    format: arguments.format.flatMap(ExportFormat.init) ?? .csv
                ).run()
            case .check: return try CheckCommand(configuration, arguments).run()
            case .backup:
                let path = arguments.argument ?? ""
                return try BackupCommand(configuration, path: path, overwrites: arguments.isForced).run()
            case .archive: return try ArchiveCommand(configuration, arguments).run()
            case .import: return try ImportCommand(configuration, arguments).run()
            case .restore: return try RestoreCommand(configuration, path: arguments.argument ?? "").run()
            // These have requests of their own.
            case .completions, .doctor, .help: return .usage
            }
        } catch {
            Console.error("collector: \(Advice.message(error))")
        }
        // Of a check, a failure is a budget that was exceeded.
        return command == .check ? .usage : .failure
    }

    /// The configuration, and variables that are probably misspelled.
    private static func configuration(_ arguments: Arguments) throws -> (Configuration, [UnknownVariable]) {
        let dotEnv = try DotEnv.read(".env")
        let environment = Environment.all()
        let unknown = UnknownVariable.find(environment: environment, dotEnv: dotEnv.values)
        do throws(ConfigurationError) {
            return (try Configuration(flags: arguments.settings, environment: environment, dotEnv: dotEnv), unknown)
        } catch {
            for variable in unknown { Console.error("collector: warning: \(variable.message)") }
            throw error
        }
    }
}

/// Exit status of the program.
enum ExitCode: Int32 {
    case success = 0
    case failure = 1
    case usage = 2
    /// No budget is exceeded, but the samples do not decide all of them.
    case undecided = 3
    /// The disk has less free space than the pending migrations need.
    case insufficientSpace = 4
    /// 128 plus the signal number, as in a shell.
    case interrupted = 130
    case terminated = 143

    init(signal: Int32) { self = signal == SIGTERM ? .terminated : .interrupted }
}

/// Access to the environment of the process.
enum Environment {
    static func all() -> [String: String] {
        var result: [String: String] = [:]
        var entry = environ
        while let pointer = entry.pointee {
            let parts = String(cString: pointer).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return result
    }
}

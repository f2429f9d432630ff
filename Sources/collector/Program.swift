import Glibc
import Log
import Storage

/// Entry point: reads the command line and the settings, runs the command, ends with its exit code.
@main
struct Program {
    static func main() {
        // Without what libraries do at exit: OpenSSL frees its locks there, which a writer that hangs may still hold.
        _exit(run(ProcessArguments.read()).rawValue)
    }

    private static func run(_ words: [String]) -> ExitCode {
        do {
            let arguments = try Arguments(words)
            switch arguments.request {
            case .help(let command):
                Console.out(Help.text(command))
                return .success
            case .version:
                Console.out("collector \(Help.version)")
                return .success
            case .run(let command):
                return run(command, arguments)
            }
        } catch {
            Console.error("collector: \(error.problem)\nSee 'collector --help'.")
            return .usage
        }
    }

    private static func run(_ command: Arguments.Command, _ arguments: Arguments) -> ExitCode {
        do {
            let configuration = try configuration(arguments)
            let log = Log(level: configuration.logLevel, format: configuration.logFormat)
            switch command {
            case .serve: return try ServeCommand(configuration, skipsDatabase: arguments.skipsDatabase, log: log).run()
            case .migrate: return try MigrateCommand(configuration).run(listOnly: arguments.listsMigrations)
            case .verify: return try VerifyCommand(configuration).run()
            case .link: return try LinkCommand(configuration).run()
            case .rebuild: return try RebuildCommand(configuration).run()
            case .demo:
                return try DemoCommand(configuration, events: arguments.events, seed: arguments.seed).run()
            }
        } catch let error as ConfigurationError {
            let problems = error.problems.map { "  - \($0)" }.joined(separator: "\n")
            Console.error("collector: the configuration cannot be used:\n\(problems)")
        } catch let error as StoreError {
            Console.error("collector: \(error.reason)")
        } catch let error as ListenError {
            Console.error("collector: cannot listen on \(error.address): \(error.reason)")
        } catch let error as FileError {
            Console.error("collector: \(error.message)")
        } catch {
            Console.error("collector: \(error)")
        }
        return .failure
    }

    private static func configuration(_ arguments: Arguments) throws -> Configuration {
        let text = try TextFile.read(".env", bytesMax: DotEnv.fileBytesMax)
        return try Configuration(
            flags: arguments.settings,
            environment: Environment.all(),
            dotEnv: text.map(DotEnv.parse) ?? ([:], [])
        )
    }
}

/// How the program ends.
enum ExitCode: Int32 {
    case success = 0
    case failure = 1
    case usage = 2
}

/// The process's environment.
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

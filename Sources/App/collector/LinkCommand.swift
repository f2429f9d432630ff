import Files
import Glibc

/// `collector link`: prints a link that signs the owner in.
struct LinkCommand {
    private let configuration: Configuration
    /// Whether `--host` or `--port` was given.
    private let namesListener: Bool

    init(_ configuration: Configuration, namesListener: Bool) {
        self.configuration = configuration
        self.namesListener = namesListener
    }

    func run() throws -> ExitCode {
        let token = try configuration.token ?? readToken()
        let address = try address()
        Console.out(address.signInLink(token: token))
        if let hint = address.hint { Console.error(hint) }
        return .success
    }

    private func readToken() throws -> String {
        do {
            return try OwnerToken.read(in: configuration.dataFolder)
        } catch let error as FileError where error.code == ENOENT {
            throw CommandError(
                reason: "no token in \(configuration.dataFolder): start 'collector serve' once, "
                    + "select its data folder with --data, or set COLLECTOR_TOKEN"
            )
        }
    }

    /// The address to print.
    ///
    /// Precedence: the configured URL, `--host` and `--port`, the address of the running server, the defaults.
    private func address() throws -> PublicAddress {
        let running = namesListener ? nil : try RunningServer.read(in: configuration.dataFolder)
        let configured = ServerAddress(
            host: configuration.host,
            port: configuration.port,
            basePath: configuration.basePath,
            usesTLS: configuration.certificateFiles != nil
        )
        return PublicAddress(
            publicURL: configuration.publicURL ?? running?.publicURL,
            listener: running?.listener ?? configured
        )
    }
}

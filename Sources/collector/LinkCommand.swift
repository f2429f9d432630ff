/// `collector link`: prints a link that signs the owner in.
struct LinkCommand {
    private let configuration: Configuration

    init(_ configuration: Configuration) { self.configuration = configuration }

    func run() throws -> ExitCode {
        let token =
            if let token = configuration.token { token } else {
                try OwnerToken.read(in: configuration.dataFolder)
            }
        let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
        Console.out(
            "http://\(host):\(configuration.port)\(configuration.basePath)/insight#token=\(Self.encoded(token))"
        )
        return .success
    }

    /// Percent coding of all but what is plain everywhere (RFC 3986 §2.3).
    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-._~".utf8.contains(byte)
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(Unicode.Scalar(byte)) : "%" + (digits.utf8.count < 2 ? "0" : "") + digits
        }.joined()
    }
}

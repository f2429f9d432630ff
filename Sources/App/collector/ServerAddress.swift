import Files
import Glibc
import Events

/// The address on which a server listens: `http://HOST:PORT` or `https://HOST:PORT` with its base path.
struct ServerAddress: Equatable {
    /// An IP address.
    var host: String
    var port: UInt16
    /// Without a trailing slash; empty at the root.
    var basePath = ""
    var usesTLS = false

    private static let (plainScheme, secureScheme) = ("http://", "https://")

    init(host: String, port: UInt16, basePath: String = "", usesTLS: Bool = false) {
        self.host = host
        self.port = port
        self.basePath = basePath
        self.usesTLS = usesTLS
    }

    private var scheme: String { usesTLS ? Self.secureScheme : Self.plainScheme }

    /// Parses the format of `text`; nil for anything else.
    init?(_ text: String) {
        let schemes = [Self.plainScheme, Self.secureScheme]
        guard let scheme = schemes.first(where: { text.hasPrefix($0) }) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        guard let colon = authority.lastIndex(of: ":"), let port = UInt16(authority[authority.index(after: colon)...])
        else { return nil }
        let host = authority[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard let address = IPAddress(String(isBracketed ? host.dropFirst().dropLast() : host)) else { return nil }
        self.init(
            host: address.text,
            port: port,
            basePath: String(rest.dropFirst(authority.count)),
            usesTLS: scheme == Self.secureScheme
        )
    }

    private static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    /// Host and port.
    var authority: String { "\(Self.bracketed(host)):\(port)" }
    var text: String { "\(scheme)\(authority)\(basePath)" }

    /// Whether the server listens on all interfaces, so that its address cannot be opened in a browser.
    var isWildcard: Bool { host == "0.0.0.0" || host == "::" }

    /// The address for a browser on this machine: `localhost` for the IPv4 loopback and for all interfaces.
    var localURL: String {
        let name = isWildcard || host == "127.0.0.1" ? "localhost" : Self.bracketed(host)
        return "\(scheme)\(name):\(port)\(basePath)"
    }
}

/// Addresses of a running server, stored in the data folder for `collector link`.
struct RunningServer: Equatable {
    /// The configured public address; nil when not configured.
    let listener: ServerAddress
    let publicURL: String?

    private static let fileName = "address"
    private static let fileBytesMax = 8192

    private static func path(_ folder: String) -> String { folder + "/" + fileName }

    /// Returns nil when no server is running on the data folder.
    static func read(in folder: String) throws(FileError) -> RunningServer? {
        let text: String
        do throws(FileError) {
            text = String(decoding: try SmallFile(path(folder)).bytes(max: fileBytesMax), as: UTF8.self)
        } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        guard let listener = lines.first.flatMap({ ServerAddress($0) }) else { return nil }
        let url = lines.dropFirst().first.flatMap { Configuration.publicURL($0, basePath: listener.basePath) }
        return RunningServer(listener: listener, publicURL: url)
    }

    /// Writes the file atomically.
    func write(in folder: String) throws(FileError) {
        let path = Self.path(folder)
        var name = Array((path + ".XXXXXX").utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        let bytes = Array((listener.text + "\n" + (publicURL.map { $0 + "\n" } ?? "")).utf8)
        let isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count
        let code = errno
        close(descriptor)
        guard isWritten, rename(name, path) == 0 else {
            let reason = isWritten ? errno : code
            unlink(name)
            throw FileError(path: path, code: reason)
        }
    }

    static func remove(in folder: String) { unlink(path(folder)) }
}

/// The address to open in a browser, with a hint where it may not work.
struct PublicAddress {
    /// Without a trailing slash.
    let url: String
    /// Advice when the address may not be reachable; nil when none is needed.
    let hint: String?

    /// Uses the configured address, or that of the listener.
    ///
    /// Never the `Host` header of a request: the client controls it, and a sign-in link to a host of its choice would
    /// leak the token.
    init(publicURL: String?, listener: ServerAddress) {
        if let configured = publicURL {
            url = configured
            hint = nil
            return
        }
        url = listener.localURL
        if listener.usesTLS {
            hint =
                "Browsers accept this address only if the certificate is for it. Set COLLECTOR_URL to the address that the certificate is for, to print that one here."
        } else if listener.isWildcard {
            hint =
                "This address works on this machine only. From another machine, in a container, or behind a proxy, use the public host and port; set COLLECTOR_URL to print that address here."
        } else {
            hint = nil
        }
    }

    /// Link that signs the owner in; browsers do not send the part after `#` to servers.
    func signInLink(token: String) -> String { "\(url)/insight#token=\(Self.encoded(token))" }

    /// The script tag to paste into the pages of a site.
    var tag: String { "<script defer src=\"\(url)/collector.js\"></script>" }

    /// Percent-encodes all but unreserved characters (RFC 3986 §2.3).
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

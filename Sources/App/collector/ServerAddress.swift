import Glibc
import Events

/// Where a server listens: `http://HOST:PORT` with its base path.
struct ServerAddress: Equatable {
    /// An IP address.
    var host: String
    var port: UInt16
    /// Without a slash at its end; empty at the root.
    var basePath = ""

    private static let scheme = "http://"

    init(host: String, port: UInt16, basePath: String = "") {
        self.host = host
        self.port = port
        self.basePath = basePath
    }

    /// Reads what `text` writes; nil for anything else.
    init?(_ text: String) {
        guard text.hasPrefix(Self.scheme) else { return nil }
        let rest = text.dropFirst(Self.scheme.count)
        let authority = rest.prefix { $0 != "/" }
        guard let colon = authority.lastIndex(of: ":"), let port = UInt16(authority[authority.index(after: colon)...])
        else { return nil }
        let host = authority[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard let address = IPAddress(String(isBracketed ? host.dropFirst().dropLast() : host)) else { return nil }
        self.init(host: address.text, port: port, basePath: String(rest.dropFirst(authority.count)))
    }

    private static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

    /// Host and port.
    var authority: String { "\(Self.bracketed(host)):\(port)" }
    var text: String { "\(Self.scheme)\(authority)\(basePath)" }

    /// Whether the server listens on all interfaces, so that its address is no address to open.
    var isWildcard: Bool { host == "0.0.0.0" || host == "::" }

    /// The address for a browser on this machine: `localhost` for the IPv4 loopback and for all interfaces.
    var localURL: String {
        let name = isWildcard || host == "127.0.0.1" ? "localhost" : Self.bracketed(host)
        return "\(Self.scheme)\(name):\(port)\(basePath)"
    }
}

/// What a running server leaves in the data folder for `collector link`: where it listens, and the public address that it was configured with.
struct RunningServer: Equatable {
    let listener: ServerAddress
    let publicURL: String?

    private static let fileName = "address"
    private static let fileBytesMax = 8192

    private static func path(_ folder: String) -> String { folder + "/" + fileName }

    /// Nil when no server runs on the data folder.
    static func read(in folder: String) throws(FileError) -> RunningServer? {
        guard let text = try TextFile.read(path(folder), bytesMax: fileBytesMax) else { return nil }
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        guard let listener = lines.first.flatMap({ ServerAddress($0) }) else { return nil }
        let url = lines.dropFirst().first.flatMap { Configuration.publicURL($0, basePath: listener.basePath) }
        return RunningServer(listener: listener, publicURL: url)
    }

    /// Writes the file, whole or not at all.
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

/// The address that people open, and what is worth knowing about it.
struct PublicAddress {
    /// Without a slash at its end.
    let url: String
    /// What to do when the address does not open; nil when there is nothing to say.
    let hint: String?

    /// The configured address, or that of the listener.
    ///
    /// Never that of a request: a `Host` header is chosen by its sender, and a sign-in link to a host of their choice would hand them the token.
    init(publicURL: String?, listener: ServerAddress) {
        if let configured = publicURL {
            url = configured
            hint = nil
            return
        }
        url = listener.localURL
        hint =
            listener.isWildcard
            ? "This address opens on this machine. From elsewhere, in a container or behind a proxy, use the host and the published port; set COLLECTOR_URL to that address to have it printed here."
            : nil
    }

    /// The link that signs the owner in; the part after `#` stays in the browser.
    func signInLink(token: String) -> String { "\(url)/insight#token=\(Self.encoded(token))" }

    /// The tag that a site pastes into its pages.
    var tag: String { "<script defer src=\"\(url)/collector.js\"></script>" }

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

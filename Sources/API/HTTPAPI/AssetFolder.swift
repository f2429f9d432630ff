import Assets
import Crypto
import Glibc

/// A folder of web files that is read again for each request, for work on the pages: `collector serve --assets`.
///
/// `scripts/build-web --dist` writes it. Only files in its manifest are served, so that no request path leads out of
/// the folder.
package struct AssetFolder: Sendable {
    /// Each line has the path of a file and its content type, separated by a tab.
    private static let manifestName = "assets.tsv"
    private static let fileBytesMax = 16 << 20

    private let folder: String

    /// - Returns: nil when the folder has no manifest.
    package init?(_ folder: String) {
        self.folder = folder
        guard manifest() != nil else { return nil }
    }

    /// The current content of a file; nil when it is not in the manifest or cannot be read.
    ///
    /// Blocks while it reads the disk.
    func asset(_ path: String) -> Asset? {
        guard let contentType = manifest()?[path], let bytes = read(path) else { return nil }
        let entityTag = String(decoding: SHA256.hex(of: bytes).prefix(16), as: UTF8.self)
        return Asset(
            path: path,
            contentType: contentType,
            entityTag: entityTag,
            isImmutable: false,
            bytes: bytes,
            gzip: [],
            brotli: []
        )
    }

    private func manifest() -> [String: String]? {
        guard let bytes = read(Self.manifestName) else { return nil }
        var types: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: "\t")
            guard fields.count == 2, Self.isBelowFolder(fields[0]), Self.isFieldValue(fields[1]) else { continue }
            types[String(fields[0])] = String(fields[1])
        }
        return types
    }

    private static func isBelowFolder(_ path: Substring) -> Bool {
        path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { $0 != "" && $0 != "." && $0 != ".." }
    }

    /// Rejects line breaks, which would start another header.
    private static func isFieldValue(_ text: Substring) -> Bool { text.utf8.allSatisfy { 0x20..<0x7F ~= $0 } }

    /// The bytes of a regular file, at most `fileBytesMax` of them; nil for anything else.
    private func read(_ path: String) -> [UInt8]? {
        let descriptor = open(folder + "/" + path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &part, part.count)
            guard count >= 0, bytes.count + count <= Self.fileBytesMax else { return nil }
            if count == 0 { return bytes }
            bytes += part[..<count]
        }
    }
}

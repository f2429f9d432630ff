import Assets
import Crypto
import Files

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

    private func read(_ path: String) -> [UInt8]? {
        SmallFile.regular(folder + "/" + path, bytesMax: Self.fileBytesMax)
    }
}

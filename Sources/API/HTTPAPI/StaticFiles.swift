import Assets
import HTTPServer

/// The built-in files, each with a response that was prepared at start, or the files of a folder.
struct StaticFiles: Sendable {
    private struct Variant: Sendable {
        let coding: ContentCoding
        let tag: String
        let full: ServerResponse
        let notModified: ServerResponse
    }

    /// The headers of scripts that pages of other sites load: every origin may load them, also as a module, and read their timing.
    private static let forSites: [Responses.Field] = [
        ("Access-Control-Allow-Origin", "*"), ("Cross-Origin-Resource-Policy", "cross-origin"),
        ("Timing-Allow-Origin", "*"),
    ]

    private let variants: [String: [Variant]]
    /// A folder that replaces the built-in files.
    private let folder: AssetFolder?

    init(_ assets: [Asset], folder: AssetFolder? = nil) {
        var variants: [String: [Variant]] = [:]
        for asset in assets {
            let bodies: [(ContentCoding, [UInt8])] = [
                (.brotli, asset.brotli), (.gzip, asset.gzip), (.identity, asset.bytes),
            ]
            variants[asset.path] = bodies.filter { $0.0 == .identity || !$0.1.isEmpty }.map {
                Self.variant(asset, $0, $1, caching: Self.caching(asset))
            }
        }
        self.variants = variants
        self.folder = folder
    }

    /// The response for a file; nil when there is no file of that name.
    func answer(_ path: String, acceptEncoding: String?, ifNoneMatch: String?) -> ServerResponse? {
        guard let candidates = candidates(path) else { return nil }
        let accepted = ContentCoding.accepted(acceptEncoding)
        guard let variant = candidates.first(where: { accepted.contains($0.coding) }) else { return nil }
        if let ifNoneMatch, matchesEntityTag(ifNoneMatch, variant.tag) { return variant.notModified }
        return variant.full
    }

    private func candidates(_ path: String) -> [Variant]? {
        guard let folder else { return variants[path] }
        // Nothing is cached, here or in the browser, so that a reload shows each edit.
        return folder.asset(path).map { [Self.variant($0, .identity, $0.bytes, caching: "no-cache")] }
    }

    private static func isForSites(_ asset: Asset) -> Bool { asset.path.hasPrefix("collector") }

    private static func caching(_ asset: Asset) -> String {
        if asset.isImmutable { return "public, max-age=31536000, immutable" }
        return isForSites(asset) ? "public, max-age=3600, stale-while-revalidate=86400" : "no-cache"
    }

    private static func variant(
        _ asset: Asset,
        _ coding: ContentCoding,
        _ body: [UInt8],
        caching: String
    ) -> Variant {
        let suffix = coding == .identity ? "" : "-" + coding.rawValue
        let tag = "\"\(asset.entityTag)\(suffix)\""
        let varying = asset.path.hasPrefix("index") ? "Accept-Encoding, Sec-GPC, DNT" : "Accept-Encoding"
        var fields: [Responses.Field] = [("ETag", tag), ("Cache-Control", caching), ("Vary", varying)]
        fields += Responses.security
        if isForSites(asset) { fields += Self.forSites }
        // A browser that asks not to be tracked is not asked for hints.
        if asset.path.hasPrefix("index"), !asset.path.hasSuffix("-private.html") {
            fields.append(AgentRoute.wantedHints)
        }
        let unchanged = Response(status: 304, fields: fields, body: .none)
        fields.append(("Content-Type", asset.contentType))
        if coding != .identity { fields.append(("Content-Encoding", coding.rawValue)) }
        let full = Response(status: 200, fields: fields, body: .bytes(body))
        return Variant(
            coding: coding,
            tag: tag,
            full: .prepared(PreparedResponse(full)),
            notModified: .prepared(PreparedResponse(unchanged))
        )
    }
}

import Assets
import HTTPServer

/// The files that were built into the program, each answer made ready once at start.
struct StaticFiles: Sendable {
    private struct Variant: Sendable {
        let coding: ContentCoding
        let tag: String
        let full: Answer
        let notModified: Answer
    }

    private let variants: [String: [Variant]]

    init(_ assets: [Asset]) {
        var variants: [String: [Variant]] = [:]
        for asset in assets {
            let bodies: [(ContentCoding, [UInt8])] = [
                (.brotli, asset.brotli), (.gzip, asset.gzip), (.identity, asset.bytes),
            ]
            variants[asset.path] = bodies.filter { $0.0 == .identity || !$0.1.isEmpty }.map {
                Self.variant(asset, $0, $1)
            }
        }
        self.variants = variants
    }

    /// The answer for a file, or nil when there is none of that name.
    func answer(_ path: String, acceptEncoding: String?, ifNoneMatch: String?) -> Answer? {
        guard let candidates = variants[path] else { return nil }
        let accepted = ContentCoding.accepted(acceptEncoding)
        guard let variant = candidates.first(where: { accepted.contains($0.coding) }) else { return nil }
        if let ifNoneMatch, matchesEntityTag(ifNoneMatch, variant.tag) { return variant.notModified }
        return variant.full
    }

    private static func variant(_ asset: Asset, _ coding: ContentCoding, _ body: [UInt8]) -> Variant {
        let suffix = coding == .identity ? "" : "-" + coding.rawValue
        let tag = "\"\(asset.entityTag)\(suffix)\""
        let caching = asset.isImmutable ? "public, max-age=31536000, immutable" : "no-cache"
        var fields: [Responses.Field] = [("ETag", tag), ("Cache-Control", caching), ("Vary", "Accept-Encoding")]
        fields += Responses.security
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

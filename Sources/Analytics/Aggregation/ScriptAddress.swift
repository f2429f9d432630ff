/// The address of a script as it identifies the script over releases.
struct ScriptAddress: Equatable {
    /// The scheme and host in front of the path; empty for an address without them.
    let origin: Substring
    /// The path with `*` for the parts that vary by release: content hashes, build ids and version folders.
    let path: String
    private let scheme: Substring
    private let host: Substring

    /// The stem of a file that bundlers and frameworks generate for code that is not the site's own.
    private static let libraryStems: Set<Substring> = [
        "vendor", "vendors", "polyfill", "polyfills", "framework", "jquery", "react", "react-dom", "vue", "angular",
        "zone", "webpack-runtime", "lodash",
    ]
    /// Folders of packages.
    private static let libraryFolders: Set<Substring> = [
        "node_modules", "bower_components", "vendor", "vendors", "npm", "jspm_packages",
    ]
    private static let pageSchemes: Set<Substring> = ["", "http", "https", "webpack", "file", "capacitor", "app"]

    /// Drops the query and the fragment, which are often versions.
    init(_ address: String) {
        let plain = address.prefix { $0 != "?" && $0 != "#" }
        if let mark = plain.firstRange(ofText: "://") {
            scheme = plain[..<mark.lowerBound]
            let rest = plain[mark.upperBound...]
            let end = rest.utf8.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            (host, origin) = (rest[..<end], plain[..<end])
        } else {
            (scheme, host, origin) = ("", "", "")
        }
        var segments = plain[origin.endIndex...].split(separator: "/", omittingEmptySubsequences: false)
        if origin.isEmpty { segments = plain.split(separator: "/", omittingEmptySubsequences: false) }
        path = segments.enumerated().map { index, segment in
            index == segments.count - 1 ? Self.file(segment) : Self.folder(segment)
        }.joined(separator: "/")
    }

    /// The address for grouping, cut like other dimension values.
    var text: String { DimensionText.clean(origin + path) ?? "" }

    /// Whether the script is probably the site's own, and not a library, an extension, or of another site.
    ///
    /// An address on another host than the site's is not in-app; without a site, hosts do not count.
    func isInApp(site: String) -> Bool {
        guard Self.pageSchemes.contains(scheme) else { return false }
        let folders = path.split(separator: "/")
        guard !folders.dropLast().contains(where: { Self.libraryFolders.contains($0) }) else { return false }
        let file = folders.last ?? ""
        let stem = file.prefix { $0 != "." }
        let name = stem.hasSuffix("-*") || stem.hasSuffix("_*") ? stem.dropLast(2) : stem
        guard !Self.libraryStems.contains(name), !name.hasPrefix("vendors~"), !name.hasPrefix("jquery-") else {
            return false
        }
        return scheme == "webpack" || host.isEmpty || site.isEmpty || Self.isSameSite(host, site[...])
    }

    /// Whether two hosts share their last two labels: `static.shop.example` serves the code of `www.shop.example`.
    private static func isSameSite(_ host: Substring, _ site: Substring) -> Bool {
        let names = [host, site].map { $0.prefix { $0 != ":" }.split(separator: ".") }
        return names[0] == names[1]
            || names[0].count > 1 && names[1].count > 1 && names[0].suffix(2) == names[1].suffix(2)
                && names[0].last?.utf8.first?.isLetter == true
    }

    // MARK: - Hashes

    /// Lengths of hexadecimal hashes; up to `shortHashMax`, one needs a letter and a digit.
    private static let hashLengths = 6...64
    private static let shortHashMax = 7
    /// Lengths of the hashes that bundlers write with letters of both cases.
    private static let mixedLengths: Set<Int> = [8, 10]
    /// Length of the build ids of Next.js.
    private static let buildIDLength = 21

    private static func file(_ name: Substring) -> String {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        // The last part is the extension.
        return parts.enumerated().map { index, part in
            if index == parts.count - 1, index > 0 { return String(part) }
            if index > 0, isHash(part) { return "*" }
            return withoutHash(part)
        }.joined(separator: ".")
    }

    /// Replaces the hash after the last hyphen or underscore, as in `index-DiwrgTda`.
    ///
    /// A hash of mixed letters may contain a hyphen or underscore itself.
    private static func withoutHash(_ stem: Substring) -> String {
        for length in mixedLengths {
            let hash = stem.suffix(length)
            guard hash.utf8.count == length, let mark = stem.dropLast(length).last, mark == "-" || mark == "_" else {
                continue
            }
            if isMixed(hash) { return stem.dropLast(length) + "*" }
        }
        guard let mark = stem.lastIndex(where: { $0 == "-" || $0 == "_" }) else { return String(stem) }
        let hash = stem[stem.index(after: mark)...]
        return isHash(hash) && mark > stem.startIndex ? stem[...mark] + "*" : String(stem)
    }

    private static func folder(_ name: Substring) -> String {
        let bytes = name.utf8
        if hashLengths.contains(bytes.count), bytes.count > shortHashMax, isHash(name) { return "*" }
        if bytes.count == buildIDLength, isMixed(name) { return "*" }
        let version = name.first == "v" ? name.dropFirst() : name
        let numbers = version.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count > 1 && numbers.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isDigit) })
            ? "*" : String(name)
    }

    private static func isHash(_ text: Substring) -> Bool {
        let bytes = text.utf8
        guard hashLengths.contains(bytes.count) else { return false }
        if bytes.allSatisfy(\.isHexadecimal), bytes.contains(where: \.isDigit) {
            return bytes.count > shortHashMax || bytes.contains(where: \.isLetter)
        }
        return mixedLengths.contains(bytes.count) && isMixed(text)
    }

    /// Whether a text has the letters of a hash and does not look like a word, which has uppercase letters and digits
    /// only at its start and end.
    private static func isMixed(_ text: Substring) -> Bool {
        let bytes = text.utf8
        return bytes.allSatisfy { $0.isIdentifier || $0 == UInt8(ascii: "-") }
            && bytes.dropFirst().dropLast().contains { $0.isDigit || (0x41...0x5A).contains($0) }
    }
}

import Numbers

/// A stack frame, reduced to the parts on which V8, SpiderMonkey and JavaScriptCore agree.
struct StackFrame {
    /// Number of frames used for grouping.
    static let countMax = 3
    /// Width of column groups: the positions that engines report for an expression differ by some characters.
    static let columnStep: Int64 = 100
    /// Maximum column in code that is not minified.
    private static let writtenColumnsMax: Int64 = 200

    /// Empty for an anonymous function.
    let function: String
    /// URL of the file without its content hash.
    let file: String
    let line: Int64
    let column: Int64
    /// The frame as formatted by the earlier grouping rules, which included lines.
    let former: String

    init(_ frame: LazyJSON) {
        let name = frame["function"].text ?? ""
        function = Self.function(name)
        let resource = DimensionText.resource(frame["file"].text ?? "") ?? ""
        file = Self.withoutHash(resource)
        line = Int64(saturating: frame["line"].value(.frameLine) ?? 0)
        column = Int64(saturating: frame["column"].value(.frameColumn) ?? 0)
        former = "\(Self.formerFunction(name))|\(resource)|\(line)"
    }

    /// Whether the code is probably minified, so that lines and names are not significant.
    var isMinified: Bool { column > Self.writtenColumnsMax || file.contains(".min.") }

    /// Names that engines give to code outside of functions and to anonymous functions.
    private static let noNames: Set<Substring> = ["global code", "module code", "eval code", "eval", "anonymous"]

    /// The bare function name: V8 reports `new Shop`, `Shop.buy` and `Shop.buy [as sell]`, SpiderMonkey
    /// `Shop/buy` and `promise callback*buy`.
    private static func function(_ name: String) -> String {
        let name = name.firstRange(ofText: " [as ").map { name[..<$0.lowerBound] } ?? name[...]
        guard !noNames.contains(name) else { return "" }
        let last = name.split(omittingEmptySubsequences: false) { "./ *".contains($0) }.last ?? ""
        return last.utf8.allSatisfy { $0.isIdentifier || $0 == UInt8(ascii: "#") } ? String(last) : ""
    }

    private static func formerFunction(_ name: String) -> String {
        let last = name.split(whereSeparator: { $0 == "." || $0 == "/" || $0 == " " }).last.map(String.init) ?? ""
        return last.contains("<") ? "" : last
    }

    /// Length in characters of the hash that bundlers append to a file name after a hyphen or underscore.
    private static let hashLength = 8

    /// Removes a bundler's hash, as in `index-DiwrgTda.js`: a suffix of fixed length that does not look like a word.
    private static func withoutHash(_ address: String) -> String {
        let bytes = address.utf8
        let nameStart = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) } ?? bytes.startIndex
        let stem = bytes[nameStart...].prefix { $0 != UInt8(ascii: ".") }
        guard let hyphen = stem.dropLast(hashLength).last, hyphen == UInt8(ascii: "-") || hyphen == UInt8(ascii: "_")
        else { return address }
        let hash = stem.suffix(hashLength)
        guard hash.allSatisfy({ $0.isIdentifier || $0 == UInt8(ascii: "-") }),
            hash.dropFirst().contains(where: \.isOfNoWord)
        else { return address }
        return String(address[..<hash.startIndex].dropLast()) + String(address[hash.endIndex...])
    }
}

extension UInt8 {
    /// Whether the byte can be part of a JavaScript identifier; non-ASCII bytes can.
    var isIdentifier: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }

    /// A digit or an uppercase letter, which a word contains only at its start.
    fileprivate var isOfNoWord: Bool { (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) }
}

import Numbers

/// A frame of an error's stack, by the parts that three engines agree on.
struct StackFrame {
    /// Frames by which errors are grouped.
    static let countMax = 3
    /// Columns that count as one: where engines point to in an expression differs by some characters.
    static let columnStep: Int64 = 100
    /// Columns of code that a person wrote, at most.
    private static let writtenColumnsMax: Int64 = 200

    /// Empty for a function without a name.
    let function: String
    /// Address of the file without what changes with its content.
    let file: String
    let line: Int64
    let column: Int64
    /// The frame as errors were grouped by before lines did not count.
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

    /// Whether the code was made by a tool that leaves no lines and no names.
    var isMinified: Bool { column > Self.writtenColumnsMax || file.contains(".min.") }

    /// Names that engines give to code outside of functions, and to functions that have none.
    private static let noNames: Set<Substring> = ["global code", "module code", "eval code", "eval", "anonymous"]

    /// The name alone: V8 writes `new Shop`, `Shop.buy` and `Shop.buy [as sell]`, SpiderMonkey `Shop/buy` and `promise
    /// callback*buy`.
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

    /// Characters of a hash that bundlers write behind a name and a hyphen.
    private static let hashLength = 8

    /// An address without the hash of `index-DiwrgTda.js`: a part of a length of its own that no word looks like.
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
    /// Whether the byte may be in a name of JavaScript; those beyond ASCII may.
    var isIdentifier: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }

    /// A digit or a capital letter, which words have at their beginning alone.
    fileprivate var isOfNoWord: Bool { (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) }
}

import Numbers

/// A stack frame, reduced to the parts on which V8, SpiderMonkey and JavaScriptCore agree.
struct StackFrame {
    /// Number of frames used for grouping.
    static let countMax = 3
    /// Number of frames that are read.
    static let readMax = 30
    /// Width of column groups: the positions that engines report for an expression differ by some characters.
    static let columnStep: Int64 = 40
    /// Maximum column in code that is not minified.
    static let writtenColumnsMax: Int64 = 200

    /// Empty for an anonymous function.
    let function: String
    let script: ScriptAddress
    /// URL of the file as reported, without query and fragment.
    let address: String
    let line: Int64
    let column: Int64
    /// Whether the frame is probably of the site's own code.
    let isInApp: Bool

    init(_ frame: LazyJSON, site: String) {
        function = Self.function(frame["function"].text ?? "")
        let text = frame["file"].text ?? ""
        script = ScriptAddress(text)
        address = DimensionText.clean(String(text.prefix { $0 != "?" && $0 != "#" })) ?? ""
        line = Int64(saturating: frame["line"].value(.frameLine) ?? 0)
        column = Int64(saturating: frame["column"].value(.frameColumn) ?? 0)
        isInApp = script.isInApp(site: site)
    }

    /// Whether the code is probably minified, so that lines and names are not significant.
    var isMinified: Bool { column > Self.writtenColumnsMax || script.path.contains(".min.") }

    /// The frame as it identifies an issue: without its line and column, which change with every release.
    var grouping: String { "\(function)|\(script.text)" }

    /// Names that engines give to code outside of functions and to anonymous functions.
    private static let noNames: Set<Substring> = ["global code", "module code", "eval code", "eval", "anonymous"]

    /// The bare function name: V8 reports `new Shop`, `Shop.buy` and `Shop.buy [as sell]`, SpiderMonkey
    /// `Shop/buy` and `promise callback*buy`.
    static func function(_ name: String) -> String {
        let name = name.firstRange(ofText: " [as ").map { name[..<$0.lowerBound] } ?? name[...]
        guard !noNames.contains(name) else { return "" }
        let last = name.split(omittingEmptySubsequences: false) { "./ *".contains($0) }.last ?? ""
        return last.utf8.allSatisfy { $0.isIdentifier || $0 == UInt8(ascii: "#") } ? String(last) : ""
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
    var isOfNoWord: Bool { (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) }
}

import Log
import Reports

/// Writes rows of RFC 4180 that no spreadsheet reads as formulas, with any separator that it assumes.
///
/// Texts are always quoted, and a missing value is an empty cell. A text that begins with a character of formulas gets an apostrophe before
/// it, and so does text after another program's separator inside a text. Invisible characters that change the displayed text become escapes
/// such as `\u202e`. JSON stays the same value: there the separator is written as a JSON escape.
enum CSV {
    static func row(_ cells: [ExportCell]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, cell) in cells.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            switch cell {
            case .number(let value): bytes += Array("\(value)".utf8)
            case .decimal(let value): bytes += Array("\(value)".utf8)
            case .missing: break
            case .text(let text): quote(text, isJSON: false, to: &bytes)
            case .json(let text): quote(text, isJSON: text.utf8.first == UInt8(ascii: "{"), to: &bytes)
            }
        }
        return bytes + [0x0D, 0x0A]
    }

    /// The characters that begin a formula, including their full-width and small forms.
    private static let triggers = Set("=+-@＝＋－＠﹦﹢﹣﹫−".unicodeScalars)
    /// The separators that other programs may assume inside a quoted cell; tabs and line ends become escapes anyway.
    private static let separators = Set(";|".unicodeScalars)
    /// Joiners, which emoji and some scripts need.
    private static let joiners = Set("\u{200C}\u{200D}".unicodeScalars)

    private static func quote(_ text: String, isJSON: Bool, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        // The text since the start or a separator, while a formula may begin after it.
        var held: [Unicode.Scalar]? = []
        var separator: Unicode.Scalar?
        func release(isFormula: Bool) {
            guard let scalars = held else { return }
            if let separator {
                if isFormula, isJSON {
                    bytes += Array(separator.jsonEscape.utf8)
                } else {
                    put(separator, isJSON, &bytes)
                }
            }
            if isFormula, !isJSON { bytes.append(UInt8(ascii: "'")) }
            for scalar in scalars { put(scalar, isJSON, &bytes) }
            (held, separator) = (nil, nil)
        }
        for scalar in text.unicodeScalars {
            if triggers.contains(scalar) {
                release(isFormula: true)
            } else if held != nil, !isPassedOver(scalar) {
                release(isFormula: false)
            }
            if separators.contains(scalar) {
                (held, separator) = ([], scalar)
            } else if held != nil {
                held?.append(scalar)
            } else {
                put(scalar, isJSON, &bytes)
            }
        }
        release(isFormula: false)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Whether programs skip the character before they look for a formula: white space, quotes and joiners.
    private static func isPassedOver(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\"" || scalar.properties.isWhitespace || joiners.contains(scalar)
    }

    private static func put(_ scalar: Unicode.Scalar, _ isJSON: Bool, _ bytes: inout [UInt8]) {
        switch scalar {
        case "\"": bytes += [UInt8(ascii: "\""), UInt8(ascii: "\"")]
        // JSON has them only between tokens.
        case _ where isJSON && (scalar == "\t" || scalar == "\r" || scalar == "\n"):
            bytes.append(0x20)
        case _ where scalar.isUnprintable && !joiners.contains(scalar): bytes += Array(scalar.jsonEscape.utf8)
        case _ where scalar.isASCII: bytes.append(UInt8(scalar.value))
        default: bytes += Array(String(scalar).utf8)
        }
    }
}

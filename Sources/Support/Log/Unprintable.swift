extension Unicode.Scalar {
    /// Whether the scalar has no glyph of its own but may change how the text around it is displayed.
    ///
    /// True for control characters, bidirectional marks, line and paragraph separators, zero-width
    /// and other format characters.
    package var isUnprintable: Bool {
        guard value > 0x7E else { return value < 0x20 }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }

    /// The JSON escape sequence of the scalar, such as `\u202e`; a surrogate pair above U+FFFF.
    package var jsonEscape: String {
        UTF16.encode(self).map { units in
            units.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }.joined()
        } ?? ""
    }
}

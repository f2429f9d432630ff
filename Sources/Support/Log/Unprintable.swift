extension String {
    /// The digits with zeros before them, up to a number of characters.
    func withLeadingZeros(_ width: Int) -> String { String(repeating: "0", count: max(0, width - count)) + self }
}

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
            units.map { "\\u" + String($0, radix: 16).withLeadingZeros(4) }.joined()
        } ?? ""
    }
}

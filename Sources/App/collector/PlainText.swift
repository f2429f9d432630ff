extension String {
    /// The text with spaces up to a width in columns.
    func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    /// The text without control characters other than line feeds.
    var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    let isControl =
                        scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
                    return isControl && scalar != "\n" ? "\u{FFFD}" : scalar
                }
            )
        )
    }
}

extension Int64 {
    /// A size in bytes with its unit.
    var byteText: String {
        self < 10_000
            ? "\(self) bytes"
            : self < 10_000_000 ? "\(self / 1000) kB" : "\(ProgressMeter.grouped(self / 1_000_000)) MB"
    }
}

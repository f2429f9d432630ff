/// Replaces the values in messages of pages, so that messages that differ only in values are equal.
///
/// Values are numbers, UUIDs, hexadecimal hashes, long ids of letters and digits, URLs, and quoted strings.
enum MessageTemplate {
    private static let value = UInt8(ascii: "0")
    private static let url = Array("<url>".utf8)
    private static let string = Array("<string>".utf8)
    /// Minimum lengths of a hexadecimal id, and of an id of any letters and digits; shorter ones may be words.
    private static let hexadecimalMin = 8
    private static let idMin = 12
    /// The fewest digits of an id of any letters and digits.
    private static let idDigitsMin = 2

    static func of(_ message: String) -> String {
        var result: [UInt8] = []
        var rest = Array(message.utf8)[...]
        while let first = rest.first {
            let isWithinWord = result.last?.isLetter ?? false
            if let length = quoted(rest, isWithinWord: isWithinWord) {
                result += string
                rest = rest.dropFirst(length)
            } else if !isWithinWord, let length = address(rest) {
                result += url
                rest = rest.dropFirst(length)
            } else if !isWithinWord, let length = id(rest) {
                result.append(value)
                rest = rest.dropFirst(length)
            } else if first.isDigit {
                result.append(value)
                rest = rest.dropFirst(number(rest))
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The length of a quoted string at the start, with its quotes; apostrophes within words are no quotes.
    private static func quoted(_ text: ArraySlice<UInt8>, isWithinWord: Bool) -> Int? {
        guard let quote = text.first, quote == 0x22 || quote == 0x27 || quote == 0x60, !isWithinWord else { return nil }
        var index = text.index(after: text.startIndex)
        while index < text.endIndex {
            let next = text.index(after: index)
            if text[index] == quote, next == text.endIndex || !text[next].isLetter { return next - text.startIndex }
            index = next
        }
        return nil
    }

    /// The length of an absolute URL at the start.
    private static func address(_ text: ArraySlice<UInt8>) -> Int? {
        let scheme = text.prefix { $0.isLetter || $0 == UInt8(ascii: "-") }
        let marks = text.dropFirst(scheme.count).prefix(3)
        guard !scheme.isEmpty, marks.elementsEqual("://".utf8) else { return nil }
        let ends: [UInt8] = Array("\"'`<>()[]{}".utf8)
        let rest = text.dropFirst(scheme.count + 3).prefix { $0 > 0x20 && !ends.contains($0) }
        // Punctuation at the end belongs to the sentence.
        let trailing = rest.reversed().prefix { Array(".,:;!?".utf8).contains($0) }.count
        return scheme.count + 3 + rest.count - trailing
    }

    /// The length of a UUID, hash, or other long id at the start.
    private static func id(_ text: ArraySlice<UInt8>) -> Int? {
        let hash = text.prefix { $0.isHexadecimal || $0 == UInt8(ascii: "-") }
        if hash.count >= hexadecimalMin, hash.first?.isHexadecimal == true, hash.contains(where: \.isDigit),
            text.dropFirst(hash.count).first.map({ !$0.isLetter }) ?? true
        {
            return hash.count
        }
        let word = text.prefix { $0.isLetter || $0.isDigit }
        let digits = word.count(where: \.isDigit)
        return word.count >= idMin && digits >= idDigitsMin && digits < word.count ? word.count : nil
    }

    /// The length of a number at the start, with its fraction.
    private static func number(_ text: ArraySlice<UInt8>) -> Int {
        let whole = text.prefix(while: \.isDigit).count
        let rest = text.dropFirst(whole)
        guard rest.first == UInt8(ascii: ".") else { return whole }
        let fraction = rest.dropFirst().prefix(while: \.isDigit).count
        return fraction == 0 ? whole : whole + 1 + fraction
    }
}

extension UInt8 {
    var isDigit: Bool { (0x30...0x39).contains(self) }

    var isLetter: Bool { (0x61...0x7A).contains(self | 0x20) }

    var isHexadecimal: Bool { isDigit || (0x61...0x66).contains(self | 0x20) }
}

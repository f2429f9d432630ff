/// Messages that a browser's engine writes itself: each engine has words of its own for one mistake.
enum EngineMessage {
    /// Names of errors that engines throw; pages throw some of them too, with their own messages.
    private static let names: Set<String> = [
        "EvalError", "InternalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError",
    ]

    /// Parts of the messages of V8, SpiderMonkey and JavaScriptCore, in lower case.
    private static let parts: [[UInt8]] = [
        " an object that does not implement", " called on incompatible ", " in strict mode", " is not a constructor",
        " is not a function", " is not a valid ", " is not an object", " is not callable", " is not defined",
        " is not extensible", " is not iterable", " is not valid json", " is null", " is read-only", " is readonly",
        " is undefined", " must be an instance of ", " not a non-null object", "array length", "array size is not",
        "assignment to const", "attempted to ", "before initialization", "call stack size", "can't access ",
        "can't assign ", "can't convert ", "can't define ", "can't delete ", "can't find variable", "cannot access ",
        "cannot assign ", "cannot convert ", "cannot create property", "cannot declare ", "cannot define property",
        "cannot delete property", "cannot destructure ", "cannot mix bigint", "cannot read propert",
        "cannot redefine property", "cannot set propert", "circular structure", "cyclic ", "failed to execute '",
        "failed to fetch", "has no properties", "illegal invocation", "invalid array", "invalid assignment",
        "invalid count value", "invalid date", "invalid regular expression", "invalid regexp", "invalid time value",
        "json parse error", "json.parse: ", "load failed", "missing initializer", "networkerror when attempting",
        "no default value", "object prototype may only be", "out of range", "reduce of empty array", "repeat count",
        "too much recursion", "type error", "unexpected end of", "unexpected eof", "unexpected identifier",
        "unexpected token", "uri malformed", "uri sequence",
    ].map { Array($0.utf8) }

    private static func isPart(_ part: [UInt8], of text: [UInt8]) -> Bool {
        guard text.count >= part.count else { return false }
        for start in 0...text.count - part.count where text[start] == part[0] {
            var length = 1
            while length < part.count, text[start + length] == part[length] { length += 1 }
            if length == part.count { return true }
        }
        return false
    }

    /// Whether an engine has probably written the message of such an error.
    static func isLikely(name: String, message: String) -> Bool {
        guard names.contains(name) else { return false }
        // Byte by byte: searching for one text in another is a hundred times as slow.
        let text = message.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        return text.isEmpty || parts.contains { isPart($0, of: text) }
    }

    /// Letters of a name that no tool has shortened, at least.
    private static let nameMin = 3

    /// The property or variable that an engine's message is about, where V8, SpiderMonkey and JavaScriptCore all name
    /// it; nil for none, and for a name that may be a different one in the next release.
    static func subject(_ message: String) -> String? {
        for words in [" is not a function", " is not a constructor", " is not defined"] {
            if let range = message.firstRange(ofText: words) { return lastName(message[..<range.lowerBound]) }
        }
        if let range = message.firstRange(ofText: "Can't find variable: ") {
            return lastName(message[range.upperBound...])
        }
        // V8: "(reading 'price')"; before version 92 "Cannot read property 'price' of undefined".
        for words in ["(reading '", "(setting '", "property '", "access property \""] {
            guard let range = message.firstRange(ofText: words) else { continue }
            return lastName(message[range.upperBound...].prefix { $0 != "'" && $0 != "\"" })
        }
        guard let range = message.firstRange(ofText: "(evaluating '") else { return nil }
        let expression = message[range.upperBound...].prefix { $0 != "'" }
        return lastName(expression.firstRange(ofText: " = ").map { expression[..<$0.lowerBound] } ?? expression)
    }

    /// The last name of an expression, such as `price` of `cart.items[0].price`.
    private static func lastName(_ expression: Substring) -> String? {
        var name: [UInt8] = []
        for byte in expression.utf8.reversed() {
            guard byte.isIdentifier else { break }
            name.append(byte)
        }
        let text = String(decoding: name.reversed(), as: UTF8.self)
        let isNumber = name.last.map { (0x30...0x39).contains($0) } ?? true
        return isNumber || name.count < nameMin || text == "undefined" || text == "null" ? nil : text
    }
}

extension StringProtocol {
    /// Where a text begins and ends in this one for the first time.
    func firstRange(ofText text: String) -> Range<Index>? {
        guard let first = text.utf8.first else { return nil }
        var rest = utf8[...]
        while let start = rest.firstIndex(of: first) {
            rest = rest[start...]
            if rest.starts(with: text.utf8) { return start..<rest.index(start, offsetBy: text.utf8.count) }
            rest = rest.dropFirst()
        }
        return nil
    }
}

/// Messages that a browser's engine writes itself: each engine has words of its own for one mistake.
enum EngineMessage {
    /// Names of errors that engines throw; pages throw some of them too, with their own messages.
    private static let names: Set<String> = [
        "EvalError", "InternalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError",
    ]

    /// Parts of the messages of V8, SpiderMonkey and JavaScriptCore, in lower case.
    private static let parts = [
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
    ]

    /// Whether an engine has probably written the message of such an error.
    static func isLikely(name: String, message: String) -> Bool {
        guard names.contains(name) else { return false }
        let text = message.lowercased()
        return text.isEmpty || parts.contains { text.contains($0) }
    }
}

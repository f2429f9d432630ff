import Postgres

/// Parameters in text format, in one buffer.
struct TextParameters {
    private var buffer: [UInt8] = []
    private var parameters: [Call.Parameter] = []

    init(_ texts: [String] = []) {
        for text in texts { append(Array(text.utf8)) }
    }

    /// Appends a parameter.
    ///
    /// The library, libpq, requires a zero byte after a text.
    mutating func append(_ text: [UInt8]) {
        parameters.append((buffer.count..<buffer.count + text.count, false, 0))
        buffer += text + [0]
    }

    func call(_ sql: String) -> Call { Call(sql, buffer, parameters) }
}

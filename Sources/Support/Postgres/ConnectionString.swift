import CPostgres

/// Connection strings: URLs and lists of `key=value`, as libpq reads them.
package enum ConnectionString {
    /// What libpq does not like about a connection string, without any part of the string; nil when it can be used.
    package static func problem(_ text: String) -> String? {
        var message: UnsafeMutablePointer<CChar>?
        let options = unsafe PQconninfoParse(text, &message)
        defer { unsafe PQconninfoFree(options) }
        guard unsafe options == nil else { return nil }
        guard let message = unsafe message else { return "out of memory" }
        defer { unsafe PQfreemem(message) }
        return withoutQuotations(unsafe String(cString: message))
    }

    /// libpq quotes what it does not understand, which may be a part of the password.
    private static func withoutQuotations(_ message: String) -> String {
        let parts = message.split(separator: "\"", omittingEmptySubsequences: false)
        // An odd number of quotes leaves it open where the quotation ends: then all behind the first one goes.
        let plain = parts.count % 2 == 1 ? parts : [parts[0], ""]
        let words = plain.enumerated().map { $0.offset % 2 == 0 ? String($0.element) : "…" }.joined()
        return words.split { $0.isNewline }.joined(separator: " ")
    }
}

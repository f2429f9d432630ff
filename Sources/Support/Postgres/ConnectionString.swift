import CPostgres

/// Connection strings in the formats of libpq: URLs and lists of `key=value`.
package enum ConnectionString {
    /// The error that libpq reports for a connection string; nil when it is valid.
    ///
    /// Contains no part of the string.
    package static func problem(_ text: String) -> String? {
        var message: UnsafeMutablePointer<CChar>?
        let options = unsafe PQconninfoParse(text, &message)
        defer { unsafe PQconninfoFree(options) }
        guard unsafe options == nil else { return nil }
        guard let message = unsafe message else { return "out of memory" }
        defer { unsafe PQfreemem(message) }
        return withoutQuotations(unsafe String(cString: message))
    }

    /// Removes quotations from a message.
    ///
    /// libpq quotes invalid parts, which may contain the password.
    private static func withoutQuotations(_ message: String) -> String {
        let parts = message.split(separator: "\"", omittingEmptySubsequences: false)
        // With an unpaired quote, the end of the quotation is unknown; everything after the first quote is removed.
        let plain = parts.count % 2 == 1 ? parts : [parts[0], ""]
        let words = plain.enumerated().map { $0.offset % 2 == 0 ? String($0.element) : "…" }.joined()
        return words.split { $0.isNewline }.joined(separator: " ")
    }
}

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

/// The options of a connection string for other programs with libpq, such as `pg_dump`.
///
/// Secrets are only in the environment, which other users of the machine cannot read, unlike the arguments of a program.
package struct ConnectionOptions: Sendable, Equatable {
    /// Variables of libpq with their values, such as `PGHOST`.
    package var environment: [String: String] = [:]
    /// A connection string with the options that have no variable; none of them is secret.
    package var string = ""
    /// Secret options that have no variable, such as `sslpassword`.
    package var unsupported: [String] = []

    /// Nil if libpq cannot parse the text.
    package init?(_ text: String) {
        guard let options = unsafe PQconninfoParse(text, nil) else { return nil }
        defer { unsafe PQconninfoFree(options) }
        var entry = unsafe options
        while let keyword = unsafe entry.pointee.keyword {
            if let value = unsafe entry.pointee.val {
                let (name, value) = unsafe (String(cString: keyword), String(cString: value))
                let isSecret = unsafe entry.pointee.dispchar.map { unsafe String(cString: $0) } == "*"
                if let variable = unsafe entry.pointee.envvar {
                    unsafe environment[String(cString: variable)] = value
                } else if isSecret {
                    unsupported.append(name)
                } else {
                    string += (string.isEmpty ? "" : " ") + Self.option(name, value)
                }
            }
            unsafe entry += 1
        }
    }

    /// An option of a connection string in the form `name='value'`.
    package static func option(_ name: String, _ value: String) -> String {
        let quoted = value.map { $0 == "'" || $0 == "\\" ? "\\" + String($0) : String($0) }.joined()
        return "\(name)='\(quoted)'"
    }
}

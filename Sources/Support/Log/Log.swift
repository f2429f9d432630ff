import Glibc

/// The severity of a log line.
///
/// Lines below the configured level are not formatted or written.
package enum LogLevel: Int, Sendable, CaseIterable, Comparable {
    /// Details for troubleshooting.
    ///
    /// The only level that may contain addresses.
    case debug
    /// Normal operation.
    case info
    /// Something an operator should know that requires no action.
    case notice
    /// A problem from which the program recovers by itself.
    case warning
    /// A problem that requires action.
    case error

    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }

    package var name: String { "\(self)" }
}

/// The format of log lines.
package enum LogFormat: String, Sendable, CaseIterable {
    case logfmt
    case json
}

/// A logger that writes structured lines to standard output.
///
/// A line has a constant message and fields. It contains no payloads, and data goes into the fields,
/// not into the message. Safe to use from any thread; writing blocks while standard output does.
package struct Log: Sendable {
    package let level: LogLevel
    private let format: LogFormat
    private let descriptor: Int32

    package init(level: LogLevel, format: LogFormat, descriptor: Int32 = STDOUT_FILENO) {
        self.level = level
        self.format = format
        self.descriptor = descriptor
    }

    package typealias Fields = KeyValuePairs<StaticString, any CustomStringConvertible>

    package func debug(_ message: StaticString, _ fields: Fields = [:]) { write(.debug, message, fields) }
    package func info(_ message: StaticString, _ fields: Fields = [:]) { write(.info, message, fields) }
    package func notice(_ message: StaticString, _ fields: Fields = [:]) { write(.notice, message, fields) }
    package func warning(_ message: StaticString, _ fields: Fields = [:]) { write(.warning, message, fields) }
    package func error(_ message: StaticString, _ fields: Fields = [:]) { write(.error, message, fields) }

    /// Logs `Listening on http://HOST:PORT`, regardless of the configured level.
    ///
    /// The only message that contains data, because users and scripts look for this exact text.
    package func listening(on url: String) { write(.error, level: .info, "Listening on \(url)", [:]) }

    private func write(_ level: LogLevel, _ message: StaticString, _ fields: Fields) {
        write(level, level: level, message.description, fields)
    }

    /// Writes the line when `weight` reaches the configured level.
    private func write(_ weight: LogLevel, level: LogLevel, _ message: String, _ fields: Fields) {
        guard weight >= self.level else { return }
        let line = LogLine(time: LogLine.now(), level: level, message: message, fields: fields)
        var bytes = Array(format == .json ? line.json.utf8 : line.logfmt.utf8)
        bytes.append(UInt8(ascii: "\n"))
        // One `write` per line keeps lines from different threads apart. Errors are ignored: a
        // failing log must not stop ingest.
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }
}

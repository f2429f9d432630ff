import Glibc

/// How much a line matters; a line below the configured level is not made.
package enum LogLevel: Int, Sendable, CaseIterable, Comparable {
    /// For whoever looks for a fault; the only level that may show addresses.
    case debug
    /// The normal life of the program.
    case info
    /// Something an operator should know without having to act.
    case notice
    /// Something is wrong and the program goes on by itself.
    case warning
    /// Something is wrong and somebody must act.
    case error

    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }

    package var name: String { "\(self)" }
}

package enum LogFormat: String, Sendable, CaseIterable {
    case logfmt
    case json
}

/// Writes events as lines of standard output: a constant message and fields, no payloads and no sentences with data in them.
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

    /// The one line whose message carries data, since people and scripts look for it: `Listening on http://HOST:PORT`.
    package func listening(on url: String) { write(.error, level: .info, "Listening on \(url)", [:]) }

    private func write(_ level: LogLevel, _ message: StaticString, _ fields: Fields) {
        write(level, level: level, message.description, fields)
    }

    /// Writes when `weight` reaches the configured level.
    private func write(_ weight: LogLevel, level: LogLevel, _ message: String, _ fields: Fields) {
        guard weight >= self.level else { return }
        let line = LogLine(time: LogLine.now(), level: level, message: message, fields: fields)
        var bytes = Array(format == .json ? line.json.utf8 : line.logfmt.utf8)
        bytes.append(UInt8(ascii: "\n"))
        // One write a line keeps lines of several threads whole; a log that cannot be written must not stop ingest.
        _ = Glibc.write(descriptor, bytes, bytes.count)
    }
}

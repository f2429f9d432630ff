import Glibc

/// One log line, independent of its destination.
struct LogLine {
    let time: String
    let level: LogLevel
    let message: String
    let fields: Log.Fields

    /// The line as logfmt: `time=… level=info msg="batch stored" events=12`.
    var logfmt: String {
        var line = "time=\(time) level=\(level.name) msg=\(Self.logfmtValue(message))"
        for (key, value) in fields { line += " \(key)=\(Self.logfmtValue(value.description))" }
        return line
    }

    /// The line as JSON: `{"time":"…","level":"info","msg":"batch stored","events":12}`.
    var json: String {
        var line = "{\"time\":\(Self.quoted(time)),\"level\":\(Self.quoted(level.name)),\"msg\":\(Self.quoted(message))"
        for (key, value) in fields {
            let isNumber = value is any BinaryInteger
            line += ",\(Self.quoted(key.description)):\(isNumber ? value.description : Self.quoted(value.description))"
        }
        return line + "}"
    }

    private static func logfmtValue(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C }
        return isPlain ? text : quoted(text)
    }

    /// A quoted JSON string.
    ///
    /// Control and bidirectional characters are escaped, so that a value cannot forge a line or
    /// reverse the text that follows it.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.isUnprintable: result += scalar.jsonEscape
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// The current time in UTC with milliseconds, such as `2026-11-23T10:00:00.123Z`.
    static func now() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        func padded(_ value: Int, _ width: Int) -> String { String(value).withLeadingZeros(width) }
        let date = "\(parts.tm_year + 1900)-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
        let clock = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
        return "\(date)T\(clock).\(padded(time.tv_nsec / 1_000_000, 3))Z"
    }
}

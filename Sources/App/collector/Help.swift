/// Texts of `--help`, `help COMMAND` and `--version`, generated from the tables of commands and variables.
enum Help {
    static let version = "0.1.0"
    static let tagline = "self-hosted, real-time browser analytics: performance, errors, fingerprints and page views"
    static let precedence =
        "Options override environment variables, which override the .env file in the working folder, which overrides the defaults."
    static let exitCodes: [(code: String, meaning: String)] = [
        ("0", "success"), ("1", "failure"), ("2", "usage error"), ("3", "undecided budgets of check"),
        ("4", "too little free space for the pending migrations"),
        ("130", "interrupted by SIGINT"), ("143", "interrupted by SIGTERM"),
    ]
    /// Maximum line length in columns.
    private static let columnsMax = 100

    static func text(_ command: Arguments.Command?) -> String {
        guard let command else { return overview }
        return text(CommandEntry.entry(command))
    }

    private static var overview: String {
        let commands = CommandEntry.all.map { ($0.command.rawValue, $0.summary) }
        let codes = exitCodes.map { "\($0.code) \($0.meaning)" }.joined(separator: ", ")
        return """
            Collector: \(tagline).

            Usage: collector COMMAND [OPTIONS]
                   collector --help | --version

            Commands:
            \(list(commands))

            Run 'collector help COMMAND' for the options of a command.

            \(wrapped(precedence))

            Variables:
            \(list(Variable.all.map { ($0.name, $0.summary + "; default: " + $0.defaultText) }))

            Exit codes: \(codes).
            """
    }

    private static func text(_ entry: CommandEntry) -> String {
        var parts = [wrapped("Usage: " + entry.usage, indent: 7)]
        parts += [entry.summary + "."] + entry.paragraphs.map { wrapped($0) }
        if !entry.options.isEmpty {
            parts.append(
                "Options:\n" + list(entry.options.map { ($0.usage, $0.summary) } + [("-h, --help", "show this help")])
            )
        }
        return parts.joined(separator: "\n\n")
    }

    /// Formats rows as two columns; the second column is wrapped.
    private static func list(_ rows: [(String, String)]) -> String {
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { name, text in
            let head = "  " + name + String(repeating: " ", count: width - name.count + 2)
            return wrapped(head + text, indent: width + 4)
        }.joined(separator: "\n")
    }

    /// Wraps text at spaces; lines after the first are indented.
    static func wrapped(_ text: String, indent: Int = 0) -> String {
        var lines: [String] = []
        var line = ""
        var isStart = true
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if !isStart, line.count + 1 + word.count > columnsMax {
                lines.append(line)
                line = String(repeating: " ", count: indent) + word
            } else {
                line += (isStart ? "" : " ") + word
            }
            isStart = false
        }
        return (lines + [line]).joined(separator: "\n")
    }
}

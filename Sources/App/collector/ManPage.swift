/// The manual page `collector(1)` in roff, generated from the tables of commands and variables.
enum ManPage {
    static var text: String {
        var lines = [
            #".TH COLLECTOR 1 "" "Collector \#(Help.version)" "User Commands""#, ".SH NAME",
            #"collector \- "# + escaped(Help.tagline), ".SH SYNOPSIS", ".B collector",
            #"\fICOMMAND\fR [\fIOPTIONS\fR]"#,
            ".SH DESCRIPTION",
            "A single binary that receives browser events, shows them in real time, and stores them in SQLite or PostgreSQL.",
            ".SH COMMANDS",
        ]
        for entry in CommandEntry.all {
            lines += [".SS " + escaped(entry.usage), escaped(entry.summary) + "."]
            for paragraph in entry.paragraphs { lines += [".PP", escaped(paragraph)] }
            for option in entry.options { lines += [".TP", bold(option.usage), escaped(option.summary)] }
        }
        lines += [".SH ENVIRONMENT", escaped(Help.precedence)]
        for variable in Variable.all {
            lines += [".TP", bold(variable.name), escaped("\(variable.summary). Default: \(variable.defaultText).")]
        }
        lines.append(".SH EXIT STATUS")
        for (code, meaning) in Help.exitCodes { lines += [".TP", bold(code), escaped(meaning)] }
        lines += [
            ".SH FILES", ".TP", bold(".env"), "Variables, one NAME=value per line, in the working folder.", ".TP",
            bold("data/collector.sqlite"), "The database, unless DB_URL names a PostgreSQL database.", ".TP",
            bold("data/journal.sqlite"), "Records accepted during an outage of the database.", ".TP",
            bold("data/token"),
            "The owner's token, unless COLLECTOR_TOKEN is set.",
        ]
        return lines.joined(separator: "\n")
    }

    private static func bold(_ text: String) -> String { #"\fB"# + escaped(text) + #"\fR"# }

    /// Escapes text for roff: backslashes, hyphens, apostrophes and a leading dot.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += #"\e"#
            case "-": result += #"\-"#
            case "'": result += #"\(aq"#
            default: result.append(character)
            }
        }
        return result.first == "." ? #"\&"# + result : result
    }
}

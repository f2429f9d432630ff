/// Shell completion scripts, generated from the command table.
enum Completions {
    /// Returns the script for one of `CommandEntry.shells`; nil for any other shell.
    static func script(_ shell: String) -> String? {
        switch shell {
        case "bash": bash
        case "zsh": zsh
        case "fish": fish
        default: nil
        }
    }

    private static var commands: String { Arguments.Command.allCases.map(\.rawValue).joined(separator: " ") }

    /// Options and arguments of a command, as completion words separated by spaces.
    private static func words(_ entry: CommandEntry) -> String {
        (entry.options.map(\.name) + [Option.help.name] + (entry.argument?.words ?? [])).joined(separator: " ")
    }

    /// A pattern of `case`.
    private static var folderOptions: String {
        var names: [String] = []
        for option in CommandEntry.all.flatMap(\.options) where option.takesFolder && !names.contains(option.name) {
            names.append(option.name)
        }
        return names.joined(separator: "|")
    }

    /// Commands whose argument is a file, as a pattern of `case`.
    private static var fileCommands: String {
        CommandEntry.all.filter(\.takesFile).map(\.command.rawValue).joined(separator: "|")
    }

    private static var bash: String {
        let cases = CommandEntry.all.map { "        \($0.command.rawValue)) words=\"\(words($0))\" ;;" }
        return """
            # bash completion for collector
            _collector() {
                local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words=""
                COMPREPLY=()
                case $previous in
                    \(folderOptions)) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
                esac
                if [ "$COMP_CWORD" -eq 1 ]; then
                    mapfile -t COMPREPLY < <(compgen -W "\(commands) --help --version" -- "$current")
                    return
                fi
                case ${COMP_WORDS[1]} in
            \(cases.joined(separator: "\n"))
                esac
                mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
                case ${COMP_WORDS[1]} in
                    \(fileCommands)) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current") ;;
                esac
            }
            complete -F _collector collector
            """
    }

    private static var zsh: String {
        let list = CommandEntry.all.map { "        '\($0.command.rawValue):\(zshQuoted($0.summary))'" }
        let cases = CommandEntry.all.map { entry in
            let options = (entry.options + [.help]).map { option in
                let action = option.takesFolder ? "_files -/" : " "
                let value = option.value.map { ":\($0):\(action)" } ?? ""
                return "'\(option.name)[\(zshQuoted(option.summary))]\(value)'"
            }
            let argument =
                entry.argument.map {
                    $0.words.isEmpty
                        ? ["'1:\($0.name):\(entry.takesFile ? "_files" : "_urls")'"]
                        : ["'1:\($0.name):(\($0.words.joined(separator: " ")))'"]
                } ?? []
            return "        \(entry.command.rawValue)) _arguments \((options + argument).joined(separator: " ")) ;;"
        }
        return """
            #compdef collector
            _collector() {
                local -a commands
                commands=(
            \(list.joined(separator: "\n"))
                )
                if (( CURRENT == 2 )); then
                    _describe command commands
                    return
                fi
                local command=$words[2]
                shift words
                (( CURRENT-- ))
                case $command in
            \(cases.joined(separator: "\n"))
                esac
            }
            if [ "$funcstack[1]" = _collector ]; then _collector "$@"; else compdef _collector collector; fi
            """
    }

    private static func zshQuoted(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "'": result += #"'\''"#
            case "[", "]", ":": result += "\\" + String(character)
            default: result.append(character)
            }
        }
        return result
    }

    private static var fish: String {
        var lines = ["# fish completion for collector", "complete -c collector -f"]
        for entry in CommandEntry.all {
            lines.append(
                "complete -c collector -n __fish_use_subcommand -a \(entry.command.rawValue) -d '\(fishQuoted(entry.summary))'"
            )
            let condition = "-n '__fish_seen_subcommand_from \(entry.command.rawValue)'"
            for option in entry.options + [.help] {
                let files = option.takesFolder ? " -a '(__fish_complete_directories)'" : ""
                let value = option.value == nil ? "" : " -x" + files
                lines.append(
                    "complete -c collector \(condition) -l \(option.name.dropFirst(2))\(value) -d '\(fishQuoted(option.summary))'"
                )
            }
            if entry.takesFile { lines.append("complete -c collector \(condition) -F") }
            if let argument = entry.argument, !argument.words.isEmpty {
                lines.append("complete -c collector \(condition) -a '\(argument.words.joined(separator: " "))'")
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func fishQuoted(_ text: String) -> String {
        text.map { $0 == "'" || $0 == "\\" ? "\\" + String($0) : String($0) }.joined()
    }
}

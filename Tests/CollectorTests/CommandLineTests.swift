import Testing

@testable import collector

@Suite struct ArgumentsTests {
    @Test func `options may stand apart or behind an equals sign`() throws {
        let arguments = try Arguments(["serve", "--host", "::1", "--port=0", "--data", "/x", "--skip-db"])
        #expect(arguments.request == .run(.serve))
        #expect(arguments.settings == ["HOST": "::1", "PORT": "0", "COLLECTOR_DATA": "/x"])
        #expect(arguments.skipsDatabase)
        #expect(arguments.assetsPath == nil)
        #expect(try Arguments(["serve", "--assets", "Web/dist"]).assetsPath == "Web/dist")
        #expect(try Arguments(["migrate", "--list"]).listsMigrations)
        let demo = try Arguments(["demo", "--events", "20", "--seed=0", "--force"])
        #expect(demo.events == 20 && demo.seed == 0 && demo.isForced && !demo.removes)
        #expect(try Arguments(["link", "--url", "https://a.test"]).settings == ["COLLECTOR_URL": "https://a.test"])
    }

    @Test func `a visitor is named by an option, and belongs to its erasure and its export`() throws {
        let erase = try Arguments(["erase", "--visitor", "v_1", "--site=shop.example", "--dry-run"])
        #expect(erase.request == .run(.erase) && erase.visitor == "v_1" && erase.site == "shop.example")
        #expect(erase.isDryRun && !erase.printsLog)
        #expect(try Arguments(["erase", "--log"]).printsLog)
        // An id may look like an option.
        #expect(try Arguments(["erase", "--visitor=--log"]).visitor == "--log")
        let export = try Arguments(["export", "visitor", "--visitor", "v_1", "--format", "ndjson"])
        #expect(export.argument == "visitor" && export.visitor == "v_1")
    }

    @Test func `an import takes a folder or a file, whose site and format are options`() throws {
        let arguments = try Arguments(["import", "--site=shop.example", "--format", "umami", "--dry-run", "x.csv"])
        #expect(arguments.request == .run(.import) && arguments.argument == "x.csv" && arguments.isDryRun)
        #expect(arguments.text(.importedSite) == "shop.example" && arguments.choice(.importFormat) == "umami")
        #expect(try Arguments(["import", "--skip-invalid", "x"]).has(.skipInvalid))
    }

    @Test func `help, version, completions and the manual page are requests of their own`() throws {
        #expect(try Arguments(["--help"]).request == .help(nil))
        #expect(try Arguments(["help"]).request == .help(nil))
        #expect(try Arguments(["help", "demo"]).request == .help(.demo))
        #expect(try Arguments(["help", "--man"]).request == .manPage)
        #expect(try Arguments(["serve", "--help"]).request == .help(.serve))
        #expect(try Arguments(["migrate", "-h"]).request == .help(.migrate))
        #expect(try Arguments(["--version"]).request == .version)
        #expect(try Arguments(["completions", "zsh"]).request == .completions(shell: "zsh"))
    }

    @Test(arguments: [
        [], ["start"], ["serve", "--prot", "1"], ["serve", "--port"], ["migrate", "--skip-db"], ["serve", "extra"],
        ["serve", "--assets"], ["migrate", "--assets", "x"],
        ["serve", "--list"], ["serve", "--skip-db=1"], ["demo", "--events", "0"], ["demo", "--events", "x"],
        ["erase"], ["erase", "v_1"], ["erase", "--visitor", "v_1", "--log"], ["export", "visitor"],
        ["export", "sessions", "--visitor", "v_1"], ["export", "visitor", "--visitor", "v_1", "--format", "csv"],
        ["import"], ["import", "--format", "plausible", "x"], ["completions"], ["completions", "tcsh"],
        ["help", "nothing"], ["help", "demo", "link"], ["-v"],
    ])
    func `invalid arguments are usage errors`(words: [String]) {
        #expect(throws: UsageError.self) { _ = try Arguments(words) }
    }

    @Test(arguments: [
        (["srve"], "serve"), (["migrat"], "migrate"), (["relbuild"], "rebuild"), (["--hepl"], "--help"),
        (["serve", "--prot", "1"], "--port"), (["demo", "--event", "1"], "--events"), (["help", "dmeo"], "demo"),
        (["completions", "bsh"], "bash"),
    ])
    func `a misspelled word has a suggestion`(words: [String], meant: String) {
        let error = #expect(throws: UsageError.self) { _ = try Arguments(words) }
        #expect(error?.suggestion == meant)
        #expect(error?.message.hasSuffix("did you mean '\(meant)'?") == true)
    }

    @Test func `an option of another command is named with that command`() {
        let error = #expect(throws: UsageError.self) { _ = try Arguments(["migrate", "--skip-db"]) }
        #expect(error?.message.hasSuffix("it is an option of 'serve'") == true)
    }
}

@Suite struct HelpTests {
    @Test func `the overview describes every command and every variable`() {
        let lines = Help.text(nil).split(separator: "\n")
        for entry in CommandEntry.all {
            #expect(lines.contains { $0.hasPrefix("  \(entry.command.rawValue) ") && $0.hasSuffix(entry.summary) })
        }
        for variable in Variable.all { #expect(lines.contains { $0.hasPrefix("  \(variable.name) ") }) }
    }

    @Test(arguments: CommandEntry.all.map(\.command))
    func `help of a command has all of its options`(command: Arguments.Command) {
        let text = Help.text(command)
        for option in CommandEntry.entry(command).options {
            #expect(text.contains("\n  \(option.usage) "))
        }
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }

    @Test func `every option that stands for a variable names one that exists`() {
        for option in CommandEntry.all.flatMap(\.options) {
            if case .setting(let variable) = option.kind { #expect(Variable.names.contains(variable)) }
        }
        #expect(Variable.names.count == Variable.all.count)
    }

    @Test func `the manual page has every command, option and variable`() {
        let text = ManPage.text.replacing(#"\-"#, with: "-")
        for entry in CommandEntry.all {
            #expect(text.contains(".SS \(entry.usage)\n"))
            for option in entry.options { #expect(text.contains("\\fB\(option.usage)\\fR\n")) }
        }
        for variable in Variable.all { #expect(text.contains("\\fB\(variable.name)\\fR\n")) }
    }

    @Test(arguments: [
        ("bash", "--data|--assets|--to|--verify) mapfile"), ("zsh", ":DIR:_files -/'"),
        ("fish", "-l assets -x -a '(__fish_complete_dir"),
    ])
    func `an option that takes a folder completes the names of folders`(shell: String, text: String) throws {
        let script = try #require(Completions.script(shell))
        let lines = script.split(separator: "\n").filter { $0.contains("assets") }
        #expect(lines.contains { $0.contains(text) }, "\(lines)")
    }

    @Test(arguments: CommandEntry.shells)
    func `completions have every command and option`(shell: String) throws {
        let script = try #require(Completions.script(shell))
        for entry in CommandEntry.all {
            #expect(script.contains(entry.command.rawValue))
            for option in entry.options {
                #expect(script.contains(shell == "fish" ? "-l " + option.name.dropFirst(2) : option.name))
            }
        }
    }
}

@Suite struct ProgressTests {
    private func meter(first: Int64 = 0, total: Int64) -> ProgressMeter {
        ProgressMeter(title: "Rebuilding", first: first, total: total, interval: .seconds(5))
    }

    @Test func `a line shows share, rate and remaining time`() {
        let text = meter(total: 100_000).text(done: 40_000, elapsed: .seconds(4))
        #expect(text == "Rebuilding: 40 %, 40,000 of 100,000 events, 10,000 per second, about 6 s left")
    }

    @Test func `a continued run counts its own work in the rate`() {
        let text = meter(first: 30_000, total: 100_000).text(done: 40_000, elapsed: .seconds(1))
        #expect(text.contains("40 %") && text.contains("10,000 per second, about 6 s left"))
    }

    @Test func `there is no rate before the first second, and none left at the end`() {
        #expect(!meter(total: 10).text(done: 5, elapsed: .milliseconds(999)).contains("second"))
        #expect(!meter(total: 10).text(done: 10, elapsed: .seconds(2)).contains("left"))
        #expect(meter(total: 0).text(done: 0, elapsed: .seconds(2)) == "Rebuilding: 100 %, 0 of 0 events")
        #expect(meter(total: 10).text(done: 11, elapsed: .zero) == "Rebuilding: 100 %, 10 of 10 events")
    }

    @Test func `lines come no more often than the interval`() {
        var meter = meter(total: 10)
        #expect(meter.line(done: 1, elapsed: .seconds(4)) == nil)
        #expect(meter.line(done: 1, elapsed: .seconds(5)) != nil)
        #expect(meter.line(done: 2, elapsed: .seconds(9)) == nil)
        #expect(meter.line(done: 3, elapsed: .seconds(10)) != nil)
    }

    @Test(arguments: [
        (0.2, "1 s"), (59, "59 s"), (60, "1 min 0 s"), (3599, "59 min 59 s"), (3600, "1 h 0 min"),
        (1e300, "more than 100 days"), (Double.infinity, "more than 100 days"),
    ])
    func `a remaining time has two units at most`(seconds: Double, text: String) {
        #expect(ProgressMeter.remaining(seconds) == text)
    }
}

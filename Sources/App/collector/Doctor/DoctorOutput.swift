import HTTPAPI

/// Prints the checks of `collector doctor`.
struct DoctorOutput {
    let printsJSON: Bool
    /// The name and value of what was checked, for JSON.
    let subject: (name: String, value: String)
    /// The sentence if every check is ok.
    let praise: String

    func show(_ checks: [DoctorCheck], conclusion: String) {
        if printsJSON {
            let json = JSONEncodedValue.object([
                (subject.name, .text(subject.value)), ("conclusion", .text(conclusion)),
                ("checks", .array(checks.map(\.json))),
            ])
            Console.out(String(decoding: json.encoded, as: UTF8.self))
            return
        }
        for check in checks { Console.out(check.line) }
        let problems = checks.count { $0.state == .problem }
        let warnings = checks.count { $0.state == .warning }
        func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
        Console.out(
            problems + warnings == 0
                ? "\n\(praise)" : "\n\(counted(problems, "problem")), \(counted(warnings, "warning"))."
        )
    }
}

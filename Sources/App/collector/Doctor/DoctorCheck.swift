import HTTPAPI

/// The result of one check of `collector doctor`.
struct DoctorCheck: Equatable, Sendable {
    enum State: String, Sendable {
        case ok, warning, problem
        /// Not possible with the responses of the servers.
        case skipped
    }

    /// A stable word.
    let name: String
    let state: State
    /// The finding: one sentence without its period.
    let message: String
    /// The remedy; empty if it is ok.
    let advice: String

    static func ok(_ name: String, _ message: String) -> DoctorCheck {
        DoctorCheck(name: name, state: .ok, message: message, advice: "")
    }

    static func skipped(_ name: String, _ message: String) -> DoctorCheck {
        DoctorCheck(name: name, state: .skipped, message: message, advice: "")
    }

    static func warning(_ name: String, _ message: String, _ advice: String) -> DoctorCheck {
        DoctorCheck(name: name, state: .warning, message: message, advice: advice)
    }

    static func problem(_ name: String, _ message: String, _ advice: String) -> DoctorCheck {
        DoctorCheck(name: name, state: .problem, message: message, advice: advice)
    }

    /// The line for a terminal, with the advice below it.
    ///
    /// Control characters of pages and servers are replaced: they could change the terminal.
    var line: String {
        let mark =
            switch state {
            case .ok: "ok      "
            case .warning: "warning "
            case .problem: "problem "
            case .skipped: "skipped "
            }
        let padded = name.padding(to: 12)
        let text = "\(mark) \(padded) \(message)" + (advice.isEmpty ? "" : "\n" + indentation + "-> \(advice)")
        return text.printable
    }

    private var indentation: String { String(repeating: " ", count: 22) }

    var json: JSONEncodedValue {
        .object([
            ("check", .text(name)), ("state", .text(state.rawValue)), ("message", .text(message)),
            ("advice", .text(advice)),
        ])
    }
}

/// Formats progress lines and decides when one is due; uses no clock of its own.
struct ProgressMeter {
    /// Minimum time between two lines on a terminal, and in a log or pipe.
    static let terminalInterval = Duration.milliseconds(200)
    static let logInterval = Duration.seconds(5)
    /// No rate is shown before this much time has elapsed.
    static let rateTimeMin = Duration.seconds(1)

    let title: String
    /// Total number of units, including those before `first`.
    let total: Int64
    /// Units completed before this run started.
    let first: Int64
    /// Name of the unit, in the plural.
    let unit: String
    let interval: Duration
    private var shown = Duration.zero

    init(title: String, first: Int64 = 0, total: Int64, unit: String = "events", interval: Duration) {
        (self.title, self.first, self.total, self.unit, self.interval) = (title, first, total, unit, interval)
    }

    /// The line to show; nil if the interval since the last one has not elapsed.
    ///
    /// `done` includes the units completed before this run; `elapsed` is the time since this run started.
    mutating func line(done: Int64, elapsed: Duration) -> String? {
        guard elapsed - shown >= interval else { return nil }
        shown = elapsed
        return text(done: done, elapsed: elapsed)
    }

    func text(done: Int64, elapsed: Duration) -> String {
        let done = min(max(done, 0), total)
        let percent = total > 0 ? Int(Double(done) / Double(total) * 100) : 100
        var text = "\(title): \(percent) %, \(Self.grouped(done)) of \(Self.grouped(total)) \(unit)"
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        guard elapsed >= Self.rateTimeMin, done > first else { return text }
        let rate = Double(done - first) / seconds
        text += ", \(Self.grouped(Int64(rate))) per second"
        if done < total { text += ", about \(Self.remaining(Double(total - done) / rate)) left" }
        return text
    }

    /// Formats a number with thousands separators.
    static func grouped(_ number: Int64) -> String {
        let digits = Array(String(number.magnitude))
        var result = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result += "," }
            result.append(digit)
        }
        return result
    }

    /// Formats a duration with at most two units, such as `3 min 20 s`.
    static func remaining(_ seconds: Double) -> String {
        guard seconds < 86_400 * 100 else { return "more than 100 days" }
        let whole = max(1, Int(seconds.rounded(.up)))
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}

/// Progress of a long command on standard error.
///
/// One line that is rewritten on a terminal; otherwise one line every few seconds.
struct Progress {
    private var meter: ProgressMeter
    private let isTerminal = Console.isErrorTerminal
    private let start = ContinuousClock.now
    private var hasLine = false

    init(_ title: String, first: Int64 = 0, total: Int64, unit: String = "events") {
        meter = ProgressMeter(
            title: title,
            first: first,
            total: total,
            unit: unit,
            interval: Console.isErrorTerminal ? ProgressMeter.terminalInterval : ProgressMeter.logInterval
        )
    }

    /// - Parameter done: units completed, including those before this run.
    mutating func update(_ done: Int64) {
        guard let line = meter.line(done: done, elapsed: start.duration(to: .now)) else { return }
        if isTerminal { Console.rewriteError(line) } else { Console.error(line) }
        hasLine = true
    }

    /// Shows the final state and ends the rewritten line.
    mutating func finish(_ done: Int64) {
        guard isTerminal, hasLine else { return }
        Console.rewriteError(meter.text(done: done, elapsed: start.duration(to: .now)))
        Console.error("")
        hasLine = false
    }
}

import Events
import Imports

/// What an export has, for the terminal.
struct ImportReport {
    private let summary: ImportSummary
    private let format: ImportFormat
    private let mode: PrivacyMode

    init(_ summary: ImportSummary, _ format: ImportFormat, _ mode: PrivacyMode) {
        (self.summary, self.format, self.mode) = (summary, format, mode)
    }

    /// Writes the counts to standard output, and the rows that cannot be read to standard error.
    func show() {
        for line in lines { Console.out(line) }
        for problem in summary.namedProblems { Console.error("collector: \(problem.printable)") }
        let others = summary.problems - Int64(summary.namedProblems.count)
        if others > 0 { Console.error("collector: \(ProgressMeter.grouped(others)) further rows cannot be read") }
    }

    var lines: [String] {
        var lines = ["\(count(summary.rows)) rows: \(count(summary.pageViews)) page views" + period]
        if mode < .anonymous {
            lines.append("\(count(summary.visitors)) visitors, \(count(summary.sessions)) sessions")
        }
        if mode > .full {
            lines.append("Privacy mode of the site: \(mode.rawValue), which decides what is stored about visitors")
        } else if summary.anonymousViews > 0 {
            lines.append(
                "\(count(summary.anonymousViews)) page views without a visitor: the export has no session for them"
            )
        }
        for kind in LeftOut.allCases {
            guard let number = summary.leftOut[kind] else { continue }
            lines.append("\(count(number)) \(kind.rawValue) are not imported")
        }
        if summary.problems > 0 { lines.append("\(count(summary.problems)) rows cannot be read") }
        return lines
    }

    private func count(_ number: Int64) -> String { ProgressMeter.grouped(number) }

    private var period: String {
        guard let first = summary.first, let last = summary.last else { return "" }
        return
            " from \(TimestampText.minute(floorDivide(first, 1_000_000))) to \(TimestampText.minute(floorDivide(last, 1_000_000))) UTC"
    }
}

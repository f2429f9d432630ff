import HTTPServer

/// Text in the exposition format of Prometheus, version 0.0.4.
struct MetricsText {
    enum Kind: String {
        case counter, gauge, histogram
    }

    /// The media type of the format.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    /// Adds a metric with one sample; nothing for an unknown value.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double?) {
        guard let value else { return }
        add(name, kind, help, [([], value)])
    }

    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Int?) {
        add(name, kind, help, value.map { Double($0) })
    }

    /// Adds a metric with a sample for each set of labels.
    mutating func add(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ samples: [(labels: [(String, String)], value: Double)]
    ) {
        head(name, kind, help)
        for sample in samples { line(name, sample.labels, sample.value) }
    }

    /// Adds a metric with a histogram for each value of a label.
    mutating func add(_ name: String, _ help: String, label: String, _ histograms: [(String, LatencyHistogram)]) {
        head(name, .histogram, help)
        for (value, histogram) in histograms {
            var sum = 0
            for (index, count) in histogram.counts.enumerated() {
                sum += count
                let bounds = LatencyHistogram.bounds
                let bound = index < bounds.count ? Self.number(Double(bounds[index]) / 1e6) : "+Inf"
                line("\(name)_bucket", [(label, value), ("le", bound)], Double(sum))
            }
            line("\(name)_sum", [(label, value)], Double(histogram.microseconds) / 1e6)
            line("\(name)_count", [(label, value)], Double(sum))
        }
    }

    private mutating func head(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func line(_ name: String, _ labels: [(String, String)], _ value: Double) {
        let list = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
        text += "\(name)\(list.isEmpty ? "" : "{\(list)}") \(Self.number(value))\n"
    }

    /// A whole number without a decimal point, as far as a `Double` has them all.
    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 0x1p53 ? "\(Int64(value))" : "\(value)"
    }

    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { text, character in
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
    }
}

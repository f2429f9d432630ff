import Segments

/// A question by texts, as both the server and the recomputation take it.
struct FigureQuery {
    struct Filter {
        var column: Column
        var values: [String]
    }

    struct List {
        var column: Column
        var measure: ScanQuery.Measure
        var kinds: [EventKind] = []
        var resourceKind: ResourceKind?
        var limit = 10
        var only: [String]?
        var withVisitors = false
        var vitals: [Vital] = []
        var withSeries = false
    }

    var from: Int64
    var to: Int64
    var edges: [Int64]
    var filters: [Filter] = []
    var vitals: [Vital] = []
    var seriesVitals: [Vital] = []
    var withVisitors = true
    var withSeriesVisitors = false
    /// Messages of the only issues whose errors count; nil for all.
    var issues: [String]?
    var lists: [List] = []
}

/// Figures by name, in their order: the form in which two computations are compared.
struct Figures: Equatable {
    private(set) var values: [(name: String, value: String)] = []

    mutating func add(_ name: String, _ value: Int64) { values.append((name, String(value))) }

    mutating func add(_ name: String, _ text: String) { values.append((name, text)) }

    /// Numbers that may differ by the precision of what is stored, or of the histogram where there are many values.
    mutating func add(_ name: String, _ number: Double?, of count: Int64) {
        values.append((name, number.map { "≈\(count > 200 ? "~" : "")\($0)" } ?? "none"))
    }

    /// Whether every digit is the same.
    func isIdentical(to other: Figures) -> Bool { values.elementsEqual(other.values) { $0 == $1 } }

    static func == (one: Figures, other: Figures) -> Bool { one.differences(other).isEmpty }

    /// The figures that differ from those of another computation.
    func differences(_ right: Figures) -> [String] {
        var result: [String] = []
        for index in 0..<max(values.count, right.values.count) {
            let mine = index < values.count ? values[index] : ("-", "-")
            let other = index < right.values.count ? right.values[index] : ("-", "-")
            if mine.0 != other.0 {
                result.append("\(mine.0) = \(mine.1) where \(other.0) = \(other.1) is right")
            } else if !Self.isSame(mine.1, other.1) {
                result.append("\(mine.0) = \(mine.1), right: \(other.1)")
            }
        }
        return result
    }

    private static func isSame(_ one: String, _ other: String) -> Bool {
        if one == other { return true }
        guard one.hasPrefix("≈"), other.hasPrefix("≈") else { return false }
        let isMany = one.hasPrefix("≈~")
        guard isMany == other.hasPrefix("≈~"), let a = Double(one.dropFirst(isMany ? 2 : 1)),
            let b = Double(other.dropFirst(isMany ? 2 : 1))
        else { return false }
        return abs(a - b) <= max(abs(a), abs(b)) * (isMany ? 1.0e-3 : 2.0e-7) + 1.0e-6
    }
}

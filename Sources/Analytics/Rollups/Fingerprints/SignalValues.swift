import Segments
import Texts

/// The signals of a portion's fingerprints and their values, numbered in the order in which they appear.
///
/// A visitor has a number for each of dozens of signals instead of texts that are compared and hashed many times.
struct SignalValues {
    struct Signal: Hashable {
        @ByteText var site: String
        @ByteText var name: String
    }

    struct Value: Hashable {
        /// Number of the signal.
        var signal: Int
        @ByteText var hash: String
    }

    /// Indexed by number.
    private(set) var signals: [Signal] = []
    private(set) var values: [Value] = []
    private var signalNumbers: [Signal: Int] = [:]
    private var valueNumbers: [Value: Int] = [:]
    /// Numbers of the value `(other)`, by the number of the signal.
    private var others: [Int] = []

    /// The sorted numbers of the values of a fingerprint, which has each signal once.
    mutating func numbers(_ fingerprint: [(name: String, hash: String)], site: String) -> [Int] {
        fingerprint.map { name, hash in add(Value(signal: add(Signal(site: site, name: name)), hash: hash)) }.sorted()
    }

    private mutating func add(_ signal: Signal) -> Int {
        if let known = signalNumbers[signal] { return known }
        let number = signals.count
        signals.append(signal)
        signalNumbers[signal] = number
        others.append(add(Value(signal: number, hash: DimensionDictionaries.otherText)))
        return number
    }

    private mutating func add(_ value: Value) -> Int {
        if let known = valueNumbers[value] { return known }
        values.append(value)
        valueNumbers[value] = values.count - 1
        return values.count - 1
    }

    /// The number of the signal of a value.
    func signal(of value: Int) -> Int { values[value].signal }

    /// The number of the value `(other)` of a signal.
    func other(of signal: Int) -> Int { others[signal] }

    func number(_ signal: Signal) -> Int? { signalNumbers[signal] }
    func number(_ signal: Signal, _ hash: String) -> Int? {
        number(signal).flatMap { valueNumbers[Value(signal: $0, hash: hash)] }
    }

    /// The texts of values, sorted by the names of their signals.
    func texts(_ values: [Int]) -> [(name: String, hash: String)] {
        values.map { (signals[self.values[$0].signal].name, self.values[$0].hash) }
            .sorted { ByteText($0.0) < ByteText($1.0) }
    }
}

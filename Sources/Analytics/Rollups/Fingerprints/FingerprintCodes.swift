import Segments
import Storage
import Texts

/// The numbers of signals and the codes of their values, which are equal on all sites.
///
/// A code is assigned again only after no visitor has its value.
struct FingerprintCodes {
    private let database: any Database
    private var numbers: [ByteText: UInt16] = [:]
    /// By number of the signal: the highest code.
    private var highest: [Int] = []
    private var added: [String] = []

    init(_ database: any Database) throws(StoreError) {
        self.database = database
        for signal in try FingerprintReader(database).signals() {
            numbers[ByteText(signal.name)] = UInt16(clamping: numbers.count)
            highest.append(signal.code)
        }
    }

    /// The number of a signal, which is assigned if it has none.
    mutating func number(of signal: String) -> UInt16 {
        if let known = numbers[ByteText(signal)] { return known }
        // The number of names is limited (`AdmittedNames`).
        let number = UInt16(clamping: numbers.count)
        numbers[ByteText(signal)] = number
        highest.append(0)
        added.append(signal)
        return number
    }

    /// The codes of values, by signal and hash, some of which may have one on another site; others get one.
    mutating func codes(of values: [SignalText]) throws(StoreError) -> [SignalText: UInt32] {
        let wanted = Set(values)
        var codes: [SignalText: UInt32] = [:]
        let rows = try database.lookup(
            "insight_signals",
            key: ["signal", "hash"],
            wanted.map { [.text($0.signal), .text($0.hash)] },
            columns: ["signal", "hash", "code"]
        )
        for row in rows {
            codes[SignalText(signal: row[0].text ?? "", hash: row[1].text ?? "")] = UInt32(
                clamping: row[2].integer ?? 0
            )
        }
        for value in values where codes[value] == nil {
            let signal = Int(number(of: value.signal))
            highest[signal] += 1
            codes[value] = UInt32(clamping: highest[signal])
        }
        return codes
    }

    /// Writes the numbers that were assigned.
    func write() throws(StoreError) {
        let first = numbers.count - added.count
        try database.insert(
            "insert into fingerprint_signals (number, signal)",
            added.enumerated().map { [.integer(Int64(first + $0)), .text($1)] }
        )
    }
}

/// A value of a signal.
struct SignalText: Hashable {
    @ByteText var signal: String
    @ByteText var hash: String
}

/// A record of CSV, or why there is none at a line.
enum CSVRecord: Equatable {
    /// The fields of the record that begins at a line.
    case fields([[UInt8]], line: Int)
    /// The record that begins at a line is malformed; reading goes on at the next line.
    case damaged(line: Int, problem: String)
}

/// Splits CSV into records by RFC 4180.
///
/// A line ends with LF or CR LF. A field with quotes may contain commas, line breaks and doubled quotes. A quote in a field that does
/// not begin with one, text after a closing quote, a single CR and a quote that is never closed make a record malformed. Blank lines
/// are skipped. The text comes byte by byte, so a file of any size needs the memory of one record.
struct CSVReader {
    private enum State { case fieldStart, plain, quoted, afterQuote, carriageReturn, skipping }

    private var state = State.fieldStart
    private var fields: [[UInt8]] = []
    private var field: [UInt8] = []
    private var recordBytes = 0
    private var line = 1
    /// The line at which the record begins.
    private var start = 1
    private var hasQuotes = false
    private var problem = ""

    /// The record that a byte completes; nil while none is complete.
    mutating func next(_ byte: UInt8) -> CSVRecord? {
        recordBytes += 1
        if recordBytes > ImportLimits.recordBytesMax, state != .skipping {
            skip("longer than \(ImportLimits.recordBytesMax) bytes")
        }
        let isLineEnd = byte == UInt8(ascii: "\n")
        defer { if isLineEnd { line += 1 } }
        switch state {
        case .skipping: return isLineEnd ? damaged() : nil
        case .quoted:
            if byte == UInt8(ascii: "\"") { state = .afterQuote } else { field.append(byte) }
            return nil
        case .carriageReturn:
            guard isLineEnd else { return skip("a carriage return without a line feed") }
            return record()
        case .fieldStart, .plain, .afterQuote: return separate(byte)
        }
    }

    /// The last record of a text that does not end with a line break; nil if there is none.
    mutating func finish() -> CSVRecord? {
        switch state {
        case .quoted:
            skip("a quote that is never closed")
            return damaged()
        case .skipping: return damaged()
        case .carriageReturn:
            skip("a carriage return without a line feed")
            return damaged()
        case .fieldStart where fields.isEmpty && field.isEmpty: return nil
        case .fieldStart, .plain, .afterQuote: return record()
        }
    }

    /// Handles a byte outside of quotes.
    private mutating func separate(_ byte: UInt8) -> CSVRecord? {
        switch byte {
        case UInt8(ascii: ","):
            fields.append(field)
            field.removeAll(keepingCapacity: true)
            state = .fieldStart
            if fields.count >= ImportLimits.fieldsMax { return skip("more than \(ImportLimits.fieldsMax) fields") }
        case UInt8(ascii: "\n"): return record()
        case UInt8(ascii: "\r"): state = .carriageReturn
        case UInt8(ascii: "\""):
            switch state {
            case .fieldStart: (state, hasQuotes) = (.quoted, true)
            case .afterQuote:
                field.append(byte)
                state = .quoted
            case .plain, .quoted, .carriageReturn, .skipping: return skip("a quote in a field without quotes")
            }
        default:
            guard state != .afterQuote else { return skip("text after a closing quote") }
            field.append(byte)
            state = .plain
        }
        return nil
    }

    @discardableResult private mutating func skip(_ problem: String) -> CSVRecord? {
        (self.problem, state) = (problem, .skipping)
        return nil
    }

    private mutating func record() -> CSVRecord? {
        fields.append(field)
        let isBlank = fields == [[]] && !hasQuotes
        let found = CSVRecord.fields(fields, line: start)
        begin()
        return isBlank ? nil : found
    }

    private mutating func damaged() -> CSVRecord {
        let found = CSVRecord.damaged(line: start, problem: problem)
        begin()
        return found
    }

    private mutating func begin() {
        fields.removeAll(keepingCapacity: true)
        field.removeAll(keepingCapacity: true)
        (state, recordBytes, hasQuotes, start) = (.fieldStart, 0, false, line + 1)
    }
}

import Events
import JSON
import Storage

/// A row as a line of NDJSON: an object with a member for each column.
///
/// Times are text in UTC to the microsecond. Values of JSON columns are members as they are, and come back byte by byte; those with line
/// breaks, strings and nulls of JSON are strings with their text, so that a string is always a text and a null always NULL.
enum ArchiveLine {
    /// Limit of the bytes of a line.
    static let bytesMax = 64 << 20

    /// Appends the line of a row, with its line break.
    static func append(_ row: [SQLValue], _ columns: [RawColumn], to bytes: inout [UInt8]) {
        for (index, column) in columns.enumerated() {
            bytes.append(index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
            appendQuoted(column.name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            append(row[index], column.kind, to: &bytes)
        }
        bytes += [UInt8(ascii: "}"), 0x0A]
    }

    private static func append(_ value: SQLValue, _ kind: RawColumn.Kind, to bytes: inout [UInt8]) {
        guard value != .null else {
            bytes += Array("null".utf8)
            return
        }
        switch kind {
        case .number: bytes += Array(String(value.integer ?? 0).utf8)
        case .time:
            guard let time = value.integer, ISO8601.storableMicroseconds.contains(time) else {
                bytes += Array("null".utf8)
                return
            }
            bytes.append(UInt8(ascii: "\""))
            bytes += TimestampText.bytes(time)
            bytes.append(UInt8(ascii: "\""))
        case .text, .uuid: appendQuoted(value.text ?? "", to: &bytes)
        case .json:
            let text = value.text ?? ""
            if isPlain(Array(text.utf8)) { bytes += Array(text.utf8) } else { appendQuoted(text, to: &bytes) }
        }
    }

    /// Whether a text can be a member as it is.
    private static func isPlain(_ text: [UInt8]) -> Bool {
        guard !text.contains(0x0A), !text.contains(0x0D) else { return false }
        let head = Array(#"{"v":"#.utf8)
        let whole = head + text + [UInt8(ascii: "}")]
        do throws(JSONError) {
            var cursor = try ObjectCursor(whole.span, in: whole.indices)
            guard let value = try cursor.next(whole.span)?.value, try cursor.next(whole.span) == nil else {
                return false
            }
            return value.kind != .string && value.kind != .null
                && value.range == head.count..<head.count + text.count && value.textError == nil
        } catch { return false }
    }

    /// The values of a line without its line break, in the order of the columns; nil when it is not a row of the table.
    ///
    /// A column that has no member is NULL: earlier versions may not have had it.
    static func row(_ line: [UInt8], _ table: ArchiveTable) -> [SQLValue]? {
        var row = [SQLValue](repeating: .null, count: table.columns.count)
        var expected = 0
        do throws(JSONError) {
            var cursor = try ObjectCursor(line.span, in: line.indices)
            while let member = try cursor.next(line.span) {
                let name = String(decoding: line[member.name], as: UTF8.self)
                let isNext = expected < table.columns.count && table.columns[expected].name == name
                guard let index = isNext ? expected : table.columns.firstIndex(where: { $0.name == name }),
                    let value = value(member.value, table.columns[index].kind, line)
                else { return nil }
                row[index] = value
                expected = index + 1
            }
        } catch { return nil }
        guard table.key.allSatisfy({ row[table.index($0)] != .null }), row[table.index(table.time)] != .null else {
            return nil
        }
        return row
    }

    /// Nil when the value is not one of the kind.
    private static func value(_ value: JSONValue, _ kind: RawColumn.Kind, _ line: [UInt8]) -> SQLValue? {
        guard value.kind != .null else { return .null }
        guard value.textError == nil else { return nil }
        switch kind {
        case .number:
            guard value.kind == .number else { return nil }
            return Int64(String(decoding: line[value.range], as: UTF8.self)).map { .integer($0) }
        case .text: return text(value, line).map { .text($0) }
        case .uuid: return text(value, line).flatMap { EventID(Array($0.utf8)) == nil ? nil : .text($0) }
        case .time: return text(value, line).flatMap { ISO8601.microseconds(Array($0.utf8)) }.map { .integer($0) }
        case .json:
            guard value.kind == .string else { return .text(String(decoding: line[value.range], as: UTF8.self)) }
            return text(value, line).map { .text($0) }
        }
    }

    private static func text(_ value: JSONValue, _ line: [UInt8]) -> String? {
        guard value.kind == .string else { return nil }
        guard value.hasEscapes else { return String(decoding: line[value.content], as: UTF8.self) }
        var bytes = line
        appendUnescaped(value.content, to: &bytes)
        return String(decoding: bytes[line.count...], as: UTF8.self)
    }
}

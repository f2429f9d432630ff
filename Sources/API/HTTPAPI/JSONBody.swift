import HTTPServer
import JSON

/// The JSON object in a request of the owner's API, with only the members that the route knows, each once.
struct JSONBody {
    private let bytes: [UInt8]
    private let members: [String: JSONValue]

    /// Parses the body.
    ///
    /// - Throws: An error with a sentence for the sender when the body is not one JSON object or has a member that is not in `names`.
    init(_ request: borrowing Request, names: Set<String>) throws(QueryError) {
        let bytes = request.bytes
        var members: [String: JSONValue] = [:]
        for member in try Self.scan(bytes, request.body) {
            let name = String(decoding: bytes[member.name], as: UTF8.self)
            guard names.contains(name), !member.nameHasEscapes else {
                throw QueryError(message: "Unknown field; allowed: \(names.sorted().joined(separator: ", "))")
            }
            guard members.updateValue(member.value, forKey: name) == nil else {
                throw QueryError(message: "\(name) occurs twice")
            }
        }
        self.bytes = bytes
        self.members = members
    }

    private static func scan(_ bytes: [UInt8], _ body: Range<Int>) throws(QueryError) -> [JSONMember] {
        var found: [JSONMember] = []
        do throws(JSONError) {
            var cursor = try ObjectCursor(bytes.span, in: body)
            while let member = try cursor.next(bytes.span) { found.append(member) }
        } catch {
            throw QueryError(message: "The body must be a JSON object")
        }
        return found
    }

    /// The value of a string member, at most `bytesMax` bytes of UTF-8; nil when the member is missing.
    func text(_ name: String, bytesMax: Int) throws(QueryError) -> String? {
        guard let value = members[name] else { return nil }
        guard value.kind == .string, value.textError == nil else {
            throw QueryError(message: "\(name) must be a string")
        }
        var text = Array(bytes[value.content])
        if value.hasEscapes {
            let count = text.count
            appendUnescaped(0..<count, to: &text)
            text.removeFirst(count)
        }
        guard text.count <= bytesMax else { throw QueryError(message: "\(name) is longer than \(bytesMax) bytes") }
        return String(decoding: text, as: UTF8.self)
    }

    /// The text of an array; nil when the member is missing.
    func array(_ name: String) throws(QueryError) -> String? {
        guard let value = members[name] else { return nil }
        guard value.kind == .array else { throw QueryError(message: "\(name) must be an array") }
        return String(decoding: bytes[value.range], as: UTF8.self)
    }

    /// The value of a number without fraction or exponent; nil when the member is missing.
    func integer(_ name: String, in range: ClosedRange<Int64>) throws(QueryError) -> Int64? {
        guard let value = members[name] else { return nil }
        let text = String(decoding: bytes[value.range], as: UTF8.self)
        guard value.kind == .number, let number = Int64(text), range.contains(number) else {
            throw QueryError(message: "\(name) must be an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The value of a number; nil when the member is missing.
    func number(_ name: String) throws(QueryError) -> Double? {
        guard let value = members[name] else { return nil }
        let text = String(decoding: bytes[value.range], as: UTF8.self)
        guard value.kind == .number, let number = Double(text), number.isFinite else {
            throw QueryError(message: "\(name) must be a number")
        }
        return number
    }

    /// The value of true or false; nil when the member is missing.
    func boolean(_ name: String) throws(QueryError) -> Bool? {
        guard let value = members[name] else { return nil }
        switch String(decoding: bytes[value.range], as: UTF8.self) {
        case "true": return true
        case "false": return false
        default: throw QueryError(message: "\(name) must be true or false")
        }
    }

    /// The strings of an array, which have no escapes; nil when the member is missing.
    func texts(_ name: String, countMax: Int, bytesMax: Int) throws(QueryError) -> [String]? {
        guard let value = members[name] else { return nil }
        let problem = QueryError(message: "\(name) must be an array of at most \(countMax) strings")
        guard value.kind == .array else { throw problem }
        var elements: [JSONValue] = []
        do throws(JSONError) {
            var cursor = try ArrayCursor(bytes.span, in: value.range)
            while let element = try cursor.next(bytes.span) { elements.append(element) }
        } catch { throw problem }
        let isValid = elements.allSatisfy { element in
            element.kind == .string && element.textError == nil && !element.hasEscapes
                && element.content.count <= bytesMax
        }
        guard isValid, elements.count <= countMax else { throw problem }
        return elements.map { String(decoding: bytes[$0.content], as: UTF8.self) }
    }
}

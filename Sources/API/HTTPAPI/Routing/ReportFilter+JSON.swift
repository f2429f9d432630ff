import JSON
import Reports

extension ReportFilter {
    /// The most bytes of the parameter `filters`.
    static let jsonBytesMax = 16_384

    private static let filtersForm =
        #"filters must be a JSON array such as [["is","browser",["Chrome"]],["contains","path",["/blog"]]]"#

    /// Parses the parameter `filters`: a JSON array of `[operator, dimension, [value, …]]`, as in the stats API of Plausible.
    static func list(_ json: String) throws(ReportError) -> [ReportFilter] {
        let bytes = Array(json.utf8)
        guard bytes.count <= jsonBytesMax else { throw .refused("filters must have at most \(jsonBytesMax) bytes") }
        var filters: [ReportFilter] = []
        for filter in try elements(bytes, 0..<bytes.count, max: ReportQuery.filtersMax, "filters") {
            let parts = try elements(bytes, filter.range, max: 3, "A filter")
            guard parts.count == 3, filter.kind == .array, parts[2].kind == .array else { throw .refused(filtersForm) }
            var values: [String] = []
            for value in try elements(bytes, parts[2].range, max: valuesMax, "A filter's list") {
                values.append(try text(bytes, value))
            }
            filters.append(try ReportFilter(text(bytes, parts[0]), text(bytes, parts[1]), values))
        }
        return filters
    }

    private static func elements(
        _ bytes: [UInt8],
        _ range: Range<Int>,
        max: Int,
        _ name: String
    ) throws(ReportError) -> [JSONValue] {
        var found: [JSONValue] = []
        do throws(JSONError) {
            var cursor = try ArrayCursor(bytes.span, in: range)
            while let value = try cursor.next(bytes.span) {
                found.append(value)
                if found.count > max { break }
            }
        } catch {
            throw .refused(filtersForm)
        }
        guard found.count <= max else { throw .refused("\(name) must have at most \(max) entries") }
        return found
    }

    private static func text(_ bytes: [UInt8], _ value: JSONValue) throws(ReportError) -> String {
        guard value.kind == .string, value.textError == nil else { throw .refused(filtersForm) }
        guard value.hasEscapes else { return String(decoding: bytes[value.content], as: UTF8.self) }
        var own = Array(bytes[value.content])
        let count = own.count
        appendUnescaped(0..<count, to: &own)
        return String(decoding: own[count...], as: UTF8.self)
    }
}

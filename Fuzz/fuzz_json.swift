// What is taken for JSON is JSON in all its parts, and no text that was cut off is.

private func members(_ bytes: [UInt8], _ range: Range<Int>) throws(JSONError) -> [JSONMember] {
    var found: [JSONMember] = []
    var cursor = try ObjectCursor(bytes.span, in: range)
    while let member = try cursor.next(bytes.span) { found.append(member) }
    return found
}

private func elements(_ bytes: [UInt8], _ range: Range<Int>) throws(JSONError) -> [JSONValue] {
    var found: [JSONValue] = []
    var cursor = try ArrayCursor(bytes.span, in: range)
    while let value = try cursor.next(bytes.span) { found.append(value) }
    return found
}

private func check(_ value: JSONValue, _ bytes: [UInt8]) {
    precondition(value.range.lowerBound >= 0 && value.range.upperBound <= bytes.count && !value.range.isEmpty)
    guard value.textError != .depth else { return }
    // The range of a value is a value of its own.
    let alone = [UInt8(ascii: "[")] + bytes[value.range] + [UInt8(ascii: "]")]
    do {
        let again = try elements(alone, 0..<alone.count)
        precondition(again.count == 1 && again[0].kind == value.kind && again[0].range.count == value.range.count)
    } catch {
        precondition(error == .tooDeep)
    }
    guard value.kind == .string, value.textError == nil else { return }
    var copy = bytes
    appendUnescaped(value.content, to: &copy)
    precondition(String(validating: copy[bytes.count...], as: UTF8.self) != nil, "a text that is not UTF-8")
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    do {
        let found = try members(bytes, 0..<count)
        for member in found { check(member.value, bytes) }
        let end = (bytes.lastIndex(of: UInt8(ascii: "}")) ?? 0)
        for cut in 0..<min(end, 256) {
            do {
                _ = try members(bytes, 0..<cut)
                preconditionFailure("the prefix of \(cut) bytes is an object too")
            } catch {}
        }
    } catch {}
    do { for value in try elements(bytes, 0..<count) { check(value, bytes) } } catch {}
    return 0
}

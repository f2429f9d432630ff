// Every prefix of a request needs more or has the result of the whole head, so that a head in pieces is parsed like a head that arrives at once.

/// A result as a number: -1 needs more, a status refuses, 1000 and more is complete at that length.
private func result(_ bytes: [UInt8]) -> Int {
    switch parseHead(bytes.span, limits: HeadLimits()) {
    case .needMore: -1
    case .refuse(let failure): failure.status
    case .complete(let head): 1000 + check(head, bytes)
    }
}

/// The head's length, after its ranges have been checked to lie inside it.
private func check(_ head: RequestHead, _ bytes: [UInt8]) -> Int {
    precondition(head.length <= bytes.count)
    var ranges = [head.path]
    if let query = head.query { ranges.append(query) }
    for header in KnownHeader.allCases {
        if let range = head.field(header) { ranges.append(range) }
        _ = head.text(header, bytes.span)
    }
    for range in ranges { precondition(range.start >= 0 && range.range.upperBound <= head.length) }
    precondition(!head.isChunked || head.contentLength == nil)
    return head.length
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHead(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    let whole = result(bytes)
    for cut in 0..<min(count, 512) {
        let prefix = result(Array(bytes[..<cut]))
        precondition(prefix == -1 || prefix == whole, "the prefix of \(cut) bytes has another result")
    }
    return 0
}

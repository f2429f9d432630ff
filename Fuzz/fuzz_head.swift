// Every prefix of a request needs more or has the verdict of the whole: what arrives in pieces is judged as what arrives at once.

/// A verdict as a number: -1 needs more, a status refuses, 1000 and more is complete at that length.
private func verdict(_ bytes: [UInt8]) -> Int {
    switch parseHead(bytes.span, limits: HeadLimits()) {
    case .needMore: -1
    case .refuse(let failure): failure.status
    case .complete(let head): 1000 + check(head, bytes)
    }
}

/// The head's length, after its places have been checked to lie inside it.
private func check(_ head: RequestHead, _ bytes: [UInt8]) -> Int {
    precondition(head.length <= bytes.count)
    var places = [head.path]
    if let query = head.query { places.append(query) }
    for header in KnownHeader.allCases {
        if let place = head.field(header) { places.append(place) }
        _ = head.text(header, bytes.span)
    }
    for place in places { precondition(place.start >= 0 && place.range.upperBound <= head.length) }
    precondition(!head.isChunked || head.contentLength == nil)
    return head.length
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHead(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    let whole = verdict(bytes)
    for cut in 0..<min(count, 512) {
        let prefix = verdict(Array(bytes[..<cut]))
        precondition(prefix == -1 || prefix == whole, "the prefix of \(cut) bytes has another verdict")
    }
    return 0
}

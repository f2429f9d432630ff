// A chunked body decodes to the same wherever it is cut.

private struct Outcome: Equatable {
    var progress: ChunkDecoder.Progress
    var body: [UInt8]
    var used: Int
}

private func decode(_ bytes: [UInt8], cutAt cut: Int) -> Outcome {
    var decoder = ChunkDecoder(bodyBytesMax: 1000)
    var outcome = Outcome(progress: .needMore, body: [], used: 0)
    for part in [Array(bytes[..<cut]), Array(bytes[cut...])] where outcome.progress == .needMore {
        var at = 0
        outcome.progress = decoder.decode(part.span, &at, into: &outcome.body)
        precondition(at <= part.count)
        outcome.used += at
    }
    precondition(outcome.body.count <= 1000)
    return outcome
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzChunks(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    let whole = decode(bytes, cutAt: 0)
    for cut in 1..<max(2, min(count, 256)) where cut <= count {
        let split = decode(bytes, cutAt: cut)
        precondition(split == whole, "cut at \(cut) it decodes to something else")
    }
    return 0
}

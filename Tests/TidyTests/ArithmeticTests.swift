import Testing

/// Where numbers of senders become figures.
private let modules: Set<String> = ["Aggregation", "DemoData", "Numbers", "Reports", "Rollups"]

/// The checked conversions; what makes numbers up itself; and the hashes that are meant to wrap.
private let exceptions: Set<String> = [
    "Sources/Support/Numbers/Saturating.swift", "Sources/Support/Numbers/StableHash.swift",
    "Sources/Analytics/DemoData/DemoData.swift", "Sources/Analytics/DemoData/DemoHome.swift",
    "Sources/Analytics/DemoData/SplitMix.swift", "Sources/Analytics/Rollups/SegmentContent.swift",
    "Sources/Analytics/Rollups/Fingerprints/FingerprintContent.swift",
]

private var aggregation: [SourceFile] {
    SourceTree.sources.filter { modules.contains($0.module) && !exceptions.contains($0.path) }
}

@Test func `the aggregator's files were found`() {
    #expect(aggregation.count > 15)
    for path in exceptions { #expect(SourceTree.sources.contains { $0.path == path }, "\(path)") }
}

@Test func `no arithmetic of the aggregator wraps in silence`() {
    for file in aggregation { #expect(file.lines(matching: #/&[-+*]=?\s|&<<|&>>|unsafe(?:Adding|Subtracting)/#) == []) }
}

@Test func `the aggregator converts a floating-point number with saturation alone`() {
    // A conversion of anything but a count, a limit or another integer by its name: what is computed, rounded or read may be a Double.
    let conversion =
        #/\bU?Int(?:8|16|32|64)?\((?!saturating:|clamping:|exactly:|truncatingIfNeeded:|bitPattern:|ascii:)/#
    let suspicious =
        #/\.rounded|\.number\b|Double|\.estimate|\bpow\(|\blog\(|\bfloor\(|\bceil\(|\.magnitude|whole\)|\.value\(|["']\]/#
    for file in aggregation {
        for (index, line) in file.lines.enumerated() {
            for match in line.matches(of: conversion) {
                let argument = line[match.range.upperBound...]
                #expect(!argument.contains(suspicious), "\(file):\(index + 1) \(line)")
            }
        }
    }
}

@Test func `the aggregator reads a number of a payload with a range`() {
    for file in aggregation where file.module == "Aggregation" {
        // Where numbers are read, with their ranges.
        guard !["LazyJSON.swift", "PlausibleRanges.swift", "Payload.swift"].contains(file.name) else { continue }
        // Hints of bots compare numbers and add none up; `payload.number` has the range of its key.
        let lines = file.lines(matching: #/\.number\b/#).filter {
            !$0.contains(#/innerWidth|FCP|TTFB|LCP|payload\.number/#)
        }
        #expect(lines == [])
    }
}

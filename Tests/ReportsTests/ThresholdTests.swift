import FoundationEssentials
import Segments
import Testing

@testable import Reports

/// The page rates vitals by bounds of its own, which are those of the server.
@Suite struct ThresholdTests {
    @Test func `vitals have the same bounds on the page and on the server`() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let words = try String(contentsOf: URL(filePath: "/\(root)/Web/kit/ratings.js"), encoding: .utf8)
        let lines = words.split(separator: "\n").drop { !$0.hasPrefix("export const BOUNDS") }.dropFirst()
        for (line, vital) in zip(lines, Vital.allCases) {
            let (good, fair) = vital.thresholds
            let bounds = [good, fair].map { $0 < 1 ? "\($0)" : "\(Int($0))" }.joined(separator: ", ")
            #expect(line == "  \(vital.name): [\(bounds)],")
        }
        #expect(lines.dropFirst(Vital.allCases.count).first == "});")
    }

    @Test func `percentiles have the same minimum sample on the page and on the server`() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let words = try String(contentsOf: URL(filePath: "/\(root)/Web/kit/format.js"), encoding: .utf8)
        #expect(words.contains("export const SAMPLE_MIN = \(Impact.sampleMin);"))
    }
}

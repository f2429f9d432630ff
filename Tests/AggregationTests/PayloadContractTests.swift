import Foundation
import Aggregation
import Events
import TestSupport
import Testing
@testable import DemoData

@Suite struct PayloadContractTests {
    private let contract: PayloadContract

    init() throws { contract = try PayloadContract() }

    /// The sources that read payloads for figures.
    private func aggregatingSources() throws -> [(path: String, text: String)] {
        let paths = try Repository.sources("Sources/Analytics/Aggregation")
        return try paths.filter { !$0.hasSuffix("DemoData.swift") }.map { path in
            (path, String(decoding: try Repository.file(path), as: UTF8.self))
        }
    }

    @Test func `every key that figures are made from is in the contract`() throws {
        let names = Set(
            contract.events.values.flatMap { event in
                event.keys.flatMap { path, key -> [String] in
                    [path.split(separator: ".").last.map(String.init) ?? "", key.previously ?? ""]
                }
            }
        )
        // A payload or a part of one, and the name that is read of it.
        let reading = #/(?:payload|part|frame|campaign|resource|party|attribution|\])\["(\w+)"\]/#
        let walking = #/payload\.has\(member, "(\w+)"\)/#
        var count = 0
        for (path, text) in try aggregatingSources() {
            for match in text.matches(of: reading) + text.matches(of: walking) {
                count += 1
                #expect(names.contains(String(match.1)), "\(path) reads \(match.1)")
            }
        }
        #expect(count > 25)
    }

    @Test func `every key that the contract says is read is read`() throws {
        let texts = try aggregatingSources().map(\.text).joined()
        for (type, event) in contract.events {
            for (path, key) in event.keys where key.read == true {
                for name in [path.split(separator: ".").last.map(String.init), key.previously].compactMap({ $0 })
                where name != "*" {
                    let literal = name.replacing("[]", with: "")
                    #expect(texts.contains("\"\(literal)\""), "nobody reads \(path) of \(type)")
                }
            }
        }
    }

    @Test func `demo payloads match the contract`() throws {
        var demo = DemoData(DemoRun(seed: 7, events: 3000, end: 1_795_456_784_000_000, idPrefix: 1))
        var types: Set<String> = []
        while let events = demo.next() {
            for event in events {
                let type = event.text(event.eventType)
                guard contract.events[type] != nil else { continue }
                types.insert(type)
                let payload = try JSONSerialization.jsonObject(with: Data(event.bytes[event.payload.range]))
                #expect(contract.unknown(payload, of: type) == [], "\(type)")
            }
        }
        let expected: Set = ["pageview", "webvitals", "engagement", "error", "resources", "fingerprint_ready"]
        #expect(types == expected)
    }

    @Test func `the demo has the current names of attribution`() throws {
        var demo = DemoData(DemoRun(seed: 7, events: 300, end: 1_795_456_784_000_000, idPrefix: 1))
        let event = try #require(
            Iterator { demo.next() }.joined().first { $0.text($0.eventType) == "webvitals" }
        )
        let payload = event.text(event.payload)
        for (path, key) in contract.events["webvitals"]?.keys ?? [:]
        where key.read == true && key.type == "number" && path.hasPrefix("attribution.") {
            let name = path.split(separator: ".").last ?? ""
            #expect(payload.contains("\"\(name)\":"), "\(path)")
        }
    }

    @Test func `the tracker's page in the docs lists the event types and their keys`() throws {
        let text = String(decoding: try Repository.file("docs/tracker.md"), as: UTF8.self)
        for (type, event) in contract.events {
            let row = text.split(separator: "\n").first { line in
                line.hasPrefix("|") && line.split(separator: "|").first.map { $0.contains("`\(type)`") } ?? false
            }
            let payload = try #require(row, "docs/tracker.md has no row of \(type)").split(separator: "|").last ?? ""
            for match in payload.matches(of: #/`(\w+)`/#) {
                let word = String(match.1)
                let isValue = event.keys.values.contains { $0.values?.contains(word) ?? false }
                #expect(isValue || contract.key(word, of: type) != nil, "docs/tracker.md: \(word) of \(type)")
            }
        }
    }
}

/// A sequence of what a closure gives until it gives nil.
private struct Iterator<Element>: Sequence, IteratorProtocol {
    let body: () -> Element?
    func next() -> Element? { body() }
}

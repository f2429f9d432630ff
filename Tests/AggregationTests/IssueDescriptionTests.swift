import Testing

@testable import Aggregation

@Suite struct IssueDescriptionTests {
    private static let frames = #"[{"function":"buy","file":"https://shop.example/app.js","line":7,"column":3}]"#

    private func id(_ name: String, _ message: String, frames: String = frames) throws -> String {
        let hashes = try #require(KeyedHashes(secret: String(repeating: "5a", count: 32)))
        let payload = #"{"kind":"error","name":"\#(name)","message":"\#(message)","frames":\#(frames)}"#
        return IssueDescription(LazyJSON(payload), hashes.texts).id
    }

    @Test(arguments: ["Error", "TypeError", "PaymentError"])
    func `two messages thrown from one line are two issues`(name: String) throws {
        #expect(try id(name, "failed for a user") != id(name, "failed for an order"))
        #expect(try id(name, "failed for a user") == id(name, "failed for a user"))
    }

    @Test(arguments: [
        ("failed for id 17", "failed for id 18"), ("order 3f9a6c2e-1b2c", "order 77aa0c2e-99ff"),
        ("(0b1c2d3e4f)", "(ffffffff00)"), ("at 12:30:01", "at 7:05:59"),
    ])
    func `messages that differ in a number or an id are one issue`(first: String, second: String) throws {
        #expect(try id("Error", first) == id("Error", second))
        #expect(try id("Error", first, frames: "[]") == id("Error", second, frames: "[]"))
    }

    @Test(arguments: [
        ("deadbeef", "facade"), ("acceded a", "acceded b"), ("v1-abcdefgh", "v1-abcdefgi"),
    ])
    func `words that look like ids are words`(first: String, second: String) throws {
        #expect(try id("Error", first) != id("Error", second))
    }

    @Test(arguments: [
        [
            "Cannot read properties of undefined (reading 'price')",
            #"can't access property \"price\", t is undefined"#,
            "undefined is not an object (evaluating 't.price')",
        ],
        ["t.buy is not a function", "t.buy is not a function. (In 't.buy()', 't.buy' is undefined)"],
        ["Failed to fetch", "NetworkError when attempting to fetch resource.", "Load failed"],
        [
            #"Unexpected token 'o', \"oops\" is not valid JSON"#, "JSON.parse: unexpected character at line 1",
            "JSON Parse error: Unexpected identifier",
        ],
    ])
    func `one mistake in the words of three engines is one issue`(messages: [String]) throws {
        #expect(try Set(messages.map { try id("TypeError", $0) }).count == 1)
    }
}

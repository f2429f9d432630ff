import Crypto
import Numbers
import Testing

@testable import Aggregation

/// A frame as the tracker reads it from a stack.
private func frame(_ function: String, _ file: String, _ line: Int, _ column: Int) -> String {
    #"{"function":"\#(function)","file":"https://shop.example/\#(file)","line":\#(line),"column":\#(column)}"#
}

private func id(_ message: String, _ frames: [String], name: String = "TypeError") throws -> String {
    let hashes = try #require(KeyedHashes(secret: String(repeating: "5a", count: 32)))
    let quoted = message.replacing("\"", with: "\\\"")
    let payload =
        #"{"kind":"error","name":"\#(name)","message":"\#(quoted)","frames":[\#(frames.joined(separator: ","))]}"#
    return IssueDescription(LazyJSON(payload), hashes.texts).id
}

/// What V8, SpiderMonkey and JavaScriptCore write for reading `price` of an undefined `t`.
private let reading = [
    "Cannot read properties of undefined (reading 'price')", #"can't access property "price", t is undefined"#,
    "undefined is not an object (evaluating 't.price')",
]

@Suite struct IssueGroupingTests {
    @Test func `a fault is one issue in three engines, and after a deploy that moves its lines`() throws {
        func ids(_ line: Int) throws -> [String] {
            [
                try id(
                    reading[0],
                    [frame("Shop.buy", "app.js", line, 24), frame("HTMLButtonElement.onclick", "app.js", 40, 9)]
                ),
                try id(reading[1], [frame("buy", "app.js", line, 17), frame("onclick", "app.js", 40, 5)]),
                try id(reading[2], [frame("buy", "app.js", line, 19), frame("onclick", "app.js", 40, 8)]),
            ]
        }
        #expect(Set(try ids(10) + ids(11)).count == 1)
    }

    @Test(arguments: [
        ["new Shop", "Shop", "Shop"], ["Shop.buy [as sell]", "Shop/buy", "buy"], ["Object.#pay", "#pay", "#pay"],
        ["HTMLButtonElement.<anonymous>", "setup/<", ""], ["", "", "global code"], ["", "", "module code"],
        ["load", "promise callback*load", "load"],
    ])
    func `engines' names of one function are one`(names: [String]) throws {
        let ids = try names.map {
            try id("no stock", [frame($0, "app.js", 3, 1), frame("run", "app.js", 9, 1)], name: "Error")
        }
        #expect(Set(ids).count == 1)
    }

    @Test func `functions, files and messages of pages distinguish issues`() throws {
        let ids = [
            try id("no stock", [frame("buy", "app.js", 10, 1)]), try id("no stock", [frame("sell", "app.js", 10, 1)]),
            try id("no stock", [frame("buy", "cart.js", 10, 1)]), try id("no money", [frame("buy", "app.js", 10, 1)]),
            try id("no stock", [frame("buy", "app.js", 10, 1)], name: "Error"),
        ]
        #expect(Set(ids).count == ids.count)
    }

    @Test(arguments: [
        ("app.3f9a6c2e.js", "app.77aa0c2e.js"), ("index-DiwrgTda.js", "index-B7x2k9Qa.js"),
        ("app.js?v=1", "app.js?v=2"),
    ])
    func `a file is the same with the hash of another release`(first: String, second: String) throws {
        #expect(try id("x", [frame("buy", first, 1, 1)]) == id("x", [frame("buy", second, 1, 1)]))
    }

    @Test func `a word behind a hyphen is no hash`() throws {
        #expect(try id("x", [frame("f", "app-settings.js", 1, 1)]) != id("x", [frame("f", "app-checkout.js", 1, 1)]))
    }

    @Test(arguments: ["app.min.js", "app.js"])
    func `two faults in minified code are two issues, and one fault is one in three engines`(file: String) throws {
        func ids(_ column: Int) throws -> Set<String> {
            let columns = [column, column + 2, column + 7]
            return Set(
                try zip(reading, columns).map { try id($0, [frame("t", file, 1, $1), frame("e", file, 1, 77)]) }
            )
        }
        #expect(try ids(1210).count == 1)
        #expect(try ids(4820).count == 1)
        #expect(try ids(1210) != ids(4820))
    }

    @Test func `without a function's name the property distinguishes issues and lines do not`() throws {
        let first = try reading.map { try id($0, [frame("", "app.js", 10, 5)]) }
        #expect(Set(first + [try id(reading[0], [frame("", "app.js", 11, 5)])]).count == 1)
        #expect(try id("Cannot read properties of null (reading 'total')", [frame("", "app.js", 10, 5)]) != first[0])
    }

    @Test func `the line counts when nothing else distinguishes issues`() throws {
        func id(_ line: Int) throws -> String {
            try AggregationTests.id("Failed to fetch", [frame("", "app.js", line, 5)])
        }
        #expect(try id(10) == id(10))
        #expect(try id(10) != id(20))
        // A message of the page's own does.
        let own = try [10, 20].map { try AggregationTests.id("no stock", [frame("", "app.js", $0, 5)], name: "Error") }
        #expect(own[0] == own[1])
    }

    @Test(arguments: [
        (reading[0], "price"), (reading[1], "price"), (reading[2], "price"),
        ("Cannot read property 'price' of null", "price"),
        ("Cannot set properties of undefined (setting 'price')", "price"),
        ("undefined is not an object (evaluating 'this.t.price = 5')", "price"), ("cart.buy is not a function", "buy"),
        ("cart.buy is not a function. (In 'cart.buy()', 'cart.buy' is undefined)", "buy"),
        ("shop is not defined", "shop"),
        ("Can't find variable: shop", "shop"), ("t is not a function", nil), ("t is undefined", nil),
        ("Load failed", nil),
        ("Cannot read properties of undefined (reading '17')", nil), ("undefined is not a function (near '...')", nil),
        ("", nil),
    ])
    func `engine messages keep the names of their subject`(message: String, subject: String?) {
        #expect(EngineMessage.subject(message) == subject)
    }

    @Test func `decisions are found by the ids that an issue had before`() throws {
        let hashes = try #require(KeyedHashes(secret: String(repeating: "5a", count: 32)))
        let payload =
            #"{"kind":"error","name":"Error","message":"no stock","frames":[\#(frame("Shop.buy", "app.js", 10, 1))]}"#
        let issue = IssueDescription(LazyJSON(payload), hashes.texts)
        let grouping = "error\nError\nbuy|https://shop.example/app.js|10\nno stock"
        let withoutLines = "error\nError\nbuy|https://shop.example/app.js\nno stock"
        #expect(issue.formerIDs.prefix(2) == [withoutLines, grouping].map { hashes.texts.hash($0).hexadecimal }[...])
        #expect(issue.formerIDs.last == stableHash(grouping.utf8).hexadecimal)
    }

    @Test func `decisions about faults of one minified line are found by the id that they had together`() throws {
        let hashes = try #require(KeyedHashes(secret: String(repeating: "5a", count: 32)))
        let issues = ["price", "total"].map { property in
            IssueDescription(
                LazyJSON(
                    """
                    {"kind":"error","name":"TypeError","message":"Cannot read properties of undefined (reading '\(property)')",\
                    "frames":[\(frame("t", "app.min.js", 1, 1210))]}
                    """
                ),
                hashes.texts
            )
        }
        #expect(issues[0].id != issues[1].id)
        let former = hashes.texts.hash("error\nTypeError\nhttps://shop.example/app.min.js\n1\n12").hexadecimal
        for issue in issues { #expect(issue.formerIDs.first == former) }
    }
}

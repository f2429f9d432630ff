import Aggregation
import Testing
import Texts

@testable import Reports

@Suite struct IssuePropertiesTests {
    @Test func `properties and their values are ordered by errors, then by name`() {
        let values = Dictionary(uniqueKeysWithValues: (0..<12).map { (ByteText("v\(10 + $0)"), Int64(1)) })
        let found = IssueProperties.properties(["b": ["x": 2, "y": 3], "a": ["z": 5], "many": values])
        #expect(found.map(\.name) == ["many", "a", "b"])
        #expect(found[0].rows.count == 10 && found[0].rows[0].value == "v10")
        #expect(found[0].count == 12 && found[0].rest == 2)
        #expect(found[2].rows == [.init(value: "y", errors: 3), .init(value: "x", errors: 2)] && found[2].rest == 0)
    }

    @Test func `plain members of a payload that differ between errors are properties`() {
        let event = StoredEvent(
            id: 1,
            receivedAt: 0,
            visitorID: "v",
            sessionID: "s",
            pageviewID: "p",
            type: "error",
            payload: #"{"kind":"error","count":4,"status":503,"plan":"pro","ok":false,"no":null,"frames":[],"data":{}}"#
        )
        #expect(event.errorCount == 4)
        #expect(event.errorProperties.map { "\($0.name)=\($0.value)" } == ["status=503", "plan=pro", "ok=false"])
    }
}

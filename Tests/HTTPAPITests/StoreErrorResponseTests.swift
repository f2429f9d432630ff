import HTTPServer
import Storage
import Testing

@testable import HTTPAPI

@Suite struct StoreErrorResponseTests {
    private static let slow = "The query took too long: narrow the range"

    private func message(_ error: StoreError) -> String {
        guard case .bytes(let bytes) = ReaderPool.failure(error).body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a query that exceeds its time limit is answered with the advice to narrow the range`() {
        #expect(ReaderPool.failure(.queryTimeout).status == 503)
        #expect(message(.queryTimeout).contains(Self.slow))
    }

    @Test(arguments: [
        StoreError.unavailable(reason: "the connection timed out"),
        .unavailable(reason: "the server did not respond in time"),
    ])
    func `an unreachable database does not advise a narrower range`(error: StoreError) {
        #expect(ReaderPool.failure(error).status == 503)
        #expect(!message(error).contains(Self.slow))
    }
}

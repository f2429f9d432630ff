import FoundationEssentials
import HTTPWire
import Testing

@testable import HTTPAPI

/// The file that the server serves says what the routes are.
@Suite struct APIRouteTests {
    private struct Document: Decodable {
        struct Operation: Decodable {
            struct Parameter: Decodable {
                let name: String
            }

            let parameters: [Parameter]?
        }

        let paths: [String: [String: Operation]]
    }

    private func document() throws -> Document {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let data = try Data(contentsOf: URL(filePath: "/" + root + "/Web/openapi.json"))
        return try JSONDecoder().decode(Document.self, from: data)
    }

    @Test func `every route is documented with its methods, and nothing else is`() throws {
        let routes = Dictionary(
            uniqueKeysWithValues: APIRoute.allCases.map { route in
                let methods = route.methods.map { "\($0.name)".lowercased() }.filter { $0 != "head" }
                return ("/api/" + route.rawValue, methods.sorted())
            }
        )
        #expect(try document().paths.mapValues { $0.keys.sorted() } == routes)
    }

    @Test(arguments: APIRoute.allCases)
    func `every parameter is documented, and no other`(route: APIRoute) throws {
        for (method, operation) in try document().paths["/api/" + route.rawValue] ?? [:] {
            let known = route.methods.first { "\($0.name)".lowercased() == method }
            #expect(Set((operation.parameters ?? []).map(\.name)) == route.parameters(try #require(known)))
        }
    }
}

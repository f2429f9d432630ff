import FoundationEssentials
import HTTPWire
import Testing

@testable import HTTPAPI

/// `Web/openapi.json`, which the server serves, describes the table of routes.
@Suite struct OpenAPITests {
    private struct Document: Decodable {
        struct Operation: Decodable {
            struct Parameter: Decodable {
                let name: String
            }

            let parameters: [Parameter]?
        }

        let paths: [String: [String: Operation]]
    }

    private static let routes = RouteTable.all.routes.filter { $0.path.text.hasPrefix("/api/") }

    private func document() throws -> Document {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let data = try Data(contentsOf: URL(filePath: "/" + root + "/Web/openapi.json"))
        return try JSONDecoder().decode(Document.self, from: data)
    }

    @Test func `every route is documented with its methods, and nothing else is`() throws {
        let routes = Dictionary(
            uniqueKeysWithValues: Self.routes.map { route in
                (route.path.text, route.operations.map { "\($0.method.name)".lowercased() }.sorted())
            }
        )
        #expect(try document().paths.mapValues { $0.keys.sorted() } == routes)
    }

    @Test func `every parameter is documented, and no other`() throws {
        let document = try document()
        for route in Self.routes {
            for operation in route.operations {
                let path = route.path.text
                let described = document.paths[path]?["\(operation.method.name)".lowercased()]?.parameters ?? []
                let declared = (operation.parameters ?? []).map(\.name) + route.path.names
                #expect(Set(described.map(\.name)) == Set(declared), "\(path)")
            }
        }
    }
}

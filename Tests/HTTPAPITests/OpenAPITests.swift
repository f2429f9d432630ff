import FoundationEssentials
import HTTPWire
import Reports
import Testing

@testable import HTTPAPI

/// `Web/openapi.json`, which the server serves, describes the table of routes.
@Suite struct OpenAPITests {
    private struct Document: Decodable {
        struct Operation: Decodable {
            let parameters: [Reference]?
            let responses: [String: Response]
        }

        struct Reference: Decodable {
            let path: String

            enum CodingKeys: String, CodingKey {
                case path = "$ref"
            }

            var name: String { path.split(separator: "/").last.map(String.init) ?? "" }
        }

        /// Described in place, or shared.
        struct Response: Decodable {}

        struct Parameter: Decodable, Sendable {
            struct Schema: Decodable {
                let type: String
                let `enum`: [String]?
                let minimum: Int64?
                let maximum: Int64?
            }

            let name: String
            let `in`: String
            let required: Bool?
            let schema: Schema
        }

        struct Components: Decodable {
            let parameters: [String: Parameter]
        }

        let paths: [String: [String: Operation]]
        let components: Components

        func parameters(_ operation: Operation) -> [Parameter] {
            (operation.parameters ?? []).compactMap { components.parameters[$0.name] }
        }
    }

    private static let routes = RouteTable.all.routes.filter { route in
        !RouteTable.pages.contains { $0.path == route.path }
    }

    private func document() throws -> Document {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let data = try Data(contentsOf: URL(filePath: "/" + root + "/Web/openapi.json"))
        return try JSONDecoder().decode(Document.self, from: data)
    }

    @Test func `every route but pages is described with its methods, and nothing else is`() throws {
        let routes = Dictionary(
            uniqueKeysWithValues: Self.routes.map { route in
                (route.path.text, route.operations.map { "\($0.method.name)".lowercased() }.sorted())
            }
        )
        #expect(try document().paths.mapValues { $0.keys.sorted() } == routes)
    }

    @Test func `every parameter is described with its limits, and no other`() throws {
        let document = try document()
        for route in Self.routes {
            for operation in route.operations {
                let path = route.path.text
                let described = try #require(document.paths[path]?["\(operation.method.name)".lowercased()])
                let parameters = document.parameters(described)
                #expect(parameters.count == described.parameters?.count ?? 0, "\(path) refers to what is not there")
                #expect(Set(parameters.filter { $0.in == "path" }.map(\.name)) == Set(route.path.names), "\(path)")
                guard let declared = operation.parameters else { continue }
                let query = parameters.filter { $0.in == "query" }
                #expect(Set(query.map(\.name)) == Set(declared.map(\.name)), "\(path)")
                for parameter in declared {
                    guard let own = query.first(where: { $0.name == parameter.name }) else { continue }
                    #expect((own.required ?? false) == parameter.isRequired, "\(path) \(parameter.name)")
                    #expect(Self.kind(own.schema, parameter.kind) == parameter.kind, "\(path) \(parameter.name)")
                }
            }
        }
    }

    /// The kind of a parameter by its schema; lists of words are texts with a pattern of their own, and those that may be empty are texts.
    private static func kind(_ schema: Document.Parameter.Schema, _ declared: Parameter.Kind) -> Parameter.Kind {
        if let words = schema.enum, case .word(let known) = declared {
            return .word(Set(words) == Set(known) ? known : words)
        }
        if schema.type == "integer", let minimum = schema.minimum, let maximum = schema.maximum {
            return .integer(minimum...maximum)
        }
        if case .words = declared, schema.type == "string" { return declared }
        return declared == .emptyOrText && schema.type == "string" ? declared : .text
    }

    @Test func `every operation describes its responses by status, those that need a sign-in with 401 and 403`() throws
    {
        let document = try document()
        for route in Self.routes {
            for operation in route.operations {
                let described = document.paths[route.path.text]?["\(operation.method.name)".lowercased()]
                let statuses = Set(described?.responses.keys.map { $0 } ?? [])
                #expect(statuses.isSuperset(of: ["200", "default"]), "\(route.path.text)")
                let needsSignIn = operation.access.shareRule != nil || [.owner, .ownerOnly].contains(operation.access)
                if needsSignIn { #expect(statuses.isSuperset(of: ["401", "403", "429", "503"]), "\(route.path.text)") }
                if operation.parameters?.isEmpty == false { #expect(statuses.contains("400"), "\(route.path.text)") }
            }
        }
    }
}

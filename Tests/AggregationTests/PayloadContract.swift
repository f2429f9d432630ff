import Foundation
import TestSupport

/// `Contract/payloads.json`: the keys of event payloads that the tracker and the server agree on.
struct PayloadContract: Decodable {
    struct Key: Decodable {
        let type: String
        let read: Bool?
        let previously: String?
        let values: [String]?
    }
    struct Event: Decodable {
        let keys: [String: Key]
    }
    let events: [String: Event]

    init() throws {
        self = try JSONDecoder().decode(PayloadContract.self, from: Repository.file("Contract/payloads.json"))
    }

    /// The key of a path such as `frames[].line`, by its own name or the previous one.
    func key(_ path: String, of type: String) -> Key? {
        guard let keys = events[type]?.keys else { return nil }
        let parts = path.split(separator: ".", omittingEmptySubsequences: false)
        let parent = parts.dropLast().joined(separator: ".")
        let prefix = parent.isEmpty ? "" : parent + "."
        let name = parts.last.map(String.init) ?? ""
        let renamed = keys.first { key in key.value.previously == name && key.key.hasPrefix(prefix) }
        return keys[path] ?? keys[prefix + "*"] ?? renamed?.value ?? wildcard(parts, keys)
    }

    /// A path of which any name may be `*`.
    private func wildcard(_ parts: [Substring], _ keys: [String: Key]) -> Key? {
        keys.first { path, _ in
            let pattern = path.split(separator: ".")
            return pattern.count == parts.count && zip(pattern, parts).allSatisfy { $0 == "*" || $0 == $1 }
        }?.value
    }

    /// Paths of a payload that the contract lacks, or whose values have another type; null has every type.
    func unknown(_ payload: Any, of type: String, at path: String = "") -> [String] {
        if let object = payload as? [String: Any] {
            return object.flatMap { name, value -> [String] in
                let inner = path.isEmpty ? name : "\(path).\(name)"
                guard let key = key(inner, of: type) else { return [inner] }
                if key.type == "any" || value is NSNull { return [] }
                guard Self.is(value, key.type) else { return ["\(inner): no \(key.type)"] }
                return unknown(value, of: type, at: inner)
            }
        }
        if let list = payload as? [Any] { return list.flatMap { unknown($0, of: type, at: path + "[]") } }
        return []
    }

    private static func `is`(_ value: Any, _ type: String) -> Bool {
        switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "number", "boolean": value is NSNumber
        default: true
        }
    }
}

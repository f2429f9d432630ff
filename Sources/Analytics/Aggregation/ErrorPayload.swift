import Numbers

extension StoredEvent {
    /// The number of errors that an error event stands for.
    package var errorCount: Int64 {
        guard case .valid(let value) = LazyJSON(payload)["count"].checked(.errorCount) else { return 1 }
        return Int64(saturating: value)
    }

    /// Members of the payload that are the same for all errors of an issue, or have no plain value.
    private static let commonProperties: Set<String> = ["kind", "name", "count", "key", "noise", "stack"]

    /// The members of an error's payload that are a text, a number, true or false, in order.
    package var errorProperties: [(name: String, value: String)] {
        LazyJSON(payload).members.compactMap { name, value in
            guard !Self.commonProperties.contains(name), let name = DimensionText.clean(name),
                let text = (value.text ?? value.literal).flatMap(DimensionText.clean)
            else { return nil }
            return (name, text)
        }
    }
}

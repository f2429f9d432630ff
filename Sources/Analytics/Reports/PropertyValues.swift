import Aggregation
import Numbers
import Texts

/// Values that a member of a payload may have, in a filter, a goal, a step or a search.
///
/// A text is compared by its bytes and a number by its exact value, since PostgreSQL does not keep its notation. Both stores give the same
/// answers so.
struct PropertyValues {
    private let texts: Set<ByteText>
    /// In the notation of `DecimalNumber.text`.
    private let numbers: Set<ByteText>

    init(_ values: [String]) {
        texts = Set(values.map { ByteText($0) })
        numbers = Set(values.compactMap { DecimalNumber($0).map { ByteText($0.text) } })
    }

    /// Whether a member has one of the values; null, an object and an array have none.
    func contains(_ member: LazyJSON) -> Bool {
        guard let text = member.text ?? member.literal else { return false }
        return (member.isNumber ? numbers : texts).contains(ByteText(text))
    }
}

extension LazyJSON {
    /// The member with a name; `a.b` is also the member b of the member a.
    func member(named name: String) -> LazyJSON {
        let own = self[name]
        return own.isNull ? name.split(separator: ".").reduce(self) { $0[String($1)] } : own
    }
}

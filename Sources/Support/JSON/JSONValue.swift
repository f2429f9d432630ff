/// The type of a JSON value, determined from its first byte.
package enum JSONKind: Sendable {
    case object
    case array
    case string
    case number
    case `true`
    case `false`
    case null
}

/// A defect of valid JSON that the JSON type of a database does not accept.
package enum JSONTextError: Sendable {
    /// `\u0000`, which PostgreSQL's `jsonb` and `text` cannot store.
    case nul
    /// An unpaired surrogate, which is not a character.
    case loneSurrogate
    /// A number that is too long or too large for PostgreSQL's `numeric`.
    case numberRange
    /// Nesting deeper than `JSONLimits.depthMax`.
    case depth
}

/// A reason why a text is rejected as a whole.
package enum JSONError: Error, Equatable {
    /// The text is not valid JSON (RFC 8259) or not valid UTF-8.
    case syntax
    /// Nesting deeper than `JSONLimits.depthMax`.
    case tooDeep
}

/// Limits of the scanner.
package enum JSONLimits {
    /// Levels of nested containers, including the outermost.
    package static let depthMax = 64
    /// Bytes of a number.
    ///
    /// Together with `exponentDigitsMax`, keeps every number within PostgreSQL's `numeric` (16,383
    /// digits after the decimal point).
    package static let numberBytesMax = 1024
    /// Digits of an exponent.
    package static let exponentDigitsMax = 4
    /// Digits of a number with an exponent when it is written without the exponent, as PostgreSQL's `jsonb` does.
    package static let plainDigitsMax = 40
}

/// A scanned value: its type, its range and its properties.
///
/// Offsets are bytes of the scanned span.
package struct JSONValue: Sendable {
    package var kind: JSONKind
    /// The range of the value, including the quotes of a string.
    package var range: Range<Int>
    /// Whether a string contains escapes, so that its bytes are not its text.
    ///
    /// Only meaningful for strings.
    package var hasEscapes: Bool
    /// The first text error in the value, including names of nested members.
    package var textError: JSONTextError?
    /// Whether a number in the value has an exponent and more than `JSONLimits.plainDigitsMax` digits without it.
    package var hasLongNumbers = false

    /// The range between the quotes of a string; for other types, the range of the value.
    package var content: Range<Int> {
        kind == .string ? range.lowerBound + 1..<range.upperBound - 1 : range
    }
}

extension JSONValue {
    /// Creates a string value without escapes.
    package init(plainString range: Range<Int>) {
        self.init(kind: .string, range: range, hasEscapes: false)
    }
}

/// A member of the outermost object.
package struct JSONMember: Sendable {
    /// The range of the name, without quotes.
    package var name: Range<Int>
    /// Whether the name contains escapes.
    package var nameHasEscapes: Bool
    /// A text error in the name.
    package var nameError: JSONTextError?
    package var value: JSONValue
}

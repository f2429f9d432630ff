/// What a JSON value is, seen from its first byte.
package enum JSONKind: Sendable {
    case object
    case array
    case string
    case number
    case `true`
    case `false`
    case null
}

/// Something that JSON allows and a database's JSON type does not.
package enum JSONTextError: Sendable {
    /// `\u0000`: PostgreSQL's jsonb and text cannot hold it.
    case nul
    /// Half of a surrogate pair, which is no character.
    case loneSurrogate
    /// A number too long or too large for PostgreSQL's numeric.
    case numberRange
    /// Nested deeper than `JSONLimits.depthMax`.
    case depth
}

/// Why a text is refused as a whole.
package enum JSONError: Error, Equatable {
    /// Not JSON by RFC 8259, or not UTF-8.
    case syntax
    /// Nested deeper than `JSONLimits.depthMax`.
    case tooDeep
}

/// Limits of what is scanned.
package enum JSONLimits {
    /// Containers within containers, the outermost counted.
    package static let depthMax = 64
    /// Bytes of one number; with the next limit this keeps every number inside PostgreSQL's numeric (16,383 digits of scale).
    package static let numberBytesMax = 1024
    /// Digits of an exponent.
    package static let exponentDigitsMax = 4
    /// Digits of a number with an exponent, written out without it; PostgreSQL's jsonb writes it out so.
    package static let plainDigitsMax = 40
}

/// A value found in a text: where it stands and what was noticed in it.
///
/// Offsets are bytes of the scanned span.
package struct JSONValue: Sendable {
    package var kind: JSONKind
    /// From the first byte to the last, quotes included.
    package var range: Range<Int>
    /// Whether a string holds a backslash, so that its bytes are not its text.
    ///
    /// Only meaningful for strings.
    package var hasEscapes: Bool
    /// The first flaw in the value, names of nested members included.
    package var textError: JSONTextError?
    /// Whether a number in it has an exponent and more than `JSONLimits.plainDigitsMax` digits without it.
    package var hasLongNumbers = false

    /// The bytes between the quotes of a string; for other kinds the bytes of the value itself.
    package var content: Range<Int> {
        kind == .string ? range.lowerBound + 1..<range.upperBound - 1 : range
    }
}

extension JSONValue {
    /// A string whose bytes are its text.
    package init(plainString range: Range<Int>) {
        self.init(kind: .string, range: range, hasEscapes: false)
    }
}

/// A member of the outermost object.
package struct JSONMember: Sendable {
    /// The name's bytes, without quotes.
    package var name: Range<Int>
    /// Whether the name holds a backslash.
    package var nameHasEscapes: Bool
    /// A flaw in the name itself.
    package var nameError: JSONTextError?
    package var value: JSONValue
}

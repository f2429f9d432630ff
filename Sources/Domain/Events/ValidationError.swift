package import JSON

/// A reason why a body is rejected.
///
/// Nothing of it is stored.
package enum ValidationError: Error, Equatable {
    /// The body is not JSON, or does not have the structure that the route requires.
    case invalidJSON
    /// Required fields that are missing, null or empty, in the order of the API contract.
    case missing([String])
    /// A field that cannot be stored.
    case invalid(field: String, problem: FieldProblem)
    /// The request contains more events than allowed.
    case tooManyEvents
    /// The database rejected the record.
    ///
    /// Its message is only logged.
    case refusedByStore

    /// The error message of the response.
    package var message: String {
        switch self {
        case .invalidJSON: "Invalid JSON"
        case .missing: "Missing required fields"
        case .invalid(let field, let problem): "\(field) \(problem.sentence)"
        case .tooManyEvents: "more than \(Limits.batchEventsMax) events"
        case .refusedByStore: "The database refused a value of this record"
        }
    }
}

/// The problem with a field.
package enum FieldProblem: Equatable, Sendable {
    case notInteger
    case notText
    case notTimestamp
    case notUUID
    case notCount
    case notList
    case notReasons
    case notObject
    case notIndex
    case refersToInvalidPageview
    case notWithPageviews
    case notPrivacyMode
    case tooMany(max: Int)
    case tooLong(bytesMax: Int)
    case tooDeep
    case textError(JSONTextError)

    var sentence: String {
        switch self {
        case .notInteger: "must be an integer"
        case .notText: "must be text"
        case .notTimestamp: "must be an ISO 8601 date and time"
        case .notUUID: "must be a UUID"
        case .notCount: "must be a non-negative integer"
        case .notList: "must be an array"
        case .notReasons: "must be an object that maps reasons (letters a to z and _) to counts"
        case .notObject: "must be an object"
        case .notIndex: "is not an index of pageviews"
        case .refersToInvalidPageview: "refers to an invalid entry of pageviews"
        case .notWithPageviews: "cannot be combined with pageviews"
        case .notPrivacyMode: "must be cookieless or anonymous"
        case .tooMany(let max): "has more than \(max) entries"
        case .tooLong(let bytesMax): "is longer than \(bytesMax) bytes"
        case .tooDeep, .textError(.depth): "is nested deeper than \(JSONLimits.depthMax) levels"
        case .textError(.nul): "contains U+0000"
        case .textError(.loneSurrogate): "contains a lone surrogate"
        case .textError(.numberRange):
            "contains a number with more than \(JSONLimits.numberBytesMax) bytes or \(JSONLimits.exponentDigitsMax) exponent digits"
        }
    }
}

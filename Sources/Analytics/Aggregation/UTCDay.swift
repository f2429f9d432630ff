/// UTC day arithmetic.
package enum UTCDay {
    static let seconds: Int64 = 86_400

    /// Start of the UTC day that contains a moment, both in seconds since 1970.
    package static func start(_ moment: Int64) -> Int64 {
        let rest = moment % seconds
        return moment - (rest < 0 ? rest + seconds : rest)
    }
}

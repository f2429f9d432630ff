/// Days by UTC.
package enum UTCDay {
    static let seconds: Int64 = 86_400

    /// The start of the day that holds a moment, both in seconds since 1970.
    package static func start(_ moment: Int64) -> Int64 {
        let rest = moment % seconds
        return moment - (rest < 0 ? rest + seconds : rest)
    }
}

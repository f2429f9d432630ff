/// Why an export cannot be imported; the reason includes what to do.
///
/// Nothing was stored when the check of the file throws it.
package struct ImportError: Error, Equatable {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
}

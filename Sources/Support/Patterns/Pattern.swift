import CPCRE2

/// A regular expression over bytes, compiled by PCRE2.
///
/// It is never compiled to machine code: the service may not create executable memory (packaging/collector.service), and
/// short texts that a search for required texts has selected gain nothing from it.
// Unchecked: PCRE2 only reads a compiled expression, so that threads can share it (pcre2api, "Multithreading").
@safe package final class Pattern: @unchecked Sendable {
    fileprivate let code: OpaquePointer

    /// Compiles a regular expression in Perl's syntax.
    ///
    /// - Parameters:
    ///   - text: the regular expression
    ///   - ignoresCase: whether ASCII letters match in either case
    /// - Throws: an error when the text is not a valid regular expression
    package init(_ text: String, ignoresCase: Bool = false) throws(PatternError) {
        let bytes = Array(text.utf8)
        var (error, offset): (Int32, Int) = (0, 0)
        let options = ignoresCase ? PCRE2_CASELESS : 0
        let compiled = unsafe pcre2_compile_8(bytes, bytes.count, options, &error, &offset, nil)
        guard let compiled = unsafe compiled else { throw PatternError(pattern: text, offset: offset, code: error) }
        unsafe code = compiled
    }

    deinit { unsafe pcre2_code_free_8(code) }
}

/// The reason why a regular expression is invalid; correct it.
package struct PatternError: Error, Equatable {
    package let pattern: String
    /// The byte at which PCRE2 stopped.
    package let offset: Int
    package let code: Int32
}

/// Matches texts against patterns in its own memory: use one for each thread, or a lock.
@safe package final class PatternMatcher {
    /// The whole match and the groups that are returned; later groups of a pattern are not.
    package static let rangesMax = 4
    /// The most steps of one match attempt from one byte on.
    ///
    /// A text that needs more counts as no match, so that no text takes long.
    package static let stepsMax: UInt32 = 20_000

    private let data: OpaquePointer
    private let context: OpaquePointer

    /// Returns nil when memory cannot be allocated.
    package init?() {
        guard let data = unsafe pcre2_match_data_create_8(UInt32(Self.rangesMax), nil) else { return nil }
        guard let context = unsafe pcre2_match_context_create_8(nil) else {
            unsafe pcre2_match_data_free_8(data)
            return nil
        }
        unsafe pcre2_set_match_limit_8(context, Self.stepsMax)
        unsafe (self.data, self.context) = unsafe (data, context)
    }

    deinit {
        unsafe pcre2_match_context_free_8(context)
        unsafe pcre2_match_data_free_8(data)
    }

    package func matches(_ pattern: Pattern, _ text: [UInt8]) -> Bool {
        // 0 means a match with more groups than fit; errors, such as too many steps, are negative.
        unsafe pcre2_match_8(pattern.code, text, text.count, 0, 0, data, context) >= 0
    }

    /// The ranges of the first match and of its groups; nil for a group that is not part of the match, and empty for no match.
    package func ranges(_ pattern: Pattern, _ text: [UInt8]) -> [Range<Int>?] {
        let count = unsafe pcre2_match_8(pattern.code, text, text.count, 0, 0, data, context)
        guard count >= 0, let offsets = unsafe pcre2_get_ovector_pointer_8(data) else { return [] }
        return (0..<(count == 0 ? Self.rangesMax : Int(count))).map { index in
            let (start, end) = unsafe (offsets[2 * index], offsets[2 * index + 1])
            // A group that is not part of the match has the highest number; `\K` in a lookahead can put an end before its start.
            return start <= end && end <= text.count ? start..<end : nil
        }
    }
}

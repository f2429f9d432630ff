import Events
package import Storage
import Texts

/// A visitor whose data is erased or exported: on one site, or on all.
package struct VisitorScope: Sendable, Hashable {
    package let visitor: String
    /// Nil for all sites.
    package let site: String?

    /// - Throws: `.invalid` with a sentence when no stored record can have these names.
    package init(visitor: String, site: String? = nil) throws(ErasureError) {
        try Self.check(visitor, "the visitor's id")
        if let site { try Self.check(site, "the name of the site") }
        (self.visitor, self.site) = (visitor, site)
    }

    package static func == (one: VisitorScope, other: VisitorScope) -> Bool {
        haveSameBytes(one.visitor, other.visitor) && haveSameBytes(one.site, other.site)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(ByteText(visitor))
        hasher.combine(site.map { ByteText($0) })
    }

    private static func check(_ text: String, _ name: String) throws(ErasureError) {
        guard !text.isEmpty else { throw .invalid("\(name) must not be empty") }
        guard text.utf8.count <= Limits.identifierBytesMax else {
            throw .invalid("\(name) has at most \(Limits.identifierBytesMax) bytes")
        }
        guard !text.utf8.contains(0) else { throw .invalid("\(name) must not contain U+0000") }
    }

    /// Whether a record of the journal is the visitor's, and was received at this time or before.
    ///
    /// Submissions have no site, so they belong to a visitor on all sites only. An unreadable record that contains the id counts as the visitor's.
    func matches(_ record: Record?, through time: Int64) -> Bool {
        guard let record else { return site == nil }
        guard record.receivedAt <= time else { return false }
        switch record {
        case .event(let event): return matches(event.text(event.visitorID), event.text(event.site))
        case .deliveryReport(let report): return matches(report.text(report.visitorID), report.text(report.site))
        case .submission(let submission):
            return site == nil && matches(submission.text(submission.visitorID) ?? "", nil)
        }
    }

    private func matches(_ visitor: String, _ site: String?) -> Bool {
        haveSameBytes(visitor, self.visitor) && (self.site == nil || haveSameBytes(site, self.site))
    }
}

/// Why an erasure did not happen, or did not end.
package enum ErasureError: Error, Equatable {
    /// The visitor or the site cannot exist; with a sentence.
    case invalid(String)
    /// Nothing of the visitor is stored.
    case notFound
    case store(StoreError)
    case journal(JournalError)

    package var reason: String {
        switch self {
        case .invalid(let sentence): sentence
        case .notFound: "no data of this visitor is stored"
        case .store(let error): error.reason
        case .journal(let error): error.reason
        }
    }
}

package import Crypto

/// A stack frame as it is shown.
package struct ReportedFrame: Sendable, Equatable {
    /// As reported; empty for an anonymous function.
    package let function: String
    package let file: String
    /// 0 when it is unknown.
    package let line: Int64
    package let column: Int64
    /// Whether the frame is probably of the site's own code.
    package let isInApp: Bool
}

extension StoredEvent {
    /// The frames of an error, the innermost first.
    ///
    /// If none is of the site's own code, all count as such.
    package func frames(site: String) -> [ReportedFrame] {
        let reported = LazyJSON(payload)["frames"].elements.prefix(StackFrame.readMax)
        let frames = reported.map { StackFrame($0, site: site) }
        let hasOwn = frames.contains(where: \.isInApp)
        return zip(reported, frames).map { reported, frame in
            ReportedFrame(
                function: reported["function"].text ?? "",
                file: frame.address,
                line: frame.line,
                column: frame.column,
                isInApp: frame.isInApp || !hasOwn
            )
        }
    }

    /// The id of the issue to which an error belongs; `namedSite` is its site, or `(other)`.
    package func issueID(namedSite: String, _ hash: KeyedHash) -> String {
        IssueDescription(LazyJSON(payload), site: namedSite, hash).id
    }
}

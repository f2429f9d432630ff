import JSON

/// The visitor of all page views of sites that do not count visitors; reports count it as none.
package let anonymousVisitor = "(anonymous)"

extension Record {
    /// The site by whose mode the record is reduced; empty for submissions and when unknown.
    package var privacySite: String {
        switch self {
        case .event(let event): event.text(event.site) ?? ""
        case .deliveryReport(let report): report.text(report.site) ?? ""
        case .submission: ""
        }
    }

    /// The mode that the page asks for.
    package var requestedPrivacy: PrivacyMode {
        switch self {
        case .event(let event): event.privacy
        case .deliveryReport(let report): report.privacy
        case .submission: .full
        }
    }

    /// Removes what the mode does not keep, before the record is stored anywhere.
    package mutating func reduce(to mode: PrivacyMode, _ sender: PrivacySender) {
        guard mode > .full else { return }
        switch self {
        case .event(var event):
            event.reduce(to: mode, sender)
            self = .event(event)
        case .deliveryReport(var report):
            let ids = report.bytes.privateIDs(mode, sender, site: report.site, pageview: report.pageviewID)
            (report.visitorID, report.sessionID) = ids
            self = .deliveryReport(report)
        case .submission(var submission):
            submission.reduce()
            self = .submission(submission)
        }
    }
}

extension Event {
    fileprivate mutating func reduce(to mode: PrivacyMode, _ sender: PrivacySender) {
        (visitorID, sessionID) = bytes.privateIDs(mode, sender, site: site, pageview: pageviewID)
        ipHash = nil
        if mode == .anonymous {
            location?.region = nil
            location?.city = nil
        }
        reducePayload(to: mode)
    }

    /// Removes the members that the mode does not keep.
    private mutating func reducePayload(to mode: PrivacyMode) {
        let type = text(eventType)
        let known = PrivacyFields.modes[type] ?? PrivacyFields.modes["*"] ?? [:]
        var kept = Array("{".utf8)
        do throws(JSONError) {
            var cursor = try ObjectCursor(bytes.span, in: payload.range)
            while let member = try cursor.next(bytes.span) {
                var name = Array(bytes[member.name])
                if member.nameHasEscapes {
                    let count = name.count
                    appendUnescaped(0..<count, to: &name)
                    name.removeFirst(count)
                }
                let strictest = known[String(decoding: name, as: UTF8.self)] ?? known["*"] ?? .full
                guard strictest >= mode else { continue }
                if kept.count > 1 { kept.append(UInt8(ascii: ",")) }
                kept.append(UInt8(ascii: "\""))
                kept += bytes[member.name]
                kept += "\":".utf8
                kept += bytes[member.value.range]
            }
        } catch {
            // The parser has accepted the payload, so this does not happen; nothing of it is kept.
            kept = Array("{".utf8)
        }
        kept.append(UInt8(ascii: "}"))
        payload = bytes.append(slice: kept)
    }
}

extension Submission {
    /// Removes the address, the ids and what identifies the browser; the response still has the whole body.
    fileprivate mutating func reduce() {
        (ip, visitorID, sessionID, pageviewID, battery) = (nil, nil, nil, nil, nil)
        let empty = bytes.append(slice: Array("{}".utf8))
        (browserInfo, fingerprints) = (empty, empty)
    }
}

extension [UInt8] {
    /// Appends the ids that replace those of visitor and session.
    ///
    /// Without visitors, each page view has a session of its own.
    fileprivate mutating func privateIDs(
        _ mode: PrivacyMode,
        _ sender: PrivacySender,
        site: Slice?,
        pageview: Slice
    ) -> (visitor: Slice, session: Slice) {
        guard mode == .cookieless else {
            return (append(slice: Array(anonymousVisitor.utf8)), pageview)
        }
        let ids = sender.ids(site: site.map { Array(self[$0.range]) } ?? [])
        return (append(slice: ids.visitor), append(slice: ids.session))
    }

    fileprivate mutating func append(slice text: [UInt8]) -> Slice {
        defer { append(contentsOf: text) }
        return Slice(start: count, count: text.count)
    }
}

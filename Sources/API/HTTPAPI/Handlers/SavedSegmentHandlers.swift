import Events
import HTTPServer
import Reports
import Segments
import Storage

/// Handlers of `/api/segments`.
enum SavedSegmentHandlers {
    static func list(_ site: Site, _ call: Call) -> HandlerResult {
        let isLimited = call.parameters.scope.site != nil
        return site.reports.read(call) { database throws(StoreError) in
            // The values of a filter by site are names of other sites.
            let segments = try SavedSegments(database).all().filter { !isLimited || !$0.filtersBySite }
            return SavedSegmentList(segments: segments)
        }
    }

    /// `POST` with `{"name":…,"filters":…}`.
    static func add(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        save(try segment(call, id: Owner.makeID()), isNew: true, site, call)
    }

    /// `PUT` with the same body.
    static func change(_ site: Site, _ call: Call) throws(QueryError) -> HandlerResult {
        save(try segment(call, id: call.path["id"] ?? ""), isNew: false, site, call)
    }

    static func remove(_ site: Site, _ call: Call) -> HandlerResult {
        let id = call.path["id"] ?? ""
        return site.reports.read(call, missing: missing) { database throws(StoreError) in
            try SavedSegments(database).remove(id) ? RemovedSegment(id: id) : nil
        }
    }

    private static let missing = "No such segment"

    private static func segment(_ call: Call, id: String) throws(QueryError) -> SavedSegment {
        let body = try JSONBody(call.request, names: ["name", "filters"])
        guard let name = try body.text("name", bytesMax: SavedSegments.nameBytesMax), !name.isEmpty,
            let filters = try body.text("filters", bytesMax: Operation.jsonBodyBytesMax)
        else {
            throw QueryError(message: "A segment needs a name and filters")
        }
        let list = try QueryError.parsing { () throws(ReportError) in try ReportFilter.list(filters) }
        guard !list.isEmpty else { throw QueryError(message: "A segment has one filter or more") }
        return SavedSegment(id: id, name: name, filters: filters, updatedAt: WallClock.seconds)
    }

    private static func save(_ segment: SavedSegment, isNew: Bool, _ site: Site, _ call: Call) -> HandlerResult {
        site.reports.change(call) { database throws(StoreError) in
            switch try SavedSegments(database).save(segment, isNew: isNew) {
            case nil: Responses.json(200, segment.json)
            case .unknown: Responses.message(404, missing)
            case .sameName: Responses.message(409, "There is a segment with this name")
            case .tooMany:
                Responses.message(409, "There are \(SavedSegments.segmentsMax) segments already: delete one first")
            }
        }
    }
}

private struct SavedSegmentList: JSONRepresentable {
    let segments: [SavedSegment]

    var json: JSONEncodedValue { .object([("segments", JSONEncodedValue(segments))]) }
}

private struct RemovedSegment: JSONRepresentable {
    let id: String

    var json: JSONEncodedValue { .object([("removed", .text(id))]) }
}

extension SavedSegment {
    /// Whether a filter has names of sites.
    fileprivate var filtersBySite: Bool {
        // Filters that cannot be read may have some.
        let list = try? ReportFilter.list(filters)
        return list?.contains { $0.subject == .column(.site) } ?? true
    }
}

extension SavedSegment: JSONRepresentable {
    var json: JSONEncodedValue {
        .object([
            ("id", .text(id)), ("name", .text(name)), ("filters", .text(filters)), ("updated", .integer(updatedAt)),
        ])
    }
}

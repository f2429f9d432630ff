package import Crypto
import Numbers
import Segments

/// Groups errors into issues, consistently across engines and releases.
///
/// Errors belong to one issue if they have the same kind, name, and functions and files in their first frames, of
/// which only those of the site's own code count if there are any. Lines are ignored, as are hashes in file names, so
/// that a release that moves code does not split issues. Messages of pages count with their values replaced
/// (`MessageTemplate`); messages of engines do not, because engines word them differently. If none of these frames
/// names a function, the file and the message count: of an engine's message only the property or variable that it
/// names, and the line only if it names none. In minified code, where one line has many faults, the line, the column
/// and the function of the first frame count, as well as what an engine's message names; columns are in steps of
/// `columnStep` because engines differ by some characters.
package struct IssueDescription: Sendable {
    package let id: String
    package let kind: String
    package let name: String
    package let message: String
    /// The origin of the error in the code: the first frame of the site's own code.
    package let culprit: Culprit
    /// Why the error is not caused by the site, one of `noises`; nil for an error of the site.
    package let noise: String?
    /// Ids of the issue under earlier grouping rules, the latest first.
    package let formerIDs: [String]

    private static let noises: Set<String> = ["extension", "resize_observer", "script_error"]

    /// The issue for errors beyond the limit of issues.
    static let other = IssueDescription(
        id: DimensionDictionaries.otherText,
        kind: "error",
        name: DimensionDictionaries.otherText,
        message: ""
    )

    private init(id: String, kind: String, name: String, message: String) {
        (self.id, self.kind, self.name, self.message, noise, formerIDs) = (id, kind, name, message, nil, [])
        culprit = Culprit()
    }

    /// Describes the error of a payload; `site` is the host by which frames are recognized as the site's own.
    package init(_ payload: LazyJSON, site: String = "", _ hash: KeyedHash) {
        kind = DimensionText.clean(payload["kind"].text ?? "error") ?? "error"
        name = DimensionText.clean(payload["name"].text ?? "Error") ?? "Error"
        message = DimensionText.clean(payload["message"].text ?? "") ?? ""
        noise = payload["noise"].text.flatMap { Self.noises.contains($0) ? $0 : nil }
        let reported = payload["frames"].elements.prefix(StackFrame.readMax)
        // A repetition has only the first frames, so later ones cannot count.
        let frames = reported.prefix(StackFrame.countMax).map { StackFrame($0, site: site) }
        let later = reported.dropFirst(StackFrame.countMax).lazy.map { StackFrame($0, site: site) }
        culprit = Culprit(
            frames.first(where: \.isInApp) ?? later.first(where: \.isInApp) ?? frames.first,
            payload
        )
        var parts = [kind, name] + Self.grouping(frames, payload, name: name, message: message)
        // Without noise nothing is appended, so that issues that predate noise detection keep their ids.
        if let noise { parts.append(noise) }
        id = hash.hash(parts.joined(separator: "\n")).hexadecimal
        formerIDs = FormerGrouping.ids(payload, kind: kind, name: name, message: message, noise: noise, hash)
    }

    private static func grouping(
        _ frames: [StackFrame],
        _ payload: LazyJSON,
        name: String,
        message: String
    ) -> [String] {
        let own = frames.filter(\.isInApp)
        let used = own.isEmpty ? frames : own
        let isEngines = EngineMessage.isLikely(name: name, message: message)
        let subject = isEngines ? EngineMessage.subject(message) : MessageTemplate.of(message)
        if let top = used.first, top.isMinified {
            let position = ["\(top.line)", "\(top.column / StackFrame.columnStep)"]
            return [top.grouping] + position + (subject.map { [$0] } ?? [])
        }
        if used.contains(where: { !$0.function.isEmpty }) {
            return used.map(\.grouping) + (isEngines ? [] : [subject ?? ""])
        }
        let file = used.first?.script ?? ScriptAddress(payload["source"].text ?? "")
        // Without a frame there is no line either.
        return [file.text, subject ?? used.first.map { "\($0.line)" } ?? MessageTemplate.of(message)]
    }
}

/// The origin of an error in the code.
package struct Culprit: Sendable, Equatable {
    /// Empty outside of functions, and where it is unknown.
    package var function = ""
    /// URL without query and fragment; empty when it is unknown.
    package var file = ""
    /// 0 when it is unknown.
    package var line: Int64 = 0

    package init(function: String = "", file: String = "", line: Int64 = 0) {
        (self.function, self.file, self.line) = (function, file, line)
    }

    /// The origin by a frame; without one, by the source that the browser reported.
    init(_ frame: StackFrame?, _ payload: LazyJSON) {
        if let frame {
            self.init(function: DimensionText.clean(frame.function) ?? "", file: frame.address, line: frame.line)
        } else {
            let source = payload["source"].text ?? ""
            self.init(
                file: DimensionText.clean(String(source.prefix { $0 != "?" && $0 != "#" })) ?? "",
                line: Int64(saturating: payload["lineno"].value(.frameLine) ?? 0)
            )
        }
    }

    /// Whether nothing is known.
    package var isEmpty: Bool { function.isEmpty && file.isEmpty }
}

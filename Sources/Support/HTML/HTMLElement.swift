import CHTML

/// An element of an HTML document.
package struct HTMLElement: Equatable, Sendable {
    /// Lower case.
    package let name: String
    /// By their names in lower case; the first one of a name counts.
    package fileprivate(set) var attributes: [String: String] = [:]
    /// The text of a `script`; empty for all other elements.
    package fileprivate(set) var text = ""
    /// Whether it is inside of an element whose content is not part of the page where scripts run, such as `noscript`.
    package let isInert: Bool

    package init(_ name: String, _ attributes: [String: String] = [:], text: String = "", isInert: Bool = false) {
        (self.name, self.attributes, self.text, self.isInert) = (name, attributes, text, isInert)
    }
}

/// Why a document was not parsed.
package enum HTMLError: Error, Equatable {
    /// libxml2 cannot be loaded; install it.
    case missingLibrary
    /// The document has no element.
    case noDocument
}

/// A parsed document.
package struct HTMLDocument: Sendable {
    /// The most elements that are kept, and the most bytes of the text of a script.
    package static let elementsMax = 20_000
    package static let scriptBytesMax = 1 << 16

    /// In the order of the document.
    package private(set) var elements: [HTMLElement]

    /// Parses a document of UTF-8 as HTML; faulty markup is recovered.
    package init(_ bytes: [UInt8]) throws(HTMLError) {
        let builder = Builder()
        let code = withExtendedLifetime(builder) { unsafe Self.visit(bytes, builder) }
        switch code {
        case 0: elements = builder.elements
        case Int32(CHTML_MISSING): throw .missingLibrary
        default: throw .noDocument
        }
    }

    @unsafe private static func visit(_ bytes: [UInt8], _ builder: Builder) -> Int32 {
        var visitor = unsafe chtml_visitor(
            element: { name, depth, context in
                guard let name = unsafe name else { return }
                unsafe Builder.of(context)?.begin(String(cString: name), depth: Int(depth))
            },
            attribute: { name, value, context in
                guard let name = unsafe name, let value = unsafe value else { return }
                unsafe Builder.of(context)?.add(String(cString: name), String(cString: value))
            },
            text: { text, depth, context in
                guard let text = unsafe text else { return }
                unsafe Builder.of(context)?.add(text: String(cString: text), depth: Int(depth))
            },
            context: unsafe Unmanaged.passUnretained(builder).toOpaque()
        )
        return unsafe bytes.withUnsafeBytes { buffer in
            let start = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            return unsafe chtml_visit(start, Int32(clamping: buffer.count), &visitor)
        }
    }

    /// Collects the elements.
    private final class Builder {
        private static let inert: Set<String> = ["noscript", "template", "textarea", "title", "iframe"]

        var elements: [HTMLElement] = []
        /// The depth of the outermost inert element that is open.
        private var inertDepth: Int?
        /// The depth of the last element; nil if it was not kept, and neither are its attributes and text.
        private var keptDepth: Int?

        @unsafe static func of(_ context: UnsafeMutableRawPointer?) -> Builder? {
            unsafe context.map { unsafe Unmanaged<Builder>.fromOpaque($0).takeUnretainedValue() }
        }

        func begin(_ name: String, depth: Int) {
            if let open = inertDepth, depth <= open { inertDepth = nil }
            let lower = name.lowercased()
            keptDepth = elements.count < HTMLDocument.elementsMax ? depth : nil
            if keptDepth != nil {
                elements.append(HTMLElement(lower, isInert: inertDepth != nil))
            }
            if inertDepth == nil, Self.inert.contains(lower) { inertDepth = depth }
        }

        func add(_ name: String, _ value: String) {
            guard keptDepth != nil, let last = elements.indices.last,
                elements[last].attributes[name.lowercased()] == nil
            else { return }
            elements[last].attributes[name.lowercased()] = value
        }

        func add(text: String, depth: Int) {
            // Text after the end tag has the depth of the script itself.
            guard let kept = keptDepth, depth > kept, let last = elements.indices.last, elements[last].name == "script",
                elements[last].text.utf8.count + text.utf8.count <= HTMLDocument.scriptBytesMax
            else { return }
            elements[last].text += text
        }
    }
}

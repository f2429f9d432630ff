/// Where each function of a file begins, and its number of lines.
///
/// Swift and JavaScript are formatted, so a function ends at the first line below it that is not indented further.
func functions(_ file: SourceFile) -> [(start: Int, count: Int)] {
    switch file.language {
    case .swift: swiftFunctions(file.lines)
    case .javaScript: javaScriptFunctions(file.lines)
    case .python: pythonFunctions(file.lines)
    case .other: []
    }
}

/// From the first line of a function to the brace that stands below it.
private func swiftFunctions(_ lines: [Substring]) -> [(start: Int, count: Int)] {
    let head =
        #/^(\s*)(?:@\w+(?:\([^)]*\))?\s+)*(?:[a-z]+(?:\([a-z]+\))?\s+)*(?:func\b|init[?(<]|deinit\b|subscript\b)/#
    return lines.indices.compactMap { start in
        guard let match = lines[start].firstMatch(of: head), !lines[start].contains(#/^\s*\/\//#) else { return nil }
        let margin = match.1
        var opened = lines[start].hasSuffix("{")
        for index in lines.indices[(start + 1)...] {
            let line = lines[index]
            guard line.hasPrefix(margin), let first = line.dropFirst(margin.count).first, !first.isWhitespace else {
                continue
            }
            if first == "}" { return opened ? (start, index - start + 1) : nil }
            guard !opened else { continue }
            guard first == "{" || first == ")" else { return nil }
            opened = line.hasSuffix("{")
        }
        return nil
    }
}

/// Functions, methods and arrow functions whose body begins at the end of a line.
private func javaScriptFunctions(_ lines: [Substring]) -> [(start: Int, count: Int)] {
    let arrow = #/=>(?: [({\[]+| [\w.]+\()?$/#
    let named = #/\bfunction\b.*\{$/#
    let method = #/^\s*(?:async |get |set |static )*(?!(?:if|for|while|switch|catch|with)\b)[\w$]+\(.*\) \{$/#
    // A script that is no module wraps itself in a function, to have names of its own.
    let wrapper = #/^\(\(\) => \{$/#
    return lines.indices.compactMap { start in
        let line = lines[start]
        guard let last = line.last, "{([>".contains(last) else { return nil }
        let isHead = line.contains(arrow) || line.contains(named) || line.contains(method)
        guard isHead, !line.contains(#/^\s*(?:\/\/|\*|\/\*)/#), !line.contains(wrapper) else { return nil }
        let margin = indentation(line)
        let end = lines.indices[(start + 1)...].first { !lines[$0].isEmpty && indentation(lines[$0]) <= margin }
        guard let end else { return nil }
        // The body of an arrow function without braces ends before the next statement.
        let isClosing = lines[end].contains(#/^\s*[)}\]]/#)
        return (start, end - start + (isClosing ? 1 : 0))
    }
}

private func pythonFunctions(_ lines: [Substring]) -> [(start: Int, count: Int)] {
    lines.indices.compactMap { start in
        let code = lines[start].drop(while: \.isWhitespace)
        guard code.hasPrefix("def ") || code.hasPrefix("async def ") else { return nil }
        let margin = indentation(lines[start])
        var last = start
        for index in lines.indices[(start + 1)...] where !lines[index].allSatisfy(\.isWhitespace) {
            let isSignature = lines[index].contains(#/^\s*\).*:$/#)
            if indentation(lines[index]) <= margin && !isSignature { break }
            last = index
        }
        return (start, last - start + 1)
    }
}

private func indentation(_ line: Substring) -> Int { line.prefix(while: \.isWhitespace).count }

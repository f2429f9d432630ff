import Testing

private let fileLinesMax = 400
private let functionLinesMax = 60

@Test func `the tree was found`() {
    #expect(SourceTree.sources.count > 50)
    #expect(SourceTree.web.count > 5)
}

@Test func `a file has 400 lines at most`() {
    for file in SourceTree.all where [".swift", ".py", ".js", ".css", ".c", ".h"].contains(where: file.path.hasSuffix) {
        #expect(file.lines.count <= fileLinesMax, "\(file) has \(file.lines.count) lines")
    }
}

@Test func `a function has 60 lines at most`() {
    for file in SourceTree.all {
        for (start, count) in functions(file) {
            #expect(count <= functionLinesMax, "\(file):\(start + 1) has \(count) lines")
        }
    }
}

@Test func `sources print nothing, force nothing and give up nowhere`() {
    for file in SourceTree.sources {
        #expect(file.lines(matching: #/\bprint\(|\btry!|\bfatalError\(/#) == [])
    }
}

@Test func `an ignored error has its reason beside it`() {
    for file in SourceTree.swift where file.folder != "Tests/TidyTests" {
        for (index, line) in file.lines.enumerated() where line.contains(#/\btry\?/#) {
            let above = index > 0 ? file.lines[index - 1] : ""
            #expect(line.contains("//") || above.contains(#/^\s*\/\//#), "\(file):\(index + 1) \(line)")
        }
    }
}

@Test func `an unchecked Sendable has its reason beside it`() {
    for file in SourceTree.swift where file.folder != "Tests/TidyTests" {
        for (index, line) in file.lines.enumerated() where line.contains("@unchecked Sendable") {
            let above = file.lines[..<index].last { !$0.contains(#/^\s*@/#) } ?? ""
            #expect(line.contains("//") || above.contains(#/^\s*\/\//#), "\(file):\(index + 1) \(line)")
        }
    }
}

@Test func `file names do not contain Utils, Helper or Manager`() {
    for file in SourceTree.all {
        #expect(!file.name.contains(#/(?i)utils?\b|helper|manager|\bmisc\b|\bcommon\b/#), "\(file)")
    }
}

@Test func `nothing is left for later`() {
    // Put together here, so that this file does not find itself.
    for word in ["FIX" + "ME", "TO" + "DO", "XX" + "X"] {
        for file in SourceTree.all {
            for (index, line) in file.lines.enumerated() where words(line).contains(word) {
                #expect(Bool(false), "\(file):\(index + 1) \(line)")
            }
        }
    }
}

/// Words that docs/glossary.md replaces, in lower case.
private let bannedWords: Set<String> = [
    "tell", "tells", "told", "whoever", "anew", "watcher", "watchers", "patience", "circumstances", "verdict",
    "verdicts", "place", "places",
]

/// Text that makes one of these words a term on its line.
private let terms: [String: [String]] = [
    // To change something in place, and where CSS puts items.
    "place": ["in place", "In place", "place-items"],
    // The delivery reports in version 1 of the format.
    "ledger": ["\"ledger", "`ledger`"],
]

@Test func `docs, pages, scripts, sources and tests use the words of the glossary`() {
    let folders = ["Web/", "Tests/browser/", "Tests/chaos/", "Tests/vitals/", "Tests/web/", "Benchmarks/", "scripts/"]
    for file in SourceTree.all where file.folder != "Tests/TidyTests" {
        let isSwift = file.path.hasSuffix(".swift")
        guard isSwift || file.path.hasSuffix(".md") || folders.contains(where: file.path.hasPrefix) else { continue }
        let banned = isSwift ? bannedWords.union(["ledger", "ledgers"]) : bannedWords
        for (index, line) in file.lines.enumerated() {
            let used = banned.intersection(glossaryWords(line)).filter { word in
                !(terms[word] ?? []).contains { line.contains($0) }
            }
            #expect(used.isEmpty, "\(file):\(index + 1) \(line)")
            #expect(!line.contains("signs of life"), "\(file):\(index + 1)")
        }
    }
}

@Test func `lines of the docs have 100 columns at most`() {
    for file in SourceTree.all where file.path.hasSuffix(".md") {
        var isCode = false
        for (index, line) in file.lines.enumerated() {
            if line.hasPrefix("```") { isCode.toggle() }
            // Tables, and a link or an address that cannot be broken.
            let isFree = isCode || line.hasPrefix("|") || line.contains("](") || line.contains("://")
            #expect(isFree || line.count <= 100, "\(file):\(index + 1)")
        }
    }
}

@Test func `no path of somebody's machine is kept`() {
    for file in SourceTree.all where file.folder != "Tests/TidyTests" {
        #expect(file.lines(matching: #/(?:^|[^\w.$}\/])\/(?:home|root|Users|work|farm)\/[A-Za-z0-9_.]/#) == [])
    }
}

@Test func `pages are built of elements, never of markup`() {
    for file in SourceTree.web where file.path.hasSuffix(".js") {
        #expect(
            file.lines(matching: #/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(/#)
                == []
        )
    }
}

@Test func `text is put on pages by one function, which escapes hidden characters`() {
    for file in SourceTree.web where file.path.hasSuffix(".js") && file.path != "Web/kit/dom.js" {
        // The demo page shows a visitor what that visitor has just sent, and is loaded without the modules of the other pages.
        if file.path.hasPrefix("Web/demo/") { continue }
        let assigned = #/\.(?:textContent|innerText|title|alt)\s*=[^=]|setAttribute\("(?:title|alt)"/#
        #expect(file.lines(matching: assigned) == [])
    }
}

@Test func `pages name nothing of other sites`() {
    for file in SourceTree.web where [".html", ".css"].contains(where: file.path.hasSuffix) {
        // A link that a visitor may follow asks nobody by itself.
        let named = file.lines(matching: #/(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?\/\//#)
        #expect(named.filter { !$0.contains("<a href=") } == [])
        #expect(file.lines(matching: #/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=/#) == [])
    }
}

/// Letters and digits in a row.
private func words(_ line: Substring) -> [String] {
    line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
}

/// The words of a line in lower case.
///
/// An underscore ends a word, and so does a capital letter after a small one.
private func glossaryWords(_ line: Substring) -> [String] {
    line.matches(of: #/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/#).map { $0.output.lowercased() }
}
